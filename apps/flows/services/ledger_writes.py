"""The ledger's hot path: COPY for new lines and links, one UPDATE for changed ones. Raw SQL on the scope's connection.

A model's save costs twenty times a copied row, and one save a record alone would break the throughput target
(docs/benchmarks.md). The statements name the columns; tests hold them against the models.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg import sql
from psycopg.errors import UniqueViolation
from uuid_utils.compat import uuid7

OPERATION_COLUMNS = (
    "id", "customer_id", "flow_id", "run_id", "last_run_id", "canonical_type", "business_key", "source_key",
    "source_version", "target_key", "state", "step", "attempts", "revision", "ambiguous", "label", "amount", "currency",
    "amount_quality", "client_ref", "project_ref", "period_ref", "cycle_from", "error_kind", "error_class", "error_field", "error_code",
    "error_message", "correlation_id", "due_at", "created_at", "changed_at",
)  # fmt: skip
LINK_COLUMNS = (
    "id", "customer_id", "connection_id", "canonical_type", "business_key", "outside_key", "source_version", "fingerprint",
    "delivered_at",
)  # fmt: skip

_UPSERT_LINK = """
INSERT INTO flows_link (id, customer_id, connection_id, canonical_type, business_key, outside_key, source_version, fingerprint,
                        delivered_at)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::timestamptz[])
ON CONFLICT (connection_id, canonical_type, business_key) DO UPDATE
SET outside_key = excluded.outside_key, source_version = excluded.source_version, fingerprint = excluded.fingerprint,
    delivered_at = excluded.delivered_at
"""

_UPDATE_OPERATIONS = """
UPDATE flows_operation AS o
SET state = n.state, step = n.step, target_key = n.target_key, ambiguous = n.ambiguous, due_at = n.due_at,
    error_kind = n.error_kind, error_class = n.error_class, error_field = n.error_field, error_code = n.error_code,
    error_message = n.error_message, attempts = o.attempts || %s::uuid, last_run_id = %s, changed_at = %s
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::text[])
  AS n(id, state, step, target_key, ambiguous, due_at, error_kind, error_class, error_field, error_code, error_message)
WHERE o.id = n.id
"""


def copy_operations(rows: Sequence[tuple[Any, ...]]) -> None:
    """Add ledger lines; each row has a value for every one of OPERATION_COLUMNS."""
    _copy("flows_operation", OPERATION_COLUMNS, rows)


def update_operations(rows: Sequence[tuple[Any, ...]], *, batch_id: UUID, run_id: UUID, now: datetime) -> None:
    """Change lines that were tried again: (id, state, step, target key, ambiguous, due, five error columns)."""
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE_OPERATIONS, [batch_id, run_id, now, *columns])


def write_links(rows: Sequence[tuple[Any, ...]], *, all_new: bool) -> None:
    """Store links; each row has a value for every one of LINK_COLUMNS, in order.

    COPY when all are believed new; another flow may have linked the same record meanwhile, then the slower upsert.
    """
    if not rows:
        return
    if all_new:
        try:
            with transaction.atomic():
                _copy("flows_link", LINK_COLUMNS, rows)
        except Exception as error:
            if not isinstance(error.__cause__, UniqueViolation) and not isinstance(error, UniqueViolation):
                raise
        else:
            return
    columns = [list(column) for column in zip(*sorted(rows, key=lambda row: row[4]), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT_LINK, columns)


def _copy(table: str, columns: Iterable[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def new_id() -> UUID:
    """Return a fresh time-ordered id."""
    return uuid7()


def moment_of(time_ordered_id: UUID) -> datetime:
    """Return when a time-ordered id was made, to the millisecond."""
    return datetime.fromtimestamp((time_ordered_id.int >> 80) / 1000, UTC)


def lowest_id_at(moment: datetime) -> UUID:
    """Return an id that is lower than every time-ordered id made at `moment` or later, to the millisecond."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
