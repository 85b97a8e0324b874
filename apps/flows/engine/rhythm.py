"""How often a flow is seen to move records, and when its silence has become too long (pure).

Only active time counts: the weekdays on which it usually moves something and, where it does so several times a day, the
hours between the first and the last time. So a weekend is no silence for a flow of working days.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

LEAST_SEEN = 10  # fewer say nothing
PATIENCE = 1.5  # as with a rhythm that a person set: half as much again is waited for
SHORTEST_LIMIT = 600
_DAY_MINUTES = 24 * 60
_SLOW_SECONDS = 8 * 3600  # seen less often than this, hours of the day mean nothing
_USUAL = 0.5  # a weekday counts when something moved on at least half of them
_FURTHEST = 400  # days looked ahead for the end of patience


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What was learned: `gap_seconds` is the median wait in active time, `limit_seconds` how much of it is silence.

    `days` are active weekdays (Monday is 0); `since_minute` to `until_minute` the active part of each, on `zone`'s clock.
    """

    zone: str
    days: frozenset[int]
    since_minute: int
    until_minute: int
    gap_seconds: int
    limit_seconds: int
    seen: int

    @property
    def whole_days(self) -> bool:
        """True when hours of the day say nothing about it."""
        return (self.since_minute, self.until_minute) == (0, _DAY_MINUTES)

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "zone": self.zone,
            "days": sorted(self.days),
            "since_minute": self.since_minute,
            "until_minute": self.until_minute,
            "gap_seconds": self.gap_seconds,
            "limit_seconds": self.limit_seconds,
            "seen": self.seen,
        }

    def overdue_since(self, last: datetime) -> datetime | None:
        """Return when silence after `last` (aware) becomes too long, in UTC; None when no day is active."""
        left = float(self.limit_seconds)
        for since, until in self._active_after(last):
            length = (until - since).total_seconds()
            if length >= left:
                return since + timedelta(seconds=left)
            left -= length
        return None

    def active_seconds(self, since: datetime, until: datetime) -> float:
        """Return how much active time lies between two moments."""
        total = 0.0
        for begins, ends in self._active_after(since):
            if begins >= until:
                break
            total += (min(ends, until) - begins).total_seconds()
        return total

    def _active_after(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the active stretches from `moment` on, in UTC; the first may have begun before it and is cut."""
        zone, now = ZoneInfo(self.zone), moment.astimezone(UTC)
        first = now.astimezone(zone).date()
        for day in (first + timedelta(days=ahead) for ahead in range(_FURTHEST)):
            if day.weekday() in self.days:
                since, until = _at(day, self.since_minute, zone), _at(day, self.until_minute, zone)
                if until > now:
                    yield max(since, now), until


def read_rhythm(stored: Mapping[str, Any] | None) -> Rhythm | None:
    """Return what was stored; None when nothing was learned, or it was stored by another version of this program."""
    try:
        known = {name: stored[name] for name in Rhythm.__slots__} if stored else {}
        return Rhythm(**{**known, "days": frozenset(known["days"])}) if known else None
    except (KeyError, TypeError):
        return None


def learn_rhythm(moments: Sequence[datetime], zone: str) -> Rhythm | None:
    """Return the rhythm of the moments (aware) at which records moved; None for fewer than ten."""
    seen = sorted(moments)
    if len(seen) < LEAST_SEEN:
        return None
    clock = ZoneInfo(zone)
    local = [moment.astimezone(clock) for moment in seen]
    plain = Rhythm(zone, _usual_days(local), 0, _DAY_MINUTES, 0, 0, len(seen))
    gaps = sorted(plain.active_seconds(earlier, later) for earlier, later in pairwise(seen))
    if _share(gaps, 0.5) < _SLOW_SECONDS:
        since, until = _usual_hours(local)
        plain = Rhythm(zone, plain.days, since, until, 0, 0, len(seen))
        gaps = sorted(plain.active_seconds(earlier, later) for earlier, later in pairwise(seen))
    limit = max(SHORTEST_LIMIT, round(_share(gaps, 0.9) * PATIENCE))
    gap = max(1, round(_share(gaps, 0.5)))
    return Rhythm(zone, plain.days, plain.since_minute, plain.until_minute, gap, limit, len(seen))


def _usual_days(local: Sequence[datetime]) -> frozenset[int]:
    """Return the weekdays on at least half of which something moved; all of them where no day stands out."""
    first, last = local[0].date(), local[-1].date()
    passed = Counter((first + timedelta(days=n)).weekday() for n in range((last - first).days + 1))
    moved = Counter(day.weekday() for day in {moment.date() for moment in local})
    usual = frozenset(day for day, number in moved.items() if number >= passed[day] * _USUAL)
    return usual or frozenset(range(7))


def _usual_hours(local: Sequence[datetime]) -> tuple[int, int]:
    """Return from which to which full hour it moves things, in minutes of the day: the outermost tenth is left out."""
    by_day: defaultdict[date, list[int]] = defaultdict(list)
    for moment in local:
        by_day[moment.date()].append(moment.hour * 60 + moment.minute)
    firsts, lasts = sorted(min(day) for day in by_day.values()), sorted(max(day) for day in by_day.values())
    since = int(_share(firsts, 0.1)) // 60 * 60
    until = min(_DAY_MINUTES, (int(_share(lasts, 0.9)) // 60 + 1) * 60)
    return (since, until) if until > since else (0, _DAY_MINUTES)


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    later, of_day = divmod(minute, _DAY_MINUTES)
    at = time(of_day // 60, of_day % 60)
    return datetime.combine(day + timedelta(days=later), at, tzinfo=zone).astimezone(UTC)
