"""A learned rhythm: weekends and nights are no silence, real silence is, and fewer than ten moments say nothing."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.rhythm import LEAST_SEEN, learn_rhythm, read_rhythm

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 2, tzinfo=BERLIN)


def _working_days(weeks: int = 3) -> list[datetime]:
    """Every quarter of an hour from 8:00 to 17:45 from Monday to Friday."""
    days = [MONDAY + timedelta(days=n) for n in range(7 * weeks) if n % 7 < 5]
    return [day + timedelta(hours=8, minutes=15 * n) for day in days for n in range(40)]


def test_a_rhythm_of_working_hours_is_found() -> None:
    rhythm = learn_rhythm(_working_days(), "Europe/Berlin")
    assert rhythm is not None
    assert (rhythm.days, rhythm.since_minute, rhythm.until_minute) == (frozenset(range(5)), 8 * 60, 18 * 60)
    assert (rhythm.gap_seconds, rhythm.limit_seconds) == (900, 1350)


@pytest.mark.parametrize(
    ("last", "overdue"),
    [
        ("2026-11-20T10:00", "2026-11-20T10:22:30"),
        ("2026-11-20T17:45", "2026-11-23T08:07:30"),
        ("2026-11-21T12:00", "2026-11-23T08:22:30"),
    ],
    ids=["in the morning", "the last of a week: on Monday", "on a weekend: on Monday"],
)
def test_silence_counts_active_time_only(last: str, overdue: str) -> None:
    rhythm = learn_rhythm(_working_days(), "Europe/Berlin")
    assert rhythm is not None
    found = rhythm.overdue_since(datetime.fromisoformat(last).replace(tzinfo=BERLIN))
    assert found == datetime.fromisoformat(overdue).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("every_days", "overdue_after_days"), [(1, 1.5), (7, 7.5)], ids=["every day", "every week: the next one's noon"]
)
def test_slow_rhythms_are_counted_in_days(every_days: int, overdue_after_days: float) -> None:
    moments = [MONDAY.astimezone(UTC) + timedelta(days=every_days * n, hours=6) for n in range(12)]
    rhythm = learn_rhythm(moments, "UTC")
    assert rhythm is not None
    assert rhythm.whole_days
    overdue = rhythm.overdue_since(moments[-1])
    assert overdue is not None
    assert timedelta(days=overdue_after_days - 1) <= overdue - moments[-1] <= timedelta(days=overdue_after_days + 7)


def test_fewer_than_ten_moments_say_nothing() -> None:
    assert learn_rhythm(_working_days()[: LEAST_SEEN - 1], "UTC") is None


def test_what_another_version_stored_is_nothing_learned() -> None:
    assert read_rhythm({"every": 5}) is None
    assert read_rhythm(None) is None


MOMENTS = st.lists(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 6, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    min_size=LEAST_SEEN,
    max_size=40,
)


@given(MOMENTS, st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns"]))
def test_whatever_was_seen_patience_ends_after_the_last_moment_and_after_active_time_as_long_as_the_limit(
    moments: list[datetime], zone: str
) -> None:
    rhythm = learn_rhythm(moments, zone)
    assert rhythm is not None
    assert read_rhythm(rhythm.to_json()) == rhythm
    overdue = rhythm.overdue_since(max(moments))
    if overdue is not None:
        assert overdue > max(moments)
        assert rhythm.active_seconds(max(moments), overdue) == pytest.approx(rhythm.limit_seconds)


@given(MOMENTS)
def test_a_regular_flow_is_never_silent_while_it_keeps_its_rhythm(moments: list[datetime]) -> None:
    start = min(moments)
    regular = [start + timedelta(minutes=30 * n) for n in range(200)]
    rhythm = learn_rhythm(regular, "UTC")
    assert rhythm is not None
    overdue = rhythm.overdue_since(regular[-1])
    assert overdue is not None
    assert overdue > regular[-1] + timedelta(minutes=30)
