"""The API of flows, their templates, their runs and the records behind them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.dispatch.backlog import has_room
from apps.flows.engine.states import OperationState, RunState
from apps.flows.install_api import InstallSerializer, install_flow
from apps.flows.models import Flow, Operation, Run
from apps.flows.queries import flows as flow_queries
from apps.flows.queries import operations as operation_queries
from apps.flows.queries import runs as run_queries
from apps.flows.services import publish
from apps.flows.services.backfill import BackfillError, find_backfill, start_backfill
from apps.flows.services.cancel_run import RunOverError, cancel_run
from apps.flows.services.evidence import DROPPED, KEPT, NOT_STORED, attempts_of
from apps.flows.services.replay import NothingToReplayError, replay_operations
from apps.flows.services.start_run import FlowNotLiveError, run_now
from apps.flows.services.undo import CannotRollBackError, roll_back
from apps.flows.step_api import RollBackSerializer, StepSerializer, steps_of
from apps.flows.templates_library import list_templates
from apps.tenants import scope

MOST_REPLAYED = 10_000
# Named in settings, so that the API's description tells the states of runs and records apart.
RUN_STATES = [(state.value, state.value) for state in RunState]
OPERATION_STATES = [(state.value, state.value) for state in OperationState]


class NotNowError(APIException):
    """The call is right, but does not fit the present state: 409."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


def require_room() -> None:
    """Refuse to start more while the partner's backlog is full: 429, and when to ask again. Nothing accepted is dropped.

    Raises:
        Throttled: with the seconds to wait, which become the Retry-After header.

    """
    room = has_room(scope.require().partner.id)
    if not room.ok:
        raise Throttled(room.retry_after_seconds, detail="Too much work is waiting already: try again later.")


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


class RunSerializer(serializers.ModelSerializer[Run]):
    """One run; read = written + unchanged + skipped + rejected + waiting at every moment."""

    flow_id = serializers.UUIDField(read_only=True)
    customer_id = serializers.UUIDField(read_only=True)
    trigger = serializers.CharField(source="event.kind", read_only=True)

    class Meta:
        model = Run
        fields = (
            "id",
            "flow_id",
            "customer_id",
            "trigger",
            "mode",
            "state",
            "read",
            "written",
            "unchanged",
            "skipped",
            "rejected",
            "waiting",
            "error_class",
            "error_message",
            "started_by",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields


class ExchangeSerializer(serializers.Serializer[Any]):
    """What was sent and answered, with secrets taken out."""

    method = serializers.CharField()
    url = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    milliseconds = serializers.IntegerField()
    request = serializers.CharField()
    response = serializers.CharField()


class AttemptSerializer(serializers.Serializer[Any]):
    """One try of one record, newest first."""

    number = serializers.IntegerField()
    run_id = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()
    contents = serializers.ChoiceField(choices=[KEPT, DROPPED, NOT_STORED])
    dropped_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()
    ambiguous = serializers.BooleanField()
    target_key = serializers.CharField()
    exchange = ExchangeSerializer(allow_null=True)


class OperationSerializer(serializers.ModelSerializer[Operation]):
    """One ledger line: what came of one version of one record."""

    flow_id = serializers.UUIDField(read_only=True)
    run_id = serializers.UUIDField(read_only=True)
    last_run_id = serializers.UUIDField(read_only=True)
    customer_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Operation
        fields: tuple[str, ...] = (
            "id",
            "flow_id",
            "customer_id",
            "run_id",
            "last_run_id",
            "canonical_type",
            "business_key",
            "source_key",
            "source_version",
            "target_key",
            "state",
            "step",
            "label",
            "amount",
            "currency",
            "amount_quality",
            "client_ref",
            "project_ref",
            "period_ref",
            "error_kind",
            "error_class",
            "error_field",
            "error_message",
            "correlation_id",
            "due_at",
            "created_at",
            "changed_at",
        )
        read_only_fields = fields


class OperationDetailSerializer(OperationSerializer):
    """A ledger line with its steps and attempts; `attempts` is null without the right to see requests and responses.

    `steps` are those that were begun, in order; none for a record that went with its batch.
    """

    steps = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField()

    class Meta(OperationSerializer.Meta):
        fields = (*OperationSerializer.Meta.fields, "steps", "attempts")
        read_only_fields = fields

    @extend_schema_field(StepSerializer(many=True))
    def get_steps(self, operation: Operation) -> Any:
        """Return the steps that were begun."""
        return steps_of(operation)

    @extend_schema_field(AttemptSerializer(many=True, allow_null=True))
    def get_attempts(self, operation: Operation) -> Any:
        """Return the attempts, None when the caller may not see them."""
        if not _actor(self.context["request"]).can(Action.VIEW_PAYLOADS):
            return None
        return AttemptSerializer(attempts_of(operation), many=True).data


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


class PauseSerializer(serializers.Serializer[Any]):
    """Why a flow is paused."""

    reason = serializers.CharField(max_length=240)


class BackfillSerializer(serializers.Serializer[Any]):
    """The days to read, both included, as days of the customer's time zone."""

    first = serializers.DateField()
    last = serializers.DateField()


class ReplaySerializer(serializers.Serializer[Any]):
    """Which records to try again."""

    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_REPLAYED)


