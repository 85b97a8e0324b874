"""When a customer's cut-off falls due next: weekly, monthly, or on a working day of the month, in local time (pure)."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import islice

LAST = -1  # the month's last day, or its last working day
MOST_WORKING_DAYS = 23  # no month has more days from Monday to Friday
_SATURDAY = 5


class Rhythm(StrEnum):
    """What a cut-off's `day` counts."""

    WEEKLY = "weekly"  # 0 is Monday, 6 Sunday
    MONTHLY = "monthly"  # 1 to 31; a shorter month has its own last day instead
    WORKING_DAY = "working_day"  # the nth of the month from Monday to Friday; public holidays are not known


# A rule falls at least once within so long, also on a working day that not every month has.
_SURELY_WITHIN = {
    Rhythm.WEEKLY: timedelta(days=9),
    Rhythm.MONTHLY: timedelta(days=34),
    Rhythm.WORKING_DAY: timedelta(days=370),
}


class RuleError(ValueError):
    """A rule that no day can fit; the text says which days there are."""


def has_day(rhythm: Rhythm, day: int) -> bool:
    """Return whether a rhythm has such a day."""
    return {
        Rhythm.WEEKLY: 0 <= day <= 6,
        Rhythm.MONTHLY: day == LAST or 1 <= day <= 31,
        Rhythm.WORKING_DAY: day == LAST or 1 <= day <= MOST_WORKING_DAYS,
    }[rhythm]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which days, and at what time of day there. Raises RuleError for a day that the rhythm does not have."""

    rhythm: Rhythm
    day: int
    at: time

    def __post_init__(self) -> None:
        """Refuse days outside of the rhythm."""
        if not has_day(self.rhythm, self.day):
            raise RuleError(f"{self.rhythm.value} has no day {self.day}.")


def next_occurrence(rule: Rule, zone: tzinfo, after: datetime) -> datetime:
    """Return the first moment after `after` (aware) on which the rule falls, in UTC.

    A time of day that the clocks skip is taken as if they had not been changed: an hour later on that day's clock. One
    that comes twice is the first of the two.
    """
    # A day earlier than today, because a skipped time may end up on the next day of the calendar.
    start = after.astimezone(zone).date() - timedelta(days=1)
    moments = (_moment(day, rule.at, zone) for day in _days(rule, start))
    return next(moment for moment in moments if moment > after)


def occurrences(rule: Rule, zone: tzinfo, after: datetime, number: int) -> list[datetime]:
    """Return the next `number` moments of the rule after `after`, in UTC."""

    def each() -> Iterator[datetime]:
        last = after
        while True:
            last = next_occurrence(rule, zone, last)
            yield last

    return list(islice(each(), number))


def previous_occurrence(rule: Rule, zone: tzinfo, before: datetime) -> datetime:
    """Return the last moment before `before` (aware) on which the rule fell, in UTC."""
    last = next_occurrence(rule, zone, before - _SURELY_WITHIN[rule.rhythm])
    while (following := next_occurrence(rule, zone, last)) < before:
        last = following
    return last


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _days(rule: Rule, start: date) -> Iterator[date]:
    """Return the rule's days from `start` on, or a little before it."""
    if rule.rhythm is Rhythm.WEEKLY:
        day = start + timedelta(days=(rule.day - start.weekday()) % 7)
        while True:
            yield day
            day += timedelta(days=7)
    year, month = start.year, start.month
    while True:
        fitting = _in_month(rule, year, month)
        if fitting is not None:
            yield fitting
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _in_month(rule: Rule, year: int, month: int) -> date | None:
    """Return the rule's day in a month; None when the month has not that many working days."""
    length = monthrange(year, month)[1]
    if rule.rhythm is Rhythm.MONTHLY:
        return date(year, month, length if rule.day == LAST else min(rule.day, length))
    working = [day for day in range(1, length + 1) if date(year, month, day).weekday() < _SATURDAY]
    if rule.day == LAST:
        return date(year, month, working[-1])
    return date(year, month, working[rule.day - 1]) if rule.day <= len(working) else None
