"""The states of operations, runs and batches, and the only moves between them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class OperationState(StrEnum):
    """What came of one version of one record."""

    WAITING = "waiting"  # to be delivered, or to be tried again
    WRITTEN = "written"  # the target holds it
    UNCHANGED = "unchanged"  # the target held it already
    SKIPPED = "skipped"  # not for this flow, or left out by a person, with a reason
    REJECTED = "rejected"  # wrong as it is: someone must act
    SUPERSEDED = "superseded"  # a newer version of the same record has taken its place
    UNDONE = "undone"  # it failed on its way, and what had been done was taken back


class RunState(StrEnum):
    """Where one attempt at a trigger event stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"  # nothing to do until a known time
    CLEAN = "clean"
    PARTIAL = "partial"
    FAILED = "failed"
    EMPTY = "empty"
    CANCELLED = "cancelled"


class BatchState(StrEnum):
    """Where a write-ahead record stands."""

    PLANNED = "planned"  # nothing has left yet
    SENT = "sent"  # some of it may have arrived: recovered by probing, never dropped
    SETTLED = "settled"
    ABANDONED = "abandoned"  # given up before anything left


class StepState(StrEnum):
    """Where one step of one walking operation stands; a step that was not reached has no row."""

    RUNNING = "running"  # written ahead: some of it may have arrived
    WAITING = "waiting"  # for a person, an event, a time, or the next try
    DONE = "done"
    SKIPPED = "skipped"  # its condition did not hold
    FAILED = "failed"  # someone must act, or it may be passed over
    UNDOING = "undoing"
    UNDONE = "undone"
    KEPT = "kept"  # cannot be taken back: it stays


class StateError(ValueError):
    """A move between two states that the table does not have."""


_O, _R, _B, _S = OperationState, RunState, BatchState, StepState

OPERATION_MOVES: Mapping[OperationState, frozenset[OperationState]] = {
    _O.WAITING: frozenset({_O.WRITTEN, _O.UNCHANGED, _O.SKIPPED, _O.REJECTED, _O.SUPERSEDED, _O.UNDONE}),
    _O.REJECTED: frozenset({_O.WAITING, _O.SKIPPED, _O.SUPERSEDED}),
    _O.SKIPPED: frozenset({_O.WAITING, _O.SUPERSEDED}),
    _O.WRITTEN: frozenset(),
    _O.UNCHANGED: frozenset(),
    _O.SUPERSEDED: frozenset(),
    _O.UNDONE: frozenset(),
}

_RUN_ENDS = frozenset({_R.CLEAN, _R.PARTIAL, _R.FAILED, _R.EMPTY, _R.CANCELLED})
RUN_MOVES: Mapping[RunState, frozenset[RunState]] = {
    _R.QUEUED: frozenset({_R.RUNNING, _R.FAILED, _R.CANCELLED}),
    _R.RUNNING: frozenset({_R.WAITING}) | _RUN_ENDS,
    _R.WAITING: frozenset({_R.RUNNING}) | _RUN_ENDS,
    **{end: frozenset() for end in _RUN_ENDS},
}

BATCH_MOVES: Mapping[BatchState, frozenset[BatchState]] = {
    _B.PLANNED: frozenset({_B.SENT, _B.SETTLED, _B.ABANDONED}),
    _B.SENT: frozenset({_B.SETTLED}),
    _B.SETTLED: frozenset(),
    _B.ABANDONED: frozenset(),
}

STEP_MOVES: Mapping[StepState, frozenset[StepState]] = {
    _S.RUNNING: frozenset({_S.WAITING, _S.DONE, _S.FAILED}),
    _S.WAITING: frozenset({_S.RUNNING, _S.DONE, _S.FAILED}),
    _S.DONE: frozenset({_S.UNDOING, _S.KEPT}),
    _S.SKIPPED: frozenset(),
    _S.FAILED: frozenset({_S.RUNNING, _S.WAITING, _S.DONE, _S.SKIPPED}),
    _S.UNDOING: frozenset({_S.UNDONE, _S.KEPT}),
    _S.UNDONE: frozenset({_S.RUNNING}),
    _S.KEPT: frozenset(),
}

OPERATION_TERMINAL = frozenset(state for state, moves in OPERATION_MOVES.items() if not moves)
RUN_TERMINAL = frozenset(state for state, moves in RUN_MOVES.items() if not moves)
BATCH_TERMINAL = frozenset(state for state, moves in BATCH_MOVES.items() if not moves)

_MOVES: Mapping[type, Mapping[StrEnum, frozenset[StrEnum]]] = {
    OperationState: OPERATION_MOVES,  # type: ignore[dict-item]  # one table per enum; the key's type says which
    RunState: RUN_MOVES,  # type: ignore[dict-item]
    BatchState: BATCH_MOVES,  # type: ignore[dict-item]
    StepState: STEP_MOVES,  # type: ignore[dict-item]
}

State = TypeVar("State", OperationState, RunState, BatchState, StepState)


def is_terminal(state: OperationState | RunState | BatchState | StepState) -> bool:
    """Return True when no move leads out of the state."""
    return not _MOVES[type(state)][state]


def states_before(state: State) -> frozenset[State]:
    """Return the states from which `state` may be reached: the filter of a conditional update."""
    return frozenset(old for old, moves in _MOVES[type(state)].items() if state in moves)  # type: ignore[misc]


def require_transition(old: State, new: State) -> None:
    """Raise StateError unless the table has this move. Staying where one is counts as no move and is refused."""
    if new not in _MOVES[type(old)][old]:
        raise StateError(f"{type(old).__name__} cannot go from {old.value!r} to {new.value!r}")
