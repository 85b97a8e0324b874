"""The subscriptions of the Business Central stand-in: made and renewed with a handshake, gone after three days.

Its contract stands in `business_central_contract.json`. What a failed handshake is answered with is not published: 400 is
an assumption.
"""

import json
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import web

Row = dict[str, Any]
Knock = Callable[[str], Awaitable[tuple[int, str]]]  # POST to an address -> status, text


class NotInContractError(Exception):
    """The request is none that the contract holds."""


async def _nobody(_: str) -> tuple[int, str]:
    return 0, ""


@dataclass
class Subscriptions:
    """What is subscribed, by its id. `knock` tries an address out, as the service does over the network."""

    contract: dict[str, Any]
    clock: Callable[[], datetime]
    knock: Knock = _nobody
    rows: dict[str, Row] = field(default_factory=dict)
    handshakes: list[str] = field(default_factory=list)
    lost_answers: int = 0  # so many of the next are made, and their answer is lost on the way
    refuse: int = 0  # a status that everything is answered with, 0 for none
    _revision: int = 0

    def forget(self) -> None:
        """Lose all of them, as the service does when an address once answered with an error."""
        self.rows.clear()

    async def answer(self, request: web.Request, rest: str) -> web.Response:
        """Answer a request below "subscriptions". Raises NotInContractError."""
        if self.refuse:
            return _refused(self.refuse, "Internal_ServerError", "Something went wrong.")
        self.rows = {key: row for key, row in self.rows.items() if row["ends"] > self.clock()}
        if not rest:
            _require(request.method in self.contract["list"], f"{request.method} on the list of subscriptions")
            if request.method == "GET":
                return web.json_response({"value": [_shown(row) for row in self.rows.values()]})
            return await self._make(await self._sent(request))
        found = re.fullmatch(r"\('([^']+)'\)", rest)
        _require(found is not None, f"{rest!r} is no key of a subscription: it stands in single quotes")
        assert found is not None
        return await self._one(request, found[1])

    async def _one(self, request: web.Request, key: str) -> web.Response:
        _require(request.method in self.contract["one"], f"{request.method} on one subscription")
        row = self.rows.get(key)
        if request.method != "GET":
            _require("If-Match" in request.headers, f"{request.method} without If-Match")
        if row is None:
            return _refused(404, "BadRequest_NotFound", "The subscription does not exist.")
        if request.method == "GET":
            return web.json_response(_shown(row))
        if request.headers["If-Match"] != row["@odata.etag"]:
            return _refused(409, "Request_EntityChanged", "Another user has already changed the record.")
        if request.method == "DELETE":
            del self.rows[key]
            return web.Response(status=204)
        return await self._keep(row, await self._sent(request), 200)

    async def _make(self, sent: Row) -> web.Response:
        return await self._keep({"subscriptionId": uuid.uuid4().hex}, sent, 201)

    async def _keep(self, row: Row, sent: Row, status: int) -> web.Response:
        token = uuid.uuid4().hex
        address = str(sent.get("notificationUrl") or row.get("notificationUrl"))
        self.handshakes.append(address)
        said, text = await self.knock(f"{address}?validationToken={quote(token)}")
        if (said, text) != (200, token):
            return _refused(400, "BadRequest", f"The address did not return the validation token: it said {said}.")
        self._revision += 1
        row |= sent
        row["ends"] = self.clock() + timedelta(days=self.contract["days"])
        row["@odata.etag"] = f'W/"subscription;{self._revision}"'
        self.rows[row["subscriptionId"]] = row
        if self.lost_answers:
            self.lost_answers -= 1
            return _refused(503, "Internal_ServerError", "The answer was lost on the way.")
        return web.json_response(_shown(row), status=status)

    async def _sent(self, request: web.Request) -> Row:
        sent: Row = json.loads(await request.read())
        unknown = set(sent) - set(self.contract["properties"])
        _require(not unknown, f"properties {sorted(unknown)} of a subscription")
        state = str(sent.get("clientState", ""))
        _require(len(state) <= self.contract["longest_client_state"], "a clientState that is too long")
        if "resource" in sent:
            names = "|".join(self.contract["supported"])
            held = re.fullmatch(rf"/?api/v2\.0/companies\([0-9a-f-]{{36}}\)/({names})", sent["resource"])
            _require(held is not None, f"resource {sent['resource']!r}")
        return sent


def _shown(row: Row) -> Row:
    """Return a subscription as it is told: the resource without its leading slash, as in the vendor's examples."""
    told = {name: value for name, value in row.items() if name != "ends"}
    return {
        **told,
        "resource": row["resource"].removeprefix("/"),
        "expirationDateTime": f"{row['ends']:%Y-%m-%dT%H:%M:%SZ}",
    }


def _refused(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


def _require(held: object, what: str) -> None:
    if not held:
        raise NotInContractError(what)
