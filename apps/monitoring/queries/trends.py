"""How things went over time: records by outcome, failures by cause, and the money that was at risk day by day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate

from apps.flows.models import FlowDay
from apps.monitoring.impact import Quality
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.queries.at_risk import Grouping, sums_at_risk

OUTCOMES = ("written", "unchanged", "skipped", "rejected")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Span:
    """A number of days that end today, of everything in scope, of one customer or of one flow."""

    days: int
    customer_id: UUID | None = None
    flow_id: UUID | None = None

    def of(self, rows: QuerySet[Any], flow: str = "flow_id") -> QuerySet[Any]:
        """Limit rows to the customer and the flow; `flow` is where the rows name theirs."""
        if self.customer_id:
            rows = rows.filter(customer_id=self.customer_id)
        return rows.filter(**{flow: self.flow_id}) if self.flow_id else rows


@dataclass(frozen=True, slots=True)
class Throughput:
    """Records per day (UTC), the oldest first, one list of counts per outcome of OUTCOMES."""

    days: tuple[date, ...]
    counts: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Cause:
    """Records that failed for one business class."""

    error_class: str
    records: int


@dataclass(frozen=True, slots=True)
class HeldCause:
    """Records that are held up for one cause: a class, the field to blame and the system that refuses it."""

    error_class: str
    error_field: str
    system: str
    records: int

    @property
    def key(self) -> str:
        """Return the cause as the exception queue's filter names it."""
        return f"{self.error_class}:{self.error_field}:{self.system}"


@dataclass(frozen=True, slots=True)
class MoneyCurve:
    """The money at risk in one currency at the end of each day, the last of them now."""

    currency: str
    amounts: tuple[Decimal, ...]


def throughput(span: Span, *, today: date) -> Throughput:
    """Return the records of each day by outcome. One query over the day rollups."""
    days = _days(today, span.days)
    rows = (
        span.of(FlowDay.objects.filter(day__gte=days[0], day__lte=today))
        .order_by()
        .values("day")
        .annotate(**{f"{outcome}_sum": Sum(outcome) for outcome in OUTCOMES})
    )
    by_day = {row["day"]: row for row in rows}
    return Throughput(days, {name: [by_day.get(day, {}).get(f"{name}_sum") or 0 for day in days] for name in OUTCOMES})


def throughput_by_customer(days: int, *, today: date) -> defaultdict[UUID, list[int]]:
    """Return the records written on each of the last days, per customer, the oldest first. One query."""
    first = today - timedelta(days=days - 1)
    found: defaultdict[UUID, list[int]] = defaultdict(lambda: [0] * days)
    rows = FlowDay.objects.filter(day__gte=first, day__lte=today).order_by().values_list("customer_id", "day")
    for customer_id, day, number in rows.annotate(total=Sum("written")):
        found[customer_id][(day - first).days] += number
    return found


def held_up_by_cause(span: Span) -> list[HeldCause]:
    """Return what records are held up for now, the most records first; the span's days do not matter. One query."""
    rows = (
        span.of(CaseOperation.objects.filter(open=True), flow="case__flow_id")
        .exclude(case__state=ExceptionCase.State.CLOSED)
        .order_by()
        .values_list("case__error_class", "case__error_field", "case__flow__target__system")
        .annotate(records=Count("id"))  # one line of an operation is open at most
    )
    held = (HeldCause(kind, field, system or "", records) for kind, field, system, records in rows)
    return sorted(held, key=lambda cause: (-cause.records, cause.key))


def money_at_risk_over(span: Span, *, now: datetime, zone: tzinfo = UTC) -> list[MoneyCurve]:
    """Return each currency's money at risk at the end of every day of `zone`, the largest now first.

    Exact: it starts from what the open cases say now and walks back through everything that came and went since.
    Four queries; they read only what changed within the span.
    """
    today = now.astimezone(zone).date()
    days = _days(today, span.days)
    change = _changes(span, datetime.combine(days[0], time(), tzinfo=zone), zone)
    totals = _open_now(span)
    curves = []
    for currency in {*totals, *(currency for currency, _ in change)}:
        amount, walked = totals[currency], list[Decimal]()
        for day in reversed(days):
            walked.append(max(amount, _ZERO))
            amount -= change[currency, day]
        if any(walked):
            curves.append(MoneyCurve(currency, tuple(reversed(walked))))
    return sorted(curves, key=lambda curve: (-curve.amounts[-1], -max(curve.amounts), curve.currency))


def money_at_risk_at(moment: datetime, *, customer_id: UUID | None = None) -> dict[str, Decimal]:
    """Return the money that was at risk at a moment of the past, by currency."""
    span = Span(1, customer_id)
    totals = _open_now(span)
    operations = span.of(_with_amount(), flow="case__flow_id")
    for currency, total in _sums(operations.filter(added_at__gt=moment), "currency"):
        totals[currency] -= total
    for currency, total in _sums(operations.filter(settled_at__gt=moment), "currency"):
        totals[currency] += total
    return {currency: amount for currency, amount in totals.items() if amount > 0}


def _days(today: date, number: int) -> tuple[date, ...]:
    return tuple(today - timedelta(days=back) for back in range(number - 1, -1, -1))


def _open_now(span: Span) -> defaultdict[str, Decimal]:
    by: Grouping = "flow_id" if span.flow_id else "customer_id"
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for sums in sums_at_risk(by, customer_id=span.customer_id, flow_id=span.flow_id).values():
        for part in sums:
            found[part.currency] += part.amount
    return found


def _changes(span: Span, start: datetime, zone: tzinfo) -> defaultdict[tuple[str, date], Decimal]:
    """Return by how much the money at risk grew on each day, per currency."""
    operations = span.of(_with_amount(), flow="case__flow_id")
    change: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for moment, sign in (("added_at", 1), ("settled_at", -1)):
        rows = operations.filter(**{f"{moment}__gte": start}).annotate(on=TruncDate(moment, tzinfo=zone))
        for currency, day, total in _sums(rows, "currency", "on"):
            change[currency, day] += sign * total
    return change


def _with_amount() -> QuerySet[CaseOperation]:
    """Return the failures whose amount counts, as impact.py counts it."""
    known = CaseOperation.objects.exclude(amount=None).exclude(currency="")
    return known.exclude(amount_quality=Quality.UNKNOWN)


def _sums(rows: QuerySet[Any], *by: str) -> QuerySet[Any]:
    sums: QuerySet[Any] = rows.order_by().values_list(*(F(name) for name in by)).annotate(total=Sum("amount"))
    return sums
