"""The API of lineage: in which systems a record is known, and the matter it belongs to, found by any of its numbers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.models import Connection
from apps.flows.models import Operation
from apps.flows.queries.record_keys import find_records
from apps.monitoring.lineage.chain import ABSENT, DONE, MOVING, STOPPED
from apps.monitoring.lineage.matter import get_matter
from apps.monitoring.lineage.record import lines_of_record
from apps.monitoring.lineage.systems import columns_of, read_known
from apps.monitoring.search import LONGEST, cleaned, id_range

MOST_RECORDS = 3
# Named in settings, so that the API's description tells them apart from other states.
STAGE_STATES = [(word, word) for word in (STOPPED, MOVING, DONE, ABSENT)]


class AskedSerializer(serializers.Serializer[Any]):
    """Any id or number of a record: its source's, its target's, our own name of it, or of what caused it."""

    key = serializers.CharField(max_length=LONGEST, trim_whitespace=True)
    type = serializers.ChoiceField(choices=sorted(CANONICAL_TYPES), required=False, default="")


class KnownInSerializer(serializers.Serializer[Any]):
    """One system that knows the record, or should. `stopped` says why the way ends before it, "" where it does not."""

    connection_id = serializers.UUIDField()
    name = serializers.CharField()
    system = serializers.CharField()
    held_as = serializers.CharField(source="kind")
    key = serializers.CharField()
    url = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    flow_id = serializers.UUIDField(allow_null=True)
    flow_version = serializers.IntegerField(source="version", allow_null=True)
    stopped = serializers.SerializerMethodField()
    case_id = serializers.SerializerMethodField()

    def get_stopped(self, column: Any) -> str:
        """Return why the record's way ends before this system."""
        return column.gap.sentence if column.gap else ""

    def get_case_id(self, column: Any) -> str | None:
        """Return the open exception about it."""
        return str(column.gap.case_id) if column.gap and column.gap.case_id else None


class StageRecordSerializer(serializers.Serializer[Any]):
    """One record of a stage; `operation_id` null: it is named by others, and no flow has carried it."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the name that a record has here
    name = serializers.CharField()
    state = serializers.CharField()
    operation_id = serializers.UUIDField(allow_null=True)


class StageSerializer(serializers.Serializer[Any]):
    """One stage of the matter, in the order of business. `count` counts records; `has_more`: there are more than that."""

    type = serializers.CharField(source="kind")
    count = serializers.IntegerField()
    has_more = serializers.BooleanField()
    stopped = serializers.IntegerField()
    moving = serializers.IntegerField()
    standing = serializers.ChoiceField(choices=STAGE_STATES)
    records = serializers.SerializerMethodField()

    def get_records(self, stage: Any) -> list[dict[str, Any]]:
        """Return the first records of the stage."""
        return [dict(one) for one in StageRecordSerializer(stage.records[:20], many=True).data]


class LineageSerializer(serializers.Serializer[Any]):
    """One record in all its systems, and its matter."""

    operation_id = serializers.UUIDField()
    customer_id = serializers.UUIDField()
    type = serializers.CharField()
    business_key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the name that a record has here
    state = serializers.CharField()
    systems = KnownInSerializer(many=True)
    stages = StageSerializer(many=True)


class LineageViewSet(viewsets.GenericViewSet[Operation]):
    """Records by any of their numbers, with everything that hangs on them."""

    serializer_class = LineageSerializer
    required_actions = {"list": Action.VIEW_RUNS}
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(
        summary="Find records with their lineage", parameters=[AskedSerializer], responses=LineageSerializer(many=True)
    )
    def list(self, request: Request) -> Response:
        """Return at most three records that `key` names, the newest first; none where nothing fits."""
        asked = AskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        key, kind = cleaned(asked.validated_data["key"]), asked.validated_data["type"]
        ids = id_range(key)
        lines = find_records(key, ids=(ids.first, ids.last) if ids else None, most=20)
        chosen = {
            (line.customer_id, line.canonical_type, line.business_key): line
            for line in reversed(lines)
            if not kind or line.canonical_type == kind
        }
        found = [_lineage(line) for line in list(chosen.values())[::-1][:MOST_RECORDS]]
        return Response(LineageSerializer(found, many=True).data)


def _lineage(operation: Operation) -> dict[str, Any]:
    lines = lines_of_record(operation)
    newest = lines[0]
    places = Connection.objects.filter(customer_id=newest.customer_id).values_list("id", flat=True)
    return {
        "operation_id": newest.id,
        "customer_id": newest.customer_id,
        "type": newest.canonical_type,
        "business_key": newest.business_key,
        "label": newest.label,
        "state": newest.state,
        "systems": columns_of(read_known(newest, lines, places)),
        "stages": get_matter(newest).stages,
    }
