"""Salesforce on stage, as a stand-in of its documentation: accounts, contacts and deals are read and written."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from typing import Any, Self

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal, RefusedOutsideError, Stage
from tests.connectors.catalog import soql_stand_in as soql
from tests.connectors.catalog.salesforce_stand_in import SalesforceStandIn
from tests.sandbox_server import SandboxServer

B = BusinessClass


class SalesforceStage(Stage):
    """An organisation with nine accounts, all entered in one moment, seven contacts and seven deals."""

    slug = "salesforce"
    lists = ("Account", "Contact", "Opportunity")
    level = "Account"
    stamps_late = True
    writes = ("Account", "Contact", "Opportunity")
    changed = {
        "Account": {"BillingCity": "Bremen"},
        "Contact": {"Title": "Partner"},
        "Opportunity": {"Description": "Signed"},
    }
    refusals = {
        "Account": (
            Refusal("a name beyond measure", {"Name": "x" * 256}, B.TOO_LARGE, "name"),
            Refusal("no name", {"Name": None}, B.VALIDATION, "name"),
        ),
        "Contact": (
            Refusal("no address", {"Email": "ann.northwind.example"}, B.VALIDATION, "email"),
            Refusal("unknown account", {"AccountId": "001000000999999AAA"}, B.MISSING_REFERENCE, "client"),
        ),
        "Opportunity": (
            Refusal("a name beyond measure", {"Name": "x" * 121}, B.TOO_LARGE, "name"),
            Refusal("no close date", {"CloseDate": None}, B.VALIDATION, "close_date"),
        ),
    }
    texts = {"Account": "Name", "Contact": "LastName", "Opportunity": "Description"}
    planted = {
        "text": Planted("Account", "Name"),
        "number": Planted("Opportunity", "Amount"),
        "date": Planted("Opportunity", "CloseDate"),
    }
    spared = (soql.TOKEN_PATH,)
    settings = soql.SETTINGS
    shelf = soql.SHELF

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        self.system = SalesforceStandIn()
        self.system.part = 4
        for number in range(1, 10):
            self.system.enter("Account", Name=f"Client {number}", AccountNumber=f"C-{number}")
        for _ in range(7):
            await self.add("Contact")
            await self.add("Opportunity")
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
        return [{**row, "id": row["Id"]} for row in self.system.rows[name]]

    async def touch(self, name: str, key: str) -> None:
        row = self.system.row(name, key)
        self.system.clock += timedelta(seconds=1)
        row["Name"] = f"Touched at {self.system.clock:%H:%M:%S}"
        self.system.stamp(row)

    async def add(self, name: str) -> str:
        self.system.clock += timedelta(seconds=1)
        number = len(self.system.rows[name]) + 1
        client = self.system.rows["Account"][0]["Id"]
        if name == "Opportunity":
            row = self.system.deal(number, AccountId=client)
        elif name == "Contact":
            parts = {"FirstName": "Robin", "LastName": f"Vale {number}", "Name": f"Robin Vale {number}"}
            row = self.system.enter("Contact", **parts, Email=f"robin.{number}@northwind.example", AccountId=client)
        else:
            row = self.system.enter("Account", Name=f"Client {number}", AccountNumber=f"A-{number}")
        return str(row["Id"])

    async def remove(self, name: str) -> str | None:
        return self.system.remove(name, self.system.rows[name][2])

    async def slip_in(self, name: str, seconds: float) -> str:
        key = await self.add(name)
        self.system.row(name, key)["SystemModstamp"] = soql.instant(self.system.clock - timedelta(seconds=seconds + 1))
        return key

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        whole = {
            "Account": {"Name": "Okafor Bank", "AccountNumber": f"K-{number}", "BillingCity": "Lagos"},
            "Contact": {"FirstName": "Ada", "LastName": "Okafor", "Email": f"ada.{number}@okafor.example"},
            "Opportunity": {"Name": "Cloud move", "StageName": "Qualification", "CloseDate": "2026-12-18"},
        }[name]
        return Write(number, {**whole, **changes}, f"{name}:ours:{number}", f"key-{number}")

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
        return str(row["Id"])


STAGE = SalesforceStage
