"""An Okta directory that keeps its users and refuses every request that the vendor's published contract does not hold.

What the contract holds stands in `okta_contract.json`, with its source. Besides it:
- `search` returns users of every status and sorts equal values by id, `filter` knows eq on a few properties
  (https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/#tag/User/operation/listUsers);
- pages follow the Link header (https://developer.okta.com/docs/api/#pagination);
- a name to sign in with is there once, whatever the status of its user; the texts of the causes as Okta words them;
- users are made STAGED with activate=false, and only users that are not deactivated yet can be (the same reference).
"""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from apps.connectors.answers import at_path
from apps.connectors.instants import read_instant, write_instant
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    body_of,
    require,
    require_properties,
    require_query,
)

CONTRACT = json.loads(Path(__file__).with_name("okta_contract.json").read_text())
KEY = "00-api-token-of-okta-000000000000001"
_LARGEST_PAGE = 200
_SINCE = re.compile(r'lastUpdated ge "([^"]+)"')
_EQUAL = re.compile(r'(id|status|lastUpdated|profile\.(?:login|email|firstName|lastName)) eq "((?:[^"\\]|\\.)*)"')
_NEEDED = ("login", "firstName", "lastName", "email")
_PATHS = {path: re.compile(re.sub(r"\{\w+\}", "([^/]+)", path)) for path in CONTRACT["paths"]}


class OktaStandIn(StandIn):
    """One directory."""

    lists = ("users",)
    stamp_field = "lastUpdated"
    stamp_form = InstantForm.ISO_MILLIS

    def new_key(self, name: str) -> str:
        """Return a key as Okta makes them: letters and digits."""
        return f"00u{super().new_key(name)}abcDEF"

    def is_signed(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"SSWS {KEY}"

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "Invalid token provided", code="E0000011")

    def refusal(self, error: RefusedError) -> web.Response:
        causes = [{"errorSummary": cause} for cause in error.field.split("\n") if cause]
        body = {"errorCode": error.code, "errorSummary": error.message, "errorLink": error.code, "errorCauses": causes}
        return web.json_response(body, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        found = next(
            ((path, match) for path, form in _PATHS.items() if (match := form.fullmatch(request.rel_url.raw_path))),
            None,
        )
        require(found is not None, f"no path {request.path}")
        assert found is not None
        path, match = found
        key = unquote("".join(match.groups()))
        methods = CONTRACT["paths"][path]
        require(request.method in methods, f"{request.method} on {path}")
        require_query(request, methods[request.method])
        if not match.groups():
            return await self._create(request) if request.method == "POST" else self._list(request)
        if path.endswith("/deactivate"):
            return self._deactivate(key)
        if request.method == "POST":
            return await self._update(request, key)
        require(request.method == "GET", f"{request.method} is not played")
        return web.json_response(self._one(key))

    def _one(self, key: str) -> Row:
        if key == "me":
            return {"id": "00u0me", "status": "ACTIVE", "profile": {"login": "integration@brightforge.example"}}
        for row in self.rows["users"]:
            if key in {row["id"], row["profile"]["login"]}:
                return row
        raise RefusedError(404, f"Not found: Resource not found: {key} (User)", code="E0000007")

    def _list(self, request: web.Request) -> web.Response:
        query = request.query
        require(("search" in query) != ("filter" in query), "either search or filter")
        rows = self._searched(query["search"]) if "search" in query else self._filtered(query["filter"])
        if "search" in query:
            require((query.get("sortBy"), query.get("sortOrder")) == ("lastUpdated", "asc"), "another order")
            rows.sort(key=lambda row: (row["lastUpdated"], row["id"]))
        size = int(query.get("limit", str(_LARGEST_PAGE)))
        require(1 <= size <= _LARGEST_PAGE, f"a page of {size}")
        start = int(query.get("after", "0"))
        response = web.json_response(rows[start : start + size])
        here = request.url.with_scheme("http")
        response.headers.add("Link", f'<{self.public()}{here.raw_path_qs}>; rel="self"')
        if start + size < len(rows):
            following = here.update_query({"after": str(start + size)})
            response.headers.add("Link", f'<{self.public()}{following.raw_path_qs}>; rel="next"')
        return response

    def _searched(self, search: str) -> list[Row]:
        match = _SINCE.fullmatch(search)
        require(match is not None, f"search {search!r}")
        assert match is not None
        since = write_instant(read_instant(match[1], InstantForm.ISO_MILLIS), InstantForm.ISO_MILLIS)
        return [row for row in self.rows["users"] if row["lastUpdated"] >= since]

    def _filtered(self, written: str) -> list[Row]:
        wanted: list[tuple[str, str]] = []
        for part in re.split(r" or (?=[a-z.A-Z]+ eq )", written):
            match = _EQUAL.fullmatch(part)
            require(match is not None, f"filter {part!r}")
            assert match is not None
            wanted.append((match[1], re.sub(r"\\(.)", r"\1", match[2])))
        return [row for row in self.rows["users"] if any(at_path(row, prop) == value for prop, value in wanted)]

    async def _create(self, request: web.Request) -> web.Response:
        require(request.query.get("activate") == "false", "a user who is let in at once")
        sent = await body_of(request, CONTRACT["create"], ["profile"])
        self._check(sent["profile"], None)
        self.tick(milliseconds=37)
        row = self.enter("users", status="STAGED", profile=sent["profile"])
        return web.json_response(row)

    async def _update(self, request: web.Request, key: str) -> web.Response:
        sent = await body_of(request, CONTRACT["update"])
        row = self._one(key)
        if row["status"] == "DEPROVISIONED":
            raise RefusedError(403, "This operation is not allowed in the user's current status.", code="E0000038")
        profile = {**row["profile"], **sent.get("profile", {})}
        self._check(profile, row)
        row["profile"] = profile
        self.tick(milliseconds=37)
        self.stamp("users", row)
        return web.json_response(row)

    def _deactivate(self, key: str) -> web.Response:
        row = self._one(key)
        require(row["status"] != "DEPROVISIONED", "a user who is deactivated already")
        row["status"] = "DEPROVISIONED"
        self.tick(milliseconds=37)
        self.stamp("users", row)
        return web.json_response({})

    def _check(self, profile: dict[str, Any], changed: Row | None) -> None:
        require_properties(profile, CONTRACT["profile"])
        causes = [f"{name}: The field cannot be left blank" for name in _NEEDED if not profile.get(name)]
        for name, bounds in CONTRACT["profile"].items():
            require(isinstance(profile.get(name, ""), str | None), f"{name} as {profile.get(name)!r}")
            if len(profile.get(name) or "") > bounds.get("maxLength", 10_000):
                causes.append(f"{name}: The field is too long")
        login = profile.get("login") or ""
        if login and "@" not in login:
            causes.append("login: Username must be in the form of an email address")
        if any(row is not changed and row["profile"]["login"].lower() == login.lower() for row in self.rows["users"]):
            causes.append("login: An object with this field already exists in the current organization")
        if causes:
            about = causes[0].partition(":")[0]
            raise RefusedError(400, f"Api validation failed: {about}", code="E0000001", field="\n".join(causes))
