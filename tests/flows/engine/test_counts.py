"""Counts: they add up in every order of outcomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.counts import Counts, CountsError, end_state
from apps.flows.engine.states import OPERATION_MOVES, OperationState, RunState

states = st.lists(st.sampled_from(OperationState), max_size=40)


@given(first=states, second=states)
def test_counts_add_up_whatever_came_of_the_records(first: list[OperationState], second: list[OperationState]) -> None:
    both = Counts.of(first).plus(Counts.of(second))
    assert both == Counts.of(first + second) == Counts.of(second + first)
    assert both.read == len(first) + len(second)


@given(start=states, data=st.data())
def test_counts_add_up_through_every_legal_move(start: list[OperationState], data: st.DataObject) -> None:
    held, counts = list(start), Counts.of(start)
    for position, old in enumerate(held):
        moves = sorted(OPERATION_MOVES[old])
        if moves:
            new = data.draw(st.sampled_from(moves))
            held[position] = new
            counts = counts.moved(old, new)
    assert counts == Counts.of(held)
    assert counts.read == len(start)


def test_a_superseded_operation_counts_as_skipped() -> None:
    assert Counts.of([OperationState.SUPERSEDED]) == Counts(read=1, skipped=1)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [({"read": 2, "written": 1}, "add up to 1"), ({"read": 0, "written": 1, "skipped": -1}, "below zero")],
)
def test_counts_that_do_not_add_up_are_refused(numbers: dict[str, int], words: str) -> None:
    with pytest.raises(CountsError, match=words):
        Counts(**numbers)


def test_more_cannot_move_than_there_are() -> None:
    with pytest.raises(CountsError):
        Counts(read=1, waiting=1).moved(OperationState.WAITING, OperationState.WRITTEN, 2)


@pytest.mark.parametrize(
    ("counts", "flags", "expected"),
    [
        pytest.param(Counts(), {}, RunState.EMPTY, id="nothing read"),
        pytest.param(Counts(2, written=1, unchanged=1), {}, RunState.CLEAN, id="all through"),
        pytest.param(Counts(1, skipped=1), {}, RunState.CLEAN, id="only skipped"),
        pytest.param(Counts(2, written=1, rejected=1), {}, RunState.PARTIAL, id="one rejected"),
        pytest.param(Counts(2, written=1, waiting=1), {}, RunState.PARTIAL, id="one waiting"),
        pytest.param(Counts(1, written=1), {"failed": True}, RunState.FAILED, id="failed after one"),
        pytest.param(Counts(), {"failed": True}, RunState.FAILED, id="failed before the first"),
        pytest.param(Counts(1, written=1), {"failed": True, "cancelled": True}, RunState.CANCELLED, id="cancelled"),
    ],
)
def test_the_end_state_follows_from_the_counts(counts: Counts, flags: dict[str, bool], expected: RunState) -> None:
    assert end_state(counts, **flags) is expected
