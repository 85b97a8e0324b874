"""When a cut-off falls due next: on the right day, on the customer's clock, whatever the clocks do."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.customers.cut_offs import (
    LAST,
    MOST_WORKING_DAYS,
    Rhythm,
    Rule,
    RuleError,
    next_occurrence,
    occurrences,
    previous_occurrence,
)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
]
_DAYS = {
    Rhythm.WEEKLY: st.integers(0, 6),
    Rhythm.MONTHLY: st.integers(1, 31) | st.just(LAST),
    Rhythm.WORKING_DAY: st.integers(1, MOST_WORKING_DAYS) | st.just(LAST),
}


@st.composite
def _rules(draw: st.DrawFn) -> Rule:
    rhythm = draw(st.sampled_from(Rhythm))
    at = draw(st.times()).replace(second=0, microsecond=0)
    return Rule(rhythm, draw(_DAYS[rhythm]), at)


_MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001  hypothesis wants bare bounds
    datetime(2060, 1, 1),  # noqa: DTZ001  hypothesis wants bare bounds
    timezones=st.just(UTC),
)
_ZONES = st.sampled_from(ZONES).map(ZoneInfo)


@pytest.mark.parametrize(
    ("rule", "after", "due"),
    [
        pytest.param(Rule(Rhythm.WEEKLY, 4, time(16)), "2026-11-21T09:00", "2026-11-27T16:00", id="next Friday"),
        pytest.param(Rule(Rhythm.WEEKLY, 5, time(16)), "2026-11-21T09:00", "2026-11-21T16:00", id="still today"),
        pytest.param(Rule(Rhythm.WEEKLY, 5, time(8)), "2026-11-21T09:00", "2026-11-28T08:00", id="today is over"),
        pytest.param(Rule(Rhythm.WEEKLY, 5, time(9)), "2026-11-21T09:00", "2026-11-28T09:00", id="not now, but after"),
        pytest.param(Rule(Rhythm.MONTHLY, 15, time(12)), "2026-11-21T09:00", "2026-12-15T12:00", id="a day of a month"),
        pytest.param(Rule(Rhythm.MONTHLY, 31, time(12)), "2026-02-01T00:00", "2026-02-28T12:00", id="a short month"),
        pytest.param(Rule(Rhythm.MONTHLY, LAST, time(18)), "2028-02-01T00:00", "2028-02-29T18:00", id="a leap year"),
        pytest.param(Rule(Rhythm.WORKING_DAY, 1, time(12)), "2026-07-31T13:00", "2026-08-03T12:00", id="after a weekend"),
        pytest.param(Rule(Rhythm.WORKING_DAY, LAST, time(12)), "2026-10-30T13:00", "2026-11-30T12:00", id="the last one"),
        pytest.param(Rule(Rhythm.WORKING_DAY, 23, time(12)), "2026-11-01T00:00", "2026-12-31T12:00", id="a month without it"),
    ],
)  # fmt: skip
def test_it_falls_on_the_day_that_was_meant(rule: Rule, after: str, due: str) -> None:
    found = next_occurrence(rule, BERLIN, datetime.fromisoformat(after).replace(tzinfo=BERLIN))
    assert found.astimezone(BERLIN).replace(tzinfo=None) == datetime.fromisoformat(due)


def test_a_time_that_the_clocks_skip_is_an_hour_later_on_them() -> None:
    rule = Rule(Rhythm.WEEKLY, 6, time(2, 30))
    due = next_occurrence(rule, BERLIN, datetime(2026, 3, 28, tzinfo=UTC))
    assert due.astimezone(BERLIN).isoformat() == "2026-03-29T03:30:00+02:00"


def test_a_time_that_comes_twice_is_due_once_the_first_time() -> None:
    rule = Rule(Rhythm.WEEKLY, 6, time(2, 30))
    first, second = occurrences(rule, BERLIN, datetime(2026, 10, 24, tzinfo=UTC), 2)
    assert first.astimezone(BERLIN).isoformat() == "2026-10-25T02:30:00+02:00"
    assert second - first == timedelta(days=7, hours=1)


@given(_rules(), _ZONES, _MOMENTS)
def test_the_next_one_is_later_and_on_a_day_of_the_rule(rule: Rule, zone: ZoneInfo, after: datetime) -> None:
    due = next_occurrence(rule, zone, after)
    assert due > after
    assert due.tzinfo is UTC
    # A skipped time may end up on the day after; every other one is on its day, at its time.
    local = due.astimezone(zone)
    if local.time() == rule.at:
        assert _fits(rule, local.date())


@given(_rules(), _ZONES, _MOMENTS)
def test_none_is_left_out_between_now_and_the_next(rule: Rule, zone: ZoneInfo, after: datetime) -> None:
    due = next_occurrence(rule, zone, after)
    day, last = after.astimezone(zone).date() + timedelta(days=1), due.astimezone(zone).date()
    while day < last - timedelta(days=1):
        assert not _fits(rule, day), day
        day += timedelta(days=1)


@given(_rules(), _ZONES, _MOMENTS)
def test_the_one_before_the_next_is_not_later_than_now(rule: Rule, zone: ZoneInfo, after: datetime) -> None:
    following = next_occurrence(rule, zone, after)
    before = previous_occurrence(rule, zone, following)
    assert before <= after
    assert next_occurrence(rule, zone, before) == following


@given(_rules(), _ZONES, _MOMENTS)
def test_they_come_one_after_another_with_a_gap_as_the_rhythm_says(rule: Rule, zone: ZoneInfo, after: datetime) -> None:
    due = occurrences(rule, zone, after, 4)
    assert due == sorted(set(due))
    assert next_occurrence(rule, zone, due[0]) == due[1]
    if rule.rhythm is Rhythm.WEEKLY:
        # A zone that moved over the date line had a week with a day less.
        assert all(timedelta(days=5) < b - a < timedelta(days=9) for a, b in itertools.pairwise(due))


def _fits(rule: Rule, day: date) -> bool:
    if rule.rhythm is Rhythm.WEEKLY:
        return day.weekday() == rule.day
    is_last_of = (day + timedelta(days=1)).month != day.month
    if rule.rhythm is Rhythm.MONTHLY:
        return is_last_of if rule.day == LAST else day.day == rule.day or (is_last_of and day.day < rule.day)
    month = [day.replace(day=n) for n in range(1, 32) if _is_day(day, n)]
    working = [one for one in month if one.weekday() < 5]
    if rule.day == LAST:
        return day == working[-1]
    return rule.day <= len(working) and day == working[rule.day - 1]


def _is_day(month: date, number: int) -> bool:
    try:
        month.replace(day=number)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("rhythm", "day"),
    [(Rhythm.WEEKLY, 7), (Rhythm.WEEKLY, LAST), (Rhythm.MONTHLY, 0), (Rhythm.MONTHLY, 32), (Rhythm.WORKING_DAY, 24)],
    ids=["no eighth day", "no last day of a week", "no day 0", "no day 32", "never so many working days"],
)
def test_a_day_that_the_rhythm_does_not_have_is_refused(rhythm: Rhythm, day: int) -> None:
    with pytest.raises(RuleError):
        Rule(rhythm, day, time(12))
