"""How every customer is doing, for the list of customers in the room below."""

from datetime import datetime
from uuid import UUID

from apps.customers.health_directory import CustomerHealth
from apps.monitoring.queries.figures import Tally, tallies


def health_of_customers(now: datetime) -> dict[UUID, CustomerHealth]:
    """Return the health of each customer that has anything to judge; five queries, however many there are."""
    return {customer_id: _of(tally) for customer_id, tally in tallies("customer_id", now=now).items()}


def _of(tally: Tally) -> CustomerHealth:
    health = tally.health()
    return CustomerHealth(
        colour=health.colour.value,
        reason=health.reason,
        open_cases=tally.cases.get("open", 0),
        last_success_at=tally.days.get("last_success_at"),
    )
