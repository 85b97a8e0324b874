"""The API of flows and of the templates they are installed from."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.flows.change_api import ChangeSerializer, waiting_answer
from apps.flows.draft_api import DRAFT_ACTIONS, DraftActions
from apps.flows.install_api import InstallSerializer, SettingsSerializer, change_flow_settings, install_flow
from apps.flows.models import Flow
from apps.flows.queries import flows as flow_queries
from apps.flows.run_api import RunSerializer, require_room
from apps.flows.services.backfill import BackfillError, find_backfill, start_backfill
from apps.flows.services.flow_state import pause_flow, resume_flow
from apps.flows.services.start_run import FlowNotLiveError, run_now
from apps.flows.templates_library import list_templates


class FlowSerializer(serializers.ModelSerializer[Flow]):
    """One installed flow."""

    customer_id = serializers.UUIDField(read_only=True)
    source_id = serializers.UUIDField(read_only=True)
    target_id = serializers.UUIDField(read_only=True)
    live_version = serializers.IntegerField(source="live_version.number", read_only=True, default=None, allow_null=True)
    roles = serializers.SerializerMethodField()

    class Meta:
        model = Flow
        fields = (
            "id",
            "name",
            "customer_id",
            "template",
            "source_id",
            "target_id",
            "roles",
            "settings",
            "state",
            "state_reason",
            "live_version",
            "expected_every_seconds",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.UUIDField()))
    def get_roles(self, flow: Flow) -> dict[str, str]:
        """Return the connections besides source and target, by role."""
        return {one.role: str(one.connection_id) for one in flow.roles.all()}


class TemplateSerializer(serializers.Serializer[Any]):
    """A ready-made flow that can be installed."""

    slug = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField()
    needs = serializers.ListField(child=serializers.CharField())
    outcome = serializers.CharField()
    roles = serializers.DictField(
        child=serializers.CharField(), help_text="The systems it needs besides source and target."
    )
    canonical_type = serializers.CharField(source="definition.canonical_type")
    version = serializers.IntegerField()
    workflow = serializers.CharField(help_text="Its number among the workflows of a services firm, as W3.")
    category = serializers.CharField()
    accelerator = serializers.CharField(help_text="The group of templates it belongs to.")
    settings = serializers.DictField(help_text="What can be chosen for each customer: a JSON Schema, draft 2020-12.")


class PauseSerializer(serializers.Serializer[Any]):
    """Why a flow is paused."""

    reason = serializers.CharField(max_length=240)


class BackfillSerializer(serializers.Serializer[Any]):
    """The days to read, both included, as days of the customer's time zone."""

    first = serializers.DateField()
    last = serializers.DateField()


class FlowFilters(filters.FilterSet):
    """Narrows the list of flows."""

    state = filters.ChoiceFilter(choices=Flow.State.choices)
    customer = filters.UUIDFilter(field_name="customer_id")

    class Meta:
        model = Flow
        fields = ("state", "customer")


