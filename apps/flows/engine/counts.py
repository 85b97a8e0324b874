"""The counts of a run, which always add up, and the end state that follows from them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from apps.flows.engine.states import OperationState, RunState


class CountsError(ValueError):
    """The parts are not the whole."""


COUNT_COLUMN = {
    OperationState.WRITTEN: "written",
    OperationState.UNCHANGED: "unchanged",
    OperationState.SKIPPED: "skipped",
    OperationState.SUPERSEDED: "skipped",
    OperationState.UNDONE: "skipped",
    OperationState.REJECTED: "rejected",
    OperationState.WAITING: "waiting",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records were read and what came of them. What was superseded or undone counts as skipped."""

    read: int = 0
    written: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0
    waiting: int = 0

    def __post_init__(self) -> None:
        parts = (self.written, self.unchanged, self.skipped, self.rejected, self.waiting)
        if min(parts) < 0:
            raise CountsError(f"a count below zero: {self}")
        if self.read != sum(parts):
            raise CountsError(f"read {self.read}, but the outcomes add up to {sum(parts)}: {self}")

    @classmethod
    def of(cls, states: Iterable[OperationState]) -> Self:
        """Count operations by their states."""
        columns: Counter[str] = Counter()
        for state, number in Counter(states).items():
            columns[COUNT_COLUMN[state]] += number
        return cls(read=columns.total(), **columns)

    def plus(self, other: "Counts") -> "Counts":
        """Return both together."""
        return Counts(
            self.read + other.read,
            self.written + other.written,
            self.unchanged + other.unchanged,
            self.skipped + other.skipped,
            self.rejected + other.rejected,
            self.waiting + other.waiting,
        )

    def moved(self, old: OperationState, new: OperationState, number: int = 1) -> "Counts":
        """Return the counts after `number` operations went from one state to another."""
        columns = {name: getattr(self, name) for name in self.__slots__}
        columns[COUNT_COLUMN[old]] -= number
        columns[COUNT_COLUMN[new]] += number
        return Counts(**columns)


def end_state(counts: Counts, *, failed: bool = False, cancelled: bool = False) -> RunState:
    """Return the state a run ends in. Whatever still waits or was rejected makes it partial, not failed."""
    if cancelled:
        return RunState.CANCELLED
    if failed:
        return RunState.FAILED
    if counts.read == 0:
        return RunState.EMPTY
    return RunState.PARTIAL if counts.rejected or counts.waiting else RunState.CLEAN
