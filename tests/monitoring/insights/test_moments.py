"""Work at unusual times of the day and on holidays: tables of what is told and what is not."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.insights import words
from apps.monitoring.insights.anomalies import Work
from apps.monitoring.insights.found import Cause
from apps.monitoring.insights.moments import DAY_MINUTES, clock_of, unusual_starts, work_on_holidays
from apps.monitoring.models import Insight
from apps.monitoring.sla.opening import BusinessHours
from tests.monitoring.insights.test_anomalies import MONDAY, weekdays, work

NINE_TO_FIVE = ((540, 1020),)
HOLIDAY = date(2026, 10, 28)  # a Wednesday, closed by the customer itself
OFFICE = BusinessHours("UTC", (NINE_TO_FIVE,) * 5 + ((),) * 2, own_days={HOLIDAY: "Founders' Day"})


def minute(text: str) -> int:
    """Return a time of day in minutes."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _times(*texts: str, number: int = 20, person: str = "E-1") -> list[Work]:
    days = weekdays(number)
    return [work(day, person=person, start=minute(texts[place % len(texts)])) for place, day in enumerate(days)]


@pytest.mark.parametrize(
    ("usual", "start", "told"),
    [
        pytest.param(["9:00", "9:30", "8:45"], "9:15", False, id="as usual"),
        pytest.param(["9:00", "9:30", "8:45"], "11:30", False, id="less than three hours later"),
        pytest.param(["9:00", "9:30", "8:45"], "3:10", True, id="in the night"),
        pytest.param(["9:00"], "3:10", True, id="somebody who never begins at another time"),
        pytest.param(["23:50", "0:10", "23:30"], "0:40", False, id="a night shift around midnight"),
        pytest.param(["23:50", "0:10", "23:30"], "12:00", True, id="noon, for a night shift"),
        pytest.param(["8:00", "13:00", "18:00", "22:00"], "3:10", False, id="somebody without usual times"),
    ],
)
def test_a_beginning_is_judged_by_the_persons_own(usual: list[str], start: str, told: bool) -> None:
    found = unusual_starts([*_times(*usual), work(MONDAY, start=minute(start))], MONDAY, set())
    assert [one.cause for one in found.findings] == ([Cause.ODD_HOUR] if told else [])
    assert found.seen == {(Cause.ODD_HOUR, "day:E-1:2026-11-02")}


def test_it_says_what_is_usual_on_the_clock_and_by_how_many_entries() -> None:
    (finding,) = unusual_starts([*_times("9:00", "9:30"), work(MONDAY, start=minute("3:05"))], MONDAY, set()).findings
    assert {name: finding.facts[name] for name in ("start", "low", "high", "seen", "own")} == {
        "start": "03:05",
        "low": "09:00",
        "high": "09:30",
        "seen": 21,
        "own": True,
    }


def test_who_is_new_is_held_against_everybody_and_entries_without_a_time_say_nothing() -> None:
    others = [one for number in range(2, 5) for one in _times("9:00", "9:30", person=f"E-{number}")]
    late = work(MONDAY, start=minute("23:00"))
    (finding,) = unusual_starts([*others, late], MONDAY, set()).findings
    assert finding.facts["own"] is False
    assert unusual_starts([*others, work(MONDAY)], MONDAY, set()).seen == set()
    assert unusual_starts([*_times("9:00", number=8), late], MONDAY, set()).findings == [], "too few say anything"


def test_what_began_within_the_business_hours_is_nobodys_business() -> None:
    late = [*_times("9:00", "9:30"), work(MONDAY, start=minute("14:00"))]
    assert len(unusual_starts(late, MONDAY, set()).findings) == 1
    assert unusual_starts(late, MONDAY, set(), OFFICE).findings == []


@given(st.lists(st.integers(0, DAY_MINUTES - 1), min_size=12, max_size=40))
def test_every_minute_lies_on_the_clock_and_is_said_as_it_was(starts: list[int]) -> None:
    clock = clock_of(starts, least=12)
    assert clock is not None
    assert all(0 <= clock.place(start) < DAY_MINUTES for start in starts)
    assert all(minute(clock.said(clock.place(start))) == start for start in starts)


def test_what_was_found_is_said_in_a_sentence() -> None:
    odd = {"person": "Ada", "start": "03:05", "low": "09:00", "high": "09:30", "seen": 21, "own": True}
    said = words.sentence_of(Insight(cause="odd_hour", facts=odd, happened_on=MONDAY))
    assert said == "Ada began work at 03:05 on 2 Nov 2026. Usual are 09:00 to 09:30, by 21 entries of this person."
    free = {"person": "Ada", "holiday": "Founders' Day", "free": 1, "such": 1, "usual": 20}
    said = words.sentence_of(Insight(cause="holiday", facts=free, happened_on=HOLIDAY))
    assert said == (
        "Ada booked work on 28 Oct 2026, which is free (Founders' Day). Free days looked at: 1; days of work booked on them: 1; "
        "usual on each working day: 20."
    )
    assert words.advice_of(Insight(cause="holiday")).startswith("See whether")


def _firm(people: int, on_holiday: int) -> list[Work]:
    staff = [f"E-{number}" for number in range(people)]
    days = [day for day in weekdays(20) if day != HOLIDAY]
    return [work(day, person=person) for person in staff for day in days] + [
        work(HOLIDAY, person=person) for person in staff[:on_holiday]
    ]


@pytest.mark.parametrize(
    ("people", "on_holiday", "told"),
    [
        pytest.param(20, 1, 1, id="one of twenty"),
        pytest.param(20, 0, 0, id="nobody"),
        pytest.param(20, 2, 0, id="a tenth of them: it is no longer free there"),
        pytest.param(20, 20, 0, id="everybody works on it"),
        pytest.param(4, 1, 0, id="too few to say what is usual"),
    ],
)
def test_work_on_a_holiday_is_told_where_hardly_anybody_works_then(people: int, on_holiday: int, told: int) -> None:
    found = work_on_holidays(_firm(people, on_holiday), HOLIDAY, OFFICE)
    assert len(found.findings) == told
    if told:
        (finding,) = found.findings
        assert (finding.cause, finding.on) == (Cause.HOLIDAY, HOLIDAY)
        assert finding.facts["holiday"] == "Founders' Day"
        assert (finding.facts["free"], finding.facts["such"], finding.facts["usual"]) == (1, 1, 20)
        assert (Cause.HOLIDAY, f"day:E-1:{MONDAY - timedelta(days=3)}") in found.seen
        assert finding.stake is not None
        assert finding.stake.amount == Decimal(8 * 95)


def test_a_day_mistyped_long_ago_says_nothing_of_the_calendar_since() -> None:
    asked: list[date] = []

    class Watched(BusinessHours):
        def opening(self, day: date) -> tuple[tuple[int, int], ...]:
            asked.append(day)
            return super().opening(day)

    hours = Watched(OFFICE.zone, OFFICE.week, OFFICE.country, OFFICE.region, OFFICE.own_days)
    found = work_on_holidays([*_firm(20, 1), work(date(26, 10, 28))], HOLIDAY, hours)
    assert len(found.findings) == 1
    assert len(asked) < 60


def test_a_closed_weekday_is_no_holiday() -> None:
    sunday = MONDAY - timedelta(days=1)
    found = work_on_holidays([*_firm(20, 0), work(sunday)], sunday, OFFICE)
    assert found.findings == []
