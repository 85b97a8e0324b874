"""States: every move the tables have, and none they do not have."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.states import (
    BATCH_MOVES,
    BATCH_TERMINAL,
    OPERATION_MOVES,
    OPERATION_TERMINAL,
    RUN_MOVES,
    RUN_TERMINAL,
    BatchState,
    OperationState,
    RunState,
    StateError,
    is_terminal,
    require_transition,
    states_before,
)

TABLES = [
    pytest.param(OperationState, OPERATION_MOVES, id="operations"),
    pytest.param(RunState, RUN_MOVES, id="runs"),
    pytest.param(BatchState, BATCH_MOVES, id="batches"),
]


@pytest.mark.parametrize(("states", "moves"), TABLES)
def test_a_table_answers_for_every_pair(states: Any, moves: Any) -> None:
    assert set(moves) == set(states)
    for old, new in product(states, states):
        if new in moves[old]:
            require_transition(old, new)
            assert old in states_before(new)
        else:
            assert old not in states_before(new)
            with pytest.raises(StateError, match=f"from '{old}' to '{new}'"):
                require_transition(old, new)


@pytest.mark.parametrize(("states", "moves"), TABLES)
def test_no_state_moves_to_itself(states: Any, moves: Any) -> None:
    assert all(state not in moves[state] for state in states)


def test_the_terminal_states_are_these() -> None:
    ends = {OperationState.WRITTEN, OperationState.UNCHANGED, OperationState.SUPERSEDED, OperationState.UNDONE}
    assert ends == OPERATION_TERMINAL
    run_ends = {RunState.CLEAN, RunState.PARTIAL, RunState.FAILED, RunState.EMPTY, RunState.CANCELLED}
    assert run_ends == RUN_TERMINAL
    assert {BatchState.SETTLED, BatchState.ABANDONED} == BATCH_TERMINAL


def test_a_sent_batch_is_never_dropped() -> None:
    assert BATCH_MOVES[BatchState.SENT] == {BatchState.SETTLED}


@given(st.data())
def test_no_walk_leaves_a_terminal_state(data: st.DataObject) -> None:
    for states in (OperationState, RunState, BatchState):
        state: Any = data.draw(st.sampled_from(list(states)))
        for new in data.draw(st.lists(st.sampled_from(list(states)), max_size=8)):
            was_terminal = is_terminal(state)
            try:
                require_transition(state, new)
            except StateError:
                continue
            assert not was_terminal
            state = new
