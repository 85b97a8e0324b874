"""The API of the ledger: the records that runs moved, what was tried, and trying again or rolling back."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation
from apps.flows.queries import operations as operation_queries
from apps.flows.queries import runs as run_queries
from apps.flows.run_api import RunSerializer, require_room
from apps.flows.services.evidence import DROPPED, KEPT, NOT_STORED, attempts_of
from apps.flows.services.replay import NothingToReplayError, replay_operations
from apps.flows.services.start_run import FlowNotLiveError
from apps.flows.services.undo import CannotRollBackError, roll_back
from apps.flows.step_api import AwaitedSerializer, RollBackSerializer, StepSerializer, awaited_of, steps_of

MOST_REPLAYED = 10_000
# Named in settings, so that the API's description tells the states of runs and records apart.
OPERATION_STATES = [(state.value, state.value) for state in OperationState]


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

    `steps` are those that were begun, in order; none for a record that went with its batch. `awaited` are the answers of
    systems that have taken the record and tell later what became of it.
    """

    steps = serializers.SerializerMethodField()
    awaited = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField()

    class Meta(OperationSerializer.Meta):
        fields = (*OperationSerializer.Meta.fields, "steps", "awaited", "attempts")
        read_only_fields = fields

    @extend_schema_field(StepSerializer(many=True))
    def get_steps(self, operation: Operation) -> Any:
        """Return the steps that were begun."""
        return steps_of(operation)

    @extend_schema_field(AwaitedSerializer(many=True))
    def get_awaited(self, operation: Operation) -> Any:
        """Return the answers that are waited for."""
        return awaited_of(operation)

    @extend_schema_field(AttemptSerializer(many=True, allow_null=True))
    def get_attempts(self, operation: Operation) -> Any:
        """Return the attempts, None when the caller may not see them."""
        if not caller(self.context["request"]).can(Action.VIEW_PAYLOADS):
            return None
        return AttemptSerializer(attempts_of(operation), many=True).data


class ReplaySerializer(serializers.Serializer[Any]):
    """Which records to try again."""

    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_REPLAYED)


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
        return self.queryset if getattr(self, "swagger_fake_view", False) else operation_queries.operations()

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
            runs = replay_operations(wanted.validated_data["ids"], started_by=caller(request).name)
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
            roll_back(operation.id, **wanted.validated_data, made_by=caller(request).name)
        except CannotRollBackError as error:
            raise NotNowError(str(error)) from error
        answer = OperationDetailSerializer(operation_queries.get_operation(pk), context={"request": request})
        return Response(answer.data, status=status.HTTP_202_ACCEPTED)


__all__ = ["OPERATION_STATES", "OperationViewSet"]
