"""When a digest is due where its reader lives: every day, every Monday, or on the first of the month at seven in the morning (pure)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DUE_AT = time(7, 0)
# How long after it was due a digest is still of use, when nothing could be sent meanwhile.
STILL_OF_USE = timedelta(hours=12)
DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"


@dataclass(frozen=True, slots=True)
class Due:
    """A digest that is due: the day it is of where its reader lives, and the span it tells of, in UTC."""

    on: date
    since: datetime
    until: datetime


def due_now(frequency: str, zone: tzinfo, now: datetime) -> Due | None:
    """Return the digest that is due at `now` (aware), None when none is, or the frequency is none."""
    if frequency not in {DAILY, WEEKLY, MONTHLY}:
        return None
    today = now.astimezone(zone).date()
    on = _first_day(frequency, today)
    until = _moment(on, zone)
    if not until <= now < until + STILL_OF_USE:
        return None
    before = _first_day(frequency, on - timedelta(days=1))
    return Due(on, _moment(before, zone), until)


def _first_day(frequency: str, day: date) -> date:
    """Return on which day the period began that a day lies in."""
    if frequency == MONTHLY:
        return day.replace(day=1)
    return day if frequency == DAILY else day - timedelta(days=day.weekday())


def _moment(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, DUE_AT, tzinfo=zone).astimezone(UTC)
