"""The API of what-ifs: ask what another version of a flow would have made of the recorded records, and read the answer."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.flows.models import WhatIf
from apps.flows.queries.flows import get_flow
from apps.flows.queries.versions import get_version
from apps.flows.queries.what_ifs import get_what_if
from apps.flows.run_api import require_room
from apps.flows.services.what_if import SIZES, USUAL_SIZE, WhatIfError, request_what_if


class WhatIfRequestSerializer(serializers.Serializer[Any]):
    """Which version of which flow, and how many of the records that were read last."""

    flow = serializers.UUIDField()
    version = serializers.IntegerField(min_value=1, max_value=2_000_000_000)
    most = serializers.ChoiceField(choices=[(size, f"{size:,} records") for size in SIZES], default=USUAL_SIZE)


class WhatIfSerializer(serializers.ModelSerializer[WhatIf]):
    """A what-if. `result` says how many and how much (counts, fields, money, failures), never what was in a record."""

    flow_id = serializers.UUIDField(read_only=True)
    version_before = serializers.IntegerField(source="version_before.number")
    version_after = serializers.IntegerField(source="version_after.number")
    needs_reason = serializers.BooleanField()

    class Meta:
        model = WhatIf
        fields = (
            "id",
            "flow_id",
            "version_before",
            "version_after",
            "state",
            "most",
            "read",
            "result",
            "needs_reason",
            "error_message",
            "asked_by",
            "reason",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields


class WhatIfViewSet(viewsets.GenericViewSet[WhatIf]):
    """Comparisons of two versions over recorded records."""

    queryset = WhatIf.objects.none()
    serializer_class = WhatIfSerializer
    required_actions = {"create": Action.EDIT_FLOWS, "retrieve": Action.VIEW_FLOWS}
    lookup_value_converter = "uuid"
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(
        summary="Ask what a version would change", request=WhatIfRequestSerializer, responses=WhatIfSerializer
    )
    def create(self, request: Request) -> Response:
        """Run recorded records through the live and the named version, with writes off. One under way is returned.

        409 when the version is live already, nothing is, or the customer keeps no contents of records.
        """
        wanted = WhatIfRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        flow = _flow(asked["flow"])
        version = get_version(flow, asked["version"])
        if version is None:
            raise serializers.ValidationError({"version": ["This flow has no such version."]})
        require_room()
        try:
            what_if = request_what_if(flow, version, by=caller(request).name, most=asked["most"])
        except WhatIfError as error:
            raise NotNowError(str(error)) from error
        return Response(WhatIfSerializer(what_if).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Read a what-if", responses=WhatIfSerializer)
    def retrieve(self, _request: Request, pk: UUID) -> Response:
        """Return what a version would change, as far as it is known."""
        found = get_what_if(pk)
        if found is None:
            raise Http404
        return Response(WhatIfSerializer(found).data)


def _flow(flow_id: UUID) -> Any:
    try:
        return get_flow(flow_id)
    except Http404:
        raise serializers.ValidationError({"flow": ["There is no such flow."]}) from None
