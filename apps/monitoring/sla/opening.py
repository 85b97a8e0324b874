"""When somebody is at work: weekly opening hours on the clocks of a zone, without holidays (pure).

A moment counts when the clock on the wall there shows an opening time of that weekday, and the day is no holiday. An hour
that the clocks repeat is therefore open twice, one that they skip is open never.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.monitoring.sla.public_days import holidays_of

DAY_MINUTES = 24 * 60
DAYS = 7
# A calendar that does not open within so long is one that never does.
FARTHEST = timedelta(days=5 * 366)
_STEP = timedelta(hours=12)  # no zone changes its clocks twice within so long
_MINUTE = timedelta(minutes=1)

Minutes = tuple[int, int]
Span = tuple[datetime, datetime]


class CalendarError(ValueError):
    """A calendar that cannot be: `field` names the part ("week", "zone"), the text says what to mend."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """A week of opening times in a zone, and the days that are closed all the same.

    `week` holds for Monday to Sunday the opening times as minutes of the day: ((540, 1020),) is nine to five, and 1440 the
    day's end. `own_days` are closed besides the public holidays of `country` and `region`. Raises CalendarError.
    """

    zone: str
    week: tuple[tuple[Minutes, ...], ...]
    country: str = ""
    region: str = ""
    own_days: Mapping[date, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse weeks without any opening, times outside of the day, and times that overlap."""
        if len(self.week) != DAYS:
            raise CalendarError("week", "A week has seven days.")
        if not any(self.week):
            raise CalendarError("week", "It never opens: give at least one day opening times.")
        for number, times in enumerate(self.week):
            _require_in_order(number, times)

    @property
    def is_always_open(self) -> bool:
        """Return whether the week has no closed minute; holidays may still close it."""
        return all(sum(end - start for start, end in times) == DAY_MINUTES for times in self.week)

    def holiday(self, day: date) -> str:
        """Return the name of the holiday that closes the day, "" when none does."""
        return self.own_days.get(day) or (
            holidays_of(self.country, self.region, day.year).get(day, "") if self.country else ""
        )

    def opening(self, day: date) -> tuple[Minutes, ...]:
        """Return the opening times of a day, as minutes; none on a holiday."""
        return () if not self.week[day.weekday()] or self.holiday(day) else self.week[day.weekday()]


def always(zone: str = "UTC") -> BusinessHours:
    """Return hours that never close."""
    return BusinessHours(zone, (((0, DAY_MINUTES),),) * DAYS)


def open_spans(hours: BusinessHours, start: datetime, end: datetime) -> Iterator[Span]:
    """Yield the open time between two aware instants, in order and in UTC; spans may touch one another."""
    zone, now, last = ZoneInfo(hours.zone), start.astimezone(UTC), end.astimezone(UTC)
    while now < last:
        until, offset = _same_offset(zone, now, min(now + _STEP, last))
        yield from _on_one_offset(hours, now, until, offset)
        now = until


def _same_offset(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[datetime, timedelta]:
    """Return up to when, at most `end`, the zone keeps the offset it has at `start`, and that offset."""
    offset = _offset(zone, start)
    if _offset(zone, end) == offset:
        return end, offset
    before, after = start, end
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if _offset(zone, middle) == offset else (before, middle)
    return _whole_second(after), offset


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _whole_second(at: datetime) -> datetime:
    """Clocks change on whole seconds: the search ends less than one after it."""
    return at.replace(microsecond=0)


def _on_one_offset(hours: BusinessHours, start: datetime, end: datetime, offset: timedelta) -> Iterator[Span]:
    """Yield what is open while the clocks differ from UTC by `offset`: plain arithmetic."""
    first, last = (start + offset).replace(tzinfo=None), (end + offset).replace(tzinfo=None)
    day = first.date()
    while day <= last.date():
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  the clock on the wall, of which only differences count
        for opens, closes in hours.opening(day):
            here, there = max(first, midnight + opens * _MINUTE), min(last, midnight + closes * _MINUTE)
            if here < there:
                yield (here - offset).replace(tzinfo=UTC), (there - offset).replace(tzinfo=UTC)
        day += timedelta(days=1)


def _require_in_order(number: int, times: tuple[Minutes, ...]) -> None:
    name = date(2024, 1, 1 + number).strftime("%A")  # that year began on a Monday
    end_before = 0
    for opens, closes in times:
        if not 0 <= opens < closes <= DAY_MINUTES:
            raise CalendarError("week", f"{name}: an opening must end after it begins, within the day.")
        if opens < end_before:
            raise CalendarError("week", f"{name}: opening times overlap or are out of order.")
        end_before = closes
