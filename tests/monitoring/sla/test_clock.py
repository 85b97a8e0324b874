"""Elapsed business time and due instants agree with a walk over every minute, whatever zones, pauses and holidays do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.sla.clock import (
    Clock,
    ClockState,
    Pause,
    PauseCause,
    due_instant,
    elapsed,
    forecast,
    paused_by_cause,
)
from apps.monitoring.sla.opening import BusinessHours, CalendarError, always

MINUTE = timedelta(minutes=1)
OFFICE = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))
WEEK = (OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ())
BERLIN = BusinessHours("Europe/Berlin", WEEK, "DE", "BY")
# Days on which clocks change (also by half an hour, at midnight, and on the southern half), and ends of months with holidays.
DAYS = [
    ("Europe/Berlin", date(2026, 3, 28)),
    ("Europe/Berlin", date(2026, 10, 24)),
    ("Europe/Berlin", date(2026, 12, 31)),
    ("Europe/Berlin", date(2026, 4, 30)),
    ("America/New_York", date(2026, 3, 7)),
    ("America/New_York", date(2026, 10, 31)),
    ("America/Santiago", date(2026, 4, 4)),
    ("America/Santiago", date(2026, 9, 5)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("Australia/Lord_Howe", date(2026, 10, 3)),
    ("Asia/Kolkata", date(2026, 2, 28)),
    ("Africa/Casablanca", date(2026, 2, 14)),
]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _counts(hours: BusinessHours, at: datetime, pauses: tuple[Pause, ...]) -> bool:
    """Tell whether the minute that begins at `at` counts: the rule as one would say it."""
    there = at.astimezone(ZoneInfo(hours.zone))
    minute = there.hour * 60 + there.minute
    opens = any(start <= minute < end for start, end in hours.week[there.weekday()])
    stands = any(one.since <= at and (one.until is None or at < one.until) for one in pauses)
    return opens and not hours.holiday(there.date()) and not stands


@st.composite
def cases(draw: st.DrawFn) -> tuple[BusinessHours, datetime, int, tuple[Pause, ...]]:
    zone, day = draw(st.sampled_from(DAYS))
    cuts = st.lists(st.integers(0, 24 * 12), min_size=2, max_size=4, unique=True)
    times = []
    for _ in range(7):
        edges = sorted(5 * cut for cut in draw(cuts))
        times.append(tuple((edges[n], edges[n + 1]) for n in range(0, len(edges) - 1, 2)))
    own = {day + timedelta(days=draw(st.integers(-1, 2))): "Works outing"} if draw(st.booleans()) else {}
    hours = BusinessHours(zone, tuple(times), "DE" if zone == "Europe/Berlin" else "", "", own)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + draw(st.integers(-720, 720)) * MINUTE
    pauses = tuple(
        Pause(start + since * MINUTE, start + (since + length) * MINUTE, draw(st.sampled_from(PauseCause)))
        for since, length in draw(st.lists(st.tuples(st.integers(-100, 3000), st.integers(0, 900)), max_size=3))
    )
    return hours, start, draw(st.integers(0, 3 * 24 * 60)), pauses


@settings(max_examples=60)
@given(cases())
def test_elapsed_and_due_agree_with_a_walk_over_every_minute(
    case: tuple[BusinessHours, datetime, int, tuple[Pause, ...]],
) -> None:
    hours, start, length, pauses = case
    counting = [n for n in range(length) if _counts(hours, start + n * MINUTE, pauses)]
    assert elapsed(hours, start, start + length * MINUTE, pauses) == len(counting) * MINUTE
    if counting:
        nth = len(counting) // 2
        due = start + (counting[nth] + 1) * MINUTE
        assert due_instant(hours, start, (nth + 1) * MINUTE, pauses) == due


@settings(max_examples=40)
@given(cases(), st.integers(0, 3000))
def test_elapsed_adds_up_over_any_cut(case: tuple[BusinessHours, datetime, int, tuple[Pause, ...]], cut: int) -> None:
    hours, start, length, pauses = case
    end, middle = start + length * MINUTE, start + min(cut, length) * timedelta(seconds=59)
    parts = elapsed(hours, start, middle, pauses) + elapsed(hours, middle, end, pauses)
    assert parts == elapsed(hours, start, end, pauses)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        pytest.param("2026-11-20T09:00", 60, "2026-11-20T10:00", id="within the morning"),
        pytest.param("2026-11-20T10:30", 60, "2026-11-20T12:30", id="over the lunch break"),
        pytest.param("2026-11-20T15:30", 60, "2026-11-23T08:30", id="over the week-end"),
        pytest.param("2026-12-23T15:30", 60, "2026-12-24T08:30", id="the day before Christmas is a working day"),
        pytest.param("2026-12-24T15:30", 60, "2026-12-28T08:30", id="over Christmas"),
        pytest.param("2026-11-21T12:00", 0, "2026-11-21T12:00", id="no time at all is due at once"),
        pytest.param("2026-03-27T15:00", 120, "2026-03-30T08:00", id="over the change to summer time"),
    ],
)
def test_it_is_due_where_people_would_say(start: str, minutes: int, due: str) -> None:
    assert due_instant(BERLIN, _utc(start), minutes * MINUTE) == _utc(due)


START = _utc("2026-11-20T09:00")


@pytest.mark.parametrize(
    ("clock", "at", "state"),
    [
        pytest.param(Clock(always(), START, 60 * MINUTE), 59, ClockState.RUNNING, id="a minute is left"),
        pytest.param(Clock(always(), START, 60 * MINUTE), 60, ClockState.RUNNING, id="in the very instant"),
        pytest.param(Clock(always(), START, 60 * MINUTE), 61, ClockState.BREACHED, id="a minute too late"),
        pytest.param(
            Clock(always(), START, 60 * MINUTE, stopped_at=START + 60 * MINUTE), 90, ClockState.MET, id="just in time"
        ),
        pytest.param(
            Clock(always(), START, 60 * MINUTE, stopped_at=START + 61 * MINUTE), 90, ClockState.BREACHED, id="done late"
        ),
        pytest.param(
            Clock(always(), START, 60 * MINUTE, (Pause(START + 10 * MINUTE, None, PauseCause.CUSTOMER),)),
            500,
            ClockState.PAUSED,
            id="it waits for the customer",
        ),
        pytest.param(
            Clock(always(), START, 60 * MINUTE, (Pause(START + 61 * MINUTE, None, PauseCause.CUSTOMER),)),
            500,
            ClockState.BREACHED,
            id="a pause that comes too late saves nothing",
        ),
        pytest.param(
            Clock(
                always(), START, 60 * MINUTE, (Pause(START + 10 * MINUTE, START + 100 * MINUTE, PauseCause.PROVIDER),)
            ),
            140,
            ClockState.RUNNING,
            id="a pause moves the end",
        ),
    ],
)
def test_a_clock_stands(clock: Clock, at: int, state: ClockState) -> None:
    assert clock.state(START + at * MINUTE) is state


def test_an_open_pause_leaves_the_due_time_unknown_unless_it_came_too_late() -> None:
    assert due_instant(always(), START, 60 * MINUTE, (Pause(START + 10 * MINUTE, None, PauseCause.CUSTOMER),)) is None
    late = (Pause(START + 61 * MINUTE, None, PauseCause.CUSTOMER),)
    assert due_instant(always(), START, 60 * MINUTE, late) == START + 60 * MINUTE


@pytest.mark.parametrize(
    ("usual", "at", "expected", "at_risk"),
    [
        pytest.param(None, 10, None, False, id="nothing is known yet"),
        pytest.param(30, 10, 30, False, id="usually done in half the time"),
        pytest.param(90, 10, 90, True, id="usually takes longer than is promised"),
        pytest.param(30, 40, None, True, id="longer than usual already"),
        pytest.param(30, 70, None, True, id="late already"),
    ],
)
def test_a_forecast_goes_by_what_is_usual(usual: int | None, at: int, expected: int | None, at_risk: bool) -> None:
    known = None if usual is None else usual * MINUTE
    found = forecast(Clock(always(), START, 60 * MINUTE), known, 12, START + at * MINUTE)
    assert found.expected_at == (None if expected is None else START + expected * MINUTE)
    assert (found.at_risk, found.left) == (at_risk, (60 - at) * MINUTE)


def test_pauses_are_booked_to_their_cause_once() -> None:
    pauses = (
        Pause(START, START + 30 * MINUTE, PauseCause.CUSTOMER),
        Pause(START + 10 * MINUTE, START + 40 * MINUTE, PauseCause.CUSTOMER),
        Pause(START + 20 * MINUTE, None, PauseCause.PROVIDER),
    )
    booked = paused_by_cause(pauses, START + 60 * MINUTE)
    assert booked == {PauseCause.CUSTOMER: 40 * MINUTE, PauseCause.PROVIDER: 40 * MINUTE}


@pytest.mark.parametrize(
    ("week", "words"),
    [
        pytest.param(((),) * 7, "never opens", id="a week without opening"),
        pytest.param((((600, 540),), *((),) * 6), "Monday", id="ends before it begins"),
        pytest.param(((), ((540, 700), (650, 800)), *((),) * 5), "Tuesday: opening times overlap", id="overlapping"),
        pytest.param((((0, 1500),), *((),) * 6), "within the day", id="longer than a day"),
    ],
)
def test_a_week_that_cannot_be_is_refused(week: tuple[tuple[tuple[int, int], ...], ...], words: str) -> None:
    with pytest.raises(CalendarError, match=words):
        BusinessHours("UTC", week)
