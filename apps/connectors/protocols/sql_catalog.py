"""Asks the database what a table looks like, and what the user who is signed in may do with it.

The system catalogs are asked (https://www.postgresql.org/docs/current/catalogs.html): information_schema leaves out
materialized views, and everything that this user may not touch, so that a missing right would look like a missing table.
"""

from typing import Any

from psycopg import sql

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.protocols.sql_layout import Column, Layout
from apps.connectors.protocols.sql_settings import TablePlan
from apps.connectors.sql_door import Turn

_COLUMNS = sql.SQL(
    """
    SELECT a.attname::text, coalesce(b.typname, t.typname)::text, a.attnotnull OR t.typnotnull, a.atthasdef,
           a.attidentity::text, a.attgenerated::text, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
           ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e
                 WHERE e.enumtypid = coalesce(b.oid, t.oid) ORDER BY e.enumsortorder),
           has_column_privilege(c.oid, a.attnum, 'SELECT'),
           has_column_privilege(c.oid, a.attnum, 'INSERT') AND has_column_privilege(c.oid, a.attnum, 'UPDATE'),
           has_table_privilege(c.oid, 'DELETE'), c.relkind = 'm'
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
    WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND has_schema_privilege(n.oid, 'USAGE')
    ORDER BY a.attnum
    """
)
_RULES = sql.SQL(
    """
    WITH place AS (
        SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = %s
    ), found AS (
        SELECT conname::text AS name, 'rule' AS kind, conrelid AS owner, conkey::int2[] AS numbers
        FROM pg_catalog.pg_constraint WHERE conrelid IN (SELECT oid FROM place)
        UNION ALL
        SELECT ic.relname::text, CASE WHEN i.indisprimary THEN 'primary' ELSE 'unique' END, i.indrelid,
               (string_to_array(i.indkey::text, ' ')::int2[])[1:i.indnkeyatts]
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
        WHERE i.indrelid IN (SELECT oid FROM place) AND i.indisunique AND i.indisvalid AND i.indimmediate
          AND i.indpred IS NULL AND i.indexprs IS NULL
    )
    SELECT name, kind, ARRAY(
        SELECT a.attname::text FROM unnest(numbers) WITH ORDINALITY AS k(number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = owner AND a.attnum = k.number ORDER BY k.place
    ) FROM found
    """
)
_SIZED = frozenset({"varchar", "bpchar"})
_SIZE_HEADER = 4  # what the catalog adds to the length of a text


async def read_layout(turn: Turn, plan: TablePlan) -> Layout:
    """Return what a table looks like now. Raises MisconfiguredError when there is none for this user."""
    found = await turn.rows(_COLUMNS, (plan.schema, plan.table))
    if not found:
        raise MisconfiguredError(
            f"There is no table {plan.name}, or this user may not use its schema: check the connection's settings.",
            business_class=BusinessClass.SCHEMA_DRIFT,
        )
    columns = (_column(row) for row in found)
    rules = await turn.rows(_RULES, (plan.schema, plan.table))
    return Layout(
        plan=plan,
        columns={column.name: column for column in columns},
        primary_key=next((tuple(names) for _, kind, names in rules if kind == "primary"), ()),
        keys=frozenset(names[0] for _, kind, names in rules if kind != "rule" and len(names) == 1),
        rules={name: tuple(names) for name, _, names in rules},
        may_delete=bool(found[0][10]),
    )


def _column(row: tuple[Any, ...]) -> Column:
    name, type_name, required, default, identity, generated, size, choices, readable, writable, _, is_kept_view = row
    stamp = type_name in {"timestamp", "timestamptz"}
    return Column(
        name=name,
        type=type_name,
        required=required,
        given=bool(default or identity or generated),
        fixed=identity == "a" or bool(generated) or is_kept_view,
        choices=tuple(choices),
        max_length=size - _SIZE_HEADER if type_name in _SIZED and size > _SIZE_HEADER else None,
        whole_digits=_whole_digits(size) if type_name == "numeric" and size > _SIZE_HEADER else None,
        digits=size if stamp and size >= 0 else 6,
        readable=readable,
        writable=writable,
    )


def _whole_digits(size: int) -> int:
    """Return how many digits a number may have before its point: the catalog keeps precision and scale in one number.

    https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/numeric.c (make_numeric_typmod)
    """
    packed = size - _SIZE_HEADER
    scale = packed & 0x7FF
    return (packed >> 16 & 0xFFFF) - (scale - 2048 if scale >= 1024 else scale)
