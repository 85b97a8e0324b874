"""Calendars as people say them, and that they fire when they say, whatever the clock does."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.flows.triggers.calendar import (
    EVERY_DAY,
    Calendar,
    CalendarError,
    as_simple,
    build_cron,
    calendar_words,
    interval_words,
    read_calendar,
)

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "America/Sao_Paulo"]
times = st.lists(st.times().map(lambda one: time(one.hour, one.minute)), min_size=1, max_size=4, unique=True)
weekdays = st.sets(st.integers(0, 6), min_size=1)
moments = st.integers(0, 5 * 366 * 86_400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(times, weekdays)
def test_plain_choices_are_read_back_as_they_were_made(chosen: list[time], days: set[int]) -> None:
    simple = as_simple(build_cron(chosen, weekdays=days))
    assert simple is not None
    assert (simple.times, simple.weekdays, simple.day) == (tuple(sorted(chosen)), frozenset(days), None)


@given(times, st.integers(0, 28))
def test_a_day_of_the_month_is_read_back_as_it_was_made(chosen: list[time], day: int) -> None:
    simple = as_simple(build_cron(chosen, day=day))
    assert simple is not None
    assert (simple.times, simple.weekdays, simple.day) == (tuple(sorted(chosen)), EVERY_DAY, day)


@given(times, weekdays, st.sampled_from(ZONES), moments)
def test_every_time_lies_on_a_chosen_weekday_at_a_chosen_hour(
    chosen: list[time], days: set[int], zone: str, start: datetime
) -> None:
    calendar = Calendar(build_cron(chosen, weekdays=days), zone)
    ticks = list(islice(calendar.after(start), 20))
    assert len(ticks) == 20
    assert all(earlier < later for earlier, later in pairwise([start, *ticks]))
    for tick in ticks:
        local = tick.astimezone(ZoneInfo(zone))
        assert local.weekday() in days
        assert local.time() in chosen or _was_skipped(tick, zone)


@settings(max_examples=40)
@given(st.times().map(lambda one: time(one.hour, one.minute)), st.sampled_from(ZONES), moments)
def test_a_daily_time_comes_exactly_once_every_day(at: time, zone: str, start: datetime) -> None:
    ticks = list(islice(Calendar(build_cron([at]), zone).after(start), 400))
    days = [tick.astimezone(ZoneInfo(zone)).date() for tick in ticks]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def _was_skipped(tick: datetime, zone: str) -> bool:
    """Tell whether the clock jumped forward shortly before."""
    local, before = tick.astimezone(ZoneInfo(zone)), (tick - timedelta(hours=2)).astimezone(ZoneInfo(zone))
    return (local.utcoffset() or timedelta()) > (before.utcoffset() or timedelta())


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        pytest.param(
            "30 2 * * *", "2026-03-28T12:00", "2026-03-29T01:00", id="an hour that spring skips fires after it"
        ),
        pytest.param(
            "30 2 * * *", "2026-10-24T12:00", "2026-10-25T00:30", id="an hour that autumn repeats fires first"
        ),
        pytest.param("30 2 * * *", "2026-10-25T00:30", "2026-10-26T01:30", id="and not a second time"),
        pytest.param("0 7 * * 1-5", "2026-11-20T12:00", "2026-11-23T06:00", id="Friday noon is followed by Monday"),
        pytest.param("0 6 L * *", "2027-02-01T00:00", "2027-02-28T05:00", id="the last day of February"),
    ],
)
def test_the_clock_of_berlin(cron: str, after: str, expected: str) -> None:
    start, due = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (after, expected))
    assert Calendar(cron, "Europe/Berlin").next(start, 1) == [due]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 7 * * 1-5", "Every weekday at 07:00, Europe/Berlin"),
        ("0 7,13 * * *; 30 18 * * *", "Every day at 07:00, 13:00 and 18:30, Europe/Berlin"),
        ("5 6 * * 1,4", "Every Monday and Thursday at 06:05, Europe/Berlin"),
        ("0 22 * * 0", "Every Sunday at 22:00, Europe/Berlin"),
        ("0 6 1 * *", "On day 1 of each month at 06:00, Europe/Berlin"),
        ("0 6 L * *", "On the last day of each month at 06:00, Europe/Berlin"),
        ("*/20 6-9 * * 1-5", "By the rule */20 6-9 * * 1-5, Europe/Berlin"),
        ("0 6 1 * 1-5", "By the rule 0 6 1 * 1-5, Europe/Berlin"),
        ("0 6 * * 1; 0 7 * * 2", "By the rule 0 6 * * 1; 0 7 * * 2, Europe/Berlin"),
    ],
)
def test_calendars_in_words(cron: str, words: str) -> None:
    assert calendar_words(cron, "Europe/Berlin") == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (30, "Every 30 seconds"),
        (60, "Every minute"),
        (900, "Every 15 minutes"),
        (3600, "Every hour"),
        (172800, "Every 2 days"),
    ],
)
def test_intervals_in_words(seconds: int, words: str) -> None:
    assert interval_words(seconds) == words


@pytest.mark.parametrize(
    ("cron", "zone", "sentence"),
    [
        pytest.param("", "UTC", "for example", id="nothing"),
        pytest.param(" ; ", "UTC", "for example", id="nothing but marks"),
        pytest.param("0 7 * *", "UTC", "five parts", id="a part too few"),
        pytest.param("0 7 * * * *", "UTC", "five parts", id="a part too many"),
        pytest.param("61 7 * * *", "UTC", "cannot be read", id="no such minute"),
        pytest.param("<script> 7 * * *", "UTC", "cannot be read", id="a script"),
        pytest.param("٥ 7 * * *", "UTC", "cannot be read", id="digits of another script"),
        pytest.param("0 7 * * 1;" * 40, "UTC", "At most", id="too long"),
        pytest.param("0 0 30 2 *", "UTC", "", id="a day that never comes"),
        pytest.param("0 7 * * *", "Europe/Nowhere", "no time zone", id="no such zone"),
        pytest.param("0 7 * * *", "../../etc/passwd", "no time zone", id="a path for a zone"),
        pytest.param("0 7 * * *", "", "no time zone", id="no zone"),
    ],
)
def test_what_is_no_calendar_is_explained(cron: str, zone: str, sentence: str) -> None:
    with pytest.raises(CalendarError, match=sentence):
        read_calendar(cron, zone)
