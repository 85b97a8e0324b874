"""The API of value: the months of customers with their figures, to read."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets

from apps.accounts.actions import Action
from apps.monitoring.models import ValueFigure, ValueMonth
from apps.monitoring.value.figures import Evidence, Kind, Unit


class ValueFigureSerializer(serializers.ModelSerializer[ValueFigure]):
    """One figure. `detail` "" is the whole, else a canonical type or a kind of failure; `sample` is what it rests on."""

    kind = serializers.ChoiceField(choices=[(one.value, one.value) for one in Kind], read_only=True)
    unit = serializers.ChoiceField(choices=[(one.value, one.value) for one in Unit], read_only=True)
    evidence = serializers.ChoiceField(choices=[(one.value, one.value) for one in Evidence], read_only=True)

    class Meta:
        model = ValueFigure
        fields = ("kind", "detail", "unit", "amount", "evidence", "sample")
        read_only_fields = fields


class ValueMonthSerializer(serializers.ModelSerializer[ValueMonth]):
    """A customer's month. Money is in `currency`; `closed_at` null: figures still change. `left` has no rate, by currency."""

    customer_id = serializers.UUIDField(read_only=True)
    terms = serializers.DictField(read_only=True)
    left = serializers.DictField(child=serializers.CharField(), read_only=True)
    figures = ValueFigureSerializer(many=True, read_only=True)

    class Meta:
        model = ValueMonth
        fields = ("id", "customer_id", "month", "currency", "terms", "left", "booked_at", "closed_at", "figures")
        read_only_fields = fields


class MonthFilters(filters.FilterSet):
    """Narrows a list of customers' months, given by their first day."""

    customer = filters.UUIDFilter(field_name="customer_id")
    since = filters.DateFilter(field_name="month", lookup_expr="gte")
    until = filters.DateFilter(field_name="month", lookup_expr="lte")


class ValueMonthFilters(MonthFilters):
    """Narrows the list; `closed=true` keeps the months that never change again."""

    closed = filters.BooleanFilter(field_name="closed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = ValueMonth
        fields = ("customer", "since", "until", "closed")


@extend_schema_view(list=extend_schema(summary="List the value of customers month by month"))
class ValueMonthViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ValueMonth]):
    """What a month was worth to a customer: typing avoided, days saved, money protected, each with its evidence."""

    queryset = ValueMonth.objects.none()
    serializer_class = ValueMonthSerializer
    filterset_class = ValueMonthFilters
    required_actions = {"list": Action.VIEW_REPORTS}

    def get_queryset(self) -> QuerySet[ValueMonth]:
        """Return the months in scope, the latest first."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return ValueMonth.objects.order_by("-month", "id").prefetch_related("figures")
