"""What uses a connection; the flows room, which is above, tells it when it starts."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ConnectionUse:
    """One flow that reads from or writes to a connection. `how` is "reads" or "writes"."""

    flow_id: UUID
    name: str
    state: str
    how: str


ListUses = Callable[[UUID], list[ConnectionUse]]
CountUses = Callable[[Collection[UUID]], dict[UUID, int]]
_directories: list[tuple[ListUses, CountUses]] = []


def register(list_uses: ListUses, count_uses: CountUses) -> None:
    """Ask these two from now on; called once, when the flows room starts."""
    _directories[:] = [(list_uses, count_uses)]


def list_uses_of(connection_id: UUID) -> list[ConnectionUse]:
    """Return what uses one connection, by name."""
    return [use for list_uses, _count in _directories for use in list_uses(connection_id)]


def count_uses_of(connection_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many flows use each of these connections; those without are left out."""
    found: dict[UUID, int] = {}
    for _list, count_uses in _directories:
        found.update(count_uses(connection_ids))
    return found
