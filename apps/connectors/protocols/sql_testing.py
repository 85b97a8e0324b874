"""Tests a connection to a database step by step, changing nothing, and says each result in a plain sentence."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import sql

from apps.connectors.contract import TestReport, TestStep
from apps.connectors.errors import BusinessClass, FailureKind, RemoteError
from apps.connectors.manifest import SystemManifest
from apps.connectors.protocols.sql_catalog import read_layout
from apps.connectors.protocols.sql_layout import Table, build_table
from apps.connectors.protocols.sql_settings import OTHER, is_planned, read_plan
from apps.connectors.protocols.sql_writing import require_own_key
from apps.connectors.sql_door import SqlDoor, Turn
from apps.connectors.sql_login import Encryption
from apps.connectors.telemetry import milliseconds_since

_FURTHER = ("can read", "can write", "limits")
_CLOCK_TOLERANCE = timedelta(minutes=2)
_WHO = sql.SQL("SELECT current_user::text, current_database()::text, EXTRACT(EPOCH FROM clock_timestamp())::text")
_NAMED = 6  # of the columns that a sentence lists
_ENCRYPTED = {
    Encryption.VERIFIED: "The way there is encrypted, and the server's certificate was checked.",
    Encryption.UNVERIFIED: "The way there is encrypted, but nobody checked whose certificate it is.",
    Encryption.PLAIN: "The way there is not encrypted.",
}


@dataclass(frozen=True, slots=True)
class _Greeting:
    user: str
    database: str
    there: datetime
    here: datetime
    milliseconds: int


async def run_test(manifest: SystemManifest, door: SqlDoor, settings: Mapping[str, Any]) -> TestReport:
    """Try address, sign-in, the tables that are entered, and the clock; what a failure makes moot is left untried."""
    try:
        greeting = await _greet(door)
    except RemoteError as error:
        return TestReport(_entrance_failed(door, error))
    tables, refused = await _tables(manifest, door, settings)
    signed_in = f"The sign-in is accepted, as {greeting.user}. {_ENCRYPTED[door.login.encryption]}"
    mib = door.max_bytes // (1024 * 1024)
    return TestReport(
        (
            TestStep("reachable", ok=True, sentence=f"{door.destination.host} answers ({greeting.milliseconds} ms)."),
            TestStep("allowed", ok=True, sentence=signed_in),
            _reading(tables, refused),
            _writing(tables),
            TestStep("limits", ok=True, sentence=f"One transaction at a time, of up to {mib} MiB, is made."),
            _clock(greeting),
        ),
        greeting.database,
    )


async def _greet(door: SqlDoor) -> _Greeting:
    started = time.perf_counter()

    async def look(turn: Turn) -> _Greeting:
        ((user, database, epoch),) = await turn.rows(_WHO)
        return _Greeting(
            user, database, datetime.fromtimestamp(float(epoch), UTC), datetime.now(UTC), milliseconds_since(started)
        )

    return await door.read("the server", look)


async def _tables(
    manifest: SystemManifest, door: SqlDoor, settings: Mapping[str, Any]
) -> tuple[list[Table], list[str]]:
    """Return the tables that can be read, and why others cannot."""
    tables, refused = list[Table](), list[str]()
    for spec in manifest.objects:
        if not is_planned(settings, spec):
            continue
        try:
            plan = read_plan(settings, spec)
            layout = await door.read(plan.name, lambda turn, plan=plan: read_layout(turn, plan))  # type: ignore[misc]
            table = build_table(spec, layout)
            layout.require_readable(table.key)
        except RemoteError as error:
            refused.append(error.message)
        else:
            tables.append(table)
    return tables, refused


def _entrance_failed(door: SqlDoor, error: RemoteError) -> tuple[TestStep, ...]:
    reached = error.kind is FailureKind.AUTH_EXPIRED or error.business_class is BusinessClass.PERMISSION
    if reached:
        later = "Tried once the sign-in is accepted."
        first = TestStep("reachable", ok=True, sentence=f"{door.destination.host} answers.")
        second = TestStep("allowed", ok=False, sentence=error.message)
    else:
        later = "Tried once the address is reached."
        first = TestStep("reachable", ok=False, sentence=error.message)
        second = TestStep("allowed", ok=None, sentence=later)
    return (first, second, *(TestStep(name, ok=None, sentence=later) for name in _FURTHER))


def _reading(tables: Sequence[Table], refused: Sequence[str]) -> TestStep:
    if refused:
        return TestStep("can read", ok=False, sentence=" ".join(refused))
    if not tables:
        sentence = "No table is entered: name one for each kind of record that is read or written."
        return TestStep("can read", ok=False, sentence=sentence)
    told = "; ".join(f"{table.spec.label.lower()} from {table.name}" for table in tables)
    return TestStep("can read", ok=True, sentence=f"Can be read: {told}.{_unread(tables)}")


def _unread(tables: Sequence[Table]) -> str:
    """Return which columns this user may not read, "" for none."""
    names = [
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.layout.columns.values()
        if not column.readable
    ]
    return f" Left out, as this user may not read them: {_some(names)}." if names else ""


def _writing(tables: Sequence[Table]) -> TestStep:
    """Say which tables may be written to. A user that may only read is enough for reading: that fails nothing."""
    able, unable = list[str](), list[str]()
    for table in tables:
        reason = _why_not_written(table)
        label = table.spec.label.lower()
        if reason:
            unable.append(f"{label} cannot be written: {reason}")
        else:
            able.append(f"{label} can be written{_unfilled(table)}.")
    told = " ".join(part[:1].upper() + part[1:] for part in (*able, *unable))
    return TestStep("can write", ok=True, sentence=told or "Tried once a table can be read.")


def _why_not_written(table: Table) -> str:
    try:
        own_key = require_own_key(table)
    except RemoteError as error:
        return error.message
    if not own_key.writable:
        return f"this user may not insert into {table.name} and update it, which reading does not need."
    return ""


def _unfilled(table: Table) -> str:
    """Return which fields have no column, so that they are left out when a record is written."""
    missing = [spec.name for spec in table.spec.fields if spec.name not in table.columns and spec.name != OTHER]
    return f" (left out, as {table.name} has no such columns: {_some(missing)})" if missing else ""


def _some(names: Sequence[str]) -> str:
    further = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {further} more" if further > 0 else "")


def _clock(greeting: _Greeting) -> TestStep:
    apart = greeting.there - greeting.here
    if abs(apart) <= _CLOCK_TOLERANCE:
        return TestStep("clock", ok=True, sentence="Its clock agrees with ours.")
    minutes = round(abs(apart) / timedelta(minutes=1))
    way = "ahead of" if apart > timedelta() else "behind"
    sentence = f"Its clock is {minutes} minutes {way} ours: ask the database's administrator to set it right."
    return TestStep("clock", ok=True, sentence=sentence)
