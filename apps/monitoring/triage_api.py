"""The API of proposals: read them, apply or refuse them, and how often they were right."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.monitoring.cases import CaseError
from apps.monitoring.models import TriageProposal
from apps.monitoring.triage import applying, words
from apps.monitoring.triage.applying import Changes
from apps.monitoring.triage.lists import score_lines
from apps.tenants import scope


class ProposalSerializer(serializers.ModelSerializer[TriageProposal]):
    """One proposal. `says` is what would be done, in a sentence; `evidence` names rules, past exceptions or flows."""

    case_id = serializers.UUIDField(read_only=True)
    customer_id = serializers.UUIDField(read_only=True)
    team_id = serializers.UUIDField(read_only=True, allow_null=True)
    says = serializers.SerializerMethodField()

    class Meta:
        model = TriageProposal
        fields = (
            "id",
            "case_id",
            "customer_id",
            "state",
            "source",
            "error_class",
            "seems_class",
            "cause",
            "queue",
            "team_id",
            "deed",
            "arguments",
            "says",
            "client_sentence",
            "confidence",
            "evidence",
            "made_at",
            "first_name",
            "first_at",
            "decided_by_name",
            "decided_at",
            "alone",
            "refusal",
        )
        read_only_fields = fields

    def get_says(self, proposal: TriageProposal) -> str:
        """Return what would be done."""
        return words.deed_words(proposal.deed, words.filled(proposal))


class ApplySerializer(serializers.Serializer[Any]):
    """What is changed before applying: arguments by name, and a sentence for the customer's people. All may be left out."""

    arguments = serializers.DictField(child=serializers.CharField(max_length=1000), required=False)
    tell = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class RefuseSerializer(serializers.Serializer[Any]):
    """Why a proposal is refused."""

    refusal = serializers.ChoiceField(choices=TriageProposal.Refusal.choices)


class ScoreSerializer(serializers.Serializer[Any]):
    """How often proposals of one kind and source were right; `share` of a hundred, null before any was decided on."""

    kind = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the name of a field
    accepted = serializers.IntegerField()
    changed = serializers.IntegerField()
    refused = serializers.IntegerField()
    share = serializers.IntegerField(allow_null=True)
    floor = serializers.IntegerField()
    applied = serializers.IntegerField()
    held = serializers.IntegerField()
    fell_at = serializers.DateTimeField(allow_null=True)


class ProposalFilters(filters.FilterSet):
    """Narrows the list of proposals."""

    state = filters.ChoiceFilter(choices=TriageProposal.State.choices)
    source = filters.ChoiceFilter(choices=TriageProposal.Source.choices)
    customer = filters.UUIDFilter(field_name="customer_id")
    case = filters.UUIDFilter(field_name="case_id")
    error_class = filters.CharFilter()

    class Meta:
        model = TriageProposal
        fields = ("state", "source", "customer", "case", "error_class")


@extend_schema_view(list=extend_schema(summary="List proposals"), retrieve=extend_schema(summary="Read one proposal"))
class ProposalViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[TriageProposal]):
    """What is proposed for exceptions, newest first."""

    queryset = TriageProposal.objects.none()
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilters
    lookup_value_converter = "uuid"
    required_actions = {
        "list": Action.VIEW_CUSTOMERS,
        "retrieve": Action.VIEW_CUSTOMERS,
        "scorecard": Action.VIEW_CUSTOMERS,
        "apply": Action.WORK_CASES,
        "refuse": Action.WORK_CASES,
    }

    def get_queryset(self) -> QuerySet[TriageProposal]:
        """Return the proposals in scope."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return _in_scope()

    @extend_schema(summary="Apply a proposal", request=ApplySerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: UUID) -> Response:
        """Do what is proposed. 409 where the policy, the role or what happened meanwhile forbids it."""
        wanted, proposal = ApplySerializer(data=request.data), _proposal(pk)
        wanted.is_valid(raise_exception=True)
        changes = Changes(wanted.validated_data.get("arguments"), wanted.validated_data.get("tell", ""))
        try:
            applying.apply_proposal(proposal.id, by=caller(request), now=timezone.now(), changes=changes)
        except applying.REFUSALS as error:
            raise NotNowError(str(error)) from error
        return Response(ProposalSerializer(_proposal(pk)).data)

    @extend_schema(summary="Refuse a proposal", request=RefuseSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: UUID) -> Response:
        """Put a proposal aside, with the reason. 409 when it was decided on already."""
        wanted, proposal = RefuseSerializer(data=request.data), _proposal(pk)
        wanted.is_valid(raise_exception=True)
        try:
            applying.refuse_proposal(
                proposal.id, reason=wanted.validated_data["refusal"], by=caller(request), now=timezone.now()
            )
        except CaseError as error:
            raise NotNowError(str(error)) from error
        return Response(ProposalSerializer(_proposal(pk)).data)

    @extend_schema(summary="How often proposals were right", responses=ScoreSerializer(many=True))
    @action(detail=False, methods=["get"], filter_backends=[], pagination_class=None)
    def scorecard(self, request: Request) -> Response:
        """Answer the score of each kind of failure and source, within the last 20 decisions."""
        lines = score_lines(timezone.now()) if scope.require().customer_id is None else []
        return Response(ScoreSerializer(lines, many=True).data)


def _in_scope() -> QuerySet[TriageProposal]:
    """Return the proposals in scope; what is proposed to the partner's people is not the customers' business."""
    if scope.require().customer_id is not None:
        return TriageProposal.objects.none()
    return TriageProposal.objects.order_by("-id")


def _proposal(key: UUID) -> TriageProposal:
    found = _in_scope().filter(id=key).first()
    if found is None:
        raise Http404("There is no such proposal.")
    return found
