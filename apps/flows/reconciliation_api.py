"""The API of reconciliations: start one, read the statement it came to, list them."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.flows.engine.reconcile import Verdict
from apps.flows.models import Reconciliation
from apps.flows.queries import flows as flow_queries
from apps.flows.queries import reconciliations as queries
from apps.flows.run_api import RunSerializer, require_room
from apps.flows.services.start_run import FlowNotLiveError
from apps.flows.triggers.reconciliations import ReconciliationError, reconcile_now


class SideSerializer(serializers.Serializer[Any]):
    """One side: how many records, and what they are worth by currency, as decimal texts."""

    count = serializers.IntegerField()
    sums = serializers.DictField(child=serializers.CharField())


class PartSerializer(SideSerializer):
    """What one cause explains: so many records, and their share of source less target."""

    records = serializers.IntegerField()


class ComparedSerializer(serializers.Serializer[Any]):
    """Two sides and the difference by cause; the parts add up to source less target."""

    source = SideSerializer()  # type: ignore[assignment]  # declared fields are taken out of the class
    target = SideSerializer()
    parts = serializers.DictField(child=PartSerializer())
    agreed = serializers.IntegerField()
    unproven = serializers.IntegerField()
    differing = serializers.IntegerField()


class StepPartSerializer(ComparedSerializer):
    """What one step made, as `source`, and what of it its system holds, as `target`. `unproven` could not be looked at.

    `unasked` says why nothing could: "shows_nothing" or "gone"; "" when its system was asked.
    """

    name = serializers.CharField()
    title = serializers.CharField()
    system = serializers.CharField()
    unasked = serializers.CharField()


class StatementSerializer(ComparedSerializer):
    """Both sides and the difference by cause; the parts add up to source less target.

    Of a flow that writes step by step, the target is what was carried through, and `steps` say what was made of it; the parts
    are those of the records and of the steps together.
    """

    steps = StepPartSerializer(many=True, required=False)


class ReconciliationSerializer(serializers.ModelSerializer[Reconciliation]):
    """One finished reconciliation. Only `unexplained` = 0 is agreement."""

    flow_id = serializers.UUIDField(read_only=True)
    customer_id = serializers.UUIDField(read_only=True)
    run_id = serializers.UUIDField(read_only=True, allow_null=True)
    verdict = serializers.ChoiceField(choices=[(v.value, v.value) for v in Verdict], read_only=True)
    statement = StatementSerializer(read_only=True)

    class Meta:
        model = Reconciliation
        fields = (
            "id",
            "flow_id",
            "customer_id",
            "run_id",
            "version_number",
            "first",
            "last",
            "zone",
            "source_method",
            "target_method",
            "verdict",
            "unexplained",
            "statement",
            "digest",
            "signed_by",
            "signed_at",
            "finished_at",
        )
        read_only_fields = fields


class ReconcileSerializer(serializers.Serializer[Any]):
    """Which flow and which days, both included, as days of the customer's time zone."""

    flow = serializers.UUIDField()
    first = serializers.DateField()
    last = serializers.DateField()


class ReconciliationFilters(filters.FilterSet):
    """Narrows the list of reconciliations."""

    flow = filters.UUIDFilter(field_name="flow_id")
    customer = filters.UUIDFilter(field_name="customer_id")
    verdict = filters.ChoiceFilter(choices=[(v.value, v.value) for v in Verdict])
    run = filters.UUIDFilter(field_name="run_id")

    class Meta:
        model = Reconciliation
        fields = ("flow", "customer", "verdict", "run")


@extend_schema_view(
    list=extend_schema(summary="List reconciliations"), retrieve=extend_schema(summary="Read one reconciliation")
)
class ReconciliationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Reconciliation]):
    """Finished reconciliations, newest first."""

    queryset = Reconciliation.objects.none()
    serializer_class = ReconciliationSerializer
    filterset_class = ReconciliationFilters
    lookup_value_converter = "uuid"
    required_actions = {"list": Action.VIEW_FLOWS, "retrieve": Action.VIEW_FLOWS, "create": Action.RUN_FLOWS}

    def get_queryset(self) -> QuerySet[Reconciliation]:
        """Return the finished reconciliations in scope."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return queries.reconciliations().filter(finished_at__isnull=False)

    @extend_schema(summary="Compare both sides", request=ReconcileSerializer, responses={202: RunSerializer})
    def create(self, request: Request) -> Response:
        """Start a reconciliation; the run it answers leads to the statement. 409 while one is under way."""
        wanted = ReconcileSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        flow = flow_queries.get_flow(asked["flow"])
        require_room()
        try:
            run = reconcile_now(flow, first=asked["first"], last=asked["last"], started_by=caller(request).name)
        except ReconciliationError as error:
            if error.field:
                raise serializers.ValidationError({error.field: str(error)}) from error
            raise NotNowError(str(error)) from error
        except FlowNotLiveError as error:
            raise NotNowError(str(error)) from error
        return Response(RunSerializer(run).data, status=status.HTTP_202_ACCEPTED)
