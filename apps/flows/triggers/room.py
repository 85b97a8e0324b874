"""Whether more may come in: bounded by what waits already, looked at once a second and process, never per event."""

import time
from uuid import UUID

from django.db import connection

from apps.tenants import scope
from apps.tenants.scope import PartnerRef

MOST_WAITING = 50_000  # events of a partner that no run has taken
LOOK_SECONDS = 1.0
AGAIN_SECONDS = 30
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM flows_triggerevent WHERE run_id IS NULL LIMIT %s) waiting"
_looked: dict[UUID, tuple[float, int | None]] = {}


def wait_for_room(partner: PartnerRef) -> int | None:
    """Return after how many seconds a sender should come again because too much waits; None when there is room."""
    now = time.monotonic()
    until, seconds = _looked.get(partner.id, (0.0, None))
    if until <= now:
        seconds = _look(partner)
        _looked[partner.id] = (now + LOOK_SECONDS, seconds)
    return seconds


def forget_room() -> None:
    """Drop what this process remembers; for tests."""
    _looked.clear()


def _look(partner: PartnerRef) -> int | None:
    with scope.work_in(partner), connection.cursor() as cursor:
        cursor.execute(_COUNT, [MOST_WAITING])
        (waiting,) = cursor.fetchone()
    return AGAIN_SECONDS if waiting >= MOST_WAITING else None
