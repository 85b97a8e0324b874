"""When a digest is due: at seven in the reader's morning, once a period, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.digest_clock import DUE_AT, STILL_OF_USE, due_now

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns"]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("frequency", "zone", "now", "on"),
    [
        pytest.param("daily", "Europe/Berlin", "2026-11-20T05:59", None, id="a minute before seven in Berlin"),
        pytest.param("daily", "Europe/Berlin", "2026-11-20T06:00", date(2026, 11, 20), id="seven in Berlin"),
        pytest.param("daily", "America/New_York", "2026-11-20T06:00", None, id="one in the morning in New York"),
        pytest.param("daily", "America/New_York", "2026-11-20T12:05", date(2026, 11, 20), id="seven in New York"),
        pytest.param("daily", "Europe/Berlin", "2026-11-20T18:00", None, id="too late to be of use"),
        pytest.param("weekly", "Europe/Berlin", "2026-11-23T06:30", date(2026, 11, 23), id="a Monday"),
        pytest.param("weekly", "Europe/Berlin", "2026-11-24T06:30", None, id="a Tuesday"),
        pytest.param("weekly", "Pacific/Auckland", "2026-11-22T18:30", date(2026, 11, 23), id="Monday there already"),
        pytest.param("daily", "Europe/Berlin", "2026-03-29T05:00", date(2026, 3, 29), id="the clocks go forward"),
        pytest.param("daily", "Europe/Berlin", "2026-10-25T05:30", None, id="the clocks go back: six there"),
        pytest.param("monthly", "Europe/Berlin", "2026-12-01T06:30", date(2026, 12, 1), id="the first of a month"),
        pytest.param("monthly", "Europe/Berlin", "2026-12-02T06:30", None, id="the second of a month"),
        pytest.param("off", "Europe/Berlin", "2026-11-23T06:30", None, id="nobody asked for one"),
        pytest.param("", "Europe/Berlin", "2026-11-23T06:30", None, id="nothing was chosen"),
    ],
)
def test_it_is_due_in_the_morning_where_the_reader_lives(frequency: str, zone: str, now: str, on: date | None) -> None:
    due = due_now(frequency, ZoneInfo(zone), _utc(now))
    assert (due.on if due else None) == on


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        pytest.param("2026-03-29T05:00", 23, id="the night that is an hour short"),
        pytest.param("2026-10-25T06:00", 25, id="the night that is an hour long"),
        pytest.param("2026-11-20T06:00", 24, id="any other night"),
    ],
)
def test_a_day_is_as_long_as_it_was_there(now: str, hours: int) -> None:
    due = due_now("daily", ZoneInfo("Europe/Berlin"), _utc(now))
    assert due is not None
    assert due.until - due.since == timedelta(hours=hours)


@given(
    st.integers(0, 3_000_000),  # minutes since 2024
    st.sampled_from(ZONES),
    st.sampled_from(["daily", "weekly", "monthly"]),
)
def test_what_is_due_began_at_seven_and_is_still_of_use(minutes: int, zone: str, frequency: str) -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = due_now(frequency, ZoneInfo(zone), now)
    if due is not None:
        assert due.until <= now < due.until + STILL_OF_USE
        assert due.until.astimezone(ZoneInfo(zone)).time() == DUE_AT
        assert due.since < due.until
        assert frequency != "weekly" or due.on.weekday() == 0
        assert frequency != "monthly" or (due.on.day, due.since < due.until - timedelta(days=27)) == (1, True)


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.sampled_from(ZONES))
def test_looking_every_quarter_of_an_hour_finds_each_day_once(day: date, zone: str) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found = {due_now("daily", ZoneInfo(zone), start + timedelta(minutes=15 * n)) for n in range(4 * 24)}
    days = {due.on for due in found if due}
    assert len(days) == len([due for due in found if due])  # no day is told in two ways
    assert 1 <= len(days) <= 2