class FlowFilters(filters.FilterSet):
    """Narrows the list of flows."""

    state = filters.ChoiceFilter(choices=Flow.State.choices)
    customer = filters.UUIDFilter(field_name="customer_id")

    class Meta:
        model = Flow
        fields = ("state", "customer")


class RunFilters(filters.FilterSet):
    """Narrows the list of runs."""

    flow = filters.UUIDFilter(field_name="flow_id")
    customer = filters.UUIDFilter(field_name="customer_id")
    state = filters.ChoiceFilter(choices=RUN_STATES)

    class Meta:
        model = Run
        fields = ("flow", "customer", "state")


class OperationFilters(filters.FilterSet):
    """Narrows the list of records; `run` finds those the run read or tried again."""

    run = filters.UUIDFilter(method="of_run")
    flow = filters.UUIDFilter(field_name="flow_id")
    customer = filters.UUIDFilter(field_name="customer_id")
    state = filters.ChoiceFilter(choices=OPERATION_STATES)
    business_key = filters.CharFilter(max_length=200)

    class Meta:
        model = Operation
        fields = ("run", "flow", "customer", "state", "business_key")

    def of_run(self, found: QuerySet[Operation], name: str, value: UUID) -> QuerySet[Operation]:
        """Return the lines of one run. Raises Http404 for a run out of scope."""
        return found & run_queries.run_operations(run_queries.get_run(value)).order_by()


def _is_described(view: Any) -> bool:
    # drf-spectacular looks at views without a request; no partner is open then.
    return bool(getattr(view, "swagger_fake_view", False))


def _actor(request: Request) -> Actor:
    return request._request.actor  # type: ignore[attr-defined, no-any-return]


