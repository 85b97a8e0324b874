"""The API of monitors: how each of a flow's stands, what is usual, and changing one."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.flows.models import Flow
from apps.flows.queries.flows import get_flow
from apps.monitoring.blame import Severity
from apps.monitoring.models import Monitor
from apps.monitoring.monitor_kinds import MonitorKind
from apps.monitoring.monitors.flow_watch import watch_of
from apps.monitoring.monitors.switching import Wanted, set_monitor

KINDS = [kind.value for kind in MonitorKind]


class WatchedSerializer(serializers.Serializer[Any]):
    """One monitor. `state` is green, red (it found something), grey (silent or learning) or inactive (off)."""

    name = serializers.ChoiceField(choices=KINDS)
    title = serializers.CharField()
    state = serializers.CharField()
    word = serializers.CharField()
    found = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)
    usual = serializers.CharField(allow_blank=True)
    limit = serializers.CharField(allow_blank=True)
    current = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)


class FlowMonitorsSerializer(serializers.Serializer[Any]):
    """All monitors of one flow."""

    flow_id = serializers.UUIDField()
    monitors = WatchedSerializer(many=True)


class MonitorSettingSerializer(serializers.ModelSerializer[Monitor]):
    """How one monitor differs from the default. `own_limit` is in seconds, records, or a share of one."""

    flow_id = serializers.UUIDField(read_only=True)
    customer_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Monitor
        fields = (
            "flow_id",
            "customer_id",
            "kind",
            "is_on",
            "paused_until",
            "own_limit",
            "severity",
            "reason",
            "changed_at",
            "changed_by",
        )
        read_only_fields = fields


class SetMonitorSerializer(serializers.Serializer[Any]):
    """How a monitor is to be; what is left out is as by default. `reason` is needed where it is off or paused."""

    kind = serializers.ChoiceField(choices=KINDS)
    is_on = serializers.BooleanField(default=True)
    paused_until = serializers.DateTimeField(allow_null=True, default=None)
    own_limit = serializers.FloatField(allow_null=True, default=None)
    severity = serializers.ChoiceField(choices=[("", ""), *((s.value, s.value) for s in Severity)], default="")
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class MonitorViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Monitor]):
    """Monitors of flows. All kinds are on for every live flow; the list holds what differs from that."""

    queryset = Monitor.objects.none()
    serializer_class = MonitorSettingSerializer
    lookup_value_converter = "uuid"
    required_actions = {"list": Action.VIEW_FLOWS, "retrieve": Action.VIEW_FLOWS, "set": Action.EDIT_FLOWS}

    def get_queryset(self) -> QuerySet[Monitor]:
        """Return what differs from the defaults."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Monitor.objects.order_by("flow_id", "kind")

    @extend_schema(summary="List monitors that were changed")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer the monitors that are off, paused, or have a limit or severity of their own."""
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="Read all monitors of a flow", responses=FlowMonitorsSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Answer how each monitor of the flow stands now."""
        return _answer(get_flow(pk))

    @extend_schema(summary="Change a monitor of a flow", request=SetMonitorSerializer, responses=FlowMonitorsSerializer)
    @action(detail=True, methods=["post"])
    def set(self, request: Request, pk: UUID) -> Response:
        """Let one monitor be as sent. The same again changes nothing."""
        flow = get_flow(pk)
        wanted = SetMonitorSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        said = dict(wanted.validated_data)
        kind = MonitorKind(said.pop("kind"))
        try:
            set_monitor(flow, kind, Wanted(**said), by=caller(request).name, now=timezone.now())
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return _answer(flow)


def _answer(flow: Flow) -> Response:
    answer = {"flow_id": flow.id, "monitors": watch_of(flow, timezone.now()).rows}
    return Response(FlowMonitorsSerializer(answer).data)
