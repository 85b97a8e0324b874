"""The API of replays: ask for records to be tried again as one job, see how far it is, stop it."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation, ReplayJob
from apps.flows.queries import replay_jobs as queries
from apps.flows.run_api import require_room
from apps.flows.services import replay_job as services
from apps.flows.services.replay_job import ReplayError

MOST_NAMED = 10_000
_LONGEST_KEY = 100
_KEY_HEADER = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)


class ReplayFilterSerializer(serializers.Serializer[Any]):
    """All blocked records that fit: every part narrows further."""

    flow = serializers.UUIDField(required=False)
    run = serializers.UUIDField(required=False)
    customer = serializers.UUIDField(required=False)
    error_class = serializers.CharField(required=False, max_length=24)
    step = serializers.CharField(required=False, max_length=40)


class ReplayRequestSerializer(serializers.Serializer[Any]):
    """Which records, from where, and with which version. Exactly one of `ids` and `filter`."""

    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_NAMED, required=False)
    filter = ReplayFilterSerializer(required=False)
    begin = serializers.ChoiceField(choices=ReplayJob.From.choices, default=ReplayJob.From.FAILED_STEP)
    version = serializers.ChoiceField(choices=ReplayJob.Version.choices, default=ReplayJob.Version.LIVE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a request that names nothing, or both ways of naming."""
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"ids": "Give either ids or filter."})
        if "filter" in attrs and not attrs["filter"]:
            raise serializers.ValidationError({"filter": "Narrow it: name at least a flow, a run or a customer."})
        return attrs


class ReplayJobSerializer(serializers.Serializer[Any]):
    """A replay with its true counts: asked = left_alone + pending + under_way + done + failed + cancelled."""

    id = serializers.UUIDField(source="job.id")
    state = serializers.ChoiceField(source="job.state", choices=ReplayJob.State.choices)
    begin = serializers.ChoiceField(source="job.begin", choices=ReplayJob.From.choices)
    version = serializers.ChoiceField(source="job.version", choices=ReplayJob.Version.choices)
    asked = serializers.IntegerField()
    left_alone = serializers.IntegerField()
    pending = serializers.IntegerField()
    under_way = serializers.IntegerField(source="queued")
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    stopped_because = serializers.CharField(source="stopped")
    asked_by = serializers.CharField(source="job.asked_by_name")
    asked_at = serializers.DateTimeField(source="job.asked_at")
    started_at = serializers.DateTimeField(source="job.started_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="job.finished_at", allow_null=True)


class ReplayViewSet(viewsets.GenericViewSet[ReplayJob]):
    """Replays of many records."""

    queryset = ReplayJob.objects.none()
    serializer_class = ReplayJobSerializer
    required_actions = {"create": Action.WORK_CASES, "retrieve": Action.WORK_CASES, "cancel": Action.WORK_CASES}
    lookup_value_converter = "uuid"
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(
        summary="Try records again",
        request=ReplayRequestSerializer,
        responses={202: ReplayJobSerializer, 200: ReplayJobSerializer},
        parameters=[_KEY_HEADER],
    )
    def create(self, request: Request) -> Response:
        """Begin a replay; what cannot be tried again is left alone and counted. Under a known Idempotency-Key: 200.

        409 when nothing of it is blocked.
        """
        who, key = _staff(request), _idempotency_key(request)
        wanted = ReplayRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        known = ReplayJob.objects.filter(key=key).first() if key else None
        if known is None:
            require_room()
            try:
                job = _begun(wanted.validated_data, who, key)
            except ReplayError as error:
                raise NotNowError(str(error)) from error
            except IntegrityError:
                known = ReplayJob.objects.filter(key=key).first()  # the same call a moment ago
        if known is not None:
            return _answer(known, who)
        return _answer(job, who, status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Read one replay", responses=ReplayJobSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Return a replay with its counts."""
        who = _staff(request)
        return _answer(queries.get_job(pk, who=who), who)

    @extend_schema(summary="Stop a replay", request=None, responses=ReplayJobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Stop it where it is: what is done stays done. 409 when it is over."""
        who = _staff(request)
        job = queries.get_job(pk, who=who)
        try:
            return _answer(services.cancel_replay(job.id, by=who), who)
        except ReplayError as error:
            raise NotNowError(str(error)) from error


def _staff(request: Request) -> Actor:
    """Return who asks. Raises PermissionDenied for a key of one customer: replays are the partner's."""
    actor = caller(request)
    if actor.customer_id is not None:
        raise PermissionDenied("Replays need a key of the partner: this one belongs to a customer.")
    return actor


def _begun(asked: dict[str, Any], who: Actor, key: str) -> ReplayJob:
    with transaction.atomic():
        job = services.ask_replay(_chosen(asked), by=who, wanted={"kind": "api"})
        if key:
            ReplayJob.objects.filter(id=job.id).update(key=key)
        return services.confirm_replay(
            job.id,
            by=who,
            begin=ReplayJob.From(asked["begin"]),
            version=ReplayJob.Version(asked["version"]),
        )


def _chosen(asked: dict[str, Any]) -> Any:
    if "ids" in asked:
        return Operation.objects.filter(id__in=asked["ids"])
    names = {"flow": "flow_id", "run": "last_run_id", "customer": "customer_id"}
    narrowed = {names.get(name, name): value for name, value in asked["filter"].items()}
    return Operation.objects.filter(state=OperationState.REJECTED, **narrowed)


def _answer(job: ReplayJob, who: Actor, code: int = status.HTTP_200_OK) -> Response:
    return Response(ReplayJobSerializer(queries.get_replay_counts(job, who=who)).data, status=code)


def _idempotency_key(request: Request) -> str:
    key: str = request.headers.get("Idempotency-Key", "")
    if len(key) > _LONGEST_KEY:
        raise serializers.ValidationError({"Idempotency-Key": f"At most {_LONGEST_KEY} characters."})
    return key
