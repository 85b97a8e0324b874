"""The API of approvals: what waits for an answer, one question, and the answer to it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.accounts.models import User
from apps.flows.models import ApprovalDecision, ApprovalRequest
from apps.flows.queries.approvals import get_approval, in_sight
from apps.flows.services.approval_voices import KEY_NAME
from apps.flows.services.approvals import ApprovalError, decide


class ApprovalDecisionSerializer(serializers.ModelSerializer[ApprovalDecision]):
    """What one person or key said."""

    decided_by = serializers.CharField(source="person_name", read_only=True)
    for_person = serializers.CharField(source="for_person.name", read_only=True, default="")

    class Meta:
        model = ApprovalDecision
        fields = ("decided_by", "for_person", "decision", "reason", "via", "decided_at")
        read_only_fields = fields


class FactSerializer(serializers.Serializer[Any]):
    """One thing people decide by."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field's own attribute, meant here as a name
    value = serializers.CharField()


class ApprovalSerializer(serializers.ModelSerializer[ApprovalRequest]):
    """One question; `needed` people of `role` must approve it, one refusal ends it."""

    flow_id = serializers.UUIDField(read_only=True)
    customer_id = serializers.UUIDField(read_only=True)
    operation_id = serializers.UUIDField(read_only=True)
    facts = FactSerializer(many=True, read_only=True)
    decisions = ApprovalDecisionSerializer(many=True, read_only=True)

    class Meta:
        model = ApprovalRequest
        fields = (
            "id",
            "flow_id",
            "customer_id",
            "operation_id",
            "step",
            "question",
            "facts",
            "amount",
            "currency",
            "role",
            "needed",
            "state",
            "asked_at",
            "due_at",
            "escalate_to",
            "escalated_at",
            "closed_at",
            "decisions",
        )
        read_only_fields = fields


class DecideSerializer(serializers.Serializer[Any]):
    """An answer; a refusal says why."""

    decision = serializers.ChoiceField(choices=ApprovalDecision.Decision.choices)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ApprovalFilters(filters.FilterSet):
    """Narrows the list of open questions."""

    flow = filters.UUIDFilter(field_name="flow_id")
    customer = filters.UUIDFilter(field_name="customer_id")

    class Meta:
        model = ApprovalRequest
        fields = ("flow", "customer")


@extend_schema_view(
    list=extend_schema(summary="List open approvals"), retrieve=extend_schema(summary="Read one approval")
)
class ApprovalViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ApprovalRequest]):
    """Questions that records wait for; the list holds the open ones."""

    queryset = ApprovalRequest.objects.none()
    serializer_class = ApprovalSerializer
    filterset_class = ApprovalFilters
    lookup_value_converter = "uuid"
    required_actions = {"list": Action.APPROVE, "retrieve": Action.APPROVE, "decide": Action.APPROVE}

    def get_queryset(self) -> QuerySet[ApprovalRequest]:
        """Return the questions in sight; open ones for the list."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = in_sight(caller(self.request)).prefetch_related("decisions__for_person").order_by("id")
        return found.filter(state=ApprovalRequest.State.OPEN) if self.action == "list" else found

    @extend_schema(summary="Approve or reject", request=DecideSerializer, responses=ApprovalSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: UUID) -> Response:
        """Answer in the caller's own name, a key as "API key <name>". The same answer again changes nothing; 409 when it is over or not the caller's to answer."""
        actor = caller(request)
        question = get_approval(pk, actor)
        wanted = DecideSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        if not _is_said(question, actor, wanted.validated_data["decision"]):
            _decide(question, actor, wanted.validated_data)
        return Response(ApprovalSerializer(get_approval(pk, actor)).data)


def _decide(question: ApprovalRequest, actor: Actor, said: dict[str, str]) -> None:
    person = User.objects.filter(id=actor.user_id).first() if actor.user_id else None
    try:
        decide(
            question.id,
            person=person,
            decision=said["decision"],
            reason=said["reason"],
            via=ApprovalDecision.Via.API,
        )
    except ApprovalError as error:
        if error.field:
            raise serializers.ValidationError({error.field: str(error)}) from error
        raise NotNowError(str(error)) from error


def _is_said(question: ApprovalRequest, actor: Actor, decision: str) -> bool:
    """Return whether the caller has given this very answer before: a program that heard nothing asks again."""
    name = f"{KEY_NAME}{actor.name}"[:200]
    return any(
        one.decision == decision
        and (one.person_id == actor.user_id if actor.user_id else one.person_id is None and one.person_name == name)
        for one in question.decisions.all()
    )


__all__ = ["ApprovalViewSet"]
