"""What this process tells of due work: how long it took, leases that were lost, wake-ups that did not go out."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Histogram

SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 30.0, 60.0)
WORK_SECONDS = Histogram("fairlead_work_seconds", "Time of one turn of due work.", ("kind", "outcome"), buckets=SECONDS)
LEASES_LOST = Counter("fairlead_leases_lost", "Leases that ran out or were taken over while a worker held them.")
WAKEUPS_FAILED = Counter("fairlead_wakeups_failed", "Wake-ups that the broker did not take.")


@dataclass(slots=True)
class Seen:
    """What became of a row: "done", "again", "failed", "lost", "unsettled"."""

    outcome: str = "broken off"


@contextmanager
def timed(kind: str) -> Iterator[Seen]:
    """Time one turn of due work of `kind`."""
    seen, started = Seen(), time.perf_counter()
    try:
        yield seen
    finally:
        WORK_SECONDS.labels(kind, seen.outcome).observe(time.perf_counter() - started)
