"""The calls of connections by the hour: what every slice of work adds to, and what is forgotten after five weeks.

A slice tells all of its calls at once, so that a row is written for many of them and never waited for by a call.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.connectors import breaker
from apps.connectors.call_times import start_of_hour
from apps.connectors.contract import CallCounts
from apps.connectors.models import ConnectionHour

KEPT = timedelta(days=35)
_ADD = """
INSERT INTO connectors_connectionhour AS known (id, customer_id, connection_id, hour, calls, failed, limited, slots)
SELECT %s, customer_id, id, %s, %s, %s, %s, %s::int[] FROM connectors_connection WHERE id = %s
ON CONFLICT (connection_id, hour) DO UPDATE
SET calls = known.calls + excluded.calls, failed = known.failed + excluded.failed, limited = known.limited + excluded.limited,
    slots = (SELECT array_agg(had + came ORDER BY place)
             FROM unnest(known.slots, excluded.slots) WITH ORDINALITY AS slot (had, came, place))
"""


def note_calls(connection_id: UUID, counts: CallCounts) -> None:
    """Add how some calls fared to their connection's hour, and tell its breaker. Nothing is written for no calls."""
    if counts.times.calls:
        add_to_hour(connection_id, counts, timezone.now())
    breaker.note(connection_id, counts)


def add_to_hour(connection_id: UUID, counts: CallCounts, now: datetime) -> None:
    """Add calls to the hour of `now`; a connection that is gone takes none."""
    times = counts.times
    row: list[Any] = [uuid7(), start_of_hour(now), times.calls, times.failed, times.limited, list(times.slots)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ADD, [*row, connection_id])


def drop_old_hours(now: datetime) -> int:
    """Forget the hours that nobody compares with any more. Returns how many rows went."""
    with transaction.atomic():
        deleted, _by_table = ConnectionHour.objects.filter(hour__lt=now - KEPT).delete()
    return deleted
