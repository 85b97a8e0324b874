"""How customers are doing, for this room's list; the monitoring room, which is above, tells it when it starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CustomerHealth:
    """One customer's health: its colour as badges know it, why in words, open exceptions, and when records last arrived."""

    colour: str = "grey"
    reason: str = ""
    open_cases: int = 0
    last_success_at: datetime | None = None


HealthByCustomer = Callable[[datetime], Mapping[UUID, CustomerHealth]]
_directories: list[HealthByCustomer] = []


def register(directory: HealthByCustomer) -> None:
    """Ask `directory` from now on; called once, when the monitoring room starts."""
    _directories[:] = [directory]


def health_by_customer(now: datetime) -> dict[UUID, CustomerHealth]:
    """Return how each customer in scope is doing; those nothing is known of are left out."""
    found: dict[UUID, CustomerHealth] = {}
    for known in _directories:
        found.update(known(now))
    return found
