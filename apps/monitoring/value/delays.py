"""How long a record lay until it was posted: from what its source says of it, else from when it was first read (pure)."""

import re
from datetime import datetime, timedelta

from apps.flows.engine import identity

# A source's version is often the moment of its last change: for approved work, of its approval.
_WITH_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
OLDEST = timedelta(days=92)  # what lay longer at its source was forgotten there, or is no moment of this record


def instant_of(source_version: str) -> datetime | None:
    """Return the moment that a source's version names; None where it is a day, a number, a hash or anything else."""
    return identity.instant_of(source_version) if _WITH_TIME.match(source_version) else None


def delay_of(source_version: str, read_at: datetime | None, posted_at: datetime) -> timedelta | None:
    """Return how long a record took from being ready until it was posted; None where nobody can say.

    `read_at` is when it was first read, None where that is not known.
    """
    since = instant_of(source_version)
    if since is None or not timedelta(0) <= posted_at - since <= OLDEST:
        since = read_at
    return None if since is None else max(posted_at - since, timedelta(0))
