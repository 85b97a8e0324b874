"""The API of the canonical types: which there are, and the JSON Schema of each."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.accounts.actions import Action
from apps.connectors.canonical.json_schema import build_schema
from apps.connectors.canonical.registry import CANONICAL_TYPES, CanonicalType, UnknownTypeError, canonical_type
from apps.connectors.models import Connection

_NAME = OpenApiParameter("type_name", OpenApiTypes.STR, OpenApiParameter.PATH, description="TimeEntry, Project, …")


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One canonical type as the list shows it."""

    name: str
    title: str
    version: int
    summary: str
    owner: str
    schema: str


class CanonicalTypeSerializer(serializers.Serializer[Any]):
    """One kind of record. `owner` is the kind of system whose values win, `schema` where its JSON Schema is."""

    name = serializers.CharField()
    title = serializers.CharField()
    version = serializers.IntegerField()
    summary = serializers.CharField()
    owner = serializers.CharField()
    schema = serializers.CharField()


class CanonicalTypeViewSet(viewsets.GenericViewSet[Connection]):
    """What records are, whichever system they come from."""

    serializer_class = CanonicalTypeSerializer
    required_actions = {"list": Action.VIEW_FLOWS, "read_schema": Action.VIEW_FLOWS}
    lookup_url_kwarg = "type_name"
    lookup_value_converter = "slug"
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(summary="List the types of records", responses=CanonicalTypeSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Answer every type with its version."""
        rows = [_row(described, request) for described in CANONICAL_TYPES.values()]
        return Response(CanonicalTypeSerializer(rows, many=True).data)

    @extend_schema(summary="Read a type's JSON Schema", parameters=[_NAME], responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"], url_path="schema", url_name="schema")
    def read_schema(self, request: Request, type_name: str) -> Response:
        """Answer the JSON Schema (draft 2020-12) of the type as it is now; 404 names the types there are."""
        try:
            return Response(build_schema(canonical_type(type_name)))
        except UnknownTypeError:
            told = _("There is no type %(name)s: choose one of %(known)s.")
            raise NotFound(told % {"name": type_name, "known": ", ".join(CANONICAL_TYPES)}) from None


def _row(described: CanonicalType, request: Request) -> TypeRow:
    address = reverse("api:type-schema", kwargs={"type_name": described.name}, request=request)
    return TypeRow(described.name, _(described.label), described.version, described.summary, described.owner, address)
