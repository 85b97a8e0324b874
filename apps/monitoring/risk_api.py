"""The API of the money at risk: the figures of each day, to draw or to add up elsewhere."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets

from apps.accounts.actions import Action
from apps.monitoring.models import RiskDay
from apps.monitoring.queries.risk import risk_days


class RiskDaySerializer(serializers.ModelSerializer[RiskDay]):
    """The money at risk of one day. `flow_id` null is the whole customer; `left` is what has no rate, by currency."""

    customer_id = serializers.UUIDField(read_only=True)
    flow_id = serializers.UUIDField(read_only=True, allow_null=True)
    left = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = RiskDay
        fields = (
            "id",
            "customer_id",
            "flow_id",
            "day",
            "currency",
            "known",
            "estimated",
            "left",
            "records",
            "unknown_records",
            "measured_at",
        )
        read_only_fields = fields


class RiskDayFilters(filters.FilterSet):
    """Narrows the list; `whole=true` keeps the rows of whole customers."""

    customer = filters.UUIDFilter(field_name="customer_id")
    flow = filters.UUIDFilter(field_name="flow_id")
    whole = filters.BooleanFilter(field_name="flow", lookup_expr="isnull")
    since = filters.DateFilter(field_name="day", lookup_expr="gte")
    until = filters.DateFilter(field_name="day", lookup_expr="lte")

    class Meta:
        model = RiskDay
        fields = ("customer", "flow", "whole", "since", "until")


@extend_schema_view(list=extend_schema(summary="List the money at risk day by day"))
class RiskDayViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[RiskDay]):
    """Money at risk by customer, flow and day; a day without a row is as the one before."""

    queryset = RiskDay.objects.none()
    serializer_class = RiskDaySerializer
    filterset_class = RiskDayFilters
    required_actions = {"list": Action.VIEW_REPORTS}

    def get_queryset(self) -> QuerySet[RiskDay]:
        """Return the figures in scope."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else risk_days()
