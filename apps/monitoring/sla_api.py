"""The API of service levels: clocks with their pauses and breaches, and the cut-offs to come, to read."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.monitoring import clock_book
from apps.monitoring.models import SlaBreach, SlaClock, SlaPause
from apps.monitoring.queries.cut_off_board import coming_cut_offs
from apps.monitoring.queries.sla_rows import state_of, with_subjects
from apps.monitoring.sla.clock import ClockState
from apps.monitoring.sla.terms import Promise

PROMISES = [(promise.value, promise.value) for promise in Promise]
CLOCK_STATES = [(state.value, state.value) for state in ClockState]
MOST_DAYS = 62


class ClockPauseSerializer(serializers.ModelSerializer[SlaPause]):
    """A time in which a clock stood still; `ended_at` null: it still does."""

    class Meta:
        model = SlaPause
        fields = ("cause", "started_at", "ended_at")
        read_only_fields = fields


class BreachSerializer(serializers.ModelSerializer[SlaBreach]):
    """A missed promise. `late_seconds` and `credit` are null until the clock stops; `excuse` is "" while it counts."""

    class Meta:
        model = SlaBreach
        fields = ("breached_at", "late_seconds", "credit", "currency", "excused_at", "excuse")
        read_only_fields = fields


class ServiceClockSerializer(serializers.ModelSerializer[SlaClock]):
    """One promise. `due_at` is null while it stands still; `elapsed_seconds`, business time, until it stops."""

    customer_id = serializers.UUIDField(read_only=True)
    case_id = serializers.UUIDField(read_only=True, allow_null=True)
    flow_id = serializers.UUIDField(read_only=True, allow_null=True)
    package = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    pauses = ClockPauseSerializer(many=True, read_only=True)
    breach = serializers.SerializerMethodField()

    class Meta:
        model = SlaClock
        fields = (
            "id",
            "promise",
            "customer_id",
            "case_id",
            "flow_id",
            "cut_off_name",
            "package",
            "severity",
            "state",
            "started_at",
            "target_seconds",
            "due_at",
            "stopped_at",
            "elapsed_seconds",
            "pauses",
            "breach",
        )
        read_only_fields = fields

    def get_package(self, clock: SlaClock) -> str:
        """Return the name of what was promised."""
        return clock_book.terms_of(clock.agreement).name

    @extend_schema(responses=serializers.ChoiceField(choices=CLOCK_STATES))
    def get_state(self, clock: SlaClock) -> str:
        """Return running, paused, met or breached."""
        return state_of(clock, list(clock.pauses.all()), timezone.now())

    def get_breach(self, clock: SlaClock) -> dict[str, Any] | None:
        """Return the missed promise, null for one that was kept or still can be."""
        breach = getattr(clock, "breach", None)
        return BreachSerializer(breach).data if breach else None


class ServiceClockFilters(filters.FilterSet):
    """Narrows the list; `open=true` keeps what has not ended, `missed=true` what was not kept."""

    promise = filters.ChoiceFilter(choices=PROMISES)
    customer = filters.UUIDFilter(field_name="customer_id")
    case = filters.UUIDFilter(field_name="case_id")
    open = filters.BooleanFilter(field_name="stopped_at", lookup_expr="isnull")
    missed = filters.BooleanFilter(field_name="breached_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = SlaClock
        fields = ("promise", "customer", "case", "open", "missed")


@extend_schema_view(
    list=extend_schema(summary="List service clocks"), retrieve=extend_schema(summary="Read one service clock")
)
class ServiceClockViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[SlaClock]):
    """Promises under way and ended ones, newest first."""

    queryset = SlaClock.objects.none()
    serializer_class = ServiceClockSerializer
    filterset_class = ServiceClockFilters
    lookup_value_converter = "uuid"
    required_actions = {"list": Action.VIEW_CASES, "retrieve": Action.VIEW_CASES}

    def get_queryset(self) -> QuerySet[SlaClock]:
        """Return the clocks in scope."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return with_subjects(SlaClock.objects.all()).select_related("breach", "agreement")


class BlockedSumSerializer(serializers.Serializer[Any]):
    """Money that is blocked, in one currency."""

    currency = serializers.CharField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, min_value=Decimal(-(10**14)))
    quality = serializers.CharField()


class ComingCutOffSerializer(serializers.Serializer[Any]):
    """A cut-off to come; `risks` is empty when it is on time.

    `expected_at` is derived from `sample` ended runs of the flow that is through last, at `per_hour` records an hour (0: less than one).
    """

    id = serializers.UUIDField()
    name = serializers.CharField()
    customer_id = serializers.UUIDField()
    next_at = serializers.DateTimeField()
    must_be_posted = serializers.IntegerField()
    posted = serializers.IntegerField()
    ready = serializers.IntegerField()
    to_approve = serializers.IntegerField()
    blocked = serializers.IntegerField()
    money = BlockedSumSerializer(many=True)
    expected_at = serializers.DateTimeField(allow_null=True)
    per_hour = serializers.IntegerField(allow_null=True)
    sample = serializers.IntegerField()
    at_risk = serializers.BooleanField(source="is_at_risk")
    risks = serializers.ListField(child=serializers.CharField())


class WithinSerializer(serializers.Serializer[Any]):
    """How far ahead to look, in days, and whose."""

    within_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False, default=14)
    customer = serializers.UUIDField(required=False, default=None, allow_null=True)


class ComingCutOffViewSet(viewsets.GenericViewSet[SlaClock]):
    """Cut-offs to come and what stands in their way."""

    serializer_class = ComingCutOffSerializer
    required_actions = {"list": Action.VIEW_CUSTOMERS}
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(
        summary="List coming cut-offs", parameters=[WithinSerializer], responses=ComingCutOffSerializer(many=True)
    )
    def list(self, request: Request) -> Response:
        """Return the cut-offs that fall due within so many days, the soonest first."""
        asked = WithinSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows = coming_cut_offs(
            now=timezone.now(),
            within=timedelta(days=asked.validated_data["within_days"]),
            customer_id=asked.validated_data["customer"],
        )
        return Response(ComingCutOffSerializer(rows, many=True).data)


__all__ = ["ComingCutOffViewSet", "ServiceClockViewSet"]
