"""A small Kantata on loopback: what https://developer.kantata.com/ says of its API, kept in memory.

As there: pages of at most 200; `results` names what was asked for in order, the records lie by number in parts of their own, and
what is included lies beside them, also when it is of the same kind (Response Format); `only` takes whole numbers and never answers
404 (Request by ID); archived projects and their time come only when asked for; some associations are named only when they are
included (Includes); errors are lists under `errors` (Errors).
"""

from typing import Any

from aiohttp import web

from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, numbered_page, require, require_query

_COMMON = {"page", "per_page", "only", "include", "order", "created_after", "created_before"}
_FILTERS = {
    "time_entries": {"date_performed_between", "from_archived_workspaces", "approved"},
    "expenses": {"date_expensed_between", "approved"},
    "workspaces": {"include_archived", "archived"},
    "users": set[str](),
    "workspace_allocations": set[str](),
    "workspace_resources": set[str](),
}
_DAYS = {"time_entries": ("date_performed_between", "date_performed"), "expenses": ("date_expensed_between", "date")}
_PARTS = {"user": "users", "workspace": "workspaces", "story": "stories"}
# named only when they are included
_ON_DEMAND = {
    "expenses": {"user": "user_id", "workspace": "workspace_id"},
    "workspace_allocations": {"workspace": "workspace_id"},
    "workspace_resources": {"user": "user_id"},
}


class KantataStandIn(StandIn):
    """One account."""

    lists = (*_FILTERS, "stories")
    stamp_field = dict.fromkeys(("time_entries", "expenses", "workspaces", "workspace_allocations"), "updated_at")
    stamp_form = InstantForm.ISO

    def new_key(self, name: str) -> str:
        return str(super().new_key(name))

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "Invalid OAuth 2 Request", code="oauth")

    def refusal(self, error: RefusedError) -> web.Response:
        return web.json_response(
            {"errors": [{"type": error.code or "system", "message": error.message}]}, status=error.status
        )

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.method == "GET", f"method {request.method}")
        name = request.path.removeprefix("/api/v1/").removesuffix(".json")
        if name not in _FILTERS or not request.path.startswith("/api/v1/"):
            raise RefusedError(404, "Page Not Found")
        require_query(request, _COMMON | _FILTERS[name])
        size = int(request.query.get("per_page", "20"))
        require(1 <= size <= 200, f"{size} on a page")
        rows = self._asked_for(request, name)
        listed = numbered_page(request, rows, size="per_page", page="page", largest=200)
        included = set(request.query.get("include", "").split(",")) - {""}
        return web.json_response({"count": len(rows), **self._answer(name, listed, included)})

    def _asked_for(self, request: web.Request, name: str) -> list[Row]:
        rows = self.rows[name]
        if name == "workspaces" and request.query.get("include_archived") != "true":
            rows = [row for row in rows if not row["archived"]]
        if "only" in request.query:
            numbers = request.query["only"].split(",")
            require(all(number.isdecimal() for number in numbers), f"only {numbers}")
            return [row for row in rows if row["id"] in numbers]
        parameter, field = _DAYS.get(name, ("", ""))
        first, _, last = request.query.get(parameter, ":").partition(":")
        return [row for row in rows if first <= row[field] <= (last or "9999")] if field else rows

    def _answer(self, name: str, listed: list[Row], included: set[str]) -> dict[str, Any]:
        parts: dict[str, dict[str, Row]] = {name: {row["id"]: self._shown(name, row, included) for row in listed}}
        for association in included:
            part = _PARTS[association]
            parts.setdefault(part, {}).update({row["id"]: row for row in self.rows[part]})
        # What came along may be of the kind that was asked for: nobody asked for this one.
        parts[name]["1"] = {"id": "1", "title": "came along"}
        return {**parts, "results": [{"key": name, "id": row["id"]} for row in listed]}

    def _shown(self, name: str, row: Row, included: set[str]) -> Row:
        kept = _ON_DEMAND.get(name, {})
        return {
            field: value
            for field, value in row.items()
            if not [a for a, f in kept.items() if f == field and a not in included]
        }
