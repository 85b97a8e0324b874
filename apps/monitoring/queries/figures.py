"""The figures health is judged by: counted per customer or per flow, from cases and day rollups, never from the ledger."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from apps.connectors.models import Connection
from apps.flows.models import Flow, FlowDay
from apps.monitoring import impact
from apps.monitoring.blame import OVERDUE, Severity, WaitingOn
from apps.monitoring.health import Figures, judge
from apps.monitoring.health_words import SaidHealth, said
from apps.monitoring.models import ExceptionCase
from apps.monitoring.queries.at_risk import Grouping, sums_at_risk

LOOK_BACK_DAYS = 30  # how far back the last success is looked for
DUE_SOON = timedelta(hours=4)


@dataclass(slots=True)
class Tally:
    """What is known of one customer or flow; `today` are the records of the present day (UTC)."""

    cases: dict[str, int] = field(default_factory=dict)
    days: dict[str, Any] = field(default_factory=dict)
    flows: dict[str, int] = field(default_factory=dict)
    connections: dict[str, int] = field(default_factory=dict)
    at_risk: tuple[impact.Sum, ...] = ()

    def figures(self) -> Figures:
        """Return what health is judged by."""
        return Figures(
            live_flows=self.flows.get("live", 0),
            paused_flows=self.flows.get("paused", 0),
            open_cases=self.cases.get("open", 0),
            severe_cases=self.cases.get("severe", 0),
            late_cases=self.cases.get("late", 0),
            silent_flows=self.cases.get("silent", 0),
            broken_connections=self.connections.get("broken", 0),
            read=self.days.get("recent_read") or 0,
            rejected=self.days.get("recent_rejected") or 0,
            last_success_at=self.days.get("last_success_at"),
        )

    def health(self) -> SaidHealth:
        """Return the colour and its reasons in words."""
        return said(judge(self.figures()))


def tallies(
    by: Grouping, *, now: datetime, mine: UUID | None = None, customer_id: UUID | None = None
) -> defaultdict[UUID, Tally]:
    """Count everything in scope, grouped; `mine` is the person whose own cases are counted too. Six queries, one more with rates.

    `customer_id` counts what belongs to that customer only.
    """
    found: defaultdict[UUID, Tally] = defaultdict(Tally)
    for row in _of(customer_id, _cases(by, now, mine)):
        found[row.pop("group")].cases = row
    for row in _of(customer_id, _days(by, now)):
        found[row.pop("group")].days = row
    for row in _of(customer_id, _flows(by)):
        found[row.pop("group")].flows = row
    if by == "customer_id":
        for row in _of(customer_id, _connections()):
            found[row.pop("group")].connections = row
    for group, sums in sums_at_risk(by, customer_id=customer_id, own_currency_at=now).items():
        found[group].at_risk = sums
    return found


def open_cases() -> QuerySet[ExceptionCase]:
    """Return the cases that somebody still has to do something about."""
    return ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED)


def _of(customer_id: UUID | None, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(customer_id=customer_id) if customer_id else rows


def _cases(by: Grouping, now: datetime, mine: UUID | None) -> QuerySet[Any]:
    own = Q(owner_id=mine) if mine else Q(pk__in=[])
    return (
        open_cases()
        .filter(**{f"{by}__isnull": False})
        .order_by()
        .values(group=F(by))
        .annotate(
            open=Count("id"),
            severe=Count("id", filter=Q(severity=Severity.HIGH) & ~Q(error_class=OVERDUE)),  # silence counts by itself
            late=Count("id", filter=Q(due_at__lt=now)),
            due_soon=Count("id", filter=Q(due_at__gte=now, due_at__lt=now + DUE_SOON)),
            blocked=Sum("operation_count"),
            silent=Count("id", filter=Q(error_class=OVERDUE)),
            with_customer=Count("id", filter=Q(waiting_on=WaitingOn.CUSTOMER)),
            mine=Count("id", filter=own),
        )
    )


def _days(by: Grouping, now: datetime) -> QuerySet[Any]:
    today = now.date()
    recent, at = Q(day__gte=today - timedelta(days=1)), Q(day=today)
    return (
        FlowDay.objects.filter(day__gte=today - timedelta(days=LOOK_BACK_DAYS))
        .order_by()
        .values(group=F(by))
        .annotate(
            recent_read=Sum("read", filter=recent),
            recent_rejected=Sum("rejected", filter=recent),
            today_read=Sum("read", filter=at),
            today_written=Sum("written", filter=at),
            today_rejected=Sum("rejected", filter=at),
            written_lately=Sum("written"),
            last_success_at=Max("last_success_at"),
        )
    )


def _flows(by: Grouping) -> QuerySet[Any]:
    column = "id" if by == "flow_id" else by
    counts = {state: Count("id", filter=Q(state=state)) for state in ("live", "paused")}
    return Flow.objects.order_by().values(group=F(column)).annotate(**counts, all=Count("id"))


def _connections() -> QuerySet[Any]:
    broken = Count("id", filter=Q(state=Connection.State.ATTENTION))
    return Connection.objects.order_by().values(group=F("customer_id")).annotate(all=Count("id"), broken=broken)
