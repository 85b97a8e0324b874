"""The API of exception cases: read them, give them to somebody, note, and try again."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.flows.run_api import RunSerializer
from apps.monitoring import cases as services
from apps.monitoring.blame import QUEUE_LABELS, WAITING_LABELS
from apps.monitoring.cases import CaseClosedError, CaseError, FlowNotLiveError, NothingToReplayError
from apps.monitoring.models import CaseNote, CaseOperation, CasePriority, ExceptionCase
from apps.monitoring.queries import cases as queries

MOST_RECORDS = 10_000
QUEUES = [(queue.value, label) for queue, label in QUEUE_LABELS.items()]
WAITING_ON = [(party.value, label) for party, label in WAITING_LABELS.items()]


class CaseSerializer(serializers.ModelSerializer[ExceptionCase]):
    """One root cause that keeps records from arriving; `amount` is the largest currency's money at risk."""

    customer_id = serializers.UUIDField(read_only=True)
    flow_id = serializers.UUIDField(read_only=True, allow_null=True)
    run_id = serializers.UUIDField(read_only=True, allow_null=True)
    retry_run_id = serializers.UUIDField(read_only=True, allow_null=True)
    owner_id = serializers.UUIDField(read_only=True, allow_null=True)
    team_id = serializers.UUIDField(read_only=True, allow_null=True)
    is_late = serializers.SerializerMethodField()

    class Meta:
        model = ExceptionCase
        fields: tuple[str, ...] = (
            "id",
            "title",
            "explanation",
            "customer_id",
            "flow_id",
            "run_id",
            "retry_run_id",
            "state",
            "queue",
            "waiting_on",
            "severity",
            "priority",
            "tags",
            "owner_id",
            "team_id",
            "error_class",
            "error_field",
            "operation_count",
            "amount",
            "currency",
            "amount_quality",
            "opened_at",
            "changed_at",
            "due_at",
            "is_late",
            "closed_at",
            "closed_how",
            "closed_reason",
        )
        read_only_fields = fields

    def get_is_late(self, case: ExceptionCase) -> bool:
        """Return whether the case is open past its time."""
        return case.is_late(timezone.now())


class CaseDetailSerializer(CaseSerializer):
    """A case with the records it still holds, the newest failures first, at most 10,000 of them."""

    operations = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = (*CaseSerializer.Meta.fields, "operations")
        read_only_fields = fields

    def get_operations(self, case: ExceptionCase) -> list[UUID]:
        """Return the ids of the records the case still holds."""
        rows = CaseOperation.objects.filter(case=case, open=True).order_by("-id")
        return list(rows.values_list("operation_id", flat=True)[:MOST_RECORDS])


class CaseNoteSerializer(serializers.ModelSerializer[CaseNote]):
    """A note on a case; the customer's people see it only when it is shared."""

    text = serializers.CharField(max_length=4000)

    class Meta:
        model = CaseNote
        fields = ("id", "text", "shared", "author_name", "written_at")
        read_only_fields = ("id", "author_name", "written_at")


class AssignSerializer(serializers.Serializer[Any]):
    """Who takes the case; null is nobody."""

    owner_id = serializers.UUIDField(allow_null=True)


class RetrySerializer(serializers.Serializer[Any]):
    """Which of the case's records to try again; left out: all that are blocked."""

    operations = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, max_length=MOST_RECORDS
    )


