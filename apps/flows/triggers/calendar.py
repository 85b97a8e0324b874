"""Calendars: chosen times on chosen days, kept as cron lines and read on the clock of one time zone (no database).

Several lines stand beside each other, "0 7 * * 1-5; 30 15 * * 1-5". An hour that the clock skips in spring fires once, right
after it; one that comes twice in autumn fires once (https://manpages.debian.org/cron#DST).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from heapq import merge
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LONGEST = 120  # as the column that keeps the text
MOST_TIMES = 6
LAST_DAY = 0  # of the month
EVERY_DAY = frozenset(range(7))  # Monday is 0
WORKING_DAYS = frozenset(range(5))
_TICKS_COMPARED = 60
_LINE = re.compile(
    r"^(?P<minute>\d{1,2}) (?P<hours>\d{1,2}(?:,\d{1,2})*) (?P<day>\*|L|\d{1,2}) \* (?P<weekdays>\*|1-5|\d(?:,\d)*)$"
)


class CalendarError(ValueError):
    """A text cannot be read as a calendar; the message says how to write it."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When something happens: cron lines, on the clock of `zone`."""

    cron: str
    zone: str

    @property
    def lines(self) -> tuple[str, ...]:
        """Return each cron line."""
        return tuple(" ".join(line.split()) for line in self.cron.split(";"))

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield every time after `moment`, in UTC, earliest first; nothing when there is none within fifty years."""
        local = moment.astimezone(ZoneInfo(self.zone))
        last = None
        for tick in merge(*(_ticks(line, local) for line in self.lines)):
            if tick != last:
                yield tick
            last = tick

    def next(self, moment: datetime, count: int = 3) -> list[datetime]:
        """Return the next times after `moment`."""
        return list(islice(self.after(moment), count))

    def longest_gap_seconds(self, moment: datetime) -> int:
        """Return the longest wait between two of the next times: how long silence is nothing to worry about."""
        ticks = self.next(moment, _TICKS_COMPARED)
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(ticks)]
        return round(max(gaps, default=0))


def _ticks(line: str, local: datetime) -> Iterator[datetime]:
    try:
        # Times are compared in UTC: on one clock, an hour may come twice.
        yield from (tick.astimezone(UTC) for tick in CronSim(line, local))
    except CronSimError:
        return  # no such day within fifty years


def read_calendar(cron: str, zone: str) -> Calendar:
    """Return typed cron text as a calendar. Raises CalendarError."""
    calendar = Calendar("; ".join(" ".join(line.split()) for line in cron.split(";") if line.strip()), zone)
    require_zone(zone)
    if not calendar.cron:
        raise CalendarError(_("Write when it runs, for example: 0 7 * * 1-5"))
    if len(calendar.cron) > LONGEST:
        raise CalendarError(_("At most %(most)s characters.") % {"most": LONGEST})
    for line in calendar.lines:
        _require_line(line)
    if not calendar.next(datetime.now(UTC), 1):
        raise CalendarError(_("That day never comes: change the day or the month."))
    return calendar


def require_zone(zone: str) -> None:
    """Raise CalendarError unless there is such a time zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CalendarError(_("There is no time zone called %(zone)s.") % {"zone": zone[:60]}) from None


def _require_line(line: str) -> None:
    if len(line.split(" ")) != 5:
        sentence = _(
            "“%(line)s” needs five parts: minute, hour, day of the month, month, weekday; 0 7 * * 1-5 for example."
        )
        raise CalendarError(sentence % {"line": line[:60]})
    try:
        CronSim(line, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as wrong:
        raise CalendarError(
            _("“%(line)s” cannot be read (%(why)s). Write for example: 0 7 * * 1-5")
            % {"line": line[:60], "why": str(wrong).lower()}
        ) from None


def build_cron(times: Sequence[time], *, weekdays: Iterable[int] = (), day: int | None = None) -> str:
    """Return cron lines for these times on these weekdays (Monday is 0), or on a day of the month (0: the last one)."""
    days = sorted(set(weekdays))
    if day is not None:
        where = f"{'L' if day == LAST_DAY else day} * *"
    elif not days or set(days) == EVERY_DAY:
        where = "* * *"
    else:
        where = "* * 1-5" if set(days) == WORKING_DAYS else f"* * {','.join(str((d + 1) % 7) for d in days)}"
    hours: defaultdict[int, list[int]] = defaultdict(list)
    for one in sorted(set(times)):
        hours[one.minute].append(one.hour)
    return "; ".join(f"{minute} {','.join(map(str, at))} {where}" for minute, at in sorted(hours.items()))


@dataclass(frozen=True, slots=True)
class SimpleCalendar:
    """A calendar that the plain choices of a form can say: times, and weekdays or a day of the month."""

    times: tuple[time, ...]
    weekdays: frozenset[int]
    day: int | None


def as_simple(cron: str) -> SimpleCalendar | None:
    """Return what plain choices say the same, None when only cron can."""
    times: list[time] = []
    where: set[tuple[str, str]] = set()
    for line in (" ".join(one.split()) for one in cron.split(";")):
        found = _LINE.match(line)
        if found is None or int(found["minute"]) > 59 or any(int(h) > 23 for h in found["hours"].split(",")):
            return None
        times += [time(int(hour), int(found["minute"])) for hour in found["hours"].split(",")]
        where.add((found["day"], found["weekdays"]))
    if len(where) != 1:
        return None
    day, weekdays = where.pop()
    if day != "*" and weekdays != "*":
        return None
    number = None if day == "*" else LAST_DAY if day == "L" else int(day)
    return SimpleCalendar(tuple(sorted(set(times))), _weekdays(weekdays), number)


def _weekdays(text: str) -> frozenset[int]:
    if text == "*":
        return EVERY_DAY
    return WORKING_DAYS if text == "1-5" else frozenset((int(day) - 1) % 7 for day in text.split(","))


def calendar_words(cron: str, zone: str) -> str:
    """Return a calendar as people say it: "Every weekday at 07:00, Europe/Berlin"."""
    simple = as_simple(cron)
    if simple is None:
        return _("By the rule %(cron)s, %(zone)s") % {"cron": cron, "zone": zone}
    words = {"times": listed([f"{one:%H:%M}" for one in simple.times]), "zone": zone}
    if simple.day is not None:
        if simple.day == LAST_DAY:
            return _("On the last day of each month at %(times)s, %(zone)s") % words
        return _("On day %(day)s of each month at %(times)s, %(zone)s") % {**words, "day": simple.day}
    if simple.weekdays == EVERY_DAY:
        return _("Every day at %(times)s, %(zone)s") % words
    if simple.weekdays == WORKING_DAYS:
        return _("Every weekday at %(times)s, %(zone)s") % words
    days = listed([str(WEEKDAYS[day]) for day in sorted(simple.weekdays)])
    return _("Every %(days)s at %(times)s, %(zone)s") % {**words, "days": days}


def interval_words(seconds: int) -> str:
    """Return an interval as people say it: "Every 15 minutes"."""
    if seconds % 86_400 == 0:
        number = seconds // 86_400
        return ngettext("Every day", "Every %(number)s days", number) % {"number": number}
    if seconds % 3_600 == 0:
        number = seconds // 3_600
        return ngettext("Every hour", "Every %(number)s hours", number) % {"number": number}
    if seconds % 60 == 0:
        number = seconds // 60
        return ngettext("Every minute", "Every %(number)s minutes", number) % {"number": number}
    return ngettext("Every second", "Every %(number)s seconds", seconds) % {"number": seconds}


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
