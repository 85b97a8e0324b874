"""A real TimeTagger on loopback, one person's records in it, and the checks that the connector reads them as they are.

TimeTagger is GPL software: it lives in the environment of the real systems and is only ever spoken to over HTTP.
"""

import asyncio
import base64
import json
import shutil
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.connectors.auth import build_signer
from apps.connectors.catalog.timetagger.connector import CONNECTOR
from apps.connectors.catalog.timetagger.manifest import MANIFEST
from apps.connectors.contract import Connector, SourceRecord, TestReport
from apps.connectors.errors import RemoteError
from apps.connectors.http import Door
from apps.connectors.rate_budget import NoBudget
from deploy.local.real_checks import Check
from deploy.local.real_firm import Entry, build_entries
from deploy.local.real_http import JsonClient
from deploy.local.real_server import Server

PERSON = "HR-001"
_RECORDS = 60
_SECONDS_AN_HOUR = 3600

Found = tuple[str, str | None, str, Decimal]  # day, project, note, hours


@dataclass(frozen=True, slots=True)
class TimeTagger:
    """One TimeTagger with one person's records. `python` is that of the environment it is installed in."""

    server: Server
    python: Path

    @property
    def address(self) -> str:
        """The base address people type into the connection."""
        return f"http://127.0.0.1:{self.server.port}/timetagger/api/v2"

    def boot(self) -> None:
        """Start it with an empty memory.

        Raises:
            BootError: it did not answer in time.

        """
        self.server.stop()
        memory = self.server.folder / "memory"
        shutil.rmtree(memory, ignore_errors=True)
        words = [f"--bind=127.0.0.1:{self.server.port}", f"--datadir={memory}", "--log_level=warning"]
        # It knows people of the same machine; where it is told of others it lets nobody in without a password.
        self.server.start([str(self.python), "-m", "timetagger", *words], {}, self.server.folder, seconds=90)

    def token(self, *, anew: bool = False) -> str:
        """Return the person's API token; `anew` makes those handed out before worthless."""
        proof = base64.b64encode(json.dumps({"method": "localhost"}).encode()).decode()
        web = JsonClient(self.address, {}).call("POST", "bootstrap_authentication", proof)["token"]
        query = {"reset": "1"} if anew else {}
        return str(JsonClient(self.address, {"authtoken": web}).call("GET", "apitoken", **query)["token"])


@dataclass
class TimeTaggerProof:
    """Walks the story once: everything, nothing new, one edit, one deletion, a reset, a token that is worthless."""

    tagger: TimeTagger
    last_day: date
    checks: list[Check] = field(default_factory=list)

    async def run(self) -> list[Check]:
        """Do everything in order and return the checks."""
        self._token = self.tagger.token()
        self._client = JsonClient(self.tagger.address, {"authtoken": self._token})
        entries = build_entries(self.last_day, _RECORDS)
        self._put([_record(number, entry) for number, entry in enumerate(entries)])
        await self._first_reading(entries)
        await self._changes(entries)
        await self._reset(len(entries) - 1)
        self.tagger.token(anew=True)
        report = await self._test()
        self._check("TimeTagger: a token that was reset", [step.ok for step in report.steps][:2], [True, False])
        return self.checks

    async def _first_reading(self, entries: list[Entry]) -> None:
        report = await self._test()
        self._check("TimeTagger: connection test", [step.name for step in report.steps if not step.ok], [])
        records, self._checkpoint = await self._read(None)
        self._check("TimeTagger: records read = entries there", len(records), len(entries))
        alike = _found(records) == _expected(entries)
        self._check("TimeTagger: each day, project, note, hours alike", alike, wanted=True)
        known = {(record.key, record.version) for record in records}
        again, self._checkpoint = await self._read(self._checkpoint)
        self._check("TimeTagger: nothing new the second time", {(r.key, r.version) for r in again} - known, set())
        self._known = known

    async def _changes(self, entries: list[Entry]) -> None:
        longer = _record(3, entries[3])
        longer["t2"] += _SECONDS_AN_HOUR
        self._put(
            [{**longer, "mt": longer["mt"] + 9}, {**_record(4, entries[4]), "ds": "HIDDEN", "mt": longer["mt"] + 9}]
        )
        records, self._checkpoint = await self._read(self._checkpoint)
        news = {r.key: r.values["seconds"] for r in records if (r.key, r.version) not in self._known}
        self._check("TimeTagger: an edited record comes alone", news, {"r3": longer["t2"] - longer["t1"]})
        everything, _ = await self._read(None)
        self._check("TimeTagger: a deleted record is gone", "r4" in {record.key for record in everything}, wanted=False)

    async def _reset(self, expected: int) -> None:
        self._client.call("PUT", "forcereset", {})
        records, _ = await self._read(self._checkpoint)
        self._check("TimeTagger: all comes again after a reset", len(records), expected)

    async def _read(self, checkpoint: Any) -> tuple[list[SourceRecord], Any]:
        async with self._connector() as connector:
            pages = [page async for page in connector.read("records", checkpoint)]
        return [record for page in pages for record in page.records], pages[-1].checkpoint

    async def _test(self) -> TestReport:
        async with self._connector() as connector:
            return await connector.test()

    def _connector(self) -> Connector:
        """Return the catalogue's connector, as the product opens it but for the database."""
        settings = {"person": PERSON, "time_zone": "UTC"}
        door = Door(
            base_url=self.tagger.address,
            auth=build_signer(MANIFEST.auth, {"api_key": self._token}, settings),
            limits=MANIFEST.limits,
            allow=(f"127.0.0.1:{self.tagger.server.port}",),
            budget=NoBudget(),
            system=MANIFEST.slug,
        )
        return CONNECTOR(MANIFEST, door, settings)

    def _put(self, records: list[dict[str, Any]]) -> None:
        answer = self._client.call("PUT", "records", records)
        self._check(f"TimeTagger: {len(records)} records stored", answer["failed"], [])

    def _check(self, name: str, found: object, wanted: object) -> None:
        holds = found == wanted
        self.checks.append(Check(name, holds, str(found)[:60] if holds else f"{found}, expected {wanted}"))


def prove_timetagger(tagger: TimeTagger, last_day: date) -> list[Check]:
    """Boot it, run the checks, stop it."""
    try:
        tagger.boot()
        return asyncio.run(TimeTaggerProof(tagger, last_day).run())
    except RemoteError as error:
        return [Check("TimeTagger", holds=False, found=error.message)]
    finally:
        tagger.server.stop()


def _record(number: int, entry: Entry) -> dict[str, Any]:
    start = int(datetime.combine(entry.work_date, datetime.min.time(), UTC).timestamp()) + 9 * _SECONDS_AN_HOUR
    length = int(entry.hours * _SECONDS_AN_HOUR)
    text = f"{entry.note} #{entry.project.code} #{entry.activity}"
    return {"key": f"r{number}", "mt": int(time.time()), "t1": start, "t2": start + length, "ds": text}


def _expected(entries: list[Entry]) -> list[Found]:
    return sorted((e.work_date.isoformat(), e.project.code.lower(), e.note, e.hours) for e in entries)


def _found(records: list[SourceRecord]) -> list[Found]:
    rows = (record.values for record in records)
    return sorted((r["day"], r["project"], r["note"], Decimal(r["seconds"]) / _SECONDS_AN_HOUR) for r in rows)
