"""PostgreSQL on stage, the real one that the suite runs: five tables with rules of their own, reached as a customer's are."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.front import Front, Trouble, broken_after, lost_after, lost_before, silent_after
from tests.conformance.stage import Planted, Refusal, RefusedOutsideError, Stage, not_applicable
from tests.connectors.sql_front import Refused, fronted
from tests.connectors.sql_server import MANIFEST, PASSWORD, TABLES, port, settings, signed_in
from tests.sandbox_server import SandboxServer

B = BusinessClass
_BEGUN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
_ROWS = 7
_LONG = "x" * 401
# One kind of record -> what a new one holds; "#" stands for its number.
_RECORDS: dict[str, dict[str, Any]] = {
    "time_entries": {
        "resource": "ann", "project": "NW-1", "work_date": "2026-11-03", "hours": 7.5, "note": "Workshop #",
        "approval": "approved", "bill_rate": 120,
    },
    "expenses": {"resource": "ann", "project": "NW-1", "spent_on": "2026-11-03", "amount": 12.5, "currency": "EUR", "note": "Taxi #"},
    "people": {"employee_no": "E-#", "name": "Ann #", "email": "ann#@firm.example", "hired": "2026-01-31", "cost_rate": 80},
    "projects": {"code": "NW-#", "name": "Network #", "starts": "2026-01-31", "budget_money": 1000},
    "invoices": {
        "number": "R-#", "client": "C-1", "issue_date": "2026-11-03", "currency": "EUR", "net": 100, "note": "Thanks #",
        "lines": [{"text": "Consulting", "amount": "100.00"}],
    },
}  # fmt: skip
_FAULTS = {
    "401": Refused("start", "28P01", 'password authentication failed for user "delivery"', fatal=True),
    "403": Refused("begin", "42501", "permission denied for table"),
    "500": Refused("commit", "XX000", "unexpected data beyond EOF"),
    "503": Refused("commit", "57P01", "terminating connection due to administrator command", fatal=True),
    "504": Refused("commit", "57014", "canceling statement due to statement timeout"),
    "a web page": Refused("start", fatal=True, raw=b"HTTP/1.1 400 Bad Request\r\n\r\n<html></html>"),
}


class PostgresqlTablesStage(Stage):
    """A database with five tables of seven at most rows each, all changed in one moment."""

    slug = "postgresql_tables"
    lists = ("time_entries", "expenses", "invoices")  # one of each sort of key; the others are read in the same way
    level = "time_entries"
    writes = tuple(TABLES)
    refusals = {
        "time_entries": (
            Refusal("more than a day has", {"hours": 25}, B.VALIDATION, "hours"),
            Refusal("a choice that is none", {"approval": "signed"}, B.MAPPING_GAP, "approval"),
            Refusal("a text too long", {"note": _LONG}, B.VALIDATION, "note"),
            Refusal("no day", {"work_date": None}, B.VALIDATION, "work_date"),
            Refusal("a day that is none", {"work_date": "2026-02-31"}, B.PARSE, "work_date"),
            Refusal("an amount too large", {"bill_rate": 1e14}, B.VALIDATION, "bill_rate"),
            Refusal("a null character", {"note": "before\x00after"}, B.PARSE, "note"),
        ),
        "expenses": (
            Refusal("no currency", {"currency": None}, B.VALIDATION, "currency"),
            Refusal("a currency too long", {"currency": "EURO"}, B.VALIDATION, "currency"),
        ),
        "people": (
            Refusal("an address that another has", {"email": "ann1@firm.example"}, B.DUPLICATE, "email"),
            Refusal("a name too long", {"name": _LONG}, B.VALIDATION, "name"),
        ),
        "projects": (
            Refusal("an end long ago", {"ends": "1999-12-31"}, B.VALIDATION, "ends"),
            Refusal("no amount", {"budget_money": "much"}, B.PARSE, "budget_money"),
        ),
        "invoices": (
            Refusal("no client", {"client": None}, B.VALIDATION, "client"),
            Refusal("lines that are no list", {"lines": {"text": "Consulting"}}, B.VALIDATION, "lines"),
        ),
    }
    texts = {
        "time_entries": "note",
        "expenses": "note",
        "people": "name",
        "projects": "name",
        "invoices": "note",
    }
    numbers = {"time_entries": "bill_rate"}
    changed = {
        "time_entries": {"hours": 8},
        "expenses": {"amount": 13},
        "people": {"cost_rate": 90},
        "projects": {"budget_money": 2000},
        "invoices": {"net": 200},
    }
    planted = {
        "text": Planted("time_entries", "note"),
        "number": Planted("time_entries", "bill_rate"),
        "date": Planted("time_entries", "work_date"),
    }

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        self.settings = settings()  # type: ignore[misc]  the database is made when the first stage needs it
        self._hands = await stack.enter_async_context(signed_in())
        self._hands.row_factory = dict_row
        self._number = 0
        for name in ("people", *self.lists):
            await self._enter(name, _BEGUN, _ROWS)
        return f"postgresql://127.0.0.1:{port()}"

    @asynccontextmanager
    async def fronted(self, behind: str) -> AsyncIterator[Front]:
        async with fronted(port()) as front:
            yield front  # type: ignore[misc]  it is used as the other one is

    @property
    def secrets(self) -> dict[str, str]:
        return {"password": PASSWORD}

    def fault(self, name: str, trouble: Trouble) -> Any:
        if trouble in {broken_after, lost_after, lost_before, silent_after}:
            return trouble
        return _FAULTS.get(name)

    def echo(self, secrets: set[str]) -> Any:
        return Refused("statement", "22000", f"The call was signed with {' and '.join(sorted(secrets))}.")

    async def truth(self, name: str) -> list[dict[str, Any]]:
        rows = await (await self._hands.execute(f"SELECT * FROM {TABLES[name]}")).fetchall()
        return [{**row, "id": str(row[self._key(name)])} for row in rows]

    async def touch(self, name: str, key: str) -> None:
        self._number += 1
        await self._change(name, key, {self.texts[name]: f"Touched {self._number}"})

    async def add(self, name: str) -> str:
        return await self._enter(name, None)

    async def remove(self, name: str) -> str | None:
        row = await self._hands.execute(
            f"DELETE FROM {TABLES[name]} WHERE ctid = (SELECT min(ctid) FROM {TABLES[name]}) RETURNING {self._key(name)}::text AS key"
        )
        return str((await row.fetchone())["key"])

    async def slip_in(self, name: str, seconds: float) -> str:
        newest = await (await self._hands.execute(f"SELECT max(updated_at) AS at FROM {TABLES[name]}")).fetchone()
        return await self._enter(name, newest["at"] - timedelta(seconds=seconds))

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        values = {field: _numbered(value, f"9{number}") for field, value in _RECORDS[name].items()}
        return Write(number, {**values, **changes}, f"PSA-{name}-{number}", f"key-{name}-{number}")

    async def plant(self, sort: str, value: Any) -> str:
        if isinstance(value, str) and "\x00" in value:
            not_applicable("No text in a PostgreSQL database can hold a null character.")
        key = min(await self.keys("time_entries"))
        try:
            await self._change("time_entries", key, {self.planted[sort].field: value})
        except psycopg.DataError as refused:
            raise RefusedOutsideError from refused
        return key

    def _key(self, name: str) -> str:
        return MANIFEST.object_named(name).key_field

    async def _enter(self, name: str, at: datetime | None, count: int = 1) -> str:
        """Make rows, all at one time, and return the key of one."""
        rows = [self._row(name, at) for _ in range(count)]
        one = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(rows[0])))
        made = sql.SQL("INSERT INTO {} ({}) VALUES {} RETURNING {}::text AS key").format(
            sql.SQL(TABLES[name]),
            sql.SQL(", ").join(map(sql.Identifier, rows[0])),
            sql.SQL(", ").join([one] * count),
            sql.Identifier(self._key(name)),
        )
        values = [value for row in rows for value in row.values()]
        return str((await (await self._hands.execute(made, values)).fetchone())["key"])

    def _row(self, name: str, at: datetime | None) -> dict[str, Any]:
        self._number += 1
        values = {field: _numbered(value, str(self._number)) for field, value in _RECORDS[name].items()}
        bound = {field: Jsonb(value) if isinstance(value, list) else value for field, value in values.items()}
        return {**bound, "updated_at": at} if at is not None else bound

    async def _change(self, name: str, key: str, values: dict[str, Any]) -> None:
        for field, value in values.items():
            changed = sql.SQL("UPDATE {} SET {} = %s WHERE {}::text = %s").format(
                sql.SQL(TABLES[name]), sql.Identifier(field), sql.Identifier(self._key(name))
            )
            await self._hands.execute(changed, [value, key])


def _numbered(value: Any, number: str) -> Any:
    return value.replace("#", number) if isinstance(value, str) else value


STAGE = PostgresqlTablesStage
