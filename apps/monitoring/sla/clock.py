"""How much business time has passed, when a target is reached, and how a clock stands (pure; `now` is an argument)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apps.monitoring.sla.opening import FARTHEST, BusinessHours, Span, open_spans

ZERO = timedelta()


class ClockState(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"


class PauseCause(StrEnum):
    """Why a clock stands still."""

    CUSTOMER = "customer"  # the customer has the next step
    PROVIDER = "provider"  # the system's provider has
    CLOSED = "closed"  # the case was closed, and opened again later


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the clock stood still; `until` None: it still does."""

    since: datetime
    until: datetime | None
    cause: PauseCause


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise under way: `target` of business time from `started_at`, less the pauses. All instants are aware."""

    hours: BusinessHours
    started_at: datetime
    target: timedelta
    pauses: tuple[Pause, ...] = ()
    stopped_at: datetime | None = None

    def elapsed(self, now: datetime) -> timedelta:
        """Return the business time that counts, up to `now` or to where the clock was stopped."""
        return elapsed(self.hours, self.started_at, min(self.stopped_at or now, now), self.pauses)

    @property
    def due_at(self) -> datetime | None:
        """Return when the target is used up; None while an open pause keeps that from being known, or it never is."""
        return due_instant(self.hours, self.started_at, self.target, self.pauses)

    def state(self, now: datetime) -> ClockState:
        """Return how it stands at `now`. Ending in the very instant that it is due meets it."""
        due = self.due_at
        if due is not None and due < (min(self.stopped_at, now) if self.stopped_at else now):
            return ClockState.BREACHED
        if self.stopped_at is not None and self.stopped_at <= now:
            return ClockState.MET
        is_paused = any(one.since <= now and (one.until is None or now < one.until) for one in self.pauses)
        return ClockState.PAUSED if is_paused else ClockState.RUNNING


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a clock's work will be done, going by how long such work took: `expected_at` None when it cannot be said.

    `left` is the business time until it is due, negative once it is late; `sample` how many ended clocks it is derived from.
    """

    expected_at: datetime | None
    left: timedelta
    at_risk: bool
    sample: int


def elapsed(hours: BusinessHours, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
    """Return the open time between two instants outside of all pauses; nothing when `end` is not after `start`."""
    return sum((until - since for since, until in _counting(hours, start, end, _union(pauses, end))), start=ZERO)


def due_instant(
    hours: BusinessHours, start: datetime, target: timedelta, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """Return the first instant at which `target` of open time outside the pauses has passed.

    None when an open pause begins before, or when the calendar does not open long enough within five years.
    """
    still = [one.since for one in pauses if one.until is None]
    end = min([*still, start + target + FARTHEST])
    left = target
    if left <= ZERO:
        return start
    for since, until in _counting(hours, start, end, _union(pauses, end)):
        if until - since >= left:
            return since + left
        left -= until - since
    return None


def forecast(clock: Clock, usual: timedelta | None, sample: int, now: datetime) -> Forecast:
    """Return how a clock that still counts will end when it takes as long as such clocks usually do.

    `usual` is the median business time of `sample` ended clocks of its kind, None when there are too few. A clock that
    took longer already is at risk without anybody being able to say when it will end.
    """
    left = clock.target - clock.elapsed(now)
    if left < ZERO:
        return Forecast(None, left, at_risk=True, sample=sample)
    if usual is None:
        return Forecast(None, left, at_risk=False, sample=sample)
    if clock.elapsed(now) > usual:
        return Forecast(None, left, at_risk=True, sample=sample)
    ended = tuple(Pause(one.since, one.until or now, one.cause) for one in clock.pauses)
    expected = due_instant(clock.hours, clock.started_at, usual, ended)
    return Forecast(expected, left, at_risk=usual > clock.target, sample=sample)


def paused_by_cause(pauses: Iterable[Pause], until: datetime) -> dict[PauseCause, timedelta]:
    """Return how long each cause held the clock, on the wall's clock; times of two causes count for both."""
    grouped: dict[PauseCause, list[Pause]] = {}
    for one in pauses:
        grouped.setdefault(one.cause, []).append(one)
    return {
        cause: sum((end - since for since, end in _union(ones, until)), start=ZERO) for cause, ones in grouped.items()
    }


def _union(pauses: Iterable[Pause], end: datetime) -> list[Span]:
    """Return the pauses as spans that neither overlap nor touch, in order; open ones last until `end`."""
    spans = sorted((one.since, end if one.until is None else min(one.until, end)) for one in pauses)
    merged: list[Span] = []
    for since, until in spans:
        if until <= since:
            continue
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return merged


def _counting(hours: BusinessHours, start: datetime, end: datetime, still: Sequence[Span]) -> Iterator[Span]:
    """Yield the open spans between two instants, less those in which the clock stands still."""
    for opens, closes in open_spans(hours, start, end):
        now = opens
        for since, until in still:
            if until <= now or since >= closes:
                continue
            if since > now:
                yield now, since
            now = min(until, closes)
        if now < closes:
            yield now, closes
