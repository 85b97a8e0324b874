"""What reports count: throughput, causes, money and speed over a span of days, by project, by reason and by flow."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, FlowDay
from apps.monitoring import impact
from apps.monitoring.impact import Quality
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.queries.at_risk import Grouping, sums_at_risk
from apps.monitoring.queries.held import held_now as held_rows
from apps.monitoring.queries.ledger_rows import id_at, start_of
from apps.monitoring.queries.risk import risk_curves, written_days
from apps.monitoring.queries.trends import OUTCOMES, Cause, MoneyCurve, Span, Throughput

FLOWS_OFFERED = 300
# Records whose speed is looked at: of a whole report, and of each of its days at most and at least. Enough for medians.
LOOKED_AT = 2_000
A_DAYS_SAMPLE, LEAST_SAMPLE = 400, 30
DAYS_DRAWN, WEEK = 92, 7  # a longer report is drawn by week: a year's days would be a pixel each


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days (both included) that one point of a report's charts stands for: one, or a week."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class ReportSpan:
    """Which days (UTC, both included), whose, and of which flow; None wants all."""

    since: date
    until: date
    customer_id: UUID | None = None
    flow_id: UUID | None = None

    @property
    def days(self) -> int:
        """Return how many days."""
        return (self.until - self.since).days + 1

    @property
    def each_day(self) -> tuple[Stretch, ...]:
        """Return the days, each by itself."""
        days = (self.since + timedelta(days=number) for number in range(self.days))
        return tuple(Stretch(day, day) for day in days)

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """Return what the charts show a point of: each day, of a long report each week up to its last day."""
        if self.days <= DAYS_DRAWN:
            return self.each_day
        lasts = [self.until - timedelta(days=back) for back in range(0, self.days, WEEK)]
        return tuple(Stretch(max(self.since, last - timedelta(days=WEEK - 1)), last) for last in reversed(lasts))

    @property
    def as_span(self) -> Span:
        """Return the same span for the queries that know only its length."""
        return Span(self.days, self.customer_id, self.flow_id)

    def of(self, rows: QuerySet[Any], flow: str = "flow_id") -> QuerySet[Any]:
        """Limit rows to the customer and the flow."""
        return self.as_span.of(rows, flow)

    def moments(self, field: str) -> Q:
        """Return the condition that a moment falls into these days."""
        return Q(**{f"{field}__gte": start_of(self.since), f"{field}__lt": start_of(self.until + timedelta(days=1))})


@dataclass(frozen=True, slots=True)
class Volume:
    """The records of each day by outcome, and what those are worth that were posted, by currency."""

    throughput: Throughput
    worth: tuple[impact.Sum, ...]

    def of(self, stretches: Iterable[Stretch]) -> dict[str, list[int]]:
        """Return the records of each stretch, one list of counts per outcome."""
        first, counts = self.throughput.days[0], self.throughput.counts
        cuts = [slice((one.first - first).days, (one.last - first).days + 1) for one in stretches]
        return {name: [sum(numbers[cut]) for cut in cuts] for name, numbers in counts.items()}


@dataclass(frozen=True, slots=True)
class Speed:
    """How long the records read in a stretch of days took until they were posted; None where none was."""

    stretch: Stretch
    median_seconds: float | None
    slow_seconds: float | None
    records: int


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """What was held back for one reason: how many records, how many of them are settled, what the others are worth."""

    error_class: str
    records: int
    held: int
    hours: Decimal | None
    sums: tuple[impact.Sum, ...]
    since: datetime | None

    @property
    def settled(self) -> int:
        """Return how many of them are no longer held up."""
        return self.records - self.held


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """What one flow did in the span."""

    flow_id: UUID
    flow: str
    customer: str
    source: str
    target: str
    state: str
    arrived: int
    unchanged: int
    left_out: int
    held_back: int
    worth: tuple[impact.Sum, ...]
    last_success_at: datetime | None


def list_flow_names(customer_id: UUID | None, *, with_customer: bool) -> dict[UUID, str]:
    """Return the flows in scope by name, those of one customer if asked; at most FLOWS_OFFERED."""
    flows = Flow.objects.order_by("name", "customer__name")
    if customer_id:
        flows = flows.filter(customer_id=customer_id)
    return {
        id_: f"{name} · {customer}" if with_customer and not customer_id else name
        for id_, name, customer in flows.values_list("id", "name", "customer__name")[:FLOWS_OFFERED]
    }


def volume_of(span: ReportSpan) -> Volume:
    """Return what was got through on each day and what it was worth. One query over the day rollups."""
    sums = {name: Sum(name) for name in (*OUTCOMES, "amount_written")}
    rows = span.of(FlowDay.objects.filter(day__gte=span.since, day__lte=span.until)).order_by()
    counts = {name: [0] * span.days for name in OUTCOMES}
    parts: list[impact.Sum] = []
    for day, currency, *numbers, amount in rows.values_list("day", "currency").annotate(**sums):
        for name, number in zip(OUTCOMES, numbers, strict=True):
            counts[name][(day - span.since).days] += number
        if currency:
            parts.append(impact.Sum(currency, amount, Quality.KNOWN, numbers[0]))
    days = tuple(day.first for day in span.each_day)
    return Volume(Throughput(days, counts), tuple(part for part in impact.added(parts) if part.amount))


def money_of(span: ReportSpan, *, now: datetime) -> list[MoneyCurve]:
    """Return the money at risk at the end of each of the span's stretches, by currency; between the ends of weeks stands nothing.

    Three queries where each of these days was written down.
    """
    by: Grouping = "flow_id" if span.flow_id else "customer_id"
    at_risk = sums_at_risk(by, customer_id=span.customer_id, flow_id=span.flow_id, own_currency_at=now)
    now_at_risk = [part for sums in at_risk.values() for part in sums]
    written = written_days((span.since, *(one.last for one in span.stretches)), of=span.as_span)
    return risk_curves(written, now_at_risk, of=span.as_span, until=span.until, now=now)


def causes_of(span: ReportSpan) -> list[Cause]:
    """Return what records failed for in the span, the most records first. One query."""
    rows = _failures(span).filter(_once(span))
    counted = rows.order_by().values_list("case__error_class").annotate(records=Count("id"))
    return sorted((Cause(*row) for row in counted), key=lambda cause: (-cause.records, cause.error_class))


def _failures(span: ReportSpan) -> QuerySet[CaseOperation]:
    return span.of(CaseOperation.objects.filter(span.moments("failed_at")), "case__flow_id")


def _once(span: ReportSpan) -> Q:
    """Return what leaves one of the span's failures of each record and class: sorting all of a year's took longer than all else."""
    earlier = _failures(span).filter(
        operation=OuterRef("operation"),
        failed_at__lt=OuterRef("failed_at"),
        case__error_class=OuterRef("case__error_class"),
    )
    return Q(again=False) | Q(~Exists(earlier))


# One small reading of the ledger's index for each day: a year of a busy partner takes no longer than a quiet one's.
_SPEED = """
SELECT asked.stretch, percentile_cont(0.5) WITHIN GROUP (ORDER BY sample.seconds),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY sample.seconds), count(*)
FROM unnest(%(stretches)s::int[], %(firsts)s::uuid[], %(ends)s::uuid[]) AS asked (stretch, first, ending)
CROSS JOIN LATERAL (
    SELECT extract(epoch FROM line.changed_at)::float8 - first_try.milliseconds / 1000.0 AS seconds
    FROM flows_operation AS line
    CROSS JOIN LATERAL (SELECT ('x' || translate(left(line.attempts[1]::text, 13), '-', ''))::bit(48)::bigint) AS
      first_try (milliseconds)
    WHERE line.id >= asked.first AND line.id < asked.ending AND line.state = %(state)s AND line.attempts <> '{{}}'
      AND {whose}
    ORDER BY {order}line.id DESC LIMIT %(most)s
) AS sample
GROUP BY asked.stretch
"""
# One customer's lines are few among a day's: they are read by their own index. The planner takes that only where the
# order needs it, and drops what equals a constant from an order; a list of one it keeps.
_WHOSE = {
    "": "TRUE",
    "customer_id": "line.customer_id = ANY(ARRAY[%(customer)s::uuid])",
    "flow_id": "line.flow_id = ANY(ARRAY[%(flow)s::uuid]) AND (%(customer)s::uuid IS NULL OR line.customer_id = %(customer)s::uuid)",
}


def whose_lines(span: ReportSpan) -> dict[str, str]:
    """Return which of the ledger's lines (`line`) are a span's, `whose`, and what their order begins with, `order`: parts of a statement."""
    of = "flow_id" if span.flow_id else "customer_id" if span.customer_id else ""
    return {"whose": _WHOSE[of], "order": f"line.{of}, " if of else ""}


def sample_of(stretches: Sequence[Stretch]) -> int:
    """Return how many records of each day are looked at in a report: a year costs little more than a month."""
    days = (stretches[-1].last - stretches[0].first).days + 1
    least = ceil(LEAST_SAMPLE * len(stretches) / days)  # the days of a week are looked at together
    return max(least, min(A_DAYS_SAMPLE, LOOKED_AT // days))


def speed_of(span: ReportSpan, stretches: Sequence[Stretch]) -> list[Speed]:
    """Return how long records took from being read until they were posted, by the latest records of each day. One query.

    A record that was held up meanwhile counts with all that time. The first try's moment is in its id: evidence may go.
    """
    ids = [id_at(start_of(span.since + timedelta(days=number))) for number in range(span.days + 1)]
    asked: dict[str, Any] = {
        "stretches": [at for at, one in enumerate(stretches) for _ in range((one.last - one.first).days + 1)],
        "firsts": ids[:-1],
        "ends": ids[1:],
        "state": OperationState.WRITTEN.value,
        "customer": span.customer_id,
        "flow": span.flow_id,
        "most": sample_of(stretches),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SPEED.format(**whose_lines(span)), asked)
        found = {at: figures for at, *figures in cursor.fetchall()}
    return [Speed(stretch, *found.get(at, (None, None, 0))) for at, stretch in enumerate(stretches)]


def held_now(span: ReportSpan) -> int:
    """Return how many records are held up now; days do not matter. One query."""
    return span.of(held_rows(), "case__flow_id").count()


def reasons_of(span: ReportSpan) -> list[ReasonRow]:
    """Return what was held back in the span and why, the most records first. Two queries."""
    rows = _failures(span).order_by()
    still = Q(open=True) & ~Q(case__state=ExceptionCase.State.CLOSED)
    counted = rows.values("case__error_class").annotate(
        records=Count("id", filter=_once(span)),
        held=Count("id", filter=still),  # one failure of a record is open at most
        worked=Sum("hours", filter=still),
        since=Min("failed_at", filter=still),
    )
    sums = _held_sums(rows.filter(still))
    found = [_reason_row(row, sums[row["case__error_class"]]) for row in counted]
    return sorted(found, key=lambda row: (-row.records, row.error_class))


def _held_sums(rows: QuerySet[CaseOperation]) -> defaultdict[str, list[impact.Sum]]:
    known = rows.exclude(amount=None).exclude(currency="")
    grouped = known.values_list("case__error_class", "currency").annotate(Sum("amount"), Count("id"))
    sums: defaultdict[str, list[impact.Sum]] = defaultdict(list)
    for error_class, currency, total, number in grouped:
        sums[error_class].append(impact.Sum(currency, total, Quality.KNOWN, number))
    return sums


def _reason_row(row: Mapping[str, Any], sums: Iterable[impact.Sum]) -> ReasonRow:
    return ReasonRow(
        error_class=row["case__error_class"],
        records=row["records"],
        held=row["held"],
        hours=row["worked"],
        sums=impact.added(sums),
        since=row["since"],
    )


def activity_of(span: ReportSpan) -> list[ActivityRow]:
    """Return what each flow did in the span, the busiest first. Three queries."""
    rows = span.of(FlowDay.objects.filter(day__gte=span.since, day__lte=span.until)).order_by()
    counted = {
        row["flow_id"]: row
        for row in rows.values("flow_id").annotate(
            arrived=Sum("written"),
            same=Sum("unchanged"),
            left_out=Sum("skipped"),
            held_back=Sum("rejected"),
            last=Max("last_success_at"),
        )
    }
    worth: defaultdict[UUID, list[impact.Sum]] = defaultdict(list)
    for flow_id, currency, total, number in (
        rows.exclude(currency="").values_list("flow_id", "currency").annotate(Sum("amount_written"), Sum("written"))
    ):
        worth[flow_id].append(impact.Sum(currency, total, Quality.KNOWN, number))
    flows = Flow.objects.filter(id__in=counted)
    named = flows.values_list("id", "name", "customer__name", "source__name", "target__name", "state")
    found = [_activity_row(flow, counted[flow[0]], worth[flow[0]]) for flow in named]
    return sorted(found, key=lambda row: (-row.arrived, row.customer, row.flow))


def _activity_row(
    flow: tuple[UUID, str, str, str, str, str], row: dict[str, Any], worth: Iterable[impact.Sum]
) -> ActivityRow:
    return ActivityRow(
        *flow,
        arrived=row["arrived"] or 0,
        unchanged=row["same"] or 0,
        left_out=row["left_out"] or 0,
        held_back=row["held_back"] or 0,
        worth=tuple(part for part in impact.added(worth) if part.amount),
        last_success_at=row["last"],
    )