@extend_schema_view(list=extend_schema(summary="List flows"), retrieve=extend_schema(summary="Read one flow"))
class FlowViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Flow]):
    """Installed flows."""

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
        "backfills": Action.RUN_FLOWS,
    }

    def get_queryset(self) -> QuerySet[Flow]:
        """Return the flows in scope."""
        return self.queryset if _is_described(self) else flow_queries.flows().prefetch_related("roles")

    @extend_schema(summary="Install a template", request=InstallSerializer, responses={201: FlowSerializer})
    def create(self, request: Request) -> Response:
        """Install a template between connections of one customer and publish its first version, live unless asked otherwise."""
        wanted = InstallSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        flow = install_flow(wanted.validated_data, by=_actor(request).name)
        return Response(FlowSerializer(flow_queries.get_flow(flow.id)).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Start a run now", request=None, responses={202: RunSerializer})
    @action(detail=True, methods=["post"], url_path="run-now")
    def run_now(self, request: Request, pk: UUID) -> Response:
        """Start reading changes; answers the queued run, which waits while the flow is paused. 409 for drafts and retired flows."""
        require_room()
        try:
            run = run_now(flow_queries.get_flow(pk), started_by=_actor(request).name)
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
            run = start_backfill(
                flow, **days, started_by=_actor(request).name, today=timezone.localdate(), outside_key=key
            )
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
        publish.pause_flow(flow, reason=wanted.validated_data["reason"], made_by=_actor(request).name)
        return Response(FlowSerializer(flow_queries.get_flow(pk)).data)

    @extend_schema(summary="Resume a flow", request=None, responses=FlowSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Let a paused flow start runs again."""
        flow = flow_queries.get_flow(pk)
        if flow.state != Flow.State.PAUSED:
            raise NotNowError(f"{flow.name} is {flow.get_state_display()}: only a paused flow can be resumed.")
        publish.resume_flow(flow)
        return Response(FlowSerializer(flow_queries.get_flow(pk)).data)


@extend_schema_view(list=extend_schema(summary="List runs"), retrieve=extend_schema(summary="Read one run"))
class RunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Run]):
    """Runs, newest first."""

    queryset = Run.objects.none()
    serializer_class = RunSerializer
    filterset_class = RunFilters
    lookup_value_converter = "uuid"
    required_actions = {"list": Action.VIEW_RUNS, "retrieve": Action.VIEW_RUNS, "cancel": Action.RUN_FLOWS}

    def get_queryset(self) -> QuerySet[Run]:
        """Return the runs in scope."""
        return self.queryset if _is_described(self) else run_queries.runs()

    @extend_schema(summary="Cancel a run", request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """End a run before its end. 409 when it is over."""
        try:
            cancel_run(run_queries.get_run(pk), made_by=_actor(request).name)
        except RunOverError as error:
            raise NotNowError(str(error)) from error
        return Response(RunSerializer(run_queries.get_run(pk)).data)


@extend_schema_view(
    list=extend_schema(summary="List records"),
    retrieve=extend_schema(summary="Read one record", responses=OperationDetailSerializer),
)
class OperationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Operation]):
    """Ledger lines, newest first."""

    queryset = Operation.objects.none()
    filterset_class = OperationFilters
    lookup_value_converter = "uuid"
    required_actions = {
        "list": Action.VIEW_RUNS,
        "retrieve": Action.VIEW_RUNS,
        "replay": Action.WORK_CASES,
        "roll_back": Action.EDIT_AND_RETRY,
    }

    def get_queryset(self) -> QuerySet[Operation]:
        """Return the ledger lines in scope."""
        return self.queryset if _is_described(self) else operation_queries.operations()

    def get_serializer_class(self) -> type[OperationSerializer]:
        """Return the serializer with attempts for one line, without for lists."""
        return OperationDetailSerializer if self.action == "retrieve" else OperationSerializer

    @extend_schema(
        summary="Retry records", request=ReplaySerializer, responses={202: RunSerializer(many=True)}, filters=False
    )
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def replay(self, request: Request) -> Response:
        """Try rejected records again; answers one run for each flow they belong to. 409 when none is blocked."""
        wanted = ReplaySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        require_room()
        try:
            runs = replay_operations(wanted.validated_data["ids"], started_by=_actor(request).name)
        except (NothingToReplayError, FlowNotLiveError) as error:
            raise NotNowError(str(error)) from error
        return Response(RunSerializer(runs, many=True).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Roll a record back", request=RollBackSerializer, responses={202: OperationDetailSerializer})
    @action(detail=True, methods=["post"], url_path="roll-back")
    def roll_back(self, request: Request, pk: UUID) -> Response:
        """Begin to take back what was done for a failed record, the last step first. 409 when that cannot be done (any more)."""
        wanted = RollBackSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        operation = operation_queries.get_operation(pk)
        try:
            roll_back(operation.id, **wanted.validated_data, made_by=_actor(request).name)
        except CannotRollBackError as error:
            raise NotNowError(str(error)) from error
        answer = OperationDetailSerializer(operation_queries.get_operation(pk), context={"request": request})
        return Response(answer.data, status=status.HTTP_202_ACCEPTED)


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


__all__ = ["FlowViewSet", "OperationViewSet", "RunViewSet", "TemplateViewSet"]
