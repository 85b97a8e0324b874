"""When a connection's breaker opens, probes and closes: pure steps from one standing to the next.

It opens when half of at least twenty calls within thirty seconds fail for the system's own reasons, when two slices of
work in a row find it away, or at once when the sign-in is refused; then nothing is called but a probe.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = timedelta(seconds=30)
LEAST_CALLS = 20
FAILED_SHARE = 0.5
OUTAGES_TO_OPEN = 2
FIRST_PROBE = timedelta(seconds=30)
LONGEST_PROBE = timedelta(minutes=10)
HOLD_PROBE = timedelta(minutes=2)  # a test says so within seconds; this is for one that was lost
_HELD = "What was entered is being tested: nothing passes before it is known whose records it opens."
_UNCONFIRMED = "Another account answers:"  # how the reason begins where a person must confirm it


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"  # nothing is called but the probe
    HALF_OPEN = "half_open"  # the probe came through: calls pass, and how they fare closes it or opens it again


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one connection's breaker stands. `since` is when it opened or closed; `needs_person`: no probe helps, the credentials must be renewed.

    `calls` and `failures` are those since `window_began_at`; `outages` are slices in a row that found the system away;
    `probes` are those in a row that failed.
    """

    state: BreakerState = BreakerState.CLOSED
    needs_person: bool = False
    reason: str = ""
    since: datetime | None = None
    next_probe_at: datetime | None = None
    probes: int = 0
    window_began_at: datetime | None = None
    calls: int = 0
    failures: int = 0
    outages: int = 0

    @property
    def lets_through(self) -> bool:
        """True while calls may be made."""
        return self.state is not BreakerState.OPEN


def after_calls(standing: Standing, ok: int, failed: int, now: datetime, reason: str = "") -> Standing:
    """Return the standing after some calls; `failed` counts those that failed for the system's own reasons."""
    if not standing.lets_through or not ok + failed:
        return standing  # what was under way while it opened says nothing new
    if standing.state is BreakerState.HALF_OPEN:
        return _opened(standing, reason, now) if failed and failed >= ok else closed(now)
    begun = standing.window_began_at
    fresh = begun is None or not begun <= now < begun + WINDOW
    calls = ok + failed + (0 if fresh else standing.calls)
    failures = failed + (0 if fresh else standing.failures)
    counted = replace(
        standing,
        window_began_at=now if fresh else begun,
        calls=calls,
        failures=failures,
        outages=0 if ok else standing.outages,
    )
    if calls >= LEAST_CALLS and failures >= calls * FAILED_SHARE:
        return _opened(counted, reason, now)
    return counted


def after_outage(standing: Standing, reason: str, now: datetime) -> Standing:
    """Return the standing after a slice of work that could not reach the system at all."""
    if not standing.lets_through:
        return standing
    counted = replace(standing, outages=standing.outages + 1)
    if standing.state is BreakerState.HALF_OPEN or counted.outages >= OUTAGES_TO_OPEN:
        return _opened(counted, reason, now)
    return counted


def after_refusal(standing: Standing, reason: str, now: datetime) -> Standing:
    """Return the standing after the sign-in was refused for good: only new credentials help."""
    if standing.needs_person:
        return standing
    since = standing.since if standing.state is BreakerState.OPEN else now
    return Standing(BreakerState.OPEN, needs_person=True, reason=reason, since=since)


def held(standing: Standing, now: datetime) -> Standing:
    """Return the standing while nothing may pass until a test has told whose records are behind a connection."""
    since = standing.since if standing.state is BreakerState.OPEN and standing.since else now
    return Standing(BreakerState.OPEN, reason=_HELD, since=since, next_probe_at=now + HOLD_PROBE)


def unconfirmed(was: str, now_told: str) -> str:
    """Return the reason for waiting until a person has confirmed another account."""
    return (
        f"{_UNCONFIRMED} it was “{was}”, now it is “{now_told}”. Records could be doubled there: confirm that it is meant, or"
        " enter the former credentials again."
    )


def is_unconfirmed(reason: str) -> bool:
    """Say whether a reason is one of `unconfirmed`."""
    return reason.startswith(_UNCONFIRMED)


def is_held(reason: str) -> bool:
    """Say whether a reason is that of `held`."""
    return reason == _HELD


def waiting_words(*, needs_person: bool, reason: str) -> tuple[str, str]:
    """Return what is the matter with a connection that is not called, and when its work goes on: "ERP" stands before both."""
    if needs_person and is_unconfirmed(reason):
        return "answers for another account", "once somebody confirms it"
    if is_held(reason):
        return "is being tested", "once the test has passed"
    if needs_person:
        return "no longer accepts the sign-in", "once valid credentials are entered"
    return "does not answer", "as soon as it is back"


def after_probe(standing: Standing, *, passed: bool, reason: str, now: datetime) -> Standing:
    """Return the standing after a probe: half open when the system answered, else waiting twice as long for the next."""
    if standing.state is not BreakerState.OPEN or standing.needs_person:
        return standing
    if passed:
        return Standing(BreakerState.HALF_OPEN, reason=standing.reason, since=standing.since, probes=standing.probes)
    probes = standing.probes + 1
    return replace(standing, probes=probes, next_probe_at=now + probe_delay(probes), reason=reason or standing.reason)


def closed(now: datetime) -> Standing:
    """Return the standing of a connection that works again."""
    return Standing(since=now)


def probe_delay(probes: int) -> timedelta:
    """Return how long to wait for the next probe after so many that failed: 30 s, doubling, ten minutes at most."""
    return min(FIRST_PROBE * (1 << min(probes, 8)), LONGEST_PROBE)


def _opened(standing: Standing, reason: str, now: datetime) -> Standing:
    """Open; one that opens again from half open was never well: it goes on with its time and the wait it had come to."""
    probes = standing.probes
    since = standing.since if standing.state is BreakerState.HALF_OPEN and standing.since else now
    return Standing(
        BreakerState.OPEN, reason=reason, since=since, next_probe_at=now + probe_delay(probes), probes=probes
    )
