"""How many connections customers have, for this room's pages; the connectors room, which is above, tells when it starts."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ConnectionCounts:
    """How many connections a customer has, and how many of them need somebody."""

    total: int = 0
    attention: int = 0


CountByCustomer = Callable[[Collection[UUID]], Mapping[UUID, ConnectionCounts]]
_directories: list[CountByCustomer] = []


def register(count_by_customer: CountByCustomer) -> None:
    """Ask `count_by_customer` from now on; called once, when the connectors room starts."""
    _directories[:] = [count_by_customer]


def count_connections(customer_ids: Collection[UUID]) -> dict[UUID, ConnectionCounts]:
    """Return counts for each customer that has connections."""
    found: dict[UUID, ConnectionCounts] = {}
    for count_by_customer in _directories:
        found.update(count_by_customer(customer_ids))
    return found
