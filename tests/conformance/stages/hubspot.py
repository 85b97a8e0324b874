"""HubSpot on stage, as a stand-in of its documentation: companies, contacts and deals are read and written."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson

from apps.connectors.answers import at_path
from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.hubspot_stand_in import PORTAL, HubSpotStandIn
from tests.connectors.catalog.stand_in import Row

B = BusinessClass


class HubSpotStage(StandInStage):
    """An account with nine companies, all entered in one moment, nine contacts and nine deals."""

    slug = "hubspot"
    stand_in = HubSpotStandIn
    system: HubSpotStandIn
    lists = ("companies", "contacts", "deals")
    level = "companies"
    stamps_late = True
    touched = {"companies": "properties.name", "contacts": "properties.lastname", "deals": "properties.dealname"}
    removable = ("companies", "contacts", "deals")
    writes = ("companies", "contacts", "deals")
    changed = {
        "companies": {"properties.city": "Bremen"},
        "contacts": {"properties.jobtitle": "Partner"},
        "deals": {"properties.description": "Signed"},
    }
    refusals = {
        "companies": (
            Refusal("not in the list", {"properties.industry": "FALCONRY"}, B.MAPPING_GAP, "properties.industry"),
            Refusal("a city beyond measure", {"properties.city": "x" * 65_537}, B.TOO_LARGE, "city"),
        ),
        "contacts": (
            Refusal("no address", {"properties.email": "ann.northwind"}, B.VALIDATION, "email"),
            Refusal("somebody else's", {"properties.email": "robin.1@northwind.example"}, B.DUPLICATE, ""),
        ),
        "deals": (
            Refusal("a note beyond measure", {"properties.description": "x" * 65_537}, B.TOO_LARGE, "note"),
            Refusal("a name beyond measure", {"properties.dealname": "x" * 65_537}, B.TOO_LARGE, "name"),
        ),
    }
    texts = {"companies": "properties.name", "contacts": "properties.lastname", "deals": "properties.description"}
    planted = {"text": Planted("companies", "properties.name"), "number": Planted("deals", "properties.amount")}
    settings = {"portal": str(PORTAL)}

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.system.bearer}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "companies":
            return {"properties__name": f"Client {number}"}
        if name == "contacts":
            email = f"robin.{number}@northwind.example"
            return {
                "properties__firstname": "Robin",
                "properties__lastname": f"Vale {number}",
                "properties__email": email,
            }
        return {"properties__dealname": f"Deal {number}", "properties__amount": "1200.50"}

    def text_in(self, name: str, record: Mapping[str, Any]) -> Any:
        return at_path(record, self.texts[name])

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        whole: Row = {
            "companies": {"properties.name": "Okafor Bank", "properties.city": "Lagos"},
            "contacts": {"properties.lastname": "Okafor", "properties.email": f"ada.{number}@okafor.example"},
            "deals": {"properties.dealname": "Cloud move", "properties.dealstage": "contractsent"},
        }[name]
        return Write(number, {**whole, **changes}, f"{name}:ours:{number}", f"key-{number}")

    async def announce(self, url: str, secret: str) -> None:
        event = {
            "eventId": 1, "subscriptionId": 12345, "portalId": PORTAL, "occurredAt": 1795089600000, "attemptNumber": 0,
            "subscriptionType": "company.propertyChange", "objectId": int(self.system.rows["companies"][0]["id"]),
        }  # fmt: skip
        body, stamp = orjson.dumps([event]), str(int(datetime.now(UTC).timestamp() * 1000))
        signed = hmac.new(secret.encode(), b"POST" + url.encode() + body + stamp.encode(), hashlib.sha256).digest()
        headers = {
            "X-HubSpot-Signature-v3": base64.b64encode(signed).decode(), "X-HubSpot-Request-Timestamp": stamp,
            "Content-Type": "application/json",
        }  # fmt: skip
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
            answer.raise_for_status()


STAGE = HubSpotStage
