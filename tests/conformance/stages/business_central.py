"""Business Central on stage, as a strict stand-in of its published contract: three lists are read, customers are written."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Self

import aiohttp

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal, Stage
from tests.connectors.catalog import business_central_stand_in as stand_in
from tests.sandbox_server import SandboxServer

B = BusinessClass


class BusinessCentralStage(Stage):
    """A company with nine customers, all entered in one moment, seven employees and seven projects."""

    slug = "business_central"
    lists = ("customers", "employees", "projects")
    level = "customers"
    stamps_late = True
    writes = ("customers",)
    changed = {"customers": {"displayName": "Okafor Group"}}
    refusals = {
        "customers": (
            Refusal("unknown currency", {"currencyCode": "XXQ"}, B.MISSING_REFERENCE, "currency"),
            Refusal("unknown country", {"country": "QQ"}, B.MISSING_REFERENCE, "country"),
            Refusal("a name beyond measure", {"displayName": "x" * 101}, B.TOO_LARGE, ""),
        )
    }
    texts = {"customers": "displayName"}
    planted = {"text": Planted("customers", "displayName")}
    spared = ("/token",)
    settings = stand_in.SETTINGS
    token_path = "/token"

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        self.system = stand_in.BusinessCentralStandIn(public=lambda: self.front.url)
        for number in range(1, 10):
            self.system.enter("customers", number=f"C-{number}", displayName=f"Client {number}", country="DE")
        for name in ("employees", "projects"):
            for _ in range(7):
                await self.add(name)
        return f"http://127.0.0.1:{await stack.enter_async_context(stand_in.serve(self.system))}"

    @asynccontextmanager
    async def standing(self, sandbox: SandboxServer) -> AsyncIterator[Self]:
        async with super().standing(sandbox) as stage:
            yield stage
            assert self.system.violations == []

    @property
    def secrets(self) -> dict[str, str]:
        return {"client_id": stand_in.CLIENT_ID, "client_secret": stand_in.CLIENT_SECRET}

    async def truth(self, name: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self.system.rows[name]]

    async def touch(self, name: str, key: str) -> None:
        row = self.system.row(name, key)
        self.system.clock += timedelta(seconds=1)
        row["displayName"] = f"Touched at {self.system.clock:%H:%M:%S}"
        self.system.stamp(row)

    async def add(self, name: str) -> str:
        self.system.clock += timedelta(seconds=1)
        number = len(self.system.rows[name]) + 1
        row = self.system.enter(name, number=f"{name[0].upper()}-A{number}", displayName=f"Robin Vale {number}")
        return str(row["id"])

    async def remove(self, name: str) -> str | None:
        return str(self.system.rows[name].pop(2)["id"])

    async def slip_in(self, name: str, seconds: float) -> str:
        key = await self.add(name)
        row = self.system.row(name, key)
        row["lastModifiedDateTime"] = stand_in.instant(self.system.clock - timedelta(seconds=seconds + 1))
        return key

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent = {
            "number": f"K-{number}",
            "displayName": "Okafor Bank",
            "country": "DE",
            "currencyCode": "EUR",
            **changes,
        }
        return Write(number, sent, f"Customer:ours:{number}", f"key-{number}")

    async def plant(self, sort: str, value: Any) -> str:
        row = self.system.rows["customers"][0]
        row[self.planted[sort].field] = value
        self.system.stamp(row)
        return str(row["id"])

    async def announce(self, url: str, secret: str) -> None:
        resource = f"api/v2.0/companies({stand_in.COMPANY})/customers({self.system.rows['customers'][0]['id']})"
        event = {
            "subscriptionId": "webhook-customers", "clientState": secret, "resource": resource, "changeType": "updated",
            "expirationDateTime": "2026-11-24T08:00:00Z", "lastModifiedDateTime": "2026-11-21T08:00:00Z",
        }  # fmt: skip
        async with aiohttp.ClientSession() as client, client.post(url, json={"value": [event]}) as answer:
            assert answer.status == 200


STAGE = BusinessCentralStage
