"""The API of the three questions: what is not posted, which invoices are blocked, where systems disagree; to read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.monitoring.models import ExceptionCase
from apps.monitoring.questions.blocked import list_blocked
from apps.monitoring.questions.disagreements import list_disagreements
from apps.monitoring.questions.reader import Reader
from apps.monitoring.questions.rows import AGES, Blocker, Disagreement, money_together
from apps.monitoring.questions.unposted import list_unposted
from apps.tenants.brands import brand_for

MOST_ROWS, USUAL_ROWS = 1000, 200
_AGES = [(name, name) for name in AGES]


class AskedSerializer(serializers.Serializer[Any]):
    """Whose, which project (its exact name), how old at least, and how many rows from where on."""

    customer = serializers.UUIDField(required=False, default=None, allow_null=True)
    project = serializers.CharField(required=False, default=None, allow_null=True, allow_blank=True, max_length=120)
    age = serializers.ChoiceField(choices=_AGES, required=False, default=None, allow_null=True)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_ROWS, required=False, default=USUAL_ROWS)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False, default=0)


class QuestionMoneySerializer(serializers.Serializer[Any]):
    """Sums in a customer's currency; `without_rate` by its own currency, `unknown_records` have no amount."""

    currency = serializers.CharField()
    known = serializers.DecimalField(max_digits=24, decimal_places=2)
    estimated = serializers.DecimalField(max_digits=24, decimal_places=2)
    without_rate = serializers.DictField(child=serializers.CharField(), source="others")
    unknown_records = serializers.IntegerField(source="unknown")


class UnpostedSerializer(serializers.Serializer[Any]):
    """One project. `records` are held up by exceptions, `on_the_way` go on by themselves; `hours` null: not known."""

    customer_id = serializers.UUIDField()
    project = serializers.CharField()
    client = serializers.CharField()
    records = serializers.IntegerField()
    on_the_way = serializers.IntegerField()
    hours = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    records_without_hours = serializers.IntegerField(source="without_hours")
    money = QuestionMoneySerializer()
    oldest_at = serializers.DateTimeField(source="since")
    reasons = serializers.ListField(child=serializers.CharField(), source="classes")
    waiting_on = serializers.ListField(child=serializers.CharField())


class BlockedInvoiceSerializer(serializers.Serializer[Any]):
    """One invoice or milestone. `blocked_by` is a case, an approval or a step; `other_reasons` hold it as well."""

    operation_id = serializers.UUIDField()
    customer_id = serializers.UUIDField()
    kind = serializers.CharField()
    record = serializers.CharField(source="label")
    client = serializers.CharField()
    project = serializers.CharField()
    money = QuestionMoneySerializer()
    blocked_by = serializers.ChoiceField(choices=[(one.value, one.value) for one in Blocker], source="blocker")
    reason = serializers.CharField(source="reason_code")
    reason_words = serializers.CharField(source="reason")
    other_reasons = serializers.IntegerField(source="more")
    waiting_on = serializers.CharField()
    owner = serializers.CharField()
    team = serializers.CharField()
    since = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    case_id = serializers.UUIDField(allow_null=True)
    approval_id = serializers.UUIDField(allow_null=True)


class DifferenceSerializer(serializers.Serializer[Any]):
    """One difference. Values are null where they are not known or the key may not see contents."""

    kind = serializers.ChoiceField(choices=[(one.value, one.value) for one in Disagreement])
    customer_id = serializers.UUIDField()
    record_type = serializers.CharField(source="type_words")
    record = serializers.CharField(source="label")
    project = serializers.CharField()
    held_by = serializers.CharField(source="has")
    not_by = serializers.CharField(source="lacks")
    field = serializers.CharField()
    value_there = serializers.CharField(allow_null=True)
    value_here = serializers.CharField(allow_null=True)
    reason_words = serializers.CharField(source="reason")
    since = serializers.DateTimeField()
    operation_id = serializers.UUIDField(allow_null=True)
    case_id = serializers.UUIDField(allow_null=True)
    reconciliation_id = serializers.UUIDField(allow_null=True)


class UnpostedAnswerSerializer(serializers.Serializer[Any]):
    """All that fits in figures, and some of its rows."""

    count = serializers.IntegerField()
    money = QuestionMoneySerializer(many=True)
    results = UnpostedSerializer(many=True)


class BlockedAnswerSerializer(serializers.Serializer[Any]):
    """All that fits in figures, and some of its rows."""

    count = serializers.IntegerField()
    money = QuestionMoneySerializer(many=True)
    results = BlockedInvoiceSerializer(many=True)


class DifferenceAnswerSerializer(serializers.Serializer[Any]):
    """How many fit, and some of them."""

    count = serializers.IntegerField()
    results = DifferenceSerializer(many=True)


@dataclass(frozen=True, slots=True)
class _Asked:
    customer: UUID | None
    project: str | None
    age: str | None
    limit: int
    offset: int


class _QuestionViewSet(viewsets.GenericViewSet[ExceptionCase]):
    """What the three questions have in common: who asks, what is asked, and the answer's shape."""

    required_actions = {"list": Action.VIEW_REPORTS}
    pagination_class = None
    filter_backends: list[Any] = []

    def _reader(self, request: Request) -> Reader:
        who, brand = caller(request), brand_for(getattr(request, "partner", None))
        return Reader(who.customer_id is not None, brand.name, who.can(Action.VIEW_PAYLOADS))

    def _answer(self, request: Request, ask: Callable[[Reader, UUID | None, datetime], Sequence[Any]]) -> Response:
        read = AskedSerializer(data=request.query_params)
        read.is_valid(raise_exception=True)
        asked, now = _Asked(**read.validated_data), timezone.now()
        rows = [
            row
            for row in ask(self._reader(request), asked.customer, now)
            if (asked.age is None or row.since < now - AGES[asked.age])
            and (asked.project is None or row.project == asked.project)
        ]
        found = {
            "count": len(rows),
            "money": money_together(row.money for row in rows if hasattr(row, "money")),
            "results": rows[asked.offset : asked.offset + asked.limit],
        }
        return Response(self.get_serializer(found).data)


class UnpostedViewSet(_QuestionViewSet):
    """Work that is not posted, by project."""

    serializer_class = UnpostedAnswerSerializer

    @extend_schema(
        summary="Which projects have unposted time", parameters=[AskedSerializer], responses=UnpostedAnswerSerializer
    )
    def list(self, request: Request) -> Response:
        """Return projects with work that is not posted, the dearest first."""
        return self._answer(request, lambda reader, customer, now: list_unposted(reader, now=now, customer_id=customer))


class BlockedInvoiceViewSet(_QuestionViewSet):
    """Invoices and milestones that are held."""

    serializer_class = BlockedAnswerSerializer

    @extend_schema(
        summary="Which invoices are blocked", parameters=[AskedSerializer], responses=BlockedAnswerSerializer
    )
    def list(self, request: Request) -> Response:
        """Return the invoices and milestones that are held, each once, the dearest first."""
        return self._answer(request, lambda reader, customer, now: list_blocked(reader, now=now, customer_id=customer))


class DisagreementViewSet(_QuestionViewSet):
    """Records that systems do not agree about."""

    serializer_class = DifferenceAnswerSerializer

    @extend_schema(
        summary="Which updates left systems disagreeing",
        parameters=[AskedSerializer],
        responses=DifferenceAnswerSerializer,
    )
    def list(self, request: Request) -> Response:
        """Return records that systems do not agree about, the oldest first."""
        return self._answer(
            request, lambda reader, customer, _now: list_disagreements(reader, customer_id=customer).rows
        )
