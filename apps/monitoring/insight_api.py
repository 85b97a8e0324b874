"""The API of insights: read them, accept or dismiss them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.monitoring.insights import book, words
from apps.monitoring.models import Insight
from apps.tenants import scope


class InsightSerializer(serializers.ModelSerializer[Insight]):
    """One insight. `says` is what was found, in a sentence; `facts` are the figures it is made of.

    `decision` is what was decided last ("accepted", "dismissed", "" while nothing was): `state` is open again when it came back.
    """

    customer_id = serializers.UUIDField(read_only=True)
    operation_id = serializers.UUIDField(read_only=True, allow_null=True)
    flow_id = serializers.UUIDField(read_only=True, allow_null=True)
    title = serializers.SerializerMethodField()
    says = serializers.SerializerMethodField()
    advice = serializers.SerializerMethodField()
    decision = serializers.CharField(read_only=True, allow_blank=True)

    class Meta:
        model = Insight
        fields = (
            "id",
            "customer_id",
            "kind",
            "cause",
            "title",
            "says",
            "advice",
            "record_key",
            "canonical_type",
            "operation_id",
            "flow_id",
            "project_ref",
            "client_ref",
            "happened_on",
            "facts",
            "urgency",
            "amount",
            "currency",
            "amount_quality",
            "state",
            "found_at",
            "seen_at",
            "gone_at",
            "ended",
            "returned",
            "decision",
            "decided_at",
            "decided_by_name",
            "reason",
        )
        read_only_fields = fields

    def to_representation(self, instance: Insight) -> dict[str, Any]:
        """Leave out what the partner's people said about it, for a key of one customer."""
        shown = super().to_representation(instance)
        if scope.require().customer_id is not None:
            shown |= {"decision": "", "decided_by_name": "", "reason": ""}
        return shown

    def get_title(self, insight: Insight) -> str:
        """Return what it is about."""
        return words.title_of(insight)

    def get_says(self, insight: Insight) -> str:
        """Return what was found."""
        return words.sentence_of(insight)

    def get_advice(self, insight: Insight) -> str:
        """Return what could be done."""
        return words.advice_of(insight)


class AcceptSerializer(serializers.Serializer[Any]):
    """What is done about it; may be left out."""

    reason = serializers.CharField(max_length=book.LONGEST_REASON, required=False, allow_blank=True, default="")


class DismissSerializer(serializers.Serializer[Any]):
    """Why it is as it should be."""

    reason = serializers.CharField(max_length=book.LONGEST_REASON)


class InsightFilters(filters.FilterSet):
    """Narrows the list of insights."""

    kind = filters.ChoiceFilter(choices=Insight.Kind.choices)
    cause = filters.ChoiceFilter(choices=Insight.Cause.choices)
    state = filters.ChoiceFilter(choices=Insight.State.choices)
    urgency = filters.ChoiceFilter(choices=Insight.Urgency.choices)
    customer = filters.UUIDFilter(field_name="customer_id")
    project = filters.CharFilter(field_name="project_ref")
    operation = filters.UUIDFilter(field_name="operation_id")

    class Meta:
        model = Insight
        fields = ("kind", "cause", "state", "urgency", "customer", "project", "operation")


@extend_schema_view(list=extend_schema(summary="List insights"), retrieve=extend_schema(summary="Read one insight"))
class InsightViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Insight]):
    """What was found unusual, missing or at risk, newest first."""

    queryset = Insight.objects.none()
    serializer_class = InsightSerializer
    filterset_class = InsightFilters
    lookup_value_converter = "uuid"
    required_actions = {
        "list": Action.VIEW_REPORTS,
        "retrieve": Action.VIEW_REPORTS,
        "accept": Action.WORK_CASES,
        "dismiss": Action.WORK_CASES,
    }

    def get_queryset(self) -> QuerySet[Insight]:
        """Return the insights in scope."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Insight.objects.all()

    @extend_schema(summary="Accept an insight", request=AcceptSerializer, responses=InsightSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: UUID) -> Response:
        """Say that it is so and somebody sees to it. 409 when it is over, or was accepted already."""
        return _decided(request, pk, AcceptSerializer, book.accept)

    @extend_schema(summary="Dismiss an insight", request=DismissSerializer, responses=InsightSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: UUID) -> Response:
        """Say that it is as it should be, with the reason. 409 when it is over, or was dismissed already."""
        return _decided(request, pk, DismissSerializer, book.dismiss)


def _decided(
    request: Request, insight_id: UUID, sent: type[serializers.Serializer[Any]], decide: Callable[..., Insight]
) -> Response:
    asked = sent(data=request.data)
    asked.is_valid(raise_exception=True)
    _require_decidable(insight_id)
    try:
        row = decide(insight_id, reason=asked.validated_data["reason"], by=caller(request), now=timezone.now())
    except book.InsightError as error:
        raise NotNowError(" ".join(error.messages)) from error
    return Response(InsightSerializer(row).data)


def _require_decidable(insight_id: UUID) -> None:
    """Raise Http404 for an insight that is not in scope, PermissionDenied for a key of one customer: the partner decides."""
    if not Insight.objects.filter(id=insight_id).exists():
        raise Http404("There is no such insight.")
    if scope.require().customer_id is not None:
        raise PermissionDenied("A key of one customer reads insights; the partner's own decide on them.")
