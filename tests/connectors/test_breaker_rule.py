"""The breaker opens for the system's own failures only, probes ever more rarely, and closes when calls pass again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors import breaker_rule
from apps.connectors.breaker_rule import (
    LONGEST_PROBE,
    BreakerState,
    Standing,
    after_calls,
    after_outage,
    after_probe,
    after_refusal,
    closed,
    probe_delay,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OPEN = Standing(BreakerState.OPEN, reason="away", since=NOW, next_probe_at=NOW + timedelta(seconds=30))
HALF = Standing(BreakerState.HALF_OPEN, reason="away", since=NOW, probes=3)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


# calls as (seconds, ok, failed), in order -> does it open?
WINDOWS = {
    "nineteen failures are too few": ([(0, 0, 19)], False),
    "twenty failures": ([(0, 0, 20)], True),
    "half of twenty": ([(0, 10, 10)], True),
    "less than half": ([(0, 11, 10)], False),
    "twenty within thirty seconds": ([(0, 5, 5), (29, 5, 5)], True),
    "the same spread over more time": ([(0, 5, 5), (31, 5, 5)], False),
    "a good hour, then a bad half minute": ([(0, 5000, 1), (3600, 2, 18)], True),
    "an outage in a flood of good calls": ([(0, 500, 0), (1, 0, 30)], False),
    "nothing": ([], False),
}


@pytest.mark.parametrize(("calls", "opens"), WINDOWS.values(), ids=WINDOWS.keys())
def test_it_opens_when_half_of_enough_calls_fail_within_the_window(
    calls: list[tuple[float, int, int]], *, opens: bool
) -> None:
    standing = Standing()
    for seconds, ok, failed in calls:
        standing = after_calls(standing, ok, failed, after(seconds), "away")
    assert standing.lets_through is not opens
    if opens:
        assert standing.next_probe_at == after(calls[-1][0] + 30)
        assert standing.reason == "away"


def test_two_slices_in_a_row_that_find_the_system_away_open_it() -> None:
    once = after_outage(Standing(), "away", NOW)
    assert once.lets_through
    assert not after_outage(once, "away", after(1)).lets_through


def test_a_good_call_between_two_outages_keeps_it_closed() -> None:
    once = after_outage(Standing(), "away", NOW)
    assert after_outage(after_calls(once, 1, 0, after(1)), "away", after(2)).lets_through


def test_a_refused_sign_in_opens_it_at_once_and_no_probe_is_due() -> None:
    refused = after_refusal(Standing(), "The token was revoked.", NOW)
    assert (refused.lets_through, refused.needs_person, refused.next_probe_at) == (False, True, None)
    assert after_refusal(refused, "again", after(60)) == refused
    assert after_probe(refused, passed=True, reason="", now=after(60)) == refused
    assert closed(after(60)).lets_through


def test_an_outage_that_turns_out_to_be_a_refused_sign_in_stops_probing() -> None:
    assert after_refusal(OPEN, "revoked", after(60)).since == NOW


def test_probes_come_ever_more_rarely_and_a_good_one_lets_calls_through() -> None:
    standing, now, waits = OPEN, OPEN.next_probe_at or NOW, []
    for _ in range(7):
        standing = after_probe(standing, passed=False, reason="still away", now=now)
        assert standing.next_probe_at is not None
        waits.append(int((standing.next_probe_at - now).total_seconds()))
        now = standing.next_probe_at
    assert waits == [60, 120, 240, 480, 600, 600, 600]
    back = after_probe(standing, passed=True, reason="", now=now)
    assert back.state is BreakerState.HALF_OPEN
    assert back.lets_through


def test_good_calls_close_a_half_open_one() -> None:
    assert after_calls(HALF, 3, 0, after(9)) == closed(after(9))


FAILING_AGAIN = {
    "calls that fail": lambda: after_calls(HALF, 0, 1, after(9), "away again"),
    "a slice that finds it away": lambda: after_outage(HALF, "away again", after(9)),
}


@pytest.mark.parametrize("fail", FAILING_AGAIN.values(), ids=FAILING_AGAIN.keys())
def test_a_half_open_one_that_fails_again_goes_on_with_its_wait(fail: object) -> None:
    standing = fail()  # type: ignore[operator]
    assert (standing.state, standing.probes, standing.since) == (BreakerState.OPEN, 3, NOW)
    assert standing.next_probe_at == after(9) + probe_delay(3)


def test_what_was_under_way_while_it_opened_changes_nothing() -> None:
    assert after_calls(OPEN, 5, 5, after(1)) == OPEN
    assert after_outage(OPEN, "away", after(1)) == OPEN


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("calls"), st.integers(0, 40), st.integers(0, 40)),
        st.tuples(st.just("outage"), st.just(0), st.just(0)),
        st.tuples(st.just("refusal"), st.just(0), st.just(0)),
        st.tuples(st.just("probe"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("mended"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@given(MOVES)
def test_an_open_one_always_has_a_way_out(moves: list[tuple[str, int, int]]) -> None:
    """Either a probe is due within ten minutes, or a person is asked for: nothing stays paused for ever unseen."""
    standing = Standing()
    for second, (what, one, two) in enumerate(moves):
        now = after(second * 5)
        if what == "calls":
            standing = after_calls(standing, one, two, now, "away")
        elif what == "outage":
            standing = after_outage(standing, "away", now)
        elif what == "refusal":
            standing = after_refusal(standing, "revoked", now)
        elif what == "probe":
            standing = after_probe(standing, passed=bool(one), reason="away", now=now)
        else:
            standing = closed(now)
        if standing.state is BreakerState.OPEN:
            assert standing.reason
            assert standing.since is not None
            assert standing.needs_person == (standing.next_probe_at is None)
            if standing.next_probe_at is not None:
                assert standing.next_probe_at <= now + LONGEST_PROBE
        else:
            assert not standing.needs_person
            assert standing.next_probe_at is None


def test_a_hold_lets_nothing_pass_until_a_test_has_told_whose_records_these_are() -> None:
    kept = breaker_rule.held(Standing(), NOW)
    assert (kept.lets_through, kept.needs_person) == (False, False)
    assert breaker_rule.is_held(kept.reason)
    assert kept.next_probe_at == NOW + breaker_rule.HOLD_PROBE
    asked = breaker_rule.after_refusal(kept, breaker_rule.unconfirmed("first", "second"), NOW)
    assert (asked.lets_through, asked.needs_person, asked.since) == (False, True, NOW)
    assert breaker_rule.is_unconfirmed(asked.reason)
    assert not breaker_rule.is_held(asked.reason)


@pytest.mark.parametrize(
    ("needs_person", "reason", "words"),
    [
        (
            True,
            breaker_rule.unconfirmed("first", "second"),
            ("answers for another account", "once somebody confirms it"),
        ),
        (False, breaker_rule.held(Standing(), NOW).reason, ("is being tested", "once the test has passed")),
        (True, "Refused.", ("no longer accepts the sign-in", "once valid credentials are entered")),
        (False, "Away.", ("does not answer", "as soon as it is back")),
    ],
    ids=["another account", "being tested", "refused", "away"],
)
def test_what_waits_is_told_why_and_until_when(needs_person: bool, reason: str, words: tuple[str, str]) -> None:
    assert breaker_rule.waiting_words(needs_person=needs_person, reason=reason) == words
