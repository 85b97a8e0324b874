"""Retry: when, and when not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.errors import FailureKind
from apps.flows.engine.retry import OUTAGE_DELAYS, RETRY_POLICIES, next_attempt

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(("attempt", "seconds"), list(enumerate(OUTAGE_DELAYS, start=1)))
def test_an_outage_is_tried_again_after_growing_waits(attempt: int, seconds: int) -> None:
    assert next_attempt(FailureKind.RETRYABLE, attempt, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("kind", "attempt", "until", "seconds"),
    [
        pytest.param(FailureKind.RETRYABLE, 11, None, None, id="after ten tries a person looks"),
        pytest.param(FailureKind.AUTH_EXPIRED, 1, None, None, id="expired sign-in"),
        pytest.param(FailureKind.MISCONFIGURED, 1, None, None, id="wrong set-up"),
        pytest.param(FailureKind.REJECTED, 1, None, None, id="a refused record"),
        pytest.param(FailureKind.RATE_LIMITED, 1, 40, 40, id="exactly when told"),
        pytest.param(FailureKind.RATE_LIMITED, 99, 40, 40, id="being told to wait uses up no attempts"),
        pytest.param(FailureKind.RATE_LIMITED, 1, 90_000, 3_600, id="an hour at most"),
        pytest.param(FailureKind.RATE_LIMITED, 1, -5, 0, id="a time gone by is now"),
        pytest.param(FailureKind.RATE_LIMITED, 3, None, 30, id="not told when"),
        pytest.param(FailureKind.RETRYABLE, 1, 40, 1, id="an outage does not know when"),
    ],
)
def test_each_kind_has_its_rule(kind: FailureKind, attempt: int, until: int | None, seconds: int | None) -> None:
    told = None if until is None else NOW + timedelta(seconds=until)
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert next_attempt(kind, attempt, NOW, until=told) == expected


@given(
    kind=st.sampled_from(FailureKind),
    attempt=st.integers(1, 30),
    jitter=st.floats(0, 1),
    until=st.integers(-10, 99_999),
)
def test_the_next_attempt_is_never_in_the_past(kind: FailureKind, attempt: int, jitter: float, until: int) -> None:
    at = next_attempt(kind, attempt, NOW, until=NOW + timedelta(seconds=until), jitter=jitter)
    assert at is None or NOW <= at <= NOW + timedelta(days=1)


def test_every_kind_has_a_policy() -> None:
    assert set(RETRY_POLICIES) == set(FailureKind)


@pytest.mark.parametrize(("attempt", "jitter", "words"), [(0, 1.0, "counts the tries"), (1, 1.5, "between 0 and 1")])
def test_a_question_that_makes_no_sense_is_refused(attempt: int, jitter: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        next_attempt(FailureKind.RETRYABLE, attempt, NOW, jitter=jitter)
