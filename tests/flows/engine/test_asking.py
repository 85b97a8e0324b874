"""When a system that has taken a delivery is asked, and when it has had its time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.manifest import LateAnswer
from apps.flows.engine.asking import is_overdue, next_question

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RULE = LateAnswer(ask_seconds=30, longest_seconds=300, give_up_hours=24)


@pytest.mark.parametrize(
    ("asked", "told", "seconds"),
    [
        pytest.param(0, None, 30, id="the first question"),
        pytest.param(2, None, 120, id="twice as long each time"),
        pytest.param(4, None, 300, id="no longer than the longest"),
        pytest.param(9_999, None, 300, id="however often it was asked"),
        pytest.param(4, 7.0, 7, id="as the system says"),
        pytest.param(0, 90_000.0, 3_600, id="an hour at most"),
        pytest.param(0, -5.0, 0, id="a time gone by is now"),
    ],
)
def test_questions_come_further_and_further_apart(asked: int, told: float | None, seconds: int) -> None:
    assert next_question(RULE, asked, NOW, told) == NOW + timedelta(seconds=seconds)


@given(st.integers(0, 40_000), st.none() | st.floats(-1e9, 1e9, allow_nan=False))
def test_a_question_is_never_due_before_now_or_after_an_hour(asked: int, told: float | None) -> None:
    assert NOW <= next_question(RULE, asked, NOW, told) <= NOW + timedelta(hours=1)


@pytest.mark.parametrize(("hours", "over"), [(23.9, False), (24, True), (99, True)])
def test_a_system_has_its_time(hours: float, over: bool) -> None:
    assert is_overdue(RULE, NOW, NOW + timedelta(hours=hours)) is over
