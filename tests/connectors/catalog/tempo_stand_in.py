"""A small Tempo on loopback: what https://apidocs.tempo.io/ says of REST API 4, kept in memory.

As there: lists lie under `results` with their place in `metadata`, whose `next` is the address of the next page, at most 5,000
records on one; `updatedFrom` takes a day or an instant with Z and whole seconds, `orderBy` puts the newest first; a worklog
names issue and author by id and keeps its attributes as a list; errors are lists of messages.
"""

import re
from typing import Any

from aiohttp import web

from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, offset_page, require, require_query

_FILTERS = {
    "worklogs": {"projectId", "issueId", "from", "to", "updatedFrom", "orderBy"},
    "accounts": {"status"},
    "customers": {"key"},
}
_SINCE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")


class TempoStandIn(StandIn):
    """One Tempo."""

    lists = tuple(_FILTERS)
    stamp_field = {"worklogs": "updatedAt"}
    stamp_form = InstantForm.ISO

    def refusal(self, error: RefusedError) -> web.Response:
        return web.json_response({"errors": [{"message": error.message}]}, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.method == "GET", f"method {request.method}")
        match request.path.strip("/").split("/"):
            case ["4", name] if name in self.rows:
                return web.json_response(self._page(request, name))
            case ["4", "worklogs", key]:
                return web.json_response(_shown("worklogs", self.row("worklogs", key)))
        raise RefusedError(404, "Not found")

    def _page(self, request: web.Request, name: str) -> dict[str, Any]:
        require_query(request, {"offset", "limit"} | _FILTERS[name])
        size, start = int(request.query.get("limit", "50")), int(request.query.get("offset", "0"))
        require(1 <= size <= 5000, f"{size} on a page")
        since = request.query.get("updatedFrom", "")
        require(not since or _SINCE.fullmatch(since) is not None, f"updatedFrom {since}")
        rows = [row for row in self.rows[name] if not since or row["updatedAt"] >= since]
        if request.query.get("orderBy") == "UPDATED":
            rows = sorted(rows, key=lambda row: (row["updatedAt"], row["id"]), reverse=True)
        listed = offset_page(request, rows, size="limit", offset="offset", largest=5000)
        metadata: dict[str, Any] = {"count": len(listed), "offset": start, "limit": size}
        if start + size < len(rows):
            metadata["next"] = self.public() + request.url.update_query(offset=str(start + size)).path_qs
        return {"self": self.public(), "metadata": metadata, "results": [_shown(name, row) for row in listed]}


def _shown(name: str, row: Row) -> Row:
    if name != "worklogs":
        return row
    return {"tempoWorklogId": row["id"], **{field: value for field, value in row.items() if field != "id"}}
