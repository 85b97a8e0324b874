"""Every table of both partners and of the platform emptied again, for a twentieth of what TRUNCATE costs."""

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

# What the database was founded with: the same for every test.
KEPT = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "tenants_partner",
    "tenants_domain",
    "tenants_brand",
)
_TABLES = (
    "SELECT relnamespace::regnamespace::text, relname FROM pg_class WHERE relkind = 'r' "
    "AND (relnamespace::regnamespace::text = 'public' OR relnamespace::regnamespace::text LIKE 'p\\_%%') "
    "AND NOT relname = ANY(%s)"
)
_cleaners: dict[str, psycopg.Connection] = {}  # by database: one login for the whole process


def empty_tables(admin_dsn: str) -> None:
    """Delete every committed row but the founding ones, once nobody is writing any more.

    TRUNCATE gives each table and each index a new file, 900 of them, however empty they are. Deleting costs as much as
    there are rows; it passes by fences, triggers and references, which only an administrator may.
    """
    door = cleaner(admin_dsn, settings.DATABASES["default"]["NAME"])
    if door is None:
        _truncate()
        return
    with door.transaction():
        door.execute("SET LOCAL session_replication_role = replica")
        # As TRUNCATE does: wait for whoever is still at it, so that nothing is committed behind the sweep.
        door.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(_listed(_tables(door, _TABLES))))
        if touched := touched_tables(door):
            door.execute(sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(table) for table in touched))


def touched_tables(door: psycopg.Connection) -> list[sql.Identifier]:
    """Return the tables that hold rows, or held some since the machine last tidied up."""
    return _tables(door, f"{_TABLES} AND pg_relation_size(oid) > 0")


def cleaner(admin_dsn: str, database: str) -> psycopg.Connection | None:
    """Return a login that may pass by fences, triggers and references, None where the server's administrator may not (a hosted one)."""
    known = _cleaners.get(database)
    if known is None or known.closed:
        known = _cleaners[database] = psycopg.connect(admin_dsn, dbname=database, autocommit=True)
    return known if known.info.parameter_status("is_superuser") == "on" else None


def _tables(cursor: psycopg.Connection, question: str) -> list[sql.Identifier]:
    return [sql.Identifier(schema, table) for schema, table in cursor.execute(question, [list(KEPT)]).fetchall()]


def _listed(tables: list[sql.Identifier]) -> sql.Composed:
    return sql.SQL(", ").join(tables)


def _truncate() -> None:
    owner = connections["owner"]
    owner.set_schema_to_public()
    with owner.cursor() as cursor:
        cursor.execute(_TABLES, [list(KEPT)])
        tables = [sql.Identifier(schema, table) for schema, table in cursor.fetchall()]
        cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(_listed(tables)))
    owner.close()


def close_cleaners() -> None:
    """Give the logins back."""
    while _cleaners:
        _cleaners.popitem()[1].close()
