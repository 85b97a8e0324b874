"""Connections of customers for this room's pages; the connectors room, which is above, tells them when it starts."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ConnectionCounts:
    """How many connections a customer has, and how many of them need somebody."""

    total: int = 0
    attention: int = 0


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """One connection as a customer's page shows it."""

    id: UUID
    name: str
    system_name: str
    environment: str
    state: str
    state_reason: str
    last_success_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConnectionDirectory:
    """What the connectors room answers: counts by customer id, and the connections of one customer by name."""

    count_by_customer: Callable[[Collection[UUID]], Mapping[UUID, ConnectionCounts]]
    list_of_customer: Callable[[UUID], list[ConnectionLine]]


_directories: list[ConnectionDirectory] = []


def register(directory: ConnectionDirectory) -> None:
    """Ask `directory` from now on; called once, when the connectors room starts."""
    _directories[:] = [directory]


def count_connections(customer_ids: Collection[UUID]) -> dict[UUID, ConnectionCounts]:
    """Return counts for each customer that has connections."""
    found: dict[UUID, ConnectionCounts] = {}
    for known in _directories:
        found.update(known.count_by_customer(customer_ids))
    return found


def list_connections_of(customer_id: UUID) -> list[ConnectionLine]:
    """Return one customer's connections, by name."""
    return [line for known in _directories for line in known.list_of_customer(customer_id)]
