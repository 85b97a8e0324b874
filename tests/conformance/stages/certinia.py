"""Certinia PSA on stage, as a stand-in: projects are read and written, resources, accounts and timecards are read."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from typing import Any, Self

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal, RefusedOutsideError, Stage
from tests.connectors.catalog import soql_stand_in as soql
from tests.connectors.catalog.certinia_stand_in import CertiniaStandIn, days_in
from tests.sandbox_server import SandboxServer

B = BusinessClass
PROJECTS, TIMECARDS = "pse__Proj__c", "pse__Timecard_Header__c"


class CertiniaStage(Stage):
    """Nine projects, all entered in one moment; seven weeks of one person, each with time on one day."""

    slug = "certinia"
    lists = (TIMECARDS, PROJECTS, "Contact", "Account")
    level = PROJECTS
    stamps_late = True
    writes = (PROJECTS,)
    changed = {PROJECTS: {"pse__End_Date__c": "2027-03-31"}}
    refusals = {
        PROJECTS: (
            Refusal("a name beyond measure", {"Name": "x" * 81}, B.TOO_LARGE, "name"),
            Refusal("unknown account", {"pse__Account__c": "001000000999999AAA"}, B.MISSING_REFERENCE, "client"),
        )
    }
    texts = {PROJECTS: "Name"}
    numbers = {PROJECTS: "pse__Planned_Hours__c"}
    planted = {
        "text": Planted(PROJECTS, "Name"),
        "number": Planted(TIMECARDS, "pse__Bill_Rate__c"),
        "date": Planted(PROJECTS, "pse__End_Date__c"),
    }
    spared = (soql.TOKEN_PATH,)
    settings = soql.SETTINGS
    shelf = soql.SHELF

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        self.system = CertiniaStandIn()
        self.system.part = 4
        for number in range(1, 10):
            self.system.project(number)
        self.system.project(99, pse__Is_Template__c=True)
        self.system.enter("Contact", Name="No resource", Email="ann@northwind.example", pse__Is_Resource__c=False)
        for _ in range(7):
            for name in ("Account", "Contact", TIMECARDS):
                await self.add(name)
        return f"http://127.0.0.1:{await stack.enter_async_context(soql.serve(self.system))}"

    @asynccontextmanager
    async def standing(self, sandbox: SandboxServer) -> AsyncIterator[Self]:
        async with super().standing(sandbox) as stage:
            yield stage
            assert self.system.violations == []

    @property
    def secrets(self) -> dict[str, str]:
        return soql.secrets()

    async def truth(self, name: str) -> list[dict[str, Any]]:
        if name == TIMECARDS:
            return [day for row in self.system.rows[name] for day in days_in(row)]
        shown = [row for row in self.system.rows[name] if not row.get("pse__Is_Template__c")]
        return [{**row, "id": row["Id"]} for row in shown if row.get("pse__Is_Resource__c") is not False]

    async def touch(self, name: str, key: str) -> None:
        row = self.system.row(name, key.partition("-")[0])
        self.system.clock += timedelta(seconds=1)
        row["Name"] = f"Touched at {self.system.clock:%H:%M:%S}"
        self.system.stamp(row)

    async def add(self, name: str) -> str:
        self.system.clock += timedelta(seconds=1)
        number = len(self.system.rows[name]) + 1
        if name == PROJECTS:
            return str(self.system.project(number)["Id"])
        if name == TIMECARDS:
            project, person = self.system.rows[PROJECTS][0]["Id"], self.system.rows["Contact"][-1]["Id"]
            start = date(2026, 9, 7) + timedelta(weeks=number)
            row = self.system.week(start.isoformat(), {"wed": 7.5}, pse__Project__c=project, pse__Resource__c=person)
            return f"{row['Id']}-wed"
        person = {"pse__Is_Resource__c": True, "Email": f"robin.{number}@firm.example"} if name == "Contact" else {}
        account = {"AccountNumber": f"A-{number}"} if name == "Account" else {}
        return str(self.system.enter(name, Name=f"Robin Vale {number}", **person, **account)["Id"])

    async def remove(self, name: str) -> str | None:
        gone = self.system.remove(name, self.system.rows[name][2])
        return f"{gone}-wed" if name == TIMECARDS else gone

    async def slip_in(self, name: str, seconds: float) -> str:
        key = await self.add(name)
        self.system.row(name, key)["SystemModstamp"] = soql.instant(self.system.clock - timedelta(seconds=seconds + 1))
        return key

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent = {"Name": "Cloud move", "pse__Start_Date__c": "2026-12-01", "pse__Is_Active__c": True, **changes}
        return Write(number, sent, f"Project:ours:{number}", f"key-{number}")

    async def plant(self, sort: str, value: Any) -> str:
        if sort == "date":
            try:
                date.fromisoformat(str(value))
            except ValueError:
                raise RefusedOutsideError from None
        place = self.planted[sort]
        row = self.system.rows[place.name][0]
        row[place.field] = value
        self.system.stamp(row)
        return f"{row['Id']}-wed" if place.name == TIMECARDS else str(row["Id"])


STAGE = CertiniaStage
