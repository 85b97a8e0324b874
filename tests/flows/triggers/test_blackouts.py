"""Quiet times: which moments lie in one and when it ends, on the clock of a zone; what cannot be read names the fix."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.triggers.blackouts import NONE, BlackoutError, build_blackouts, parse_span, read_blackouts

BERLIN = "Europe/Berlin"
NIGHT = {"zone": BERLIN, "windows": [{"days": [4], "from": "18:00", "to": "06:00"}]}


def _at(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-20T17:59", None),
        ("2026-11-20T18:00", "2026-11-21T06:00"),
        ("2026-11-21T05:59", "2026-11-21T06:00"),
        ("2026-11-21T06:00", None),
        ("2026-11-21T18:30", None),
    ],
    ids=["just before", "as it begins", "after midnight", "at its end", "the next evening"],
)
def test_a_window_that_begins_on_friday_ends_on_saturday(moment: str, end: str | None) -> None:
    assert read_blackouts(NIGHT).ends_at(_at(moment)) == (_at(end) if end else None)


def test_windows_that_touch_or_overlap_are_one() -> None:
    quiet = build_blackouts(
        BERLIN,
        [([0], time(8), time(12)), ([0], time(12), time(15)), ([0], time(14), time(0)), ([1], time(0), time(2))],
    )
    assert quiet.ends_at(_at("2026-11-23T09:00")) == _at("2026-11-24T02:00")


@pytest.mark.parametrize(
    ("window", "moment", "end"),
    [
        (([6], time(1), time(2, 30)), "2026-03-29T01:30", "2026-03-29T01:00+00:00"),
        (([6], time(1), time(4)), "2026-10-25T02:30", "2026-10-25T03:00+00:00"),
        (([6], time(0), time(2, 30)), "2026-10-25T01:00", "2026-10-25T00:30+00:00"),
    ],
    ids=["the end is skipped in spring", "an hour longer in autumn", "the end comes twice: the first one"],
)
def test_a_window_follows_the_clock_on_the_wall(window: tuple[list[int], time, time], moment: str, end: str) -> None:
    assert build_blackouts(BERLIN, [window]).ends_at(_at(moment)) == datetime.fromisoformat(end)


def test_what_cannot_be_is_refused_with_the_fix() -> None:
    for build, words in (
        (lambda: build_blackouts("Mars/Olympus", []), "no time zone"),
        (lambda: build_blackouts(BERLIN, [([], time(1), time(2))]), "at least one day"),
        (lambda: build_blackouts(BERLIN, [([7], time(1), time(2))]), "at least one day"),
        (lambda: build_blackouts(BERLIN, [(range(7), time(1), time(1))]), "pause the flow"),
        (lambda: build_blackouts(BERLIN, [([0], time(1), time(2))] * 7), "At most 6"),
        (lambda: read_blackouts({"windows": [{}]}), "need a zone"),
        (lambda: parse_span("in the evening"), "from when to when"),
        (lambda: parse_span("18:00-25:00"), "no time of day"),
    ):
        with pytest.raises(BlackoutError, match=words):
            build()


@pytest.mark.parametrize("text", ["18:00-06:00", "18:00 - 6:00", "18.00 to 06:00", "18:00–06:00"])
def test_a_span_is_read_as_people_write_it(text: str) -> None:
    assert parse_span(text) == (time(18), time(6))


def test_it_is_said_in_words() -> None:
    assert read_blackouts(NIGHT).words() == "Friday from 18:00 to 06:00, Europe/Berlin"
    assert NONE.words() == ""
    two = build_blackouts("UTC", [(range(5), time(8), time(9)), ([5, 6], time(0), time(0))])
    assert two.words() == ("Every weekday from 08:00 to 09:00; Saturday and Sunday from 00:00 to 00:00, UTC")


TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
WINDOWS = st.lists(st.tuples(st.sets(st.integers(0, 6), min_size=1, max_size=3), TIMES, TIMES), max_size=3)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(WINDOWS, MOMENTS, st.sampled_from([BERLIN, "America/St_Johns", "Australia/Lord_Howe", "UTC"]))
def test_the_end_is_later_outside_and_less_than_a_fortnight_away(
    windows: list[tuple[set[int], time, time]], moment: datetime, zone: str
) -> None:
    quiet = build_blackouts(zone, windows)
    assert read_blackouts(quiet.to_json()).windows == quiet.windows
    end = quiet.ends_at(moment)
    if end is not None:
        assert moment < end < moment + timedelta(days=14)
        assert quiet.ends_at(end) is None
        assert quiet.ends_at(moment + (end - moment) / 2) == end


@given(WINDOWS, MOMENTS)
def test_without_changes_of_clocks_a_window_holds_what_lies_between_its_times(
    windows: list[tuple[set[int], time, time]], moment: datetime
) -> None:
    quiet = build_blackouts("UTC", windows)
    at = moment.replace(tzinfo=None).time()
    yesterday = (moment.weekday() - 1) % 7
    inside = any(
        (moment.weekday() in days and (since <= at < until or (until <= since <= at)))
        or (yesterday in days and until <= since and at < until)
        for days, since, until in windows
    )
    assert (quiet.ends_at(moment) is not None) == inside
