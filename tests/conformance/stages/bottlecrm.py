"""BottleCRM on stage, as a stand-in of its own code: accounts and contacts both ways, deals are read, events are signed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.bottlecrm_stand_in import BottleStandIn, signed_event
from tests.connectors.catalog.stand_in import Row

B = BusinessClass
NOBODY = "b0000000-0000-0000-0000-00000000dead"


class BottleStage(StandInStage):
    """An organization with nine accounts, contacts and deals."""

    slug = "bottlecrm"
    stand_in = BottleStandIn
    lists = ("accounts", "contacts", "opportunities")
    level = ""
    touched = {"accounts": "name", "contacts": "last_name", "opportunities": "name"}
    removable = ("accounts", "contacts", "opportunities")
    writes = ("accounts", "contacts")
    changed = {"accounts": {"city": "Bremen"}, "contacts": {"title": "Partner"}}
    texts = {"accounts": "address_line", "contacts": "last_name"}
    planted = {
        "text": Planted("accounts", "name"),
        "number": Planted("opportunities", "amount"),
        "date": Planted("opportunities", "closed_on"),
    }
    refusals = {
        "accounts": (
            Refusal("a name that is taken", {"name": "CLIENT 1"}, B.DUPLICATE, "name"),
            Refusal("a country it does not know", {"country": "XX"}, B.MAPPING_GAP, "country"),
            Refusal("a name beyond measure", {"name": "x" * 256}, B.TOO_LARGE, "name"),
            Refusal("no name", {"name": ""}, B.VALIDATION, "name"),
        ),
        "contacts": (
            Refusal("somebody else's address", {"email": "robin.1@firm.example"}, B.DUPLICATE, "email"),
            Refusal("an account it does not have", {"account": NOBODY}, B.MISSING_REFERENCE, "client"),
        ),
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.system.bearer}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "accounts":
            return {"name": f"Client {number}"}
        if name == "contacts":
            return {"first_name": "Robin", "last_name": f"Vale {number}", "email": f"robin.{number}@firm.example"}
        account = self.system.rows["accounts"][0]
        return {
            "name": f"Deal {number}", "account": {"id": account["id"], "name": account["name"]}, "stage": "PROPOSAL",
            "stage_kind": "open", "amount": "1200.50", "currency": "EUR", "probability": 50, "closed_on": None,
        }  # fmt: skip

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        whole: Row = {
            "accounts": {"name": f"Okafor Bank {number}", "city": "Lagos"},
            "contacts": {"first_name": "Ada", "last_name": "Okafor", "email": f"ada.{number}@okafor.example"},
        }[name]
        return Write(number, {**whole, **changes}, f"{name}:ours:{number}", f"key-{number}")

    async def announce(self, url: str, secret: str) -> None:
        data = {"id": self.system.rows["accounts"][0]["id"], "name": "Client 1"}
        headers, body = signed_event("account.updated", data, secret, int(datetime.now(UTC).timestamp()))
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
            answer.raise_for_status()


STAGE = BottleStage
