"""A Microsoft Graph that keeps groups and people, and makes teams in its own time.

- Changes come by delta links, deleted groups as @removed, pages as large as Prefer asks (https://learn.microsoft.com/graph/api/group-delta);
  a link that is too old is 410 (https://learn.microsoft.com/graph/delta-query-overview).
- A group is made with an owner and a mail name that is there once; deleting is a 204, and 404 the second time
  (https://learn.microsoft.com/graph/api/group-post-groups, group-delete).
- PUT of a team is 404 while the group is new, then 202 with an operation to ask about, which is at first in progress; a second
  one meanwhile is 409, an operation that is not known 404
  (https://learn.microsoft.com/graph/api/team-put-teams, https://learn.microsoft.com/graph/api/resources/teamsasyncoperation).
"""

import re
import uuid
from datetime import datetime
from typing import Any

import aiohttp
from aiohttp import web

from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    body_of,
    require,
    require_query,
)

TENANT, OWNER = "0f6d1c8e-5a35-4c0b-9d8e-2f4f3a1b7c60", "owner@brightforge.example"
SETTINGS = {"tenant": TENANT, "owner": OWNER}
SELECTED = {
    "groups": ("id", "displayName", "description", "mailNickname", "groupTypes", "resourceProvisioningOptions"),
    "users": (
        "id", "userPrincipalName", "displayName", "givenName", "surname", "mail", "jobTitle", "department",
        "officeLocation", "employeeId", "accountEnabled",
    ),
}  # fmt: skip
_EQUAL = re.compile(r"(mailNickname|userPrincipalName) eq '((?:[^']|'')*)'")
_SIZE = re.compile(r"odata\.maxpagesize=(\d+)")
_CREATED = {
    "displayName", "description", "mailNickname", "groupTypes", "mailEnabled", "securityEnabled", "visibility",
    "owners@odata.bind", "members@odata.bind",
}  # fmt: skip
_BASE = "/v1.0/"


