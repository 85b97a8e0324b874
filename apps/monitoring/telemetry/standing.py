"""How a system answers: the rule that judges one connection by its calls, and all of a system's connections together (pure).

    standing = judge(Lately(times, usual_ms=180.0), hours)
    standing.trouble, standing.since

A connection is compared with itself: what is slow for one system is usual for another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apps.connectors.call_times import CallTimes

LEAST_CALLS = 5  # fewer tell nothing
LEAST_USUAL = 50  # calls before which nobody knows what is usual
LEAST_TROUBLES = 3
FAILING_SHARE, LIMITED_SHARE = 0.1, 0.2
TIMES_SLOWER = 3
NEVER_SLOW_MS, SLOW_UNKNOWN_MS = 1000.0, 5000.0
HOUR = timedelta(hours=1)


class Trouble(StrEnum):
    """How a connection or a system stands, the worst first. `PERSON` waits for somebody's sign-in: no fault of the system."""

    AWAY = "away"
    FAILING = "failing"
    LIMITED = "limited"
    SLOW = "slow"
    PERSON = "person"
    WELL = "well"
    QUIET = "quiet"

    @property
    def rank(self) -> int:
        """Return its place among them: 0 for the worst."""
        return list(Trouble).index(self)


SYSTEMS_FAULT = (Trouble.AWAY, Trouble.FAILING, Trouble.LIMITED, Trouble.SLOW)


@dataclass(frozen=True, slots=True)
class Lately:
    """A connection's calls of the present and the last hour, and its usual median; None where too little is known.

    `paused_since` is when its breaker opened, None while calls pass; `needs_person` when that is no fault of the system.
    """

    times: CallTimes
    usual_ms: float | None = None
    paused_since: datetime | None = None
    needs_person: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connection stands and since when: to the hour where it is told by its calls. None: nobody can say."""

    trouble: Trouble
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a system stands over all its connections: `troubled` of the `called` ones have the worst trouble that is common."""

    trouble: Trouble
    troubled: int
    called: int
    since: datetime | None

    @property
    def rank(self) -> tuple[int, int]:
        """Return its place among those of other systems: the worst first, and what more connections suffer from."""
        return self.trouble.rank, -self.troubled


def usual_of(times: CallTimes) -> float | None:
    """Return the median that is usual by these calls, None where they are too few."""
    return times.within(0.5) if times.calls >= LEAST_USUAL else None


def judge(lately: Lately, hours: Sequence[tuple[datetime, CallTimes]] = ()) -> Standing:
    """Return how a connection stands. `hours` are its calls hour by hour, the oldest first: they tell since when."""
    if lately.paused_since is not None:
        return Standing(Trouble.PERSON if lately.needs_person else Trouble.AWAY, lately.paused_since)
    trouble = _trouble(lately.times, lately.usual_ms)
    return Standing(trouble, _since(trouble, lately.usual_ms, hours) if trouble in SYSTEMS_FAULT else None)


def conclude(standings: Sequence[Standing]) -> Verdict:
    """Return how a system stands: the trouble most of its connections share, the worse one where as many share another."""
    called = [one for one in standings if one.trouble not in (Trouble.QUIET, Trouble.PERSON)]
    counted = [(sum(one.trouble is trouble for one in called), trouble) for trouble in SYSTEMS_FAULT]
    number, trouble = max(counted, key=lambda pair: pair[0])  # the first of equals is the worst
    if number:
        known = [one.since for one in called if one.trouble is trouble and one.since is not None]
        return Verdict(trouble, number, len(called), min(known, default=None))
    if called:
        return Verdict(Trouble.WELL, 0, len(called), None)
    waits = any(one.trouble is Trouble.PERSON for one in standings)
    return Verdict(Trouble.PERSON if waits else Trouble.QUIET, 0, 0, None)


def _trouble(times: CallTimes, usual_ms: float | None) -> Trouble:
    if times.calls < LEAST_CALLS:
        return Trouble.QUIET
    if times.failed >= LEAST_TROUBLES and times.failed_share >= FAILING_SHARE:
        return Trouble.FAILING
    if times.limited >= LEAST_TROUBLES and times.limited_share >= LIMITED_SHARE:
        return Trouble.LIMITED
    median = times.within(0.5) or 0.0
    bound = SLOW_UNKNOWN_MS if usual_ms is None else max(usual_ms * TIMES_SLOWER, NEVER_SLOW_MS)
    return Trouble.SLOW if median >= bound else Trouble.WELL


def _since(trouble: Trouble, usual_ms: float | None, hours: Sequence[tuple[datetime, CallTimes]]) -> datetime | None:
    """Return the first of the last hours in a row with the same trouble; an hour with too few calls breaks no row."""
    found: datetime | None = None
    for hour, times in reversed(hours):
        told = _trouble(times, usual_ms)
        if told is trouble:
            found = hour
        elif told is not Trouble.QUIET:
            break
    return found
