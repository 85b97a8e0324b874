"""A VIES that knows some numbers, and answers like the real one when it gives no verdict: with 200 and another word.

Forms of the answers: https://ec.europa.eu/taxation_customs/vies/#/technical-information (REST), and the word "userError" as the
service's own page reads it. Without a number of one's own there is no identifier of the enquiry.
"""

from typing import Any

from aiohttp import web

from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, require, require_query

OWN = "DE999999999"
MEMBERS = ("AT", "DE", "EL", "FR", "XI")


class ViesStandIn(StandIn):
    """`words` says which word a number meets instead of a verdict; `wrapped` numbers meet it in the other form."""

    lists = ("numbers",)
    key = "number"

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.words: dict[str, str] = {}
        self.wrapped: set[str] = set()

    def is_signed(self, request: web.Request) -> bool:
        """Everybody may ask."""
        return True

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.method == "GET", f"{request.method} {request.path}")
        if request.path.endswith("/check-status"):
            countries = [{"countryCode": code, "availability": "Available"} for code in MEMBERS]
            return web.json_response({"vow": {"available": True}, "countries": countries})
        require_query(request, ("requesterMemberStateCode", "requesterNumber"))
        _, _, rest = request.path.partition("/ms/")
        country, between, number = rest.partition("/vat/")
        require(bool(between) and country in MEMBERS, f"no path {request.path}")
        return web.json_response(self._said(country + number, request))

    def _said(self, written: str, request: web.Request) -> Row:
        word = self.words.get(written)
        if written in self.wrapped:
            return {"actionSucceed": False, "errorWrappers": [{"error": word}]}
        try:
            row = self.row("numbers", written)
        except RefusedError:
            row = {"name": "---", "address": "---"}
            word = word or "INVALID"
        proof = "WAPIAAAAZ9cWmQXG" if "requesterNumber" in request.query else ""
        return {
            "isValid": word is None,
            "requestDate": "2026-11-21T10:15:30.123Z",
            "userError": word or "VALID",
            "name": row["name"],
            "address": row["address"],
            "requestIdentifier": proof,
            "originalVatNumber": written[2:],
            "vatNumber": written[2:],
            "viesApproximate": {"name": "---", "matchName": 3},
        }