class Microsoft365StandIn(StandIn):
    """One directory. `unknown_for` counts the times that Teams does not know a group yet.

    Every operation answers `slow_for` times that it is in progress; `outcome` is what it says then.
    """

    lists = ("groups", "users")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.removed: dict[str, list[Row]] = {name: [] for name in self.lists}
        self.subscriptions: list[Row] = []
        self.unknown_for, self.slow_for = 0, 1
        self.outcome = "succeeded"
        self.elsewhere = ""  # where an operation is said to be instead
        self.operations: dict[str, Row] = {}  # by the path they are asked at
        self.too_old = False  # whether delta links are
        self._revision = 0
        for address in (OWNER, "kim@brightforge.example"):
            self.enter("users", **person(address))

    @property
    def people(self) -> dict[str, str]:
        """The ids of people by their address."""
        return {row["userPrincipalName"]: row["id"] for row in self.rows["users"]}

    def new_key(self, name: str) -> str:
        """Return a GUID."""
        return str(uuid.uuid4())

    def stamp(self, name: str, row: Row, moment: datetime | None = None) -> None:
        """Mark a change: it stands at the end of the changes."""
        self._revision += 1
        row["revision"] = self._revision

    def remove(self, row: Row, name: str = "groups") -> None:
        """Delete a record, which the changes tell."""
        self.rows[name].remove(row)
        self._revision += 1
        self.removed[name].append({"id": row["id"], "@removed": {"reason": "deleted"}, "revision": self._revision})

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "Access token is empty.", code="InvalidAuthenticationToken")

    def refusal(self, error: RefusedError) -> web.Response:
        inner = {"date": "2026-11-21T10:15:30", "request-id": "6ad1b7c2"}
        body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
        return web.json_response(body, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.path.startswith(_BASE), f"no path {request.path}")
        parts = request.path.removeprefix(_BASE).split("/")
        if parts[0] == "organization":
            return web.json_response({"value": [{"displayName": "Brightforge"}]})
        if parts[0] == "subscriptions":
            return await self._subscription(request, parts[1:])
        if parts[0].startswith("teams('"):
            return self._operation(request)
        require(parts[0] in self.lists, f"no path {request.path}")
        if parts[1:] == ["delta"]:
            return self._delta(request, parts[0])
        if parts[0] == "users":
            return self._people(request, "/".join(parts[1:]))
        if len(parts) == 1:
            return await self._create(request) if request.method == "POST" else self._list(request)
        if parts[-1] == "team" and len(parts) == 3:
            return await self._team(request, parts[1])
        return await self._one(request, "/".join(parts[1:]))

    async def _subscription(self, request: web.Request, key: list[str]) -> web.Response:
        """Keep what is subscribed to; an end beyond three days was refused for long."""
        if request.method == "GET":
            return web.json_response({"value": self.subscriptions})
        known = ("changeType", "notificationUrl", "resource", "expirationDateTime", "clientState")
        sent = await body_of(request, known, ("expirationDateTime",))
        if request.method == "PATCH":
            held = next(one for one in self.subscriptions if one["id"] == key[0])
            held |= sent
        else:
            require(set(sent) == set(known) and sent["resource"] in self.lists, f"subscription {sent}")
            held = {"id": str(uuid.uuid4()), **sent}
            self.subscriptions.append(held)
        return web.json_response(held, status=200 if key else 201)

    def _people(self, request: web.Request, key: str) -> web.Response:
        require(request.method == "GET", "people are only read")
        if not key:
            return self._list(request, "users")
        require_query(request, ("$select",))
        for row in self.rows["users"]:
            if key in {row["id"], row["userPrincipalName"]}:
                return web.json_response({"@odata.context": "x", **_shown(row, "users")})
        raise _missing(key)

    def _group(self, key: str) -> Row:
        try:
            return self.row("groups", key)
        except RefusedError:
            raise _missing(key) from None

    def _delta(self, request: web.Request, name: str) -> web.Response:
        require_query(request, ("$select", "$deltatoken", "$skiptoken"))
        token = request.query.get("$deltatoken") or request.query.get("$skiptoken") or "0"
        if self.too_old and "$deltatoken" in request.query:
            raise RefusedError(410, "The delta token is too old.", code="SyncStateNotFound")
        size = _SIZE.search(request.headers.get("Prefer", ""))
        require(size is not None, "changes without a page size")
        everything = sorted([*self.rows[name], *self.removed[name]], key=lambda row: row["revision"])
        rows = [row for row in everything if row["revision"] > int(token)]
        page = rows[: int(size[1])] if size else rows
        after = page[-1]["revision"] if page else token
        more = len(page) < len(rows)
        link = f"{self.public()}{_BASE}{name}/delta?{'$skiptoken' if more else '$deltatoken'}={after}"
        shown = [_shown(row, name) for row in page]
        return web.json_response({"value": shown, "@odata.nextLink" if more else "@odata.deltaLink": link})

    def _list(self, request: web.Request, name: str = "groups") -> web.Response:
        require_query(request, ("$select", "$filter"))
        rows = self.rows[name]
        if "$filter" in request.query:
            wanted = {_pair(part) for part in request.query["$filter"].split(" or ")}
            rows = [row for row in rows if any(row.get(field) == value for field, value in wanted)]
        return web.json_response({"value": [_shown(row, name) for row in rows]})

    async def _create(self, request: web.Request) -> web.Response:
        sent = await body_of(request, _CREATED, ("displayName", "mailNickname", "owners@odata.bind"))
        require(sent["groupTypes"] == ["Unified"] and sent["mailEnabled"] is True, "another sort of group")
        known = {f"/v1.0/directoryObjects/{key}" for key in self.people.values()}
        bound = [*sent["owners@odata.bind"], *sent["members@odata.bind"]]
        require(all("/v1.0" + link.partition("/v1.0")[2] in known for link in bound), f"people {bound}")
        self._check(sent, None)
        plain = {name: value for name, value in sent.items() if "@" not in name}
        row = self.enter("groups", **plain, resourceProvisioningOptions=[])
        row["owners"], row["members"] = sent["owners@odata.bind"], sent["members@odata.bind"]
        return web.json_response({"@odata.context": "x", **_shown(row)}, status=201)

    async def _one(self, request: web.Request, key: str) -> web.Response:
        row = self._group(key)
        if request.method == "DELETE":
            self.remove(row)
            return web.Response(status=204)
        if request.method == "PATCH":
            sent = await body_of(request, ("displayName", "description"))
            self._check(sent, row)
            row |= sent
            self.stamp("groups", row)
            return web.Response(status=204)
        require(request.method == "GET", f"{request.method} {request.path}")
        require_query(request, ("$select",))
        return web.json_response({"@odata.context": "x", **_shown(row)})

    def _check(self, sent: Row, changed: Row | None) -> None:
        if not 1 <= len(sent.get("displayName", "x")) <= 256:
            raise _bad("Invalid value specified for property 'displayName' of resource 'Group'.")
        if re.search(r"[@()\\\[\]\";:<>, ]", sent.get("mailNickname", "")):
            raise _bad("Invalid value specified for property 'mailNickname' of resource 'Group'.")
        if any(row is not changed and row["mailNickname"] == sent.get("mailNickname") for row in self.rows["groups"]):
            raise _bad("Another object with the same value for property mailNickname already exists.")

    async def _team(self, request: web.Request, key: str) -> web.Response:
        require(request.method == "PUT", f"{request.method} of a team")
        row = self._group(key)
        if self.unknown_for:
            self.unknown_for -= 1
            raise RefusedError(404, "Failed to execute Templates backend request: group not found", code="NotFound")
        await body_of(request, ("memberSettings",))
        if any(one["group"] is row and one["status"] == "inProgress" for one in self.operations.values()):
            raise RefusedError(409, "A team is being made of this group already.", code="Conflict")
        place = f"/teams('{key}')/operations('{uuid.uuid4()}')"
        row["asked"] = int(row.get("asked", 0)) + 1
        self.operations[place] = {"group": row, "left": self.slow_for, "status": "inProgress"}
        return web.Response(
            status=202, headers={"Location": self.elsewhere or place, "Content-Location": f"/teams('{key}')"}
        )

    def _operation(self, request: web.Request) -> web.Response:
        require(request.method == "GET", f"{request.method} of an operation")
        operation = self.operations.get("/" + request.path.removeprefix(_BASE))
        if operation is None:
            raise RefusedError(404, "The operation was not found.", code="NotFound")
        if operation["left"]:
            operation["left"] -= 1
        elif operation["status"] == "inProgress":
            self._end(operation)
        told = {name: operation[name] for name in ("status", "error") if name in operation}
        return web.json_response({"operationType": "createTeam", "attemptsCount": 1, **told})

    def _end(self, operation: Row) -> None:
        operation["status"] = self.outcome
        if self.outcome == "succeeded":
            operation["group"]["resourceProvisioningOptions"] = ["Team"]
            self.stamp("groups", operation["group"])
        else:
            operation["error"] = {"code": "BadRequest", "message": "The group has no owner with a licence for Teams."}

    async def announce(self, url: str, secret: str) -> None:
        """Tell of a change of the first group."""
        key = self.rows["groups"][0]["id"]
        event = {
            "subscriptionId": "7f105c7d", "clientState": secret, "changeType": "updated", "resource": f"groups/{key}",
            "subscriptionExpirationDateTime": "2026-11-24T08:00:00Z", "tenantId": TENANT,
            "resourceData": {"@odata.type": "#Microsoft.Graph.Group", "id": key},
        }  # fmt: skip
        async with aiohttp.ClientSession() as client, client.post(url, json={"value": [event]}) as answer:
            await answer.read()


