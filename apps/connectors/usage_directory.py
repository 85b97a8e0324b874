"""What hangs on a connection; the flows and monitoring rooms, which are above, tell it when they start."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ConnectionUse:
    """One flow that uses a connection. `how` is "reads", "writes", or "takes part" as a further system of its steps.

    `last_success_at` is when the flow last got a record through, None when it never did.
    """

    flow_id: UUID
    name: str
    state: str
    how: str
    last_success_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Return whether records pass through the flow."""
        return self.state == "live"


@dataclass(frozen=True, slots=True)
class Stake:
    """What hangs on one connection: flows that are not retired, records that wait in them, and what those are worth.

    `sums` are (currency, amount), the largest first; records without an amount are in none of them.
    """

    flows: int = 0
    records: int = 0
    sums: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenCase:
    """One open exception of the flows that use a connection."""

    case_id: UUID
    title: str
    opened_at: datetime


ListUses = Callable[[UUID], list[ConnectionUse]]
StakesOf = Callable[[Collection[UUID]], dict[UUID, Stake]]
ListCases = Callable[[Collection[UUID]], list[OpenCase]]
_directories: list[tuple[ListUses, StakesOf]] = []
_casebooks: list[ListCases] = []


def register(list_uses: ListUses, stakes: StakesOf) -> None:
    """Ask these two from now on; called once, when the flows room starts."""
    _directories[:] = [(list_uses, stakes)]


def register_cases(list_cases: ListCases) -> None:
    """Ask this for open exceptions of flows from now on; called once, when the monitoring room starts."""
    _casebooks[:] = [list_cases]


def list_uses_of(connection_id: UUID) -> list[ConnectionUse]:
    """Return what uses one connection, by name."""
    return [use for list_uses, _stakes in _directories for use in list_uses(connection_id)]


def stakes_of(connection_ids: Collection[UUID]) -> dict[UUID, Stake]:
    """Return what hangs on each of these connections; those on which nothing hangs are left out."""
    found: dict[UUID, Stake] = {}
    for _list, stakes in _directories:
        found.update(stakes(connection_ids))
    return found


def list_open_cases(flow_ids: Collection[UUID]) -> list[OpenCase]:
    """Return the open exceptions of these flows, the oldest first."""
    return [case for list_cases in _casebooks for case in list_cases(flow_ids)]
