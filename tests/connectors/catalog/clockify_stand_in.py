"""A small Clockify on loopback: what https://docs.clockify.me/ says of its API, kept in memory.

As there: paths below /v1/workspaces/{id}, lists as bare arrays by `page` and `page-size` (at least 1), time listed for one
person at a time and newest first, entries with a start, an end that is missing while the timer runs, and a type. A bad key is
401. Every parameter is one that the page of its operation lists; `status=ALL` brings also those who left;
every property that is sent is one of its operation's, and each name is taken once.
"""

from aiohttp import web

from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    ViolationError,
    body_of,
    numbered_page,
    require,
    require_query,
)

WORKSPACE = "64a687e29ae1f428e7ebe303"
KEY = "clockify-api-key-of-the-stage-000001"
_PAGES = {"page", "page-size"}
_FILTERS = {
    "users": {"email", "project-id", "status", "name", "memberships", "include-roles", "sort-column", "sort-order"},
    "projects": {"name", "archived", "billable", "clients", "users", "hydrated", "sort-column", "sort-order"},
    "clients": {"name", "archived", "sort-column", "sort-order"},
}
_WRITABLE = {
    "projects": {"billable", "clientId", "color", "costRate", "hourlyRate", "isPublic", "name", "note"},
    "clients": {"address", "email", "name", "note"},
}
_OF_TIME = {"description", "start", "end", "project", "task", "tags", "hydrated", "in-progress"}


class ClockifyStandIn(StandIn):
    """One workspace."""

    lists = ("time_entries", "users", "projects", "clients")

    def new_key(self, name: str) -> str:
        self._numbers += 1
        return f"{self._numbers:024x}"

    def is_signed(self, request: web.Request) -> bool:
        return request.headers.get("X-Api-Key") == KEY

    async def routed(self, request: web.Request) -> web.StreamResponse:
        match request.path.strip("/").split("/"):
            case ["v1", "workspaces", workspace, name, *key] if workspace == WORKSPACE and request.method != "GET":
                return await self._write(request, name, "/".join(key))
            case _ if request.method != "GET":
                raise ViolationError(f"method {request.method}")
            case ["v1", "user"]:
                return web.json_response({"id": "me", "email": "admin@firm.example"})
            case ["v1", "workspaces", workspace, *rest] if workspace == WORKSPACE:
                return web.json_response(self._below(request, rest))
        raise RefusedError(404, "No such workspace.", code="501")

    def _below(self, request: web.Request, rest: list[str]) -> Row | list[Row]:
        match rest:
            case ["user", user, "time-entries"]:
                require_query(request, _PAGES | _OF_TIME)
                self.row("users", user)
                rows = [row for row in self.rows["time_entries"] if row["userId"] == user]
                since = request.query.get("start", "")
                rows = [row for row in rows if row["timeInterval"]["start"] >= since]
                return self._page(request, sorted(rows, key=lambda row: row["timeInterval"]["start"], reverse=True))
            case ["time-entries", key]:
                return self.row("time_entries", key)
            case [name] if name in _FILTERS:
                require_query(request, _PAGES | _FILTERS[name])
                require(name != "users" or request.query.get("status") == "ALL", "people who left are not asked for")
                return self._page(request, self.rows[name])
        raise RefusedError(404, "Not found", code="501")

    async def _write(self, request: web.Request, name: str, key: str) -> web.Response:
        require(name in _WRITABLE and request.method == ("PUT" if key else "POST"), f"{request.method} {request.path}")
        sent = await body_of(request, _WRITABLE[name] | ({"archived"} if key else set()), () if key else ("name",))
        known = self.row(name, key) if key else None
        if not 2 <= len(str(sent.get("name", "--"))) <= 250:
            raise RefusedError(400, "Name has to be between 2 and 250 characters long", code="501")
        if any(row["name"] == sent.get("name") for row in self.rows[name] if row is not known):
            raise RefusedError(400, f"{sent['name']} already exists", code="501")
        if sent.get("clientId") and sent["clientId"] not in {row["id"] for row in self.rows["clients"]}:
            raise RefusedError(400, "Client doesn't belong to Workspace", code="501")
        if known is None:
            return web.json_response(self.enter(name, **{"archived": False, **sent}), status=201)
        known.update(sent)
        return web.json_response(known)

    def _page(self, request: web.Request, rows: list[Row]) -> list[Row]:
        return numbered_page(request, rows, size="page-size", page="page", largest=5000)
