"""What uses a connection; the flows room, which is above, tells it when it starts."""

from collections.abc import Callable
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
_directories: list[ListUses] = []


def register(list_uses: ListUses) -> None:
    """Ask `list_uses` from now on; called once, when the flows room starts."""
    _directories[:] = [list_uses]


def list_uses_of(connection_id: UUID) -> list[ConnectionUse]:
    """Return what uses one connection, by name."""
    return [use for list_uses in _directories for use in list_uses(connection_id)]
