"""When silence is a failure: a flow that should have run and did not (pure)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.flows.engine.rhythm import Rhythm

PATIENCE = 1.5  # a run may be half a rhythm late before anyone is told


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when nothing ended, and since when that is too long."""

    since: datetime
    overdue_since: datetime


def silence(
    *, last_ended_at: datetime | None, expected_since: datetime, expected_every_seconds: int | None, now: datetime
) -> Silence | None:
    """Return the silence of a flow when it has become too long, else None.

    `last_ended_at` is when its last run ended (None: none ever did); `expected_since` when it went live.
    None or 0 for `expected_every_seconds` means nobody expects anything.
    """
    if not expected_every_seconds:
        return None
    since = max(last_ended_at, expected_since) if last_ended_at else expected_since
    overdue_since = since + timedelta(seconds=expected_every_seconds * PATIENCE)
    return Silence(since, overdue_since) if now > overdue_since else None


def learned_silence(rhythm: Rhythm | None, since: datetime, now: datetime) -> Silence | None:
    """Return the silence of a flow that moved nothing `since` when its learned rhythm says that it is too long."""
    overdue_since = rhythm.overdue_since(since) if rhythm else None
    return Silence(since, overdue_since) if overdue_since is not None and now > overdue_since else None
