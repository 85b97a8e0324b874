"""What a partner's people see first: all of their customers, what they cost, and what to do about it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, Value, When
from django.utils.translation import gettext_lazy as _

from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option
from apps.customers.models import Customer
from apps.customers.queries import CutOffLine
from apps.monitoring.blame import Severity, WaitingOn
from apps.monitoring.health import Colour
from apps.monitoring.impact import added
from apps.monitoring.models import ExceptionCase
from apps.monitoring.pages import CaseRow, CustomerRow, PartnerHome, Strip
from apps.monitoring.queries.case_rows import case_row, with_names
from apps.monitoring.queries.figures import Tally, open_cases, tallies
from apps.monitoring.queries.risk import written_days
from apps.monitoring.queries.trends import money_at_risk_at, throughput_by_customer

URGENT_CASES = 5
TREND_DAYS = 14
CHART_DAYS = 30
COMPARED_WITH = timedelta(days=7)
GRAVEST_FIRST = {Colour.RED: 0, Colour.AMBER: 1, Colour.GREY: 2, Colour.GREEN: 3}
COLOURS = (
    (Colour.RED, _("Blocked"), "danger"),
    (Colour.AMBER, _("Need attention"), "warning"),
    (Colour.GREEN, _("Healthy"), "success"),
    (Colour.GREY, _("No record yet"), "neutral"),
)


def _gravest_first(row: CustomerRow) -> tuple[int, int, int, Decimal, str]:
    return GRAVEST_FIRST[row.health.colour], -row.late_cases, -row.open_cases, -_dearest(row), row.name.casefold()


def _dearest(row: CustomerRow) -> Decimal:
    # Amounts of different currencies cannot be compared: they only part what is otherwise alike.
    return max((part.amount for part in row.at_risk), default=Decimal(0))


def _sums(row: CustomerRow) -> str:
    return ", ".join(f"{part.currency} {part.amount:.2f}" for part in row.at_risk)


CUSTOMERS = ListSpec(
    key="home-customers",
    columns=(
        Column("name", _("Customer"), key=lambda row: row.name.casefold(), value=lambda row: row.name, fixed=True),
        Column("state", _("State"), key=lambda row: (row.state, row.name.casefold()), value=lambda row: row.state, shown=False),
        Column("owner", _("Account owner"), key=lambda row: row.owner.casefold() or None, value=lambda row: row.owner, shown=False),
        Column("health", _("Health"), key=_gravest_first, value=lambda row: f"{row.health.colour}: {row.health.reason}"),
        Column("trend", _("Last 14 days"), key=lambda row: sum(row.trend), value=lambda row: sum(row.trend), large_first=True),
        Column("success", _("Last success"), key=lambda row: row.last_success_at, value=lambda row: row.last_success_at, large_first=True),
        Column("cases", _("Exceptions"), key=lambda row: row.open_cases, value=lambda row: row.open_cases, numeric=True, large_first=True),
        Column("money", _("At risk"), key=_dearest, value=_sums, numeric=True, large_first=True),
        Column("cutoff", _("Next cut-off"), key=lambda row: row.next_cut_off_at, value=lambda row: row.next_cut_off_at),
        Column("written", _("Written today"), key=lambda row: row.written, value=lambda row: row.written, numeric=True, large_first=True, shown=False),
        Column("rejected", _("Rejected today"), key=lambda row: row.rejected, value=lambda row: row.rejected, numeric=True, large_first=True, shown=False),
        Column("connections", _("Connections"), key=lambda row: row.connections, value=lambda row: row.connections, numeric=True, shown=False),
        Column("flows", _("Flows"), key=lambda row: row.flows, value=lambda row: row.flows, numeric=True, shown=False),
    ),
    filters=(
        Filter("q", _("Name or segment"), "search"),
        Filter("health", _("Health"), "chips", tuple(Option(colour.value, words) for colour, words, _tone in COLOURS)),
    ),
    order="health",
    page_size=20,  # the gravest first: the others are a page, a word or a colour away
)  # fmt: skip


def get_partner_home(*, now: datetime, person_id: UUID | None, cut_offs: Iterable[CutOffLine]) -> PartnerHome:
    """Return the partner's home as `person_id` sees it; `cut_offs` are all customers', the soonest first.

    Twelve queries at most, however many customers and cases.
    """
    counted = tallies("customer_id", now=now, mine=person_id)
    trends = throughput_by_customer(TREND_DAYS, today=now.date())
    next_cut_offs = _next_cut_offs(cut_offs)
    customers = Customer.objects.exclude(state=Customer.State.LEFT).select_related("account_owner")
    rows = sorted(
        (_row(one, counted[one.id], trends[one.id], next_cut_offs.get(one.id)) for one in customers), key=_gravest_first
    )
    # A day more on both sides: the chart's days are its reader's, which may have begun already or not yet.
    written = written_days(now.date() + timedelta(days=number) for number in range(-CHART_DAYS, 2))
    strip = _with_history(_strip(rows, counted), written, now)
    return PartnerHome(strip=strip, customers=tuple(rows), urgent=_urgent(now), risk_days=written)


def _with_history(strip: Strip, written: Mapping[date, Mapping[str, Decimal]], now: datetime) -> Strip:
    """Return the figures with those of the days before: what was written down, else as the cases tell it."""
    days = [now.date() - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]
    before = written.get((now - COMPARED_WITH).date())
    line: list[Decimal] = []
    if strip.at_risk:
        first = strip.at_risk[0]
        line = [written[day].get(first.currency, Decimal(0)) for day in days[:-1] if day in written] + [first.amount]
    return replace(
        strip,
        at_risk_before=money_at_risk_at(now - COMPARED_WITH) if before is None else before,
        at_risk_line=tuple(line) if len(line) > 1 else (),
    )


def fitting_customers(rows: Iterable[CustomerRow], state: ListState, *, any_health: bool = False) -> list[CustomerRow]:
    """Return the customers that fit what is asked; `any_health` leaves the filter by health out, to count them."""
    words, colour = state.value("q").casefold(), state.value("health")
    return [
        row
        for row in rows
        if (any_health or not colour or row.health.colour == colour)
        and (words in row.name.casefold() or words in row.segment.casefold())
    ]


def count_by_health(rows: Iterable[CustomerRow], state: ListState) -> dict[str, int]:
    """Return how many customers of each colour fit the typed words; "" counts all of them."""
    colours = [row.health.colour.value for row in fitting_customers(rows, state, any_health=True)]
    return {**Counter(colours), "": len(colours)}


def _next_cut_offs(cut_offs: Iterable[CutOffLine]) -> dict[UUID, CutOffLine]:
    found: dict[UUID, CutOffLine] = {}
    for line in cut_offs:
        found.setdefault(line.customer_id, line)
    return found


def _row(customer: Customer, tally: Tally, trend: Iterable[int], cut_off: CutOffLine | None) -> CustomerRow:
    return CustomerRow(
        id=customer.id,
        name=customer.name,
        segment=customer.segment,
        owner=str(customer.account_owner or ""),
        state=customer.state,
        health=tally.health(),
        open_cases=tally.cases.get("open", 0),
        with_customer=tally.cases.get("with_customer", 0),
        late_cases=tally.cases.get("late", 0),
        at_risk=tally.at_risk,
        last_success_at=tally.days.get("last_success_at"),
        read=tally.days.get("today_read") or 0,
        written=tally.days.get("today_written") or 0,
        rejected=tally.days.get("today_rejected") or 0,
        connections=tally.connections.get("all", 0),
        broken_connections=tally.connections.get("broken", 0),
        flows=tally.flows.get("all", 0),
        trend=tuple(trend),
        next_cut_off=cut_off.name if cut_off else "",
        next_cut_off_at=cut_off.next_at if cut_off else None,
    )


def _strip(rows: Iterable[CustomerRow], counted: Mapping[UUID, Tally]) -> Strip:
    colours = Counter(row.health.colour for row in rows)
    # Cases and connections of customers who left still count: the lists behind these numbers show them.
    everyone = list(counted.values())
    cases: Counter[str] = Counter()
    for tally in everyone:
        cases.update({name: number or 0 for name, number in tally.cases.items()})
    return Strip(
        at_risk=added(part for tally in everyone for part in tally.at_risk),
        at_risk_before={},
        cases=dict(cases),
        red=colours[Colour.RED],
        amber=colours[Colour.AMBER],
        green=colours[Colour.GREEN],
        grey=colours[Colour.GREY],
        broken_connections=_total((tally.connections for tally in everyone), "broken"),
        written=_total((tally.days for tally in everyone), "today_written"),
        rejected=_total((tally.days for tally in everyone), "today_rejected"),
        read=_total((tally.days for tally in everyone), "today_read"),
    )


def _total(counts: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(one.get(name) or 0 for one in counts)


def _urgent(now: datetime) -> tuple[CaseRow, ...]:
    """Return what to do first: what is late, then what is severe, our own work before others', the soonest due, the dearest."""
    waits = Case(When(waiting_on=WaitingOn.PARTNER, then=Value(0)), default=Value(1), output_field=IntegerField())
    grave = Case(When(severity=Severity.HIGH, then=Value(0)), default=Value(1), output_field=IntegerField())
    late = Case(When(due_at__lt=now, then=Value(0)), default=Value(1), output_field=IntegerField())
    cases = (
        with_names(open_cases())
        .filter(state=ExceptionCase.State.OPEN)
        .order_by(late, grave, waits, "due_at", F("amount").desc(nulls_last=True), "id")[:URGENT_CASES]
    )
    return tuple(case_row(case, now) for case in cases)
