"""Quiet times of a flow: windows of the week in which nothing starts by itself, on the clock of one time zone (no database).

A window begins on each of its days and may end on the next: {"days": [4], "from": "18:00", "to": "06:00"} is Friday evening
to Saturday morning. Kept as {"zone": "Europe/Berlin", "windows": [...]}; {} is no quiet time. On days on which the clocks
change, a window begins and ends when the clock on the wall says so, so its length differs by the hour.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from apps.flows.triggers.calendar import EVERY_DAY, WORKING_DAYS, CalendarError, listed, require_zone

MOST_WINDOWS = 6
_WEEK_MINUTES = 7 * 24 * 60
_DAYS_JOINED = 14  # windows that touch are one; longer than two weeks none can be, as some time of each week is free


class BlackoutError(ValueError):
    """A text or a stored value cannot be read as quiet times; the message says how to write it."""


@dataclass(frozen=True, slots=True)
class Window:
    """From a time of day on each of `days` (Monday is 0) to the next time the clock says `until`; equal: a whole day."""

    days: frozenset[int]
    since: time
    until: time

    @property
    def minutes(self) -> int:
        """How long it lasts on a day without a change of clocks."""
        length = _minutes(self.until) - _minutes(self.since)
        return length if length > 0 else length + 24 * 60

    def words(self) -> str:
        """Return it as people say it: "Every weekday from 18:00 to 06:00"."""
        span = {"since": f"{self.since:%H:%M}", "until": f"{self.until:%H:%M}"}
        if self.days == EVERY_DAY:
            return _("Every day from %(since)s to %(until)s") % span
        if self.days == WORKING_DAYS:
            return _("Every weekday from %(since)s to %(until)s") % span
        days = listed([str(WEEKDAYS[day]) for day in sorted(self.days)])
        return _("%(days)s from %(since)s to %(until)s") % {**span, "days": days}


@dataclass(frozen=True, slots=True)
class Blackouts:
    """All quiet times of a flow, on the clock of `zone`."""

    zone: str
    windows: tuple[Window, ...]

    def ends_at(self, moment: datetime) -> datetime | None:
        """Return when the quiet time around `moment` (aware) ends, in UTC; None when `moment` is in none.

        The end itself is outside. Windows that touch or overlap are one.
        """
        zone = ZoneInfo(self.zone)
        end = None
        now = moment.astimezone(UTC)
        for _step in range(_DAYS_JOINED * MOST_WINDOWS):
            later = max((until for since, until in self._around(now, zone) if since <= now < until), default=None)
            if later is None:
                return end
            end = now = later
        return end

    def _around(self, moment: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
        today = moment.astimezone(zone).date()
        return [
            (_moment(day, window.since, zone), _moment(_last_day(day, window), window.until, zone))
            for window in self.windows
            for day in (today - timedelta(days=1), today)
            if day.weekday() in window.days
        ]

    def words(self) -> str:
        """Return all of them as people say them, with the zone; "" when there are none."""
        if not self.windows:
            return ""
        spans = "; ".join(window.words() for window in self.windows)
        return _("%(spans)s, %(zone)s") % {"spans": spans, "zone": self.zone}

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        if not self.windows:
            return {}
        return {
            "zone": self.zone,
            "windows": [
                {"days": sorted(w.days), "from": f"{w.since:%H:%M}", "to": f"{w.until:%H:%M}"} for w in self.windows
            ],
        }


NONE = Blackouts("UTC", ())


def read_blackouts(stored: Mapping[str, Any]) -> Blackouts:
    """Return stored quiet times. Raises BlackoutError."""
    if not stored:
        return NONE
    try:
        windows = [(w["days"], _time(w["from"]), _time(w["to"])) for w in stored["windows"]]
        zone = stored["zone"]
    except (KeyError, TypeError):
        raise BlackoutError(_("Quiet times need a zone, and days, from and to for each window.")) from None
    return build_blackouts(zone, windows)


def build_blackouts(zone: str, windows: Sequence[tuple[Collection[int], time, time]]) -> Blackouts:
    """Return quiet times of these windows, each (days, from, to). Raises BlackoutError."""
    try:
        require_zone(zone)
    except CalendarError as wrong:
        raise BlackoutError(str(wrong)) from None
    if len(windows) > MOST_WINDOWS:
        raise BlackoutError(_("At most %(most)s quiet times.") % {"most": MOST_WINDOWS})
    for days, _since, _until in windows:
        if not days or not set(days) <= EVERY_DAY:
            raise BlackoutError(_("Choose at least one day of the quiet time."))
    built = Blackouts(zone, tuple(Window(frozenset(days), since, until) for days, since, until in windows))
    if _covers_the_week(built.windows):
        raise BlackoutError(_("These quiet times leave no hour of the week: pause the flow instead."))
    return built


def parse_span(text: str) -> tuple[time, time]:
    """Return a typed span, "18:00-06:00" or "18:00 to 06:00". Raises BlackoutError."""
    found = re.fullmatch(r"\s*(\S+?)\s*(?:-|–|to|bis)\s*(\S+)\s*", text)
    if found is None:
        raise BlackoutError(_("Write from when to when, for example 18:00-06:00."))
    return _time(found[1]), _time(found[2])


def _time(text: str) -> time:
    found = re.fullmatch(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])", text)
    if found is None:
        raise BlackoutError(_("“%(text)s” is no time of day: write it as 18:00.") % {"text": text[:20]})
    return time(int(found[1]), int(found[2]))


def _covers_the_week(windows: Sequence[Window]) -> bool:
    """Tell whether no minute is left free. On minutes of a week without a change of clocks: good enough to refuse."""
    taken = bytearray(_WEEK_MINUTES)
    for window in windows:
        for day in window.days:
            start = day * 24 * 60 + _minutes(window.since)
            for minute in range(start, start + window.minutes):
                taken[minute % _WEEK_MINUTES] = 1
    return all(taken)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _last_day(day: date, window: Window) -> date:
    return day if window.until > window.since else day + timedelta(days=1)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC; a time that the clocks skip is the moment they are changed, one that comes twice the first."""
    local = datetime.combine(day, at, tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # Skipped: with fold=0 it is read with the old offset, an hour late; with fold=1 an hour early. The change is between.
    early, late = local.replace(fold=1).astimezone(UTC), moment
    while late - early > timedelta(minutes=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == late.astimezone(zone).utcoffset():
            late = middle
        else:
            early = middle
    return late.replace(second=0, microsecond=0)
