"""The API of changes: those that are asked for, one of them, asking for a proposed version, and a person's answer."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.accounts.models import User
from apps.flows.models import ChangeApproval, ChangeRequest, Flow, FlowVersion
from apps.flows.queries.changes import changes, find_open_change, get_change
from apps.flows.queries.versions import get_version
from apps.flows.services.change_requests import ChangeError, ask_for, decide


class ChangeApprovalSerializer(serializers.ModelSerializer[ChangeApproval]):
    """What one person said."""

    person = serializers.CharField(source="person_name", read_only=True)

    class Meta:
        model = ChangeApproval
        fields = ("person", "decision", "note", "at")
        read_only_fields = fields


class ChangeSerializer(serializers.ModelSerializer[ChangeRequest]):
    """A version of a production flow that somebody wants live; `needed` others must approve it, one refusal ends it."""

    flow_id = serializers.UUIDField(read_only=True)
    customer_id = serializers.UUIDField(read_only=True)
    from_flow_id = serializers.UUIDField(read_only=True, allow_null=True)
    what_if_id = serializers.UUIDField(read_only=True, allow_null=True)
    version = serializers.IntegerField(source="version.number", read_only=True)
    asked_by = serializers.CharField(source="asked_by_name", read_only=True)
    approvals = ChangeApprovalSerializer(many=True, read_only=True)

    class Meta:
        model = ChangeRequest
        fields = (
            "id",
            "flow_id",
            "customer_id",
            "from_flow_id",
            "version",
            "reason",
            "asked_by",
            "asked_at",
            "needed",
            "state",
            "what_if_id",
            "closed_at",
            "closed_by",
            "closed_note",
            "approvals",
        )
        read_only_fields = fields


def waiting_answer(version: FlowVersion | None) -> Response | None:
    """Return the answer that names the change a version waits for: 202; None when it is live, or there is none."""
    if version is None or version.published_at is not None:
        return None
    change = find_open_change(version)
    if change is None:
        return None
    return Response(ChangeSerializer(get_change(change.id)).data, status=status.HTTP_202_ACCEPTED)


class AskSerializer(serializers.Serializer[Any]):
    """Which proposed version of which flow is to go live, and why."""

    flow_id = serializers.UUIDField()
    version = serializers.IntegerField(min_value=1, max_value=2_147_483_647)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class DecideChangeSerializer(serializers.Serializer[Any]):
    """An answer; a refusal says why."""

    decision = serializers.ChoiceField(choices=ChangeApproval.Decision.choices)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ChangeFilters(filters.FilterSet):
    """Narrows the list."""

    flow = filters.UUIDFilter(field_name="flow_id")
    customer = filters.UUIDFilter(field_name="customer_id")
    state = filters.ChoiceFilter(choices=ChangeRequest.State.choices)

    class Meta:
        model = ChangeRequest
        fields = ("flow", "customer", "state")


@extend_schema_view(list=extend_schema(summary="List changes"), retrieve=extend_schema(summary="Read one change"))
class ChangeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ChangeRequest]):
    """Changes of production flows on their way."""

    queryset = ChangeRequest.objects.none()
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilters
    lookup_value_converter = "uuid"
    required_actions = {
        "list": Action.VIEW_FLOWS,
        "retrieve": Action.VIEW_FLOWS,
        "create": Action.EDIT_FLOWS,
        "decide": Action.APPROVE_CHANGES,
    }

    def get_queryset(self) -> QuerySet[ChangeRequest]:
        """Return the changes in scope, the newest first."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else changes().order_by("-id")

    @extend_schema(summary="Ask for a version to go live", request=AskSerializer, responses={201: ChangeSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a proposed version; asked twice it is one change. 409 when it was overtaken or live already."""
        wanted = AskSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        flow = Flow.objects.select_related("source", "target", "live_version").filter(id=asked["flow_id"]).first()
        if flow is None:
            raise serializers.ValidationError({"flow_id": "There is no such flow."})
        version = get_version(flow, asked["version"])
        if version is None:
            raise serializers.ValidationError({"version": "The flow has no such version."})
        try:
            change = ask_for(flow, version, by=caller(request).name, reason=asked["reason"])
        except ChangeError as error:
            raise NotNowError(str(error)) from error
        return Response(ChangeSerializer(get_change(change.id)).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Approve or refuse", request=DecideChangeSerializer, responses=ChangeSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: UUID) -> Response:
        """Answer in one's own name: keys are no people, and cannot. 409 when it is over or not the caller's to answer."""
        change, wanted = get_change(pk), DecideChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        person = _person(caller(request))
        try:
            decide(change.id, person=person, **wanted.validated_data)
        except ChangeError as error:
            if error.field:
                raise serializers.ValidationError({error.field: str(error)}) from error
            raise NotNowError(str(error)) from error
        return Response(ChangeSerializer(get_change(pk)).data)


def _person(who: Actor) -> User:
    found = User.objects.filter(id=who.user_id).first() if who.user_id else None
    if found is None:
        raise NotNowError("A change is decided by a person who is signed in, never by a key.")
    return found


__all__ = ["ChangeSerializer", "ChangeViewSet", "waiting_answer"]
