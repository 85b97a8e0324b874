"""The API of configuration files: YAML out; YAML in as a plan, then applied under the plan's digest."""

from collections.abc import Mapping
from typing import IO, Any
from uuid import UUID

import orjson
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.customers.models import Customer
from apps.customers.queries import get_customer
from apps.flows.config_files.parsing import ParsedFile, parse_file
from apps.flows.config_files.yaml_text import MOST_BYTES, DocumentError, Problem
from apps.flows.configuring.exporting import export_customer, export_partner
from apps.flows.configuring.importing import ChangedSinceError, ImportRefusedError, apply_import, plan_import
from apps.flows.configuring.partner_import import apply_partner_import, plan_partner_import


class YamlBody(BaseParser):
    """A file as it was sent; one too large is read no further than to see that."""

    media_type = "application/yaml"  # https://www.rfc-editor.org/rfc/rfc9512

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, bytes]:
        """Return the file's bytes under "file"."""
        return {"file": stream.read(MOST_BYTES + 1)}


class OldYamlBody(YamlBody):
    """The same under the name that was usual before the media type was registered."""

    media_type = "text/yaml"


class YamlText(BaseRenderer):
    """A file as text; what is said instead of a file is JSON."""

    media_type = "application/yaml"
    format = "yaml"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the answer's bytes."""
        return data.encode() if isinstance(data, str) else orjson.dumps(data)


class OldYamlText(YamlText):
    """The same under the older name."""

    media_type = "text/yaml"


class ProblemSerializer(serializers.Serializer[Any]):
    """One thing wrong with a file; `line` is null where it is not known."""

    path = serializers.CharField()
    message = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)


class ChangedLineSerializer(serializers.Serializer[Any]):
    """One difference in words."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field's name, not the serializer's own label
    before = serializers.CharField()
    after = serializers.CharField()
    origin = serializers.CharField()


class EntryChangeSerializer(serializers.Serializer[Any]):
    """What becomes of one flow, owner or place."""

    name = serializers.CharField()
    change = serializers.CharField(help_text="created, changed, unchanged, or left: here but not in the file.")
    lines = ChangedLineSerializer(many=True)


class PlanSerializer(serializers.Serializer[Any]):
    """What an import would do; `digest` is "" while there are problems."""

    digest = serializers.CharField()
    problems = ProblemSerializer(many=True)
    changes = EntryChangeSerializer(many=True)


_FILE = {"application/yaml": OpenApiTypes.STR, "text/yaml": OpenApiTypes.STR}
_DIGEST = OpenApiParameter("digest", str, required=True, description="That of the plan that was looked at.")
_NOTE = OpenApiParameter("note", str, description="Why, for the notes of the versions and the trail.")


class ConfigurationViewSet(viewsets.GenericViewSet[Customer]):
    """Configuration files of a customer, by its id, and of the partner's own lines."""

    queryset = Customer.objects.none()
    serializer_class = PlanSerializer
    lookup_value_converter = "uuid"
    pagination_class = None
    filter_backends: list[Any] = []
    parser_classes = [YamlBody, OldYamlBody]
    required_actions = {
        "retrieve": Action.EDIT_FLOWS,
        "plan": Action.EDIT_FLOWS,
        "apply": Action.EDIT_FLOWS,
        "partner_lines": Action.EDIT_FLOWS,
        "plan_partner_lines": Action.EDIT_FLOWS,
        "apply_partner_lines": Action.EDIT_FLOWS,
    }

    def get_renderers(self) -> list[BaseRenderer]:
        """Return the form of the answer: a file is YAML, all else JSON whatever is asked for."""
        is_file = self.action in ("retrieve", "partner_lines")
        return [YamlText(), OldYamlText(), JSONRenderer()] if is_file else [JSONRenderer(), YamlText(), OldYamlText()]

    @extend_schema(summary="Export a customer's configuration", responses={(200, "application/yaml"): OpenApiTypes.STR})
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Return the customer's flows and owner register as YAML, always in the same order; no secrets, no ids."""
        return Response(export_customer(get_customer(pk)).write())

    @extend_schema(summary="Plan an import", request=_FILE, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def plan(self, request: Request, pk: UUID) -> Response:
        """Return what importing the file would change, and everything that is wrong with it. Nothing is changed."""
        customer = get_customer(pk)
        return Response(plan_import(customer, _parsed(request), by=caller(request).name).to_json())

    @extend_schema(summary="Apply an import", request=_FILE, responses=PlanSerializer, parameters=[_DIGEST, _NOTE])
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: UUID) -> Response:
        """Import the file, all of it or nothing. 409 when something has changed since the plan with this digest."""
        customer, parsed = get_customer(pk), _parsed(request)
        try:
            note = request.query_params.get("note", "")
            plan = apply_import(customer, parsed, digest=_digest(request), by=caller(request).name, note=note)
        except ImportRefusedError as refused:
            raise _refusal(refused.problems) from None
        except ChangedSinceError as changed:
            raise NotNowError(str(changed)) from None
        return Response(plan.to_json())

    @extend_schema(summary="Export the partner's lines", responses={(200, "application/yaml"): OpenApiTypes.STR})
    @action(detail=False, methods=["get"], url_path="partner-lines")
    def partner_lines(self, request: Request) -> Response:
        """Return what the partner changes for all customers, as YAML."""
        _require_whole_partner(request)
        return Response(export_partner().write())

    @extend_schema(summary="Plan an import of the partner's lines", request=_FILE, responses=PlanSerializer)
    @action(detail=False, methods=["post"], url_path="partner-lines/plan")
    def plan_partner_lines(self, request: Request) -> Response:
        """Return what importing the file would change, and everything that is wrong with it. Nothing is changed."""
        _require_whole_partner(request)
        return Response(plan_partner_import(_parsed(request), by=caller(request).name).to_json())

    @extend_schema(
        summary="Apply an import of the partner's lines",
        request=_FILE,
        responses=PlanSerializer,
        parameters=[_DIGEST, _NOTE],
    )
    @action(detail=False, methods=["post"], url_path="partner-lines/apply")
    def apply_partner_lines(self, request: Request) -> Response:
        """Import the file, all of it or nothing. 409 when something has changed since the plan with this digest."""
        _require_whole_partner(request)
        parsed = _parsed(request)
        try:
            note = request.query_params.get("note", "")
            plan = apply_partner_import(parsed, digest=_digest(request), by=caller(request).name, note=note)
        except ImportRefusedError as refused:
            raise _refusal(refused.problems) from None
        except ChangedSinceError as changed:
            raise NotNowError(str(changed)) from None
        return Response(plan.to_json())


def _require_whole_partner(request: Request) -> None:
    """Close the partner's lines to keys and people of one customer: they are about all of them."""
    if caller(request).customer_id is not None or caller(request).is_customer:
        raise Http404


def _parsed(request: Request) -> ParsedFile:
    sent = request.data.get("file", b"") if isinstance(request.data, dict) else b""  # an empty body has none
    try:
        return parse_file(sent)
    except DocumentError as wrong:
        raise _refusal(wrong.problems) from None


def _digest(request: Request) -> str:
    given = request.query_params.get("digest", "")
    if not given:
        sentence = "Plan the import first, and give the digest of the plan that you looked at."
        raise serializers.ValidationError({"digest": [sentence]})
    return given


def _refusal(problems: tuple[Problem, ...]) -> serializers.ValidationError:
    told: dict[str, list[str]] = {}
    for problem in problems:
        where = f" (line {problem.line})" if problem.line else ""
        told.setdefault(problem.path or "file", []).append(f"{problem.message}{where}")
    return serializers.ValidationError(told)
