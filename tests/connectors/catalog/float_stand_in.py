"""A small Float on loopback: what https://developer.float.com/ says of API v3, kept in memory.

As there: a User-Agent that names a contact is demanded (overview_authentication); lists are bare arrays, at most 200 on a page,
their length told in X-Pagination headers; allocations are called tasks, are filtered by days inclusively, and come in the order
of their number (tutorial_exporting_the_schedule_data). Beyond the last page the last one is answered again, as the framework
that words these headers does (https://www.yiiframework.com/doc/api/2.0/yii-data-pagination, `validatePage`), and refusals
are lists of fields and messages (https://www.yiiframework.com/doc/guide/2.0/en/rest-error-handling).
"""

import math

from aiohttp import web

from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    ViolationError,
    body_of,
    require,
    require_query,
)

KEYS = {"tasks": "task_id", "people": "people_id", "projects": "project_id", "clients": "client_id"}
_COMMON = {"page", "per-page", "sort", "fields"}
_WRITABLE = {
    "name", "project_code", "client_id", "color", "notes", "tags", "budget_type", "budget_total", "non_billable", "tentative",
    "active", "locked_task_list", "project_manager",
}  # fmt: skip
_FILTERS = {"tasks": {"start_date", "end_date", "people_id", "project_id"}, "people": {"department_id", "active"}}


class FloatStandIn(StandIn):
    """One account with its lists."""

    lists = tuple(KEYS)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require("@" in request.headers.get("User-Agent", ""), "a User-Agent without a contact")
        match request.path.strip("/").split("/"):
            case ["v3", "projects", *rest] if request.method in {"POST", "PATCH"}:
                return await self._write(request, "".join(rest))
            case _ if request.method != "GET":
                raise ViolationError(f"method {request.method}")
            case ["v3", name] if name in self.rows:
                return self._page(request, name)
            case ["v3", name, key] if name in self.rows:
                return web.json_response(_shown(name, self.row(name, key)))
        raise RefusedError(404, "Page not found.")

    async def _write(self, request: web.Request, key: str) -> web.Response:
        require(request.method == ("PATCH" if key else "POST"), f"{request.method} {request.path}")
        sent = await body_of(request, _WRITABLE, () if key else ("name",))
        for field, longest in (("name", 100), ("project_code", 32)):
            if len(str(sent.get(field, "x"))) > longest:
                raise RefusedError(422, f"{field} should contain at most {longest} characters.", field=field)
        if sent.get("name") == "":
            raise RefusedError(422, "Name cannot be blank.", field="name")
        if "client_id" in sent and sent["client_id"] not in {row["id"] for row in self.rows["clients"]}:
            raise RefusedError(422, "Client is invalid.", field="client_id")
        if not key:
            made = self.enter("projects", **{"active": 1, "non_billable": 0, **sent})
            return web.json_response(_shown("projects", made), status=201)
        row = self.row("projects", key)
        row.update(sent)
        return web.json_response(_shown("projects", row))

    def refusal(self, error: RefusedError) -> web.Response:
        if error.status == 422:
            return web.json_response([{"field": error.field, "message": error.message}], status=422)
        said = {"name": "Not Found" if error.status == 404 else "Error", "message": error.message, "code": 0}
        return web.json_response({**said, "status": error.status}, status=error.status)

    def _page(self, request: web.Request, name: str) -> web.Response:
        require_query(request, _COMMON | _FILTERS.get(name, set()))
        size = int(request.query.get("per-page", "50"))
        require(1 <= size <= 200, f"{size} on a page")
        first, last = request.query.get("start_date", ""), request.query.get("end_date", "9999")
        rows = [row for row in self.rows[name] if name != "tasks" or _is_within(row, first, last)]
        pages = max(1, math.ceil(len(rows) / size))
        number = min(int(request.query.get("page", "1")), pages)
        listed = [_shown(name, row) for row in rows[(number - 1) * size : number * size]]
        told = {"Total-Count": len(rows), "Page-Count": pages, "Current-Page": number, "Per-Page": size}
        headers = {f"X-Pagination-{what}": str(count) for what, count in told.items()}
        return web.json_response(listed, headers=headers)


def _shown(name: str, row: Row) -> Row:
    """Return a record with its key under the name that its list has for it."""
    return {KEYS[name]: row["id"], **{field: value for field, value in row.items() if field != "id"}}


def _is_within(row: Row, first: str, last: str) -> bool:
    ends = row.get("repeat_end_date") or row["end_date"]
    return bool(ends >= first and row["start_date"] <= last)
