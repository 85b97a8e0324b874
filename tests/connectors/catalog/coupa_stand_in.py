"""A small Coupa on loopback: what the pages of the Core API on compass.coupa.com say, kept in memory.

JSON is answered to who asks for it, XML else; at most 50 records on a page, by `limit` and `offset` ("Arguments"); questions are
`field[operator]=value`, through a collection `expense_lines[id][in]=1,2` ("Querying Options"). A report comes whole, with its
lines, its person and its currency ("Expense Reports API", "Expense Lines API"); a person's elements: "Users API".
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from apps.connectors.catalog.coupa.lines import LINES
from apps.connectors.instants import read_instant
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, offset_page, require, require_query

SCOPES = "core.expense.read core.user.read"
_SINCE, _OF_LINES, _OF_MAILS = "updated_at[gt_or_eq]", "expense_lines[id][in]", "email[in]"
_PERSON = {"id": 9, "email": "robin@brightforge.example", "fullname": "Robin Vale"}


class CoupaStandIn(StandIn):
    """One instance. Expenses are kept by line; those with the same "report" are handed out as one report."""

    lists = ("expense_lines", "users")
    stamp_field = "updated-at"
    stamp_form = InstantForm.ISO

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self.statuses: dict[int, str] = {}  # of reports that are not approved

    async def token(self, request: web.Request) -> web.Response:
        """Hand out a token for the scopes that the client has, and for no others."""
        if (await request.post()).get("scope") != SCOPES:
            return web.json_response({"error": "invalid_scope"}, status=400)
        return await super().token(request)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.headers.get("Accept") == "application/json", "an answer in XML")
        require(request.method == "GET", f"{request.method} {request.path}")
        root, _, rest = request.path.removeprefix("/").partition("/")
        kind, _, key = rest.partition("/")
        require(root == "api" and kind in {"expense_reports", "users"}, f"path {request.path}")
        if kind == "expense_reports" and not key:
            return self._page(request, self._reports(request), _OF_LINES)
        require(kind == "users", f"path {request.path}")
        return (
            web.json_response(self.row("users", key)) if key else self._page(request, self._people(request), _OF_MAILS)
        )

    def refusal(self, error: RefusedError) -> web.Response:
        return web.json_response({"errors": {"base": [error.message]}}, status=error.status)

    def _page(self, request: web.Request, rows: list[Row], named: str) -> web.Response:
        require_query(request, ("limit", "offset", "order_by", _SINCE, named))
        require(request.query.get("order_by", "created_at") == "created_at", "another order")
        require(int(request.query.get("limit", "50")) <= 50, "a page of more than 50")
        since = request.query.get(_SINCE)
        if since is not None:
            first = read_instant(since, InstantForm.ISO)
            rows = [row for row in rows if read_instant(row["updated-at"], InstantForm.ISO) >= first]
        return web.json_response(offset_page(request, rows, size="limit", offset="offset", largest=50))

    def _reports(self, request: web.Request) -> list[Row]:
        reports: dict[int, list[Row]] = {}
        for row in self.rows["expense_lines"]:
            reports.setdefault(row["report"], []).append(row)
        wanted = request.query.get(_OF_LINES)
        numbers = None if wanted is None else set(wanted.split(","))
        require(numbers is None or all(number.isdigit() for number in numbers), f"lines {wanted}")
        return [
            self._report(number, lines)
            for number, lines in reports.items()
            if numbers is None or numbers & {str(line["id"]) for line in lines}
        ]

    def _report(self, number: int, lines: list[Row]) -> dict[str, Any]:
        return {
            "id": number, "status": self.statuses.get(number, "approved_for_payment"), "exported": False,
            "updated-at": max(line["updated-at"] for line in lines), "expensed-by": _PERSON,
            LINES: [{name: value for name, value in line.items() if name != "report"} for line in lines],
        }  # fmt: skip

    def _people(self, request: web.Request) -> list[Row]:
        wanted = request.query.get(_OF_MAILS)
        return [row for row in self.rows["users"] if wanted is None or row["email"] in wanted.split(",")]


def line(number: int, report: int = 0) -> Row:
    """Return a line of a report (of its own unless one is named) as the instance holds it."""
    return {
        "report": report or 500 + number, "amount": "42.50", "approved-amount": None, "currency": {"code": "EUR"},
        "expense-date": "2026-10-30T00:00:00-07:00", "description": f"Train {number}",
        "expense-category": {"name": "Travel"}, "account": {"code": "6600-NW-101", "segment-2": "NW-101"},
        "account-allocations": [],
    }  # fmt: skip


def person(number: int) -> Row:
    """Return a person as the instance holds them."""
    return {
        "employee-number": f"{number:04d}", "firstname": "Robin", "lastname": f"Vale {number}",
        "fullname": f"Robin Vale {number}", "email": f"robin{number}@brightforge.example", "active": number != 4,
    }  # fmt: skip
