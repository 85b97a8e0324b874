"""A Workday tenant on loopback: its workers, in pages of at most 100, each in the view that is asked for.

https://github.com/vvmc/vvmc.github.io, pages/mydoc/mydoc_rest_api_reference_workers.md: a list comes in the view workerSummary, one
worker in workerProfile unless another is asked for, and empty values are left out. That a worker of an unknown id is 404, and the form
of refusals, are from memory.
"""

import uuid
from typing import Any

import jwt
from aiohttp import web

from tests.connectors.catalog import docusign_stand_in
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, offset_page, require, require_query

TENANT, CLIENT, USER = "brightforge1", "OWM5ZmQ4client", "ISU_Integration"
_ROOT = f"/ccx/api/v1/{TENANT}/workers"
_SUMMARY = ("id", "descriptor", "businessTitle", "primaryWorkEmail", "isManager", "primarySupervisoryOrganization")


class WorkdayStandIn(StandIn):
    """One tenant."""

    lists = ("workers",)

    def new_key(self, name: str) -> str:
        """Return a Workday id: 32 digits and letters."""
        return uuid.uuid5(uuid.NAMESPACE_DNS, str(super().new_key(name))).hex

    async def token(self, request: web.Request) -> web.Response:
        """Hand out a token for an assertion of the client, for its user, meant for "wd"."""
        sent = await request.post()
        if sent.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        key = docusign_stand_in.private_key().public_key()
        try:
            claims = jwt.decode(str(sent.get("assertion")), key, algorithms=["RS256"], audience="wd")
        except jwt.InvalidTokenError:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if (claims["iss"], claims["sub"]) != (CLIENT, USER):
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": self.bearer, "token_type": "Bearer", "expires_in": 3600})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; tokens come from the tenant's own address."""
        if (request.method, request.path) == ("POST", f"/ccx/oauth2/{TENANT}/token"):
            return await self.token(request)
        return await super().answer(request)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.method == "GET", f"{request.method} {request.path}")
        if request.path == _ROOT:
            require_query(request, ("limit", "offset", "view", "search"))
            require(int(request.query.get("limit", "20")) <= 100, "a page of more than 100")
            page = offset_page(request, self.rows["workers"], size="limit", offset="offset", largest=100)
            total = len(self.rows["workers"])
            return web.json_response({"total": total, "data": [_shown(row, _SUMMARY) for row in page]})
        require(request.path.startswith(f"{_ROOT}/"), f"path {request.path}")
        require_query(request, ("view",))
        row = self.row("workers", request.path.removeprefix(f"{_ROOT}/"))
        return web.json_response(_shown(row, _SUMMARY if request.query.get("view") == "workerSummary" else tuple(row)))

    def refusal(self, error: RefusedError) -> web.Response:
        return web.json_response({"error": error.message, "code": "A1"}, status=error.status)


def worker(number: int) -> Row:
    """Return a worker as the tenant holds them."""
    return {
        "descriptor": f"Robin Vale {number}", "businessTitle": "Consultant", "isManager": False,
        "primaryWorkEmail": f"robin{number}@brightforge.example", "dateOfBirth": "1980-02-29", "yearsOfService": "4",
        "primarySupervisoryOrganization": {"descriptor": "Consulting", "id": "dd2061e4fd"},
    }  # fmt: skip


def pem() -> str:
    """Return the private key of the client."""
    return docusign_stand_in.pem()


def _shown(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if row.get(name) not in (None, "")}
