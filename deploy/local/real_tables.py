"""A real PostgreSQL, and the checks that the connector writes, reads, changes and takes back rows of a table there.

The server is the throwaway one that the proof's product runs on; the tables lie in a database of their own, with a user of
their own, and are looked at with a client that shares no code with the connector.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from apps.connectors.catalog.postgresql_tables.manifest import MANIFEST
from apps.connectors.contract import SourceRecord, Write
from apps.connectors.errors import RemoteError
from apps.connectors.protocols.sql import TablesConnector
from apps.connectors.rate_budget import NoBudget
from apps.connectors.sql_door import SqlDoor
from apps.connectors.sql_login import Encryption, SqlLogin
from deploy.local.real_checks import Check

_NAME = "real_tables"
_PEOPLE = 1200  # more than two pages, and a dozen transactions
_TABLE = (
    "CREATE TABLE public.people (employee_no text PRIMARY KEY, name varchar(40) NOT NULL, cost_rate numeric(8,2), "
    "external_id text UNIQUE, updated_at timestamptz NOT NULL DEFAULT clock_timestamp())"
)


@dataclass
class TablesProof:
    """Walks the story once: everybody is added, read, sent again, changed and removed; then the password is wrong."""

    admin_url: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    checks: list[Check] = field(default_factory=list)

    def prepare(self) -> None:
        """Make the database, its user and its table."""
        name = sql.Identifier(_NAME)
        self.clear()
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(self.password)))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        with psycopg.connect(self.admin_url, dbname=_NAME, autocommit=True) as made:
            made.execute(_TABLE)
            made.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON public.people TO {}").format(name))

    def clear(self) -> None:
        """Throw away what was made, here or by an earlier proof that was broken off."""
        name = sql.Identifier(_NAME)
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))

    async def run(self) -> list[Check]:
        """Do everything in order and return the checks."""
        people = [_person(number) for number in range(_PEOPLE)]
        async with self._connector(self.password) as connector:
            report = await connector.test()
            self._check("connection test", [step.name for step in report.steps if not step.ok], [])
            made = await connector.upsert("people", people)
            self._check("people added", sum(outcome.created for outcome in made), _PEOPLE)
            records, checkpoint = await _read(connector, None)
            self._check("people read = people there", (len(records), self._count()), (_PEOPLE, _PEOPLE))
            await connector.upsert("people", people[:200])
            self._check("people sent again are the same", self._count(), _PEOPLE)
            await self._change(connector, checkpoint)
        async with self._connector("another-password") as connector:
            report = await connector.test()
        self._check("a password that is wrong", [step.ok for step in report.steps][:2], [True, False])
        return self.checks

    async def _change(self, connector: TablesConnector, checkpoint: Any) -> None:
        bad = Write(1, {"employee_no": "E-2", "name": "x" * 41}, "Resource:2", "change-2", "E-2")
        good = Write(0, {"cost_rate": "91.5"}, "Resource:1", "change-1", "E-1")
        outcomes = await connector.upsert("people", [bad, good])
        self._check("one of two is refused", [outcome.error is None for outcome in outcomes], [False, True])
        held = self._ask("SELECT name, cost_rate::text FROM people WHERE employee_no = 'E-1'")
        self._check("the other is changed, the rest kept", held, [("Person 1", "91.50")])
        self._ask(
            "UPDATE people SET name = 'Else', updated_at = clock_timestamp() WHERE employee_no = 'E-7' RETURNING 1"
        )
        news = {record.key: record.values["name"] for record in (await _read(connector, checkpoint))[0]}
        self._check("a change made there is read", news.get("E-7"), "Else")
        states = [(await connector.undo("people", "E-1", idempotency_key="undo")).state.value for _ in range(2)]
        self._check("taken back once", (states, self._count()), (["done", "already_gone"], _PEOPLE - 1))

    def _connector(self, password: str) -> TablesConnector:
        """Return the catalogue's connector, as the product opens it but for the product's own database."""
        parts = urlsplit(self.admin_url)
        place = f"{parts.hostname}:{parts.port or 5432}"
        door = SqlDoor(
            base_url=f"postgresql://{place}",
            login=SqlLogin(_NAME, _NAME, password, Encryption.PLAIN),
            allow=(place,),
            budget=NoBudget(),
            system=MANIFEST.slug,
        )
        return TablesConnector(MANIFEST, door, {"table_people": "people"})

    def _count(self) -> int:
        return int(self._ask("SELECT count(*) FROM people")[0][0])

    def _ask(self, statement: str) -> Sequence[Any]:
        with psycopg.connect(self.admin_url, dbname=_NAME, autocommit=True) as hands:
            return hands.execute(statement.encode()).fetchall()

    def _check(self, name: str, found: object, wanted: object) -> None:
        holds = found == wanted
        self.checks.append(
            Check(f"PostgreSQL: {name}", holds, str(found)[:60] if holds else f"{found}, expected {wanted}")
        )


def prove_tables(admin_url: str) -> list[Check]:
    """Run the checks on the server that `admin_url` leads to, signed in as who may make databases there."""
    proof = TablesProof(admin_url)
    try:
        proof.prepare()
        checks = asyncio.run(proof.run())
        proof.clear()
    except (RemoteError, psycopg.Error) as error:
        return [*proof.checks, Check("PostgreSQL", holds=False, found=str(error))]
    return checks


def _person(number: int) -> Write:
    values = {"employee_no": f"E-{number}", "name": f"Person {number}", "cost_rate": 80}
    return Write(number, values, f"Resource:{number}", f"add-{number}")


async def _read(connector: TablesConnector, checkpoint: Any) -> tuple[list[SourceRecord], Any]:
    records, last = list[SourceRecord](), checkpoint
    async for page in connector.read("people", checkpoint):
        records.extend(page.records)
        last = page.checkpoint
    return records, last
