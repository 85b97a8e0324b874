"""A small Float on loopback: what https://developer.float.com/ says of API v3, kept in memory.

As there: a User-Agent that names a contact is demanded (overview_authentication); lists are bare arrays, at most 200 on a page,
their length told in X-Pagination headers; allocations are called tasks, are filtered by days inclusively, and come in the order
of their number (tutorial_exporting_the_schedule_data). Beyond the last page the last one is answered again, as the framework
that words these headers does (https://www.yiiframework.com/doc/api/2.0/yii-data-pagination, `validatePage`).
"""

import math

from aiohttp import web

from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, require, require_query

KEYS = {"tasks": "task_id", "people": "people_id", "projects": "project_id", "clients": "client_id"}
_COMMON = {"page", "per-page", "sort", "fields"}
_FILTERS = {"tasks": {"start_date", "end_date", "people_id", "project_id"}, "people": {"department_id", "active"}}


class FloatStandIn(StandIn):
    """One account with its lists."""

    lists = tuple(KEYS)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require("@" in request.headers.get("User-Agent", ""), "a User-Agent without a contact")
        require(request.method == "GET", f"method {request.method}")
        match request.path.strip("/").split("/"):
            case ["v3", name] if name in self.rows:
                return self._page(request, name)
            case ["v3", name, key] if name in self.rows:
                return web.json_response(_shown(name, self.row(name, key)))
        raise RefusedError(404, "Page not found.")

    def refusal(self, error: RefusedError) -> web.Response:
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
