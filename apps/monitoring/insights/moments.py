"""Work that began at an unusual time of the day, or was done on a holiday: each held against what is usual there (pure)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from apps.monitoring.insights.anomalies import LEAST_DAYS, LEAST_OF_ALL, LEAST_OWN, Work, finding_of_day
from apps.monitoring.insights.found import LOOK, Cause, Finding, Found, Key
from apps.monitoring.insights.robust import Usual, is_unusual, score, usual_of
from apps.monitoring.sla.opening import BusinessHours

DAY_MINUTES = 24 * 60
_OTHER_TIME = Decimal(180)  # minutes
_LOOKS_BACK = timedelta(days=366)  # a day mistyped in the year 26 would be two thousand years of a calendar
_OF_A_WORKING_DAY = Decimal("0.1")  # so much work on free days, and they are no longer free there
Days = dict[tuple[str, date], list[Work]]


@dataclass(frozen=True, slots=True)
class Clock:
    """The day as somebody lives it: it begins, `cut` minutes after midnight, in the longest time in which nothing ever began.

    So 23:50 lies beside 0:10, and who works at night has one usual time instead of two.
    """

    cut: int
    usual: Usual

    def place(self, start: int) -> Decimal:
        """Return a minute of the day on this clock."""
        return Decimal((start - self.cut) % DAY_MINUTES)

    def said(self, placed: Decimal) -> str:
        """Return a time of this clock as people say it: "09:30"."""
        hours, minutes = divmod((int(placed) + self.cut) % DAY_MINUTES, 60)
        return f"{hours:02}:{minutes:02}"


def clock_of(starts: Sequence[int], *, least: int) -> Clock | None:
    """Return the clock of these beginnings with what is usual on it; None of fewer than `least`."""
    if len(starts) < least:
        return None
    ordered = sorted(set(starts))
    gaps = [(later - earlier, earlier) for earlier, later in pairwise([*ordered, ordered[0] + DAY_MINUTES])]
    longest, after = max(gaps)
    cut = (after + longest // 2) % DAY_MINUTES
    usual = usual_of([Decimal((start - cut) % DAY_MINUTES) for start in starts], least=least)
    return None if usual is None else Clock(cut, usual)


def unusual_starts(
    work: Sequence[Work], since: date, known: Collection[Key], hours: BusinessHours | None = None
) -> Found:
    """Return the days on which somebody began work at least three hours from the usual time, far out of the usual range.

    By the own entries of the person, else everybody's. Only days from `since` on are judged; entries that do not say when they
    began are left out, and those that began while the customer's calendar is open.
    """
    timed = [one for one in work if one.start is not None and one.person]
    by_person: defaultdict[str, list[int]] = defaultdict(list)
    for one in timed:
        by_person[one.person].append(one.start or 0)
    own = {person: clock_of(starts, least=LEAST_OWN) for person, starts in by_person.items()}
    everybody = clock_of([one.start or 0 for one in timed], least=LEAST_OF_ALL)
    found = Found()
    for (person, on), entries in sorted(_days(timed, since).items()):
        key = f"day:{person}:{on.isoformat()}"
        found.seen.add((Cause.ODD_HOUR, key))
        clock = own[person] or everybody
        outside = [one for one in entries if not _is_open(hours, on, one.start or 0)]
        if clock is None or not outside:
            continue
        far = max(outside, key=_farness(clock))
        is_known = (Cause.ODD_HOUR, key) in known
        if is_unusual(clock.place(far.start or 0), clock.usual, gap=_OTHER_TIME, known=is_known):
            found.add(_odd_hour(key, far, clock, is_own=own[person] is not None))
    return found


def _days(work: Iterable[Work], since: date) -> Days:
    days: defaultdict[tuple[str, date], list[Work]] = defaultdict(list)
    for one in work:
        if one.person and one.on >= since:
            days[one.person, one.on].append(one)
    return dict(days)


def _is_open(hours: BusinessHours | None, on: date, start: int) -> bool:
    if hours is None or hours.is_always_open:
        return False
    return any(begin <= start < end for begin, end in hours.opening(on))


def _farness(clock: Clock) -> Callable[[Work], tuple[float, str]]:
    return lambda one: (abs(score(clock.place(one.start or 0), clock.usual)), one.key)


def _odd_hour(key: str, entry: Work, clock: Clock, *, is_own: bool) -> Finding:
    usual = clock.usual
    facts = {
        "start": clock.said(clock.place(entry.start or 0)),
        "low": clock.said(usual.low),
        "high": clock.said(usual.high),
        "seen": usual.seen,
        "own": is_own,
    }
    return finding_of_day(Cause.ODD_HOUR, key, [entry], facts, LOOK)


def work_on_holidays(work: Sequence[Work], since: date, hours: BusinessHours) -> Found:
    """Return the days on which somebody worked although the customer's calendar says they are free, where that is seldom.

    It is seldom where on a free day less than a tenth of the work of a working day is done (100 days of people at least).
    Weekdays that the calendar closes are judged by how often somebody works on them, as everywhere.
    """
    days = _days(work, since - _LOOKS_BACK)
    found = Found(seen={(Cause.HOLIDAY, _key(person, on)) for person, on in days if on >= since})
    if len(days) < LEAST_DAYS:
        return found
    free, open_days = _calendar([on for _person, on in days], hours)
    such = sum(on in free for _person, on in days)
    usual = Decimal(sum(on in open_days for _person, on in days)) / max(len(open_days), 1)
    if not such or Decimal(such) / len(free) >= usual * _OF_A_WORKING_DAY:
        return found
    facts = {"free": len(free), "such": such, "usual": round(usual)}
    for (person, on), entries in sorted(days.items()):
        if on >= since and on in free:
            key = _key(person, on)
            found.add(finding_of_day(Cause.HOLIDAY, key, entries, {**facts, "holiday": free[on]}, LOOK))
    return found


def _key(person: str, on: date) -> str:
    return f"day:{person}:{on.isoformat()}"


def _calendar(days: Sequence[date], hours: BusinessHours) -> tuple[dict[date, str], set[date]]:
    """Return the holidays between the first and the last of these days by name, and the days that are open."""
    first, free, open_days = min(days), dict[date, str](), set[date]()
    for number in range((max(days) - first).days + 1):
        on = first + timedelta(days=number)
        if hours.opening(on):
            open_days.add(on)
        elif hours.week[on.weekday()]:
            free[on] = hours.holiday(on)
    return free, open_days
