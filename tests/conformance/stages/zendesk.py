"""Zendesk on stage, as a stand-in of its documentation: organizations and users are read and written."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.stand_in import Row
from tests.connectors.catalog.zendesk_stand_in import ZendeskStandIn

B = BusinessClass


class ZendeskStage(StandInStage):
    """An account with nine users, all entered in one moment, and nine organizations."""

    slug = "zendesk"
    stand_in = ZendeskStandIn
    lists = ("organizations", "users")
    level = "users"
    touched = {"organizations": "details", "users": "phone"}
    removable = ("organizations",)
    writes = ("organizations", "users")
    changed = {"organizations": {"details": "Moved to Bremen"}, "users": {"phone": "+49 421 1"}}
    refusals = {
        "organizations": (
            Refusal("a name that is taken", {"name": "Client 1"}, B.DUPLICATE, "name"),
            Refusal("a name beyond measure", {"name": "x" * 256}, B.TOO_LARGE, "name"),
        ),
        "users": (
            Refusal("no address", {"email": "ann.northwind.example"}, B.VALIDATION, "email"),
            Refusal("no name", {"name": ""}, B.VALIDATION, "name"),
        ),
    }
    texts = {"organizations": "details", "users": "name"}
    planted = {"text": Planted("organizations", "name")}
    spared = ("/oauth/tokens",)

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        own = {"external_id": f"{name[:3]}-{number}"}
        if name == "organizations":
            return {**own, "name": f"Client {number}", "details": ""}
        return {**own, "name": f"Robin Vale {number}", "email": f"robin.{number}@northwind.example", "active": True}

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        whole: Row = {
            "organizations": {"name": f"Okafor Bank {number}", "details": "Lagos"},
            "users": {"name": "Ada Okafor", "email": f"ada.{number}@okafor.example"},
        }[name]
        return Write(number, {**whole, **changes}, f"{name}:ours:{number}", f"key-{number}")

    async def announce(self, url: str, secret: str) -> None:
        key = self.system.rows["organizations"][0]["id"]
        event = {
            "type": "zen:event-type:organization.name_changed", "id": "01HNX1", "subject": f"zen:organization:{key}",
            "time": "2026-11-21T08:00:00Z", "detail": {"id": str(key)}, "event": {"current": "Client 1"},
        }  # fmt: skip
        body, stamp = orjson.dumps(event), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        signed = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
        headers = {
            "X-Zendesk-Webhook-Signature": base64.b64encode(signed).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": stamp, "X-Zendesk-Webhook-Invocation-Id": "01HNX1",
            "Content-Type": "application/json",
        }  # fmt: skip
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
            answer.raise_for_status()


STAGE = ZendeskStage
