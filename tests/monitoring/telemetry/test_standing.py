"""How a connection and a system stand, judged by their calls: a table of cases."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.connectors.call_times import NO_SLOTS, CallTimes, slot_of
from apps.monitoring.telemetry.standing import Lately, Standing, Trouble, conclude, judge, usual_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _calls(number: int, milliseconds: int = 100, *, failed: int = 0, limited: int = 0) -> CallTimes:
    slots = list(NO_SLOTS)
    slots[slot_of(milliseconds)] = number
    return CallTimes(number, failed, limited, tuple(slots))


@pytest.mark.parametrize(
    ("times", "usual_ms", "trouble"),
    [
        (_calls(4, 30_000), 100.0, Trouble.QUIET),  # too few to tell anything
        (_calls(100), 100.0, Trouble.WELL),
        (_calls(100, failed=9), 100.0, Trouble.WELL),  # below a tenth
        (_calls(100, failed=10), 100.0, Trouble.FAILING),
        (_calls(6, failed=2), 100.0, Trouble.WELL),  # two calls are no pattern
        (_calls(100, limited=19), 100.0, Trouble.WELL),
        (_calls(100, limited=20), 100.0, Trouble.LIMITED),
        (_calls(100, 700), 100.0, Trouble.WELL),  # seven times slower, and still quick
        (_calls(100, 2400), 500.0, Trouble.SLOW),
        (_calls(100, 2400), 1500.0, Trouble.WELL),  # it is always that slow
        (_calls(100, 2400), None, Trouble.WELL),  # nobody knows what is usual
        (_calls(100, 9000), None, Trouble.SLOW),
        (_calls(100, 9000, failed=50), None, Trouble.FAILING),  # the worse one is told
    ],
)
def test_a_connection_is_compared_with_itself(times: CallTimes, usual_ms: float | None, trouble: Trouble) -> None:
    assert judge(Lately(times, usual_ms)).trouble is trouble


def test_an_open_breaker_says_it_all() -> None:
    away = judge(Lately(_calls(100), 100.0, paused_since=NOON))
    assert away == Standing(Trouble.AWAY, NOON)
    assert judge(Lately(_calls(100), 100.0, paused_since=NOON, needs_person=True)).trouble is Trouble.PERSON


def test_since_is_the_first_hour_in_a_row_and_a_quiet_hour_breaks_none() -> None:
    kinds = [_calls(50, 9000), _calls(50), _calls(50, 9000), _calls(1), _calls(50, 9000)]
    hours = [(NOON + number * timedelta(hours=1), times) for number, times in enumerate(kinds)]
    assert judge(Lately(_calls(50, 9000), 200.0), hours).since == NOON + timedelta(hours=2)


def test_what_is_usual_needs_enough_calls() -> None:
    assert usual_of(_calls(49)) is None
    assert usual_of(_calls(50)) == pytest.approx(87.5)


def test_a_system_has_the_trouble_that_most_of_its_connections_have() -> None:
    standings = [
        Standing(Trouble.SLOW, NOON + timedelta(hours=2)),
        Standing(Trouble.SLOW, NOON),
        Standing(Trouble.FAILING, NOON - timedelta(hours=5)),
        Standing(Trouble.WELL),
        Standing(Trouble.QUIET),
        Standing(Trouble.PERSON, NOON),
    ]
    verdict = conclude(standings)
    assert (verdict.trouble, verdict.troubled, verdict.called, verdict.since) == (Trouble.SLOW, 2, 4, NOON)


@pytest.mark.parametrize(
    ("troubles", "trouble"),
    [
        ([], Trouble.QUIET),
        ([Trouble.QUIET, Trouble.QUIET], Trouble.QUIET),
        ([Trouble.PERSON, Trouble.QUIET], Trouble.PERSON),
        ([Trouble.WELL, Trouble.PERSON], Trouble.WELL),
        ([Trouble.AWAY], Trouble.AWAY),
        ([Trouble.AWAY, Trouble.SLOW], Trouble.AWAY),  # the worse of two that are as common
        ([Trouble.AWAY, Trouble.AWAY, Trouble.WELL, Trouble.WELL, Trouble.WELL], Trouble.AWAY),
        ([Trouble.AWAY, Trouble.AWAY, Trouble.WELL, Trouble.WELL], Trouble.AWAY),
    ],
)
def test_what_is_most_common_is_concluded_and_of_equals_the_worse_one(
    troubles: list[Trouble], trouble: Trouble
) -> None:
    assert conclude([Standing(one) for one in troubles]).trouble is trouble
