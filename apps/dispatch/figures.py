"""How due work stands at this moment, in figures for those who run the platform: one short query each."""

from dataclasses import dataclass

from apps.dispatch.statements import fetch

_DEPTHS = """
SELECT queue, priority, kind, count(*) FILTER (WHERE due_at <= statement_timestamp()),
  count(*) FILTER (WHERE due_at > statement_timestamp()),
  greatest(extract(epoch FROM statement_timestamp() - min(due_at)), 0)
FROM public.dispatch_duework WHERE state = 'ready' GROUP BY queue, priority, kind ORDER BY queue, priority, kind
"""
_LEASES = """
SELECT queue, count(*), count(*) FILTER (WHERE lease_until < statement_timestamp()),
  coalesce(max(extract(epoch FROM statement_timestamp() - leased_at)), 0)
FROM public.dispatch_duework WHERE state = 'leased' GROUP BY queue ORDER BY queue
"""
_GIVEN_UP = """
SELECT state, kind, count(*) FROM public.dispatch_duework WHERE state IN ('failed', 'quarantined')
GROUP BY state, kind ORDER BY state, kind
"""
_HEARTBEATS = """
SELECT role, count(*), max(extract(epoch FROM statement_timestamp() - heartbeat_at))
FROM public.dispatch_workerheartbeat GROUP BY role ORDER BY role
"""


@dataclass(frozen=True, slots=True)
class Depth:
    """Rows of one kind that wait in a queue with one priority: due now, due later, and how long the oldest is due."""

    queue: str
    priority: int
    kind: str
    due: int
    later: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Leases:
    """Rows of a queue that workers hold; `overdue` ran out and were not taken back yet."""

    queue: str
    held: int
    overdue: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Rows of a kind that wait for a person: "failed" often, or "quarantined" after losing their workers."""

    state: str
    kind: str
    rows: int


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """Living processes of a role ("worker", "dispatcher"), and how long ago the quietest of them was heard."""

    role: str
    processes: int
    oldest_seconds: float


def list_depths() -> list[Depth]:
    """Return what waits, by queue, priority and kind."""
    return [
        Depth(queue, priority, kind, due, later, float(oldest))
        for queue, priority, kind, due, later, oldest in fetch(_DEPTHS)
    ]


def list_leases() -> list[Leases]:
    """Return what is held, by queue."""
    return [Leases(queue, held, overdue, float(oldest)) for queue, held, overdue, oldest in fetch(_LEASES)]


def list_given_up() -> list[GivenUp]:
    """Return what was given up, by state and kind."""
    return [GivenUp(*row) for row in fetch(_GIVEN_UP)]


def list_heartbeats() -> list[Heartbeats]:
    """Return who takes work, by role."""
    return [Heartbeats(role, processes, float(oldest)) for role, processes, oldest in fetch(_HEARTBEATS)]
