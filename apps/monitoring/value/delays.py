"""How long a record lay until it was posted: from what its source says of it, else from when it was first read (pure)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

# A source's version is often the moment of its last change: for approved work, of its approval.
_INSTANT = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
OLDEST = timedelta(days=92)  # what lay longer at its source was forgotten there, or is no moment of this record


def instant_of(source_version: str) -> datetime | None:
    """Return the moment that a source's version names; None where it is a number, a hash or anything else."""
    if not _INSTANT.match(source_version):
        return None
    try:
        moment = datetime.fromisoformat(source_version)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def first_read_at(attempts: Sequence[UUID]) -> datetime | None:
    """Return when a record was first tried: the moment is in the time-ordered id of its first batch."""
    return datetime.fromtimestamp((attempts[0].int >> 80) / 1000, tz=UTC) if attempts else None


def delay_of(source_version: str, attempts: Sequence[UUID], posted_at: datetime) -> timedelta | None:
    """Return how long a record took from being ready until it was posted; None where nobody can say."""
    read_at = first_read_at(attempts)
    since = instant_of(source_version)
    if since is None or not timedelta(0) <= posted_at - since <= OLDEST:
        since = read_at
    return None if since is None else max(posted_at - since, timedelta(0))
