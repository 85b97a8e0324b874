"""When a failed operation is tried again: a pure function of kind, attempt and clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.connectors.errors import FailureKind

# 1 s to 24 h: ten tries over about 45 hours, long enough for a weekend's outage to be mended by Monday's people.
OUTAGE_DELAYS = (1, 5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200, 86_400)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What follows a failure of one kind. No delays: it is not tried again without a person."""

    delays: tuple[int, ...] = ()
    waits_until_told: bool = False


RETRY_POLICIES: Mapping[FailureKind, RetryPolicy] = {
    FailureKind.RETRYABLE: RetryPolicy(delays=OUTAGE_DELAYS),
    FailureKind.RATE_LIMITED: RetryPolicy(delays=OUTAGE_DELAYS, waits_until_told=True),
    FailureKind.AUTH_EXPIRED: RetryPolicy(),
    FailureKind.MISCONFIGURED: RetryPolicy(),
    FailureKind.REJECTED: RetryPolicy(),
}


def next_attempt(
    kind: FailureKind,
    attempt: int,
    now: datetime,
    until: datetime | None = None,
    jitter: float = 1.0,
    *,
    delays: Sequence[int] | None = None,
) -> datetime | None:
    """Return when to try again, or None when only a person can help.

    `attempt` counts the tries made so far, from 1. `jitter` between 0 and 1 spreads the waiting (1: the full delay);
    the caller draws it. `delays`, in seconds, replace the policy's own. A system that says when it will answer again is waited for exactly, an hour at most, and
    that does not use up attempts.
    """
    if attempt < 1:
        raise ValueError(f"attempt is {attempt}: it counts the tries made so far, from 1")
    if not 0 <= jitter <= 1:
        raise ValueError(f"jitter is {jitter}: it must lie between 0 and 1")
    policy = RETRY_POLICIES[kind]
    if policy.waits_until_told and until is not None:
        return min(max(until, now), now + LONGEST_WAIT)
    waits = policy.delays if delays is None else delays
    if attempt > len(waits):
        return None
    return now + timedelta(seconds=waits[attempt - 1] * jitter)
