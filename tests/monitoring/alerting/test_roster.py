"""Who is on call: turns, weekdays, opening hours, stand-ins, and the times at which nobody is."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.alerting.roster import Roster, StandIn, duties, on_call
from apps.monitoring.sla.opening import BusinessHours

ANNA, BEN, CAI = (UUID(int=number) for number in (1, 2, 3))
BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = BusinessHours("Europe/Berlin", (*((((8 * 60, 18 * 60),),) * 5), (), ()), country="DE")
TURNS = Roster("Europe/Berlin", time(9), people=(ANNA, BEN), first_day=date(2026, 3, 2))


def _berlin(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("at", "person"),
    [
        (_berlin(2, 8, 59), None),  # before the first hand-over
        (_berlin(2, 9), ANNA),
        (_berlin(9, 8, 59), ANNA),
        (_berlin(9, 9), BEN),
        (_berlin(16, 9), ANNA),
        (_berlin(30, 9), ANNA),  # the clocks went forward on the 29th
        (_berlin(30, 8, 59), BEN),
    ],
)
def test_turns_change_at_the_hand_over_on_the_clock_of_the_wall(at: datetime, person: UUID | None) -> None:
    assert on_call(TURNS, at) == person


def test_a_weekend_without_anybody_is_told_as_a_gap() -> None:
    roster = Roster("Europe/Berlin", time(0), weekdays=(ANNA, ANNA, ANNA, BEN, BEN, None, None))
    (gap,) = [one for one in duties(roster, _berlin(2, 0), _berlin(9, 0)) if one.person is None]
    assert (gap.begins_at, gap.ends_at) == (_berlin(7, 0), _berlin(9, 0))
    assert on_call(roster, _berlin(5, 12)) == BEN


def test_opening_hours_and_holidays_limit_the_duty_and_a_stand_in_does_not_care() -> None:
    good_friday = _berlin(3, 12, month=4)
    roster = Roster("Europe/Berlin", time(9), people=(ANNA,), first_day=date(2026, 1, 1), hours=WORKDAYS)
    assert on_call(roster, _berlin(2, 12)) == ANNA
    assert on_call(roster, _berlin(2, 18)) is None
    assert on_call(roster, good_friday) is None
    helped = Roster(
        "Europe/Berlin",
        time(9),
        people=(ANNA,),
        first_day=date(2026, 1, 1),
        hours=WORKDAYS,
        stand_ins=(
            StandIn(BEN, good_friday - timedelta(hours=4), good_friday + timedelta(hours=4)),
            StandIn(CAI, good_friday, good_friday + timedelta(hours=1)),
        ),
    )
    assert [on_call(helped, good_friday + timedelta(hours=hour)) for hour in (-5, -4, 0, 1, 4)] == [
        None,
        BEN,
        CAI,
        BEN,
        None,
    ]


_MOMENTS = st.integers(0, 21 * 1440).map(lambda minutes: datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=minutes))


@st.composite
def _rosters(draw: st.DrawFn) -> Roster:
    people = st.sampled_from([ANNA, BEN, CAI])
    spans = draw(
        st.lists(st.tuples(people, _MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(days=3))), max_size=3)
    )
    return Roster(
        zone=draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])),
        hand_over=draw(st.times().map(lambda at: at.replace(second=0, microsecond=0))),
        people=tuple(draw(st.lists(people, max_size=3))),
        first_day=draw(st.dates(date(2026, 3, 1), date(2026, 4, 1))),
        turn_days=draw(st.integers(1, 9)),
        weekdays=draw(st.sampled_from([(), (ANNA, None, BEN, CAI, None, ANNA, ANNA)])),
        hours=draw(st.sampled_from([None, WORKDAYS])),
        stand_ins=tuple(StandIn(person, begins, begins + length) for person, begins, length in spans),
    )


@settings(max_examples=60)
@given(_rosters(), _MOMENTS, st.integers(1, 20), st.lists(st.integers(0, 99), max_size=12))
def test_the_calendar_says_of_every_moment_what_is_true_at_it(
    roster: Roster, since: datetime, days: int, places: list[int]
) -> None:
    until = since + timedelta(days=days)
    found = duties(roster, since, until)
    assert (found[0].begins_at, found[-1].ends_at) == (since, until)
    assert all(one.ends_at == other.begins_at for one, other in pairwise(found))
    for place in places:
        at = since + (until - since) * place / 100
        (duty,) = [one for one in found if one.begins_at <= at < one.ends_at]
        assert duty.person == on_call(roster, at)
