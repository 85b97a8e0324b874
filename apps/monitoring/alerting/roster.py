"""Who is on call at a moment: turns or weekdays, within opening hours, with people who stand in (pure).

A day of duty begins at the hand-over time on the clocks of the zone and lasts until the next one. Outside of the opening
hours, and on holidays, nobody is on call unless somebody stands in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.monitoring.sla.opening import BusinessHours, open_spans

_DAY = timedelta(days=1)
_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody who takes the place of whoever has the duty, from a moment to another."""

    person: UUID
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """How duties are shared. `weekdays` has a person, or nobody, for Monday to Sunday; without it `people` take turns.

    Turns of `turn_days` begin on `first_day`; before it nobody is on call. `hours` None: around the clock. Of people who
    stand in at the same time, the last one written counts.
    """

    zone: str
    hand_over: time = time(9)
    people: tuple[UUID, ...] = ()
    first_day: date = date.min
    turn_days: int = 7
    weekdays: tuple[UUID | None, ...] = ()
    hours: BusinessHours | None = None
    stand_ins: tuple[StandIn, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """A stretch of time with whoever is on call in it; `person` None: nobody is."""

    begins_at: datetime
    ends_at: datetime
    person: UUID | None


def on_call(roster: Roster, at: datetime) -> UUID | None:
    """Return who is on call at an aware moment, None when nobody is."""
    for one in reversed(roster.stand_ins):
        if one.begins_at <= at < one.ends_at:
            return one.person
    if roster.hours is not None and not any(open_spans(roster.hours, at, at + _MOMENT)):
        return None
    return _by_plan(roster, _duty_day(roster, at))


def duties(roster: Roster, since: datetime, until: datetime) -> list[Duty]:
    """Return every stretch between two aware moments, without holes; neighbours have different people."""
    found: list[Duty] = []
    marks = sorted({since, until, *(mark for mark in _marks(roster, since, until) if since < mark < until)})
    for begins_at, ends_at in pairwise(marks):
        person = on_call(roster, begins_at)
        if found and found[-1].person == person:
            found[-1] = Duty(found[-1].begins_at, ends_at, person)
        else:
            found.append(Duty(begins_at, ends_at, person))
    return found


def _marks(roster: Roster, since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the moments at which somebody else may take over."""
    for one in roster.stand_ins:
        yield one.begins_at
        yield one.ends_at
    if roster.hours is not None:
        for span in open_spans(roster.hours, since, until):
            yield from span
    day, last = since.astimezone(UTC).date() - _DAY, until.astimezone(UTC).date() + _DAY
    while day <= last:
        yield _hand_over(roster, day)
        day += _DAY


def _hand_over(roster: Roster, day: date) -> datetime:
    return datetime.combine(day, roster.hand_over, tzinfo=ZoneInfo(roster.zone)).astimezone(UTC)


def _duty_day(roster: Roster, at: datetime) -> date:
    """Return the day whose hand-over was the last one before `at`, or at it."""
    day = at.astimezone(ZoneInfo(roster.zone)).date()
    return day if _hand_over(roster, day) <= at else day - _DAY


def _by_plan(roster: Roster, day: date) -> UUID | None:
    if roster.weekdays:
        return roster.weekdays[day.weekday()]
    if not roster.people or day < roster.first_day:
        return None
    turn = (day - roster.first_day).days // roster.turn_days
    return roster.people[turn % len(roster.people)]
