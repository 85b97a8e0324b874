"""A line in some state, kept and handed out as often as tests want it: a copy costs a twentieth of bringing it about."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import psycopg
from django.conf import settings
from django.core.cache import cache
from psycopg import sql

from apps.connectors.models import Connection
from apps.customers.models import Customer
from apps.flows.models import Flow, Run
from apps.tenants import scope
from tests.lines import Line, next_company
from tests.tables import cleaner, empty_tables, touched_tables

# What a line brought about before it is handed out happened this long ago at most: less than a busy machine takes for it.
KEPT_SECONDS = 45


@dataclass(frozen=True, slots=True)
class _Kept:
    line: Line
    run: Run
    rows: tuple[tuple[sql.Identifier, bytes], ...]  # of each table, as COPY writes them
    since: float


_kept: dict[str, _Kept] = {}  # by the state's name: of this process's database


def line_in_state(name: str, bring_about: Callable[[], tuple[Line, Run]], admin_dsn: str) -> tuple[Line, Run]:
    """Return a line that `bring_about` would make, and its first run; call it while no table holds anything.

    The rows of both partners and of the line's companies in the sandbox are copied from one that was really brought about.
    Whoever may not pass by fences and triggers (a hosted server's administrator) brings it about each time.
    """
    door = cleaner(admin_dsn, settings.DATABASES["default"]["NAME"])
    if door is None:
        return bring_about()
    kept = _kept.get(name)
    if kept is None or time.monotonic() - kept.since > KEPT_SECONDS:
        line, run = bring_about()
        kept = _kept[name] = _Kept(line, run, _rows(door), time.monotonic())
        empty_tables(admin_dsn)
    return _copied(kept, door)


def _rows(door: psycopg.Connection) -> tuple[tuple[sql.Identifier, bytes], ...]:
    held = []
    for table in touched_tables(door):
        with door.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(table)) as copy:
            held.append((table, b"".join(bytes(part) for part in copy)))
    return tuple((table, rows) for table, rows in held if rows)


def _copied(kept: _Kept, door: psycopg.Connection) -> tuple[Line, Run]:
    """Write the rows anew, with the connections leading to companies of their own."""
    line, company = kept.line, next_company()
    line.sandbox.copy_company(line.company, company)
    with door.transaction():
        door.execute("SET LOCAL session_replication_role = replica")
        for table, rows in kept.rows:
            with door.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
                copy.write(rows.replace(f"/{line.company}/".encode(), f"/{company}/".encode()))
    cache.clear()  # figures of the last copy, whose rows had the same ids
    with scope.work_in(line.partner):
        return replace(
            line,
            company=company,
            customer=Customer.objects.get(id=line.customer.id),
            source=Connection.objects.get(id=line.source.id),
            target=Connection.objects.get(id=line.target.id),
            flow=Flow.objects.get(id=line.flow.id),
        ), Run.objects.get(id=kept.run.id)