@extend_schema_view(list=extend_schema(summary="List flows"), retrieve=extend_schema(summary="Read one flow"))
class FlowViewSet(DraftActions, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Flow]):
    """Installed flows, each with its draft."""

    queryset = Flow.objects.none()
    serializer_class = FlowSerializer
    filterset_class = FlowFilters
    lookup_value_converter = "uuid"
    required_actions = {
        "list": Action.VIEW_FLOWS,
        "retrieve": Action.VIEW_FLOWS,
        "create": Action.EDIT_FLOWS,
        "run_now": Action.RUN_FLOWS,
        "pause": Action.RUN_FLOWS,
        "resume": Action.RUN_FLOWS,
        "change_settings": Action.EDIT_FLOWS,
        "backfills": Action.RUN_FLOWS,
        **DRAFT_ACTIONS,
    }

    def get_queryset(self) -> QuerySet[Flow]:
        """Return the flows in scope."""
        return (
            self.queryset
            if getattr(self, "swagger_fake_view", False)
            else flow_queries.flows().prefetch_related("roles")
        )

    @extend_schema(summary="Install a template", request=InstallSerializer, responses={201: FlowSerializer})
    def create(self, request: Request) -> Response:
        """Install a template between connections of one customer and publish its first version, live unless asked otherwise."""
        wanted = InstallSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        flow = install_flow(wanted.validated_data, by=caller(request).name)
        return Response(FlowSerializer(flow_queries.get_flow(flow.id)).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change a flow's settings",
        request=SettingsSerializer,
        responses={200: FlowSerializer, 202: ChangeSerializer},
    )
    @action(detail=True, methods=["post"], url_path="settings")
    def change_settings(self, request: Request, pk: UUID) -> Response:
        """Take other settings of the template and publish a version with them; the others stay as they are.

        202 with the change that was asked for, where it needs approval before it is live.
        """
        flow, wanted = flow_queries.get_flow(pk), SettingsSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        version = change_flow_settings(flow, wanted.validated_data, by=caller(request).name)
        return waiting_answer(version) or Response(FlowSerializer(flow_queries.get_flow(pk)).data)

    @extend_schema(summary="Start a run now", request=None, responses={202: RunSerializer})
    @action(detail=True, methods=["post"], url_path="run-now")
    def run_now(self, request: Request, pk: UUID) -> Response:
        """Start reading changes; answers the queued run, which waits while the flow is paused. 409 for drafts and retired flows."""
        require_room()
        try:
            run = run_now(flow_queries.get_flow(pk), started_by=caller(request).name)
        except FlowNotLiveError as error:
            raise NotNowError(str(error)) from error
        return Response(RunSerializer(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="Read a span of days",
        request=BackfillSerializer,
        responses={202: RunSerializer, 200: RunSerializer},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
    )
    @action(detail=True, methods=["post"])
    def backfills(self, request: Request, pk: UUID) -> Response:
        """Queue a backfill behind all live work; answers its run. 409 while one of the flow is under way.

        Under a known Idempotency-Key the run of the first call is answered with 200.
        """
        flow, key = flow_queries.get_flow(pk), request.headers.get("Idempotency-Key", "")[:80]
        wanted = BackfillSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        known = find_backfill(flow, key)
        if known is not None:
            return Response(RunSerializer(known).data)
        require_room()
        days = wanted.validated_data
        try:
            run = start_backfill(flow, **days, started_by=caller(request).name, outside_key=key)
        except BackfillError as error:
            if error.field:
                raise serializers.ValidationError({error.field: str(error)}) from error
            raise NotNowError(str(error)) from error
        except FlowNotLiveError as error:
            raise NotNowError(str(error)) from error
        return Response(RunSerializer(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Pause a flow", request=PauseSerializer, responses=FlowSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Stop the flow from starting runs, with a reason that everyone sees."""
        wanted = PauseSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        flow = flow_queries.get_flow(pk)
        if flow.state != Flow.State.LIVE:
            raise NotNowError(f"{flow.name} is {flow.get_state_display()}: only a live flow can be paused.")
        pause_flow(flow, reason=wanted.validated_data["reason"], made_by=caller(request).name)
        return Response(FlowSerializer(flow_queries.get_flow(pk)).data)

    @extend_schema(summary="Resume a flow", request=None, responses=FlowSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Let a paused flow start runs again."""
        flow = flow_queries.get_flow(pk)
        if flow.state != Flow.State.PAUSED:
            raise NotNowError(f"{flow.name} is {flow.get_state_display()}: only a paused flow can be resumed.")
        resume_flow(flow)
        return Response(FlowSerializer(flow_queries.get_flow(pk)).data)


class TemplateViewSet(viewsets.GenericViewSet[Flow]):
    """Ready-made flows."""

    serializer_class = TemplateSerializer
    required_actions = {"list": Action.VIEW_FLOWS}
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(summary="List templates", responses=TemplateSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Return every template of the library."""
        return Response(TemplateSerializer(list_templates(), many=True).data)


__all__ = ["FlowViewSet", "TemplateViewSet"]
