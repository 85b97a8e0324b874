"""The API of changed fields: whom those of one connection's system reach, to read."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.connectors.models import Connection
from apps.connectors.queries import get_connection
from apps.flows.queries.drift_reach import get_drift_reach


class BrokenLineSerializer(serializers.Serializer[Any]):
    """One line that trips over a change. `target` "" where no line is concerned; `is_now`: its flow stops already."""

    template = serializers.CharField(source="flow.template")
    customer_id = serializers.UUIDField(source="flow.customer_id")
    customer = serializers.CharField(source="flow.customer.name")
    flow_id = serializers.UUIDField(source="flow.id")
    flow = serializers.CharField(source="flow.name")
    place = serializers.CharField()
    line = serializers.CharField()
    target = serializers.CharField()
    field = serializers.CharField()
    change = serializers.CharField()
    is_now = serializers.BooleanField()


class DriftReachSerializer(serializers.Serializer[Any]):
    """What is different, the lines that break, and the flows that go on or cannot be judged."""

    changes = serializers.SerializerMethodField()
    broken = BrokenLineSerializer(many=True)
    not_affected = serializers.SerializerMethodField()
    not_known = serializers.SerializerMethodField()

    def get_changes(self, reach: Any) -> list[str]:
        """Return each change as a sentence."""
        return [f"{label}: {sentence}" for label, sentences in reach.changes for sentence in sentences]

    def get_not_affected(self, reach: Any) -> list[UUID]:
        """Return the flows that use the system and go on."""
        return [flow.id for flow in reach.untouched]

    def get_not_known(self, reach: Any) -> list[UUID]:
        """Return the flows whose mapping cannot be read any more."""
        return [flow.id for flow in reach.unreadable]


class DriftViewSet(viewsets.GenericViewSet[Connection]):
    """Changed fields of connections' systems."""

    queryset = Connection.objects.none()
    serializer_class = DriftReachSerializer
    required_actions = {"retrieve": Action.VIEW_FLOWS}
    lookup_value_converter = "uuid"
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(summary="Read whom changed fields reach", responses=DriftReachSerializer)
    def retrieve(self, _request: Request, pk: UUID) -> Response:
        """Return which lines of which customers break by the changed fields of a connection's system."""
        return Response(DriftReachSerializer(get_drift_reach(get_connection(pk))).data)
