"""A small Harvest on loopback: what the pages below https://help.getharvest.com/api-v2/ say of its API, kept in memory.

As there: a call without account id, or without a User-Agent that says whom to write to, is refused (introduction/overview/
general); lists come newest first in an object under their own name, pages name the next one in `links.next`, at most 2,000
records on one (introduction/overview/pagination); a project needs its client and how it is billed and budgeted
(projects-api/projects/projects), refusals are 422 with a message; time entries take `is_running` (timesheets-api/timesheets/time-entries).
"""

from typing import Any

from aiohttp import web

from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, body_of, require, require_query

ACCOUNT = "71234"
_PAGES = {"page", "per_page", "cursor"}
_FILTERS = {
    "time_entries": {"user_id", "client_id", "project_id", "task_id", "is_billed", "is_running", "from", "to"},
    "expenses": {"user_id", "client_id", "project_id", "is_billed", "from", "to"},
    "projects": {"is_active", "client_id"},
    "task_assignments": {"is_active"},
    "users": {"is_active"},
    "clients": {"is_active"},
}


_PROJECT = {
    "code",
    "is_active",
    "is_fixed_fee",
    "hourly_rate",
    "budget",
    "cost_budget",
    "notes",
    "starts_on",
    "ends_on",
}
_WRITABLE = {  # what may be sent, what must be when a record is made
    "projects": (_PROJECT, ("client_id", "name", "is_billable", "bill_by", "budget_by")),
    "clients": ({"is_active", "address", "currency"}, ("name",)),
}


class HarvestStandIn(StandIn):
    """One account with its lists."""

    lists = tuple(_FILTERS)
    stamp_field = "updated_at"
    stamp_form = InstantForm.ISO

    async def routed(self, request: web.Request) -> web.StreamResponse:
        agent = request.headers.get("User-Agent", "")
        require("@" in agent or "http" in agent, f"a User-Agent that names nobody: {agent!r}")
        if request.headers.get("Harvest-Account-Id") != ACCOUNT:
            raise RefusedError(401, "This token does not open this account.")
        root, _, rest = request.path.removeprefix("/").partition("/")
        require(root == "v2", f"path {request.path}")
        if rest == "users/me":
            return web.json_response({"id": 1, "email": "admin@firm.example"})
        name, _, key = rest.partition("/")
        if name not in self.rows or "/" in key:
            raise RefusedError(404, "Not Found")
        if request.method != "GET":
            return await self._write(request, name, key)
        return web.json_response(self.row(name, key) if key else self._page(request, name))

    async def _write(self, request: web.Request, name: str, key: str) -> web.Response:
        require(
            name in _WRITABLE and request.method == ("PATCH" if key else "POST"), f"{request.method} {request.path}"
        )
        optional, required = _WRITABLE[name]
        sent = await body_of(request, {*optional, *required}, () if key else required)
        known = self.row(name, key) if key else None
        if "client_id" in sent:
            clients = [row for row in self.rows["clients"] if row["id"] == sent["client_id"]]
            if not clients:
                raise RefusedError(422, "Client must exist")
            sent["client"] = {field: clients[0].get(field) for field in ("id", "name", "currency")}
        if sent.get("name") == "":
            raise RefusedError(422, "Name can't be blank")
        if sent.get("currency", "EUR") not in {"EUR", "USD"}:
            raise RefusedError(422, "Currency is not included in the list")
        if known is None:
            return web.json_response(self.enter(name, **{"is_active": True, **sent}), status=201)
        known.update(sent)
        self.stamp(name, known)
        return web.json_response(known)

    def refusal(self, error: RefusedError) -> web.Response:
        return web.json_response({"status": error.status, "message": error.message}, status=error.status)

    def _page(self, request: web.Request, name: str) -> dict[str, Any]:
        require_query(request, {"updated_since", *_PAGES, *_FILTERS[name]})
        size, before = int(request.query.get("per_page", "2000")), int(request.query.get("cursor", "999999999"))
        require(1 <= size <= 2000, f"{size} records on a page")
        rows = [row for row in reversed(self.rows[name]) if row["id"] < before and _is_wanted(row, request.query)]
        more = request.url.update_query(cursor=str(rows[size - 1]["id"])) if len(rows) > size else None
        return {
            name: rows[:size],
            "per_page": size,
            "links": {"next": f"{self.public()}{more.path_qs}" if more else None},
        }


def _is_wanted(row: Row, query: Any) -> bool:
    running = query.get("is_running")
    return str(row["updated_at"]) >= query.get("updated_since", "") and (
        running is None or row["is_running"] is (running == "true")
    )
