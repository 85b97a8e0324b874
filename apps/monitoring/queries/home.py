"""What a partner's people see first: all of their customers, what they cost, and what to do about it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, F, IntegerField, Value, When

from apps.customers.models import Customer
from apps.monitoring.blame import Severity, WaitingOn
from apps.monitoring.health import Colour
from apps.monitoring.impact import added
from apps.monitoring.models import ExceptionCase
from apps.monitoring.pages import CaseRow, CustomerRow, PartnerHome, Strip
from apps.monitoring.queries.case_rows import case_row, with_names
from apps.monitoring.queries.figures import Tally, open_cases, tallies

CUSTOMERS_A_PAGE = 50
URGENT_CASES = 5
_GRAVEST_FIRST = {Colour.RED: 0, Colour.AMBER: 1, Colour.GREY: 2, Colour.GREEN: 3}


def get_partner_home(*, now: datetime, person_id: UUID | None, colour: str = "", page: int = 1) -> PartnerHome:
    """Return the partner's home as `person_id` sees it; `colour` leaves only customers of that health.

    The strip always counts all customers. Seven queries, however many customers and cases.
    """
    counted = tallies("customer_id", now=now, mine=person_id)
    customers = Customer.objects.exclude(state=Customer.State.LEFT).values_list("id", "name", "state")
    rows = sorted((_row(counted[id_], id_, name, state) for id_, name, state in customers), key=_gravest_first)
    fitting = [row for row in rows if row.health.colour == colour] if colour in set(Colour) else rows
    pages = max(-(-len(fitting) // CUSTOMERS_A_PAGE), 1)
    page = min(max(page, 1), pages)
    start = (page - 1) * CUSTOMERS_A_PAGE
    return PartnerHome(
        strip=_strip(rows, counted),
        customers=tuple(fitting[start : start + CUSTOMERS_A_PAGE]),
        urgent=_urgent(now),
        has_customers=bool(rows),
        colour=colour if colour in set(Colour) else "",
        fitting=len(fitting),
        page=page,
        pages=pages,
    )


def _row(tally: Tally, customer_id: UUID, name: str, state: str) -> CustomerRow:
    return CustomerRow(
        id=customer_id,
        name=name,
        state=state,
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
    )


def _gravest_first(row: CustomerRow) -> tuple[int, int, int, Decimal, str]:
    # Amounts of different currencies cannot be compared: they only part what is otherwise alike.
    dearest = max((part.amount for part in row.at_risk), default=Decimal(0))
    return _GRAVEST_FIRST[row.health.colour], -row.late_cases, -row.open_cases, -dearest, row.name.casefold()


def _strip(rows: Iterable[CustomerRow], counted: Mapping[UUID, Tally]) -> Strip:
    colours = [row.health.colour for row in rows]
    # Cases and connections of customers who left still count: the lists behind these numbers show them.
    everyone = counted.values()
    return Strip(
        at_risk=added(part for tally in everyone for part in tally.at_risk),
        open_cases=sum(tally.cases.get("open", 0) for tally in everyone),
        mine=sum(tally.cases.get("mine", 0) for tally in everyone),
        late=sum(tally.cases.get("late", 0) for tally in everyone),
        red=colours.count(Colour.RED),
        amber=colours.count(Colour.AMBER),
        green=colours.count(Colour.GREEN),
        grey=colours.count(Colour.GREY),
        broken_connections=sum(tally.connections.get("broken", 0) for tally in everyone),
        written=sum(tally.days.get("today_written") or 0 for tally in everyone),
        rejected=sum(tally.days.get("today_rejected") or 0 for tally in everyone),
    )


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