class CaseFilters(filters.FilterSet):
    """Narrows the list of cases; `open=true` leaves out what is closed, `late=true` keeps what is past its time."""

    state = filters.ChoiceFilter(choices=ExceptionCase.State.choices)
    queue = filters.ChoiceFilter(choices=QUEUES)
    waiting_on = filters.ChoiceFilter(choices=WAITING_ON)
    customer = filters.UUIDFilter(field_name="customer_id")
    flow = filters.UUIDFilter(field_name="flow_id")
    owner = filters.UUIDFilter(field_name="owner_id")
    team = filters.UUIDFilter(field_name="team_id")
    priority = filters.ChoiceFilter(choices=CasePriority.choices)
    tag = filters.CharFilter(method="with_tag")
    open = filters.BooleanFilter(method="still_open")
    late = filters.BooleanFilter(method="past_its_time")

    class Meta:
        model = ExceptionCase
        fields = (
            "state",
            "queue",
            "waiting_on",
            "customer",
            "flow",
            "owner",
            "team",
            "priority",
            "tag",
            "open",
            "late",
        )

    def with_tag(self, found: QuerySet[ExceptionCase], name: str, value: str) -> QuerySet[ExceptionCase]:
        """Keep what has the tag."""
        return found.filter(tags__contains=[value.lower()])

    def still_open(self, found: QuerySet[ExceptionCase], name: str, value: bool) -> QuerySet[ExceptionCase]:  # noqa: FBT001
        """Keep what is open, or what is closed."""
        closed = {"state": ExceptionCase.State.CLOSED}
        return found.exclude(**closed) if value else found.filter(**closed)

    def past_its_time(self, found: QuerySet[ExceptionCase], name: str, value: bool) -> QuerySet[ExceptionCase]:  # noqa: FBT001
        """Keep open cases past their time, or all others."""
        late = queries.is_late(timezone.now())
        return found.filter(late) if value else found.exclude(late)


@extend_schema_view(
    list=extend_schema(summary="List exceptions"),
    retrieve=extend_schema(summary="Read one exception", responses=CaseDetailSerializer),
)
class CaseViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ExceptionCase]):
    """Exceptions, newest first."""

    queryset = ExceptionCase.objects.none()
    filterset_class = CaseFilters
    lookup_value_converter = "uuid"
    required_actions = {
        "list": Action.VIEW_CASES,
        "retrieve": Action.VIEW_CASES,
        "retry": Action.WORK_CASES,
        "assign": Action.WORK_CASES,
        "note": Action.WORK_CASES,
    }

    def get_queryset(self) -> QuerySet[ExceptionCase]:
        """Return the cases in scope."""
        # drf-spectacular looks at views without a request; no partner is open then.
        return self.queryset if getattr(self, "swagger_fake_view", False) else queries.cases()

    def get_serializer_class(self) -> type[CaseSerializer]:
        """Return the serializer with record ids for one case, without for lists."""
        return CaseDetailSerializer if self.action == "retrieve" else CaseSerializer

    @extend_schema(summary="Retry an exception", request=RetrySerializer, responses={202: RunSerializer(many=True)})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: UUID) -> Response:
        """Try all or some of the records again; answers the runs that do it. 409 when there is nothing to retry."""
        wanted, case = RetrySerializer(data=request.data), queries.get_case(pk)
        wanted.is_valid(raise_exception=True)
        chosen = wanted.validated_data.get("operations")
        try:
            if chosen:
                runs = services.retry_operations(case.id, chosen, by=caller(request))
            else:
                runs = services.retry_case(case.id, by=caller(request))
        except (CaseError, NothingToReplayError, FlowNotLiveError) as error:
            raise NotNowError(str(error)) from error
        return Response(RunSerializer(runs, many=True).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Assign an exception", request=AssignSerializer, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: UUID) -> Response:
        """Give the case to a person, or to nobody. 409 when it is closed."""
        wanted, case = AssignSerializer(data=request.data), queries.get_case(pk)
        wanted.is_valid(raise_exception=True)
        try:
            services.assign_case(case.id, owner_id=wanted.validated_data["owner_id"], by=caller(request))
        except CaseClosedError as error:
            raise NotNowError(str(error)) from error
        except CaseError as error:
            raise serializers.ValidationError({"owner_id": str(error)}) from error
        return Response(CaseSerializer(queries.get_case(pk)).data)

    @extend_schema(summary="Note on an exception", request=CaseNoteSerializer, responses={201: CaseNoteSerializer})
    @action(detail=True, methods=["post"])
    def note(self, request: Request, pk: UUID) -> Response:
        """Write a note, for the partner's people or shared with the customer's."""
        wanted, case = CaseNoteSerializer(data=request.data), queries.get_case(pk)
        wanted.is_valid(raise_exception=True)
        note = services.note_case(case.id, **wanted.validated_data, by=caller(request))
        return Response(CaseNoteSerializer(note).data, status=status.HTTP_201_CREATED)


__all__ = ["CaseViewSet"]
