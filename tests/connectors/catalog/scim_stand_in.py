"""A SCIM 2.0 service that keeps its users and refuses what RFC 7643 and RFC 7644 do not hold.

Lists are counted from one and may leave out the resources when there are none (RFC 7644, 3.4.2), filters compare userName
without regard to case (RFC 7643, 4.1.1), a change names the version it was made on (RFC 7644, 3.14), a user is made with its schemas
and a userName that is there once (409 uniqueness, RFC 7644, 3.12).
"""

import json
import re
from collections.abc import Callable
from datetime import UTC
from typing import Any

from aiohttp import web

from apps.connectors.answers import at_path
from apps.connectors.instants import read_instant
from apps.connectors.manifest import InstantForm
from apps.connectors.protocols.scim import ENTERPRISE, PATCH, USER
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, ViolationError, require, require_query

_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_MEDIA_TYPE = "application/scim+json"
_CORE = {"schemas", "userName", "displayName", "name", "emails", "title", "active"}
_EXTENDED = {"employeeNumber", "department", "costCenter", "organization"}
_SINCE = re.compile(r'meta\.lastModified ge "([^"]+)"')
_EQUAL = re.compile(r'userName eq "((?:[^"\\]|\\.)*)"')
_LONGEST_NAME = 200


class ScimStandIn(StandIn):
    """One directory with versions. `before_change` is what another hand does just before a change arrives."""

    lists = ("users",)
    stamp_field = "meta.lastModified"
    stamp_form = InstantForm.ISO
    _revision = 0
    before_change: Callable[[Row], None] | None = None

    def new_key(self, name: str) -> str:
        """Return a key of letters and digits."""
        return f"2819c223-{super().new_key(name)}"

    def stamp(self, name: str, row: Row, moment: Any = None) -> None:
        """Mark a change: its time and a new version."""
        self._revision += 1
        super().stamp(name, row, moment)
        row["meta"]["version"] = f'W/"{self._revision}"'

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "Authorization failure.")

    def refusal(self, error: RefusedError) -> web.Response:
        said = {"schemas": [_ERROR], "status": str(error.status), "detail": error.message}
        return _answer({**said, **({"scimType": error.code} if error.code else {})}, error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(_MEDIA_TYPE in request.headers.get("Accept", ""), "another Accept")
        if request.can_read_body:
            require(request.content_type == _MEDIA_TYPE, f"content type {request.content_type}")
        kind, _, key = request.path.removeprefix("/scim/v2/").partition("/")
        require(kind == "Users", f"no path {request.path}")
        if not key:
            return await self._create(request) if request.method == "POST" else self._list(request)
        require_query(request, ())
        try:
            row = self.row("users", key)
        except RefusedError:
            raise RefusedError(404, f"Resource {key} not found.") from None
        if request.method == "PATCH":
            return await self._change(request, row)
        require(request.method == "GET", f"{request.method} is not played")
        return _answer(row)

    def _list(self, request: web.Request) -> web.Response:
        require(request.method == "GET", f"{request.method} on the list")
        require_query(request, ("filter", "count", "startIndex"))
        rows = self._filtered(request.query.get("filter", ""))
        start, size = int(request.query.get("startIndex", "1")), int(request.query.get("count", "100"))
        require(start >= 1, "a list that begins before its first record")
        shown = rows[start - 1 : start - 1 + min(size, 100)]
        counted = {"schemas": [_LIST], "totalResults": len(rows), "startIndex": start, "itemsPerPage": len(shown)}
        return _answer({**counted, **({"Resources": shown} if shown else {})})

    def _filtered(self, written: str) -> list[Row]:
        if not written:
            return list(self.rows["users"])
        since = _SINCE.fullmatch(written)
        if since is not None:
            moment = read_instant(since[1], InstantForm.ISO)
            return [row for row in self.rows["users"] if self.changed_at("users", row).astimezone(UTC) >= moment]
        wanted: set[str] = set()
        for part in written.split(" or "):
            match = _EQUAL.fullmatch(part)
            if match is None:
                raise ViolationError(f"filter {part!r}")
            wanted.add(json.loads(f'"{match[1]}"').lower())
        return [row for row in self.rows["users"] if row["userName"].lower() in wanted]

    async def _create(self, request: web.Request) -> web.Response:
        require(request.method == "POST", f"{request.method} on the list")
        sent = json.loads(await request.read())
        require(USER in sent.get("schemas", []), "a user without its schema")
        require((ENTERPRISE in sent) == (ENTERPRISE in sent["schemas"]), "an extension that is not declared")
        self._check(sent, None)
        self.tick(milliseconds=37)
        key = self.new_key("users")
        row: Row = {"id": key, "active": True, **sent, "meta": {"resourceType": "User"}}
        self.rows["users"].append(row)
        self.stamp("users", row)
        return _answer(row, 201)

    async def _change(self, request: web.Request, row: Row) -> web.Response:
        sent = json.loads(await request.read())
        require(sent.get("schemas") == [PATCH] and set(sent) == {"schemas", "Operations"}, "a body that is no PatchOp")
        if self.before_change is not None:
            self.before_change(row)
        conditional = request.headers.get("If-Match")
        if conditional is not None and conditional != row["meta"]["version"]:
            raise RefusedError(412, "Failed to update. Resource changed on the server.")
        changed = json.loads(json.dumps(row))
        for operation in sent["Operations"]:
            require(operation.get("op") == "replace" and "path" in operation, f"operation {operation}")
            _replace(changed, operation["path"], operation["value"])
        self._check({name: value for name, value in changed.items() if name not in {"id", "meta"}}, row)
        row.clear()
        row.update(changed)
        self.tick(milliseconds=37)
        self.stamp("users", row)
        return _answer(row)

    def _check(self, sent: Row, changed: Row | None) -> None:
        require(set(sent) <= _CORE | {ENTERPRISE}, f"attributes {sorted(set(sent) - _CORE)}")
        require(set(sent.get(ENTERPRISE, {})) <= _EXTENDED, f"extension {sent.get(ENTERPRISE)}")
        require(isinstance(sent.get("active", True), bool), "active as a text")
        name = sent.get("userName")
        if not isinstance(name, str) or not name.strip():
            raise RefusedError(400, "Attribute 'userName' is required.", code="invalidValue")
        if len(name) > _LONGEST_NAME:
            raise RefusedError(400, "Attribute 'userName' is too long.", code="invalidValue")
        if not all("@" in str(email.get("value")) for email in sent.get("emails", [])):
            raise RefusedError(400, "Attribute 'emails.value' is no e-mail address.", code="invalidValue")
        if any(row is not changed and row["userName"].lower() == name.lower() for row in self.rows["users"]):
            raise RefusedError(409, "One or more of the attribute values are already in use.", code="uniqueness")


def _replace(row: Row, path: str, value: Any) -> None:
    """Set what a path of a PATCH names (RFC 7644, 3.5.2)."""
    if path.startswith(f"{ENTERPRISE}:"):
        row.setdefault(ENTERPRISE, {})[path.removeprefix(f"{ENTERPRISE}:")] = value
        return
    first, _, rest = path.partition(".")
    require(first in _CORE, f"path {path!r}")
    if rest:
        require(isinstance(at_path(row, first) or {}, dict), f"path {path!r}")
        row.setdefault(first, {})[rest] = value
    else:
        row[first] = value


def _answer(body: Row, status: int = 200) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type=_MEDIA_TYPE)