def entry(code: str, name: str) -> Row:
    """Return a group as the directory holds it."""
    return {
        "displayName": name, "description": "", "mailNickname": code, "groupTypes": ["Unified"],
        "resourceProvisioningOptions": [],
    }  # fmt: skip


def person(address: str, **values: Any) -> Row:
    """Return somebody as the directory holds them."""
    given, _, family = address.partition("@")[0].title().partition(".")
    return {
        "userPrincipalName": address, "mail": address, "displayName": f"{given} {family}".strip(), "givenName": given,
        "surname": family, "jobTitle": "Consultant", "department": "Audit", "officeLocation": "Leeds",
        "employeeId": None, "accountEnabled": True, **values,
    }  # fmt: skip


def _shown(row: Row, kind: str = "groups") -> Row:
    return {name: row[name] for name in (*SELECTED[kind], "@removed") if name in row}


def _pair(part: str) -> tuple[str, str]:
    match = _EQUAL.fullmatch(part)
    require(match is not None, f"filter {part!r}")
    return (match[1], match[2].replace("''", "'")) if match else ("", "")


def _missing(key: str) -> RefusedError:
    return RefusedError(
        404, f"Resource '{key}' does not exist or one of its queried reference-property objects are not present.",
        code="Request_ResourceNotFound",
    )  # fmt: skip


def _bad(message: str) -> RefusedError:
    return RefusedError(400, message, code="Request_BadRequest")
