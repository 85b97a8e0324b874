"""An organization in BottleCRM, as release 1.35.0 of django-crm answers (views.py and serializer.py of each part, in its code):

- lists keep their records in different places, with limit and offset; an account counts its deals and sums along;
- a creation answers 200 with an id; names of accounts and addresses of contacts are unique, whatever their case;
- custom fields that nobody defined are dropped without a word, and `cf_<key>` asks for an exact value;
- a token without the scope is refused with 403 before anything is looked at;
- events are signed "t=<seconds>,v1=<hex of hmac_sha256(secret, seconds.body)>" (webhooks/tasks.py).
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    body_of,
    offset_page,
    require,
    require_query,
)

OUR_NUMBER = "integration_key"
_ACCOUNT = ("name", "email", "phone", "website", "industry", "number_of_employees", "annual_revenue", "currency",
            "address_line", "city", "state", "postcode", "country", "description", "is_active")  # fmt: skip
_CONTACT = ("first_name", "last_name", "email", "phone", "organization", "title", "department", "do_not_call",
            "linkedin_url", "address_line", "city", "state", "postcode", "country", "description", "account",
            "is_active")  # fmt: skip
_COUNTRIES, _CURRENCIES = {"DE", "GB", "US"}, {"EUR", "GBP", "USD"}
_UNIQUE = {"accounts": ("name", "Account already exists with this name"),
           "contacts": ("email", "Contact already exists with this email")}  # fmt: skip


class BottleStandIn(StandIn):
    """One organization and a token of its administrator. `defined` are its custom fields, `scopes` what the token may."""

    lists = ("accounts", "contacts", "opportunities")
    bearer = "bcrm_pat_of_the_stage_0000000001"
    nested: Mapping[str, str] = {
        "accounts": "account_obj", "contacts": "contact_obj", "opportunities": "opportunity_obj",
    }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.defined = {OUR_NUMBER}
        self.scopes: set[str] = set()  # none: everything

    def new_key(self, name: str) -> str:
        return str(uuid.UUID(int=0xB000_0000_0000_0000_0000_0000_0000_0000 + int(super().new_key(name))))

    def enter(self, name: str, /, **values: Any) -> Row:
        first: Row = {"created_at": self.clock.isoformat(), "is_active": True, "custom_fields": {}, "org": {"id": "o"}}
        fields = {"accounts": _ACCOUNT, "contacts": _CONTACT}.get(name, ())
        return super().enter(name, **{**dict.fromkeys(fields), **first, **values})

    def refusal(self, error: RefusedError) -> web.Response:
        if error.status in {401, 403, 404}:
            return web.json_response({"detail": error.message}, status=error.status)
        said: Any = {error.field: [error.message]} if error.field else error.message
        return web.json_response({"error": True, "errors": said}, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        require(request.path.endswith("/") and parts[0] == "api" and len(parts) in {2, 3}, f"no path {request.path}")
        name, action = parts[1], "read" if request.method == "GET" else "write"
        require(name in self.lists, f"no path {request.path}")
        if self.scopes and f"{name}:{action}" not in self.scopes:
            raise RefusedError(403, f"This token is not scoped for {action} access to {name}.")
        if len(parts) == 3:
            return await self._one(request, name, self.row(name, parts[2]))
        return self._list(request, name) if request.method == "GET" else await self._make(request, name)

    def _list(self, request: web.Request, name: str) -> web.Response:
        require_query(request, ("limit", "offset", "name", "email", f"cf_{OUR_NUMBER}"))
        query, rows = request.query, list(self.rows[name])
        for part in ("name", "email"):
            if query.get(part):
                rows = [row for row in rows if query[part].lower() in str(row.get(part) or "").lower()]
        if query.get(f"cf_{OUR_NUMBER}"):
            rows = [row for row in rows if row["custom_fields"].get(OUR_NUMBER) == query[f"cf_{OUR_NUMBER}"]]
        if name == "accounts":
            return web.json_response(self._accounts(request, rows))
        page = [
            self._shown(name, row) for row in offset_page(request, rows, size="limit", offset="offset", largest=10_000)
        ]
        if name == "contacts":
            return web.json_response({"count": len(rows), "results": page, "contact_obj_list": page, "per_page": 10})
        return web.json_response({"opportunities_count": len(rows), "opportunities": page, "totals": {}})

    def _accounts(self, request: web.Request, rows: list[Row]) -> Row:
        parts: Row = {"per_page": 10}
        for part, word, active in (("active_accounts", "open", True), ("closed_accounts", "close", False)):
            some = [row for row in rows if row["is_active"] is active]
            page = offset_page(request, some, size="limit", offset="offset", largest=10_000)
            shown = [self._shown("accounts", row) for row in page]
            parts[part] = {"offset": None, f"{word}_accounts": shown, f"{word}_accounts_count": len(some)}
        return parts

    def _shown(self, name: str, row: Row) -> Row:
        shown = {field: value for field, value in row.items() if not field.startswith("_")}
        if name == "accounts":
            deals = [deal for deal in self.rows["opportunities"] if (deal.get("account") or {}).get("id") == row["id"]]
            shown["rollups"] = {"open_deal_count": len(deals)}
            shown["opportunities"] = [{"id": deal["id"], "name": deal["name"]} for deal in deals]
        if name == "contacts":
            account = next((one for one in self.rows["accounts"] if one["id"] == row["account"]), None)
            shown["account_detail"] = {"id": account["id"], "name": account["name"]} if account else None
        return shown

    async def _make(self, request: web.Request, name: str) -> web.Response:
        require(request.method == "POST" and name in _UNIQUE, f"{request.method} of {name}")
        required = ("name",) if name == "accounts" else ("first_name", "last_name")
        sent = await body_of(request, (*self._fields(name), "custom_fields"))
        for field in required:
            if not sent.get(field):
                raise RefusedError(400, "This field is required.", field=field)
        self._check(name, sent, None)
        self.tick()
        custom = {key: value for key, value in (sent.pop("custom_fields", None) or {}).items() if key in self.defined}
        row = self.enter(name, custom_fields=custom, **sent)
        return web.json_response({"error": False, "message": "Created Successfully", "id": row["id"]})

    async def _one(self, request: web.Request, name: str, row: Row) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response({self.nested[name]: self._shown(name, row), "comments": [], "attachments": []})
        require(name in _UNIQUE and request.method in {"PATCH", "DELETE"}, f"{request.method} of {name}")
        if request.method == "DELETE":
            self.rows[name].remove(row)
            return web.json_response({"error": False, "message": "Deleted Successfully"})
        sent = await body_of(request, (*self._fields(name), "custom_fields"))
        self._check(name, sent, row)
        custom = {key: value for key, value in (sent.pop("custom_fields", None) or {}).items() if key in self.defined}
        row |= {**sent, "custom_fields": {**row["custom_fields"], **custom}}
        self.tick()
        return web.json_response({"error": False, "message": "Updated Successfully"})

    def _fields(self, name: str) -> tuple[str, ...]:
        return _ACCOUNT if name == "accounts" else _CONTACT

    def _check(self, name: str, sent: Mapping[str, Any], row: Row | None) -> None:
        field, told = _UNIQUE[name]
        wanted = str(sent.get(field) or "").lower()
        if wanted and any(one is not row and str(one[field] or "").lower() == wanted for one in self.rows[name]):
            raise RefusedError(400, told, field=field)
        for part, choices in (("country", _COUNTRIES), ("currency", _CURRENCIES)):
            if sent.get(part) and sent[part] not in choices:
                raise RefusedError(400, f'"{sent[part]}" is not a valid choice.', field=part)
        for part, value in sent.items():
            if isinstance(value, str) and len(value) > 255:
                raise RefusedError(400, "Ensure this field has no more than 255 characters.", field=part)
        if sent.get("account") and all(one["id"] != sent["account"] for one in self.rows["accounts"]):
            raise RefusedError(400, "No such account.", field="account")


def signed_event(event: str, data: Row, secret: str, seconds: int) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a delivery as BottleCRM makes it."""
    envelope = {
        "id": str(uuid.uuid4()),
        "event": event,
        "created_at": "2026-11-21T10:00:00+00:00",
        "org_id": "o",
        "data": data,
    }
    body = json.dumps(envelope, separators=(",", ":")).encode()
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json", "X-BottleCRM-Event": event, "X-BottleCRM-Delivery": str(uuid.uuid4()),
        "X-BottleCRM-Signature": f"t={seconds},v1={digest}",
    }  # fmt: skip
    return headers, body
