"""What one test commits, the next one does not find, whoever may or may not read, change or delete it."""

from collections.abc import Callable

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql

from apps.tenants.scope import PartnerRef
from tests import conftest, tables
from tests.lines import Line

_EVERY_TABLE = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = 'public' OR schemaname LIKE 'p\\_%'"  # both partners'


def _rows() -> dict[tuple[str, str], int]:
    """Return how many rows each table holds, as somebody whom no fence concerns sees them."""
    dsn = conftest._admin_dsn(settings.DATABASES["owner"])
    with psycopg.connect(dsn, dbname=settings.DATABASES["default"]["NAME"]) as sees_all:
        counts = {}
        for schema, table in sees_all.execute(_EVERY_TABLE).fetchall():
            question = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
            counts[schema, table] = sees_all.execute(question).fetchall()[0][0]
        return counts


@pytest.mark.parametrize("may", [True, False], ids=["an administrator who may everything", "one of a hosted server"])
def test_nothing_stays_but_what_the_database_was_founded_with(
    may: bool, committed: PartnerRef, make_line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    founded = {table: rows for table, rows in _rows().items() if table[1] in tables.KEPT}
    line: Line = make_line(problems=True)
    line.run()
    connections["default"].close()
    held = {name for (_schema, name), rows in _rows().items() if rows}
    assert held >= {"accounts_auditentry", "connectors_connection", "flows_operation"}  # append-only, fenced, in parts
    if not may:
        monkeypatch.setattr(tables, "cleaner", lambda *_: None)
    conftest._empty_tables()
    assert {table: rows for table, rows in _rows().items() if rows} == {t: rows for t, rows in founded.items() if rows}
