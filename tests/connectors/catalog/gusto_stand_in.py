"""A Gusto company with its people, in pages, under a version of the API that every call must name.

https://docs.gusto.com/app-integrations/reference/get-v1-companies-company_id-employees; a person comes with more than anybody else needs.
"""

import re

from aiohttp import web

from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    numbered_page,
    require,
    require_query,
)

COMPANY = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
ACCESS_TOKEN = "access-token-of-gusto-0000000001"
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")


class GustoStandIn(StandIn):
    """One company."""

    lists = ("employees",)
    key = "uuid"
    bearer = ACCESS_TOKEN
    _versions = 0

    def new_key(self, name: str) -> str:
        """Return a UUID."""
        return f"7087a288-8349-4632-b92e-{int(super().new_key(name)):012d}"

    def stamp(self, name: str, row: Row, moment: object = None) -> None:
        """Give a person a new version."""
        self._versions += 1
        row["version"] = f"{self._versions:032x}"

    def refusal(self, error: RefusedError) -> web.Response:
        said = [{"error_key": "base", "category": error.code or "invalid", "message": error.message}]
        return web.json_response({"errors": said}, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.method == "GET", f"{request.method} {request.path}")
        require(_VERSION.fullmatch(request.headers.get("X-Gusto-API-Version", "")) is not None, "no version")
        if request.path == f"/v1/companies/{COMPANY}":
            return web.json_response({"uuid": COMPANY, "name": "Brightforge Inc."})
        if request.path == f"/v1/companies/{COMPANY}/employees":
            require_query(request, ("page", "per", "terminated", "include"))
            page = numbered_page(request, self.rows["employees"], size="per", page="page", largest=100)
            return web.json_response(page)
        require(request.path.startswith("/v1/employees/"), f"no path {request.path}")
        require_query(request, ("include",))
        return web.json_response(self.row("employees", request.path.removeprefix("/v1/employees/")))


def entry(number: int) -> Row:
    """Return a person as the company holds them."""
    return {
        "first_name": "Robin",
        "last_name": f"Vale {number}",
        "email": f"robin{number}@home.example",
        "work_email": f"robin{number}@brightforge.example",
        "department": "Consulting",
        "terminated": False,
        "date_of_birth": "1991-06-28",
        "has_ssn": True,
        "terminations": [],
        "jobs": [{"title": "Consultant", "primary": True, "hire_date": "2024-02-29", "rate": "78000.00"}],
    }
