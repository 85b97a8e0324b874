"""The API of runs: what was read, what came of it, and ending one."""

from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.dispatch.backlog import has_room
from apps.flows.engine.states import RunState
from apps.flows.models import Run
from apps.flows.queries import runs as run_queries
from apps.flows.services.cancel_run import RunOverError, cancel_run
from apps.tenants import scope

# Named in settings, so that the API's description tells the states of runs and records apart.
RUN_STATES = [(state.value, state.value) for state in RunState]


def require_room() -> None:
    """Refuse to start more while the partner's backlog is full: 429, and when to ask again. Nothing accepted is dropped.

    Raises:
        Throttled: with the seconds to wait, which become the Retry-After header.

    """
    room = has_room(scope.require().partner.id)
    if not room.ok:
        raise Throttled(room.retry_after_seconds, detail="Too much work is waiting already: try again later.")


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


class RunFilters(filters.FilterSet):
    """Narrows the list of runs."""

    flow = filters.UUIDFilter(field_name="flow_id")
    customer = filters.UUIDFilter(field_name="customer_id")
    state = filters.ChoiceFilter(choices=RUN_STATES)

    class Meta:
        model = Run
        fields = ("flow", "customer", "state")


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
        return self.queryset if getattr(self, "swagger_fake_view", False) else run_queries.runs()

    @extend_schema(summary="Cancel a run", request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """End a run before its end. 409 when it is over."""
        try:
            cancel_run(run_queries.get_run(pk), made_by=caller(request).name)
        except RunOverError as error:
            raise NotNowError(str(error)) from error
        return Response(RunSerializer(run_queries.get_run(pk)).data)


__all__ = ["RUN_STATES", "RunSerializer", "RunViewSet", "require_room"]
