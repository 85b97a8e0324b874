"""A Box enterprise with one folder of projects, which refuses every request that the vendor's published contract does not hold.

What the contract holds stands in `box_contract.json`, with its source. Besides it:
- a token is bought for a subject (https://developer.box.com/guides/authentication/client-credentials/);
- items come sorted by type, folders first (https://developer.box.com/reference/get-folders-id-items/);
- a name is there once in a folder, whatever the case of its letters; what is refused has the codes of
  https://developer.box.com/guides/api-calls/permissions-and-errors/common-errors/;
- a folder with something in it is not deleted unless everything below it is meant to be;
- webhooks are signed twice, body and time (https://developer.box.com/guides/webhooks/v2/signatures-v2/).
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    body_of,
    offset_page,
    require,
    require_query,
)

CONTRACT = json.loads(Path(__file__).with_name("box_contract.json").read_text())
ENTERPRISE, PARENT = "908070605", "70000"
SETTINGS = {"enterprise": ENTERPRISE, "parent": PARENT}
_LARGEST_PAGE, _FARTHEST_OFFSET = 1000, 10_000


class BoxStandIn(StandIn):
    """One enterprise. The parent folder holds a file besides its folders."""

    lists = ("folders",)
    stamp_field = "modified_at"
    stamp_form = InstantForm.ISO

    def new_key(self, name: str) -> str:
        """Return a number as text."""
        return str(super().new_key(name))

    async def token(self, request: web.Request) -> web.Response:
        """Sell a token for the enterprise."""
        sent = await request.post()
        if (sent.get("box_subject_type"), sent.get("box_subject_id")) != ("enterprise", ENTERPRISE):
            self.violations.append(f"token asked with {sorted(sent)}")
        return await super().token(request)

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "Unauthorized", code="unauthorized")

    def refusal(self, error: RefusedError) -> web.Response:
        body = {"type": "error", "status": error.status, "code": error.code, "message": error.message}
        conflicts = {"conflicts": [{"type": "folder", "id": error.field}]} if error.field else {}
        return web.json_response({**body, "context_info": conflicts}, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        parts = request.path.removeprefix("/2.0/").split("/")
        require(parts[0] == "folders", f"no path {request.path}")
        path = ("/folders", "/folders/{folder_id}", "/folders/{folder_id}/items")[min(len(parts), 3) - 1]
        require(len(parts) < 3 or "/".join(parts[2:]) == "items" or parts[-1] != "items", f"no path {request.path}")
        operation = CONTRACT["paths"][path].get(request.method)
        require(operation is not None, f"{request.method} on {path}")
        require_query(request, operation["query"])
        self._require_values(request, operation["query"])
        if len(parts) == 1:
            return await self._create(request, operation["body"])
        if len(parts) == 3 and parts[2] == "items":
            return self._items(request, parts[1])
        return await self._one(request, "/".join(parts[1:]), operation["body"])

    def _require_values(self, request: web.Request, query: dict[str, Any]) -> None:
        for name, value in request.query.items():
            known = query[name]
            require(not isinstance(known, list) or value in known, f"{name}={value}")
            require(known != "boolean" or value in {"true", "false"}, f"{name}={value}")
        fields = request.query.get("fields", "id").split(",")
        require(set(fields) <= set(CONTRACT["folder"]), f"fields {fields}")

    def _items(self, request: web.Request, key: str) -> web.Response:
        if key != PARENT:
            raise RefusedError(404, "Not Found", code="not_found")
        require(int(request.query.get("offset", "0")) <= _FARTHEST_OFFSET, "an offset beyond 10,000")
        require((request.query.get("sort"), request.query.get("direction")) == ("id", "ASC"), "another order")
        folders = sorted(self.rows["folders"], key=lambda row: int(row["id"]))
        items = [*folders, {"type": "file", "id": "1", "name": "Rules.pdf", "modified_at": "2026-01-01T00:00:00Z"}]
        page = offset_page(request, items, size="limit", offset="offset", largest=_LARGEST_PAGE)
        shown = [_shown(item, request) for item in page]
        return web.json_response({"total_count": len(items), "limit": len(page), "entries": shown})

    async def _one(self, request: web.Request, key: str, allowed: list[str]) -> web.Response:
        if request.method == "GET" and key == PARENT:
            return web.json_response({"type": "folder", "id": PARENT, "name": "Projects"})
        try:
            row = self.row("folders", key)
        except RefusedError:
            raise RefusedError(404, "Not Found", code="not_found") from None
        if request.method == "DELETE":
            if row.get("held") and request.query.get("recursive") != "true":
                raise RefusedError(400, "Cannot delete - folder not empty", code="folder_not_empty")
            self.rows["folders"].remove(row)
            return web.Response(status=204)
        if request.method == "PUT":
            sent = await body_of(request, allowed)
            self._check(sent, row)
            self.tick()
            row |= sent
            self.stamp("folders", row)
        return web.json_response(_shown(row, request))

    async def _create(self, request: web.Request, allowed: list[str]) -> web.Response:
        sent = await body_of(request, allowed, ["name", "parent"])
        require(sent["parent"] == {"id": PARENT}, f"a folder in {sent['parent']}")
        self._check(sent, None)
        self.tick()
        row = self.enter("folders", **entry(sent["name"]))
        return web.json_response(row, status=201)

    def _check(self, sent: Row, changed: Row | None) -> None:
        name = str(sent.get("name", "fine"))
        require(len(sent.get("description") or "") <= CONTRACT["longest"]["description"], "a long description")
        if not name.strip() or name != name.strip() or "/" in name or "\\" in name or not name.isprintable():
            raise RefusedError(400, "Item name invalid", code="item_name_invalid")
        if len(name) > CONTRACT["longest"]["name"]:
            raise RefusedError(400, "Item name too long", code="item_name_too_long")
        for row in self.rows["folders"]:
            if row is not changed and row["name"].lower() == name.lower():
                said = "Item with the same name already exists"
                raise RefusedError(409, said, code="item_name_in_use", field=row["id"])

    async def announce(self, url: str, primary: str, secondary: str) -> None:
        """Send one event about the first folder, signed with both keys now."""
        source = {"id": self.rows["folders"][0]["id"], "type": "folder"}
        event = {"type": "webhook_event", "id": "0f1e", "trigger": "FOLDER.RENAMED", "source": source}
        body, sent_at = json.dumps(event).encode(), datetime.now(UTC).isoformat(timespec="seconds")
        signed = [
            base64.b64encode(hmac.digest(key.encode(), body + sent_at.encode(), hashlib.sha256)).decode()
            for key in (primary, secondary)
        ]
        headers = {
            "BOX-SIGNATURE-PRIMARY": signed[0], "BOX-SIGNATURE-SECONDARY": signed[1], "BOX-DELIVERY-TIMESTAMP": sent_at,
            "BOX-SIGNATURE-ALGORITHM": "HmacSHA256", "BOX-SIGNATURE-VERSION": "1", "Content-Type": "application/json",
        }  # fmt: skip
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
            await answer.read()


def entry(name: str) -> Row:
    """Return a folder as the enterprise holds it."""
    return {
        "type": "folder",
        "etag": "0",
        "name": name,
        "description": "",
        "item_status": "active",
        "owned_by": {"type": "user", "id": "1", "login": "integration@brightforge.example"},
    }


def _shown(row: Row, request: web.Request) -> Row:
    """Only the fields asked for, and those that always come."""
    names = {"id", "type", "etag", *request.query.get("fields", "").split(",")}
    return {name: value for name, value in row.items() if name in names or "fields" not in request.query}
