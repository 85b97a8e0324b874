"""A Business Central that keeps its records and refuses every request that the vendor's published contract does not hold.

What the contract holds stands in `business_central_contract.json`, with its source. A request beyond it is answered 400 and
noted in `violations`: nothing of the product's own may ever stand there.
"""

import base64
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.connectors.catalog.business_central_subscriptions import NotInContractError, Subscriptions
from tests.connectors.catalog.odata_filter import FilterError, compile_filter

CONTRACT = json.loads(Path(__file__).with_name("business_central_contract.json").read_text())
TENANT, ENVIRONMENT, COMPANY = (
    "0f6d1c8e-5a35-4c0b-9d8e-2f4f3a1b7c60",
    "Production",
    "7d1fb4c5-1a6e-4a4f-8d0a-5b8a2f0e9c11",
)
CLIENT_ID, CLIENT_SECRET = "fd0b3c54-6f6f-4c39-a5f5-2b1f9a0d7e21", "client-secret-of-business-central"
TOKEN = "access-token-of-business-central-0001"
SCOPE = "https://api.businesscentral.dynamics.com/.default"
SETTINGS = {"tenant": TENANT, "environment": ENVIRONMENT, "company": COMPANY}
START = datetime(2026, 11, 2, 8, tzinfo=UTC)

_SERVICE = f"/v2.0/{TENANT}/{ENVIRONMENT}/api/v2.0"
_BASE = f"{_SERVICE}/companies({COMPANY})"
_SUBSCRIPTIONS = f"{_SERVICE}/subscriptions"
_LIMITS = {"number": 20, "displayName": 100, "city": 30}
_CURRENCIES, _COUNTRIES = {"", "EUR", "GBP", "USD"}, {"", "DE", "GB", "US"}
_EMPTY: dict[str, Any] = {
    "string": "",
    "guid": str(uuid.UUID(int=0)),
    "decimal": 0,
    "boolean": False,
    "date": "0001-01-01",
}
Row = dict[str, Any]


class RefusedError(Exception):
    """An answer in the form of Business Central's errors."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code

    def answer(self) -> web.Response:
        said = f"{self}  CorrelationId:  6ad1b7c2-7f4e-4b8e-9d6d-0a1b2c3d4e5f."
        return web.json_response({"error": {"code": self.code, "message": said}}, status=self.status)


class ViolationError(RefusedError):
    """The request is none that the contract holds."""

    def __init__(self, what: str) -> None:
        super().__init__(400, "BadRequest", f"Not in the contract: {what}")


@dataclass
class BusinessCentralStandIn:
    """Rows by list. `clock` stamps changes; `public` is the address that its links begin with."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in CONTRACT["resources"]})
    clock: datetime = START
    public: Callable[[], str] = lambda: ""
    largest_page: int = 20_000
    violations: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    page_sizes: list[int] = field(default_factory=list)  # that were asked for
    conflict_status: int = 409  # as its own pages tell it; OData itself says 412
    taken_out: set[str] = field(default_factory=set)  # properties that an update of the service took away
    before_change: Callable[[Row], None] | None = None  # what another hand does just before a change arrives
    _revision: int = 0
    subscriptions: Subscriptions = field(init=False)

    def __post_init__(self) -> None:
        self.subscriptions = Subscriptions(CONTRACT["subscriptions"], lambda: self.clock)

    # --- hands of a person --------------------------------------------------------------------------------------------
    def enter(self, name: str, **values: Any) -> Row:
        properties = CONTRACT["resources"][name]["properties"]
        row = {prop: _EMPTY.get(kind) for prop, kind in properties.items()}
        row |= {"id": str(uuid.uuid4()), **values}
        self.rows[name].append(row)
        self.stamp(row)
        return row

    def stamp(self, row: Row) -> None:
        """Mark a change: a new time where the record keeps one, and a new version."""
        self._revision += 1
        row["@odata.etag"] = f'W/"{base64.b64encode(f"rev;{self._revision}".encode()).decode()}"'
        if "lastModifiedDateTime" in row:
            row["lastModifiedDateTime"] = instant(self.clock)

    def row(self, name: str, key: str) -> Row:
        """Return one record. Raises RefusedError as Business Central does when there is none."""
        for row in self.rows[name]:
            if row["id"] == key.lower():
                return row
        raise RefusedError(404, "BadRequest_NotFound", "The record does not exist.")

    # --- the service --------------------------------------------------------------------------------------------------
    async def token(self, request: web.Request) -> web.Response:
        sent = await request.post()
        if (sent.get("client_id"), sent.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        if (sent.get("grant_type"), sent.get("scope")) != ("client_credentials", SCOPE):
            self.violations.append(f"token asked with {sorted(sent)}")
            return web.json_response({"error": "invalid_scope"}, status=400)
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path, dict(request.query)))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            said = "The server has rejected the client credentials."
            return RefusedError(401, "Authentication_InvalidCredentials", said).answer()
        try:
            return await self._routed(request)
        except ViolationError as violation:
            self.violations.append(f"{request.method} {request.path_qs}: {violation}")
            return violation.answer()
        except RefusedError as refusal:
            return refusal.answer()

    async def _routed(self, request: web.Request) -> web.Response:
        path = request.path
        if path.startswith(_SUBSCRIPTIONS):
            return await self._subscribed(request, path.removeprefix(_SUBSCRIPTIONS))
        if path == f"{_SERVICE}/$metadata":
            _require(request.method == "GET", "metadata is only read")
            return web.Response(text=metadata(self.taken_out), content_type="application/xml")
        if not path.startswith(_BASE):
            raise ViolationError("a path outside the company")
        rest = path.removeprefix(_BASE).removeprefix("/")
        if not rest:
            _require(request.method == "GET", "a company is only read")
            return web.json_response({"id": COMPANY, "displayName": "Cronus"})
        name, bracket, key = rest.partition("(")
        resource = CONTRACT["resources"].get(name)
        _require(resource is not None, f"no resource {name!r}")
        kind = "one" if bracket else "list"
        _require(request.method in resource[kind], f"{request.method} on {kind} of {name}")
        _require_options(request, kind, resource["properties"])
        if not bracket:
            return await self._create(request, name) if request.method == "POST" else self._list(request, name)
        _require(key.endswith(")") and _is_guid(key[:-1]), f"{key!r} is no key")
        return await self._one(request, name, key[:-1])

    async def _subscribed(self, request: web.Request, rest: str) -> web.Response:
        try:
            return await self.subscriptions.answer(request, rest)
        except NotInContractError as error:
            raise ViolationError(str(error)) from error

    async def _one(self, request: web.Request, name: str, key: str) -> web.Response:
        if request.method == "GET":
            return web.json_response(_shown(self.row(name, key), request.query, single=True))
        _require("If-Match" in request.headers, f"{request.method} without If-Match")
        row = self.row(name, key)
        if self.before_change is not None:
            self.before_change(row)
        if request.headers["If-Match"] != row["@odata.etag"]:
            raise RefusedError(
                self.conflict_status, "Request_EntityChanged", "Another user has already changed the record."
            )
        if request.method == "DELETE":
            self.rows[name].remove(row)
            return web.Response(status=204)
        sent = await _body(request, name)
        self._check(name, sent, row)
        row |= sent
        self.clock += timedelta(milliseconds=37)
        self.stamp(row)
        return web.json_response(_shown(row, {}, single=True))

    async def _create(self, request: web.Request, name: str) -> web.Response:
        sent = await _body(request, name)
        if "number" in sent:
            sent["number"] = str(sent["number"]).upper()
        self._check(name, sent, None)
        self.clock += timedelta(milliseconds=37)
        return web.json_response(_shown(self.enter(name, **sent), {}, single=True), status=201)

    def _check(self, name: str, sent: Row, changed: Row | None) -> None:
        for prop, longest in _LIMITS.items():
            text = str(sent.get(prop, ""))
            if len(text) > longest:
                said = f"The length of the string is {len(text)}, but it must be less than or equal to {longest} characters."
                raise RefusedError(400, "Application_StringExceededLength", f"{said} Value: {text[:40]}")
        related = (("currencyCode", "Currency Code", "Currency", _CURRENCIES),
                   ("country", "Country/Region Code", "Country/Region", _COUNTRIES))  # fmt: skip
        for prop, caption, table, known in related:
            if sent.get(prop, "") not in known:
                said = (
                    f"The field {caption} of table Customer contains a value ({sent[prop]}) that cannot be found in the"
                )
                raise RefusedError(400, "Internal_InvalidTableRelation", f"{said} related table ({table}).")
        number = sent.get("number")
        if number and any(row["number"] == number and row is not changed for row in self.rows[name]):
            said = f"The record in table Customer already exists. Identification fields and values: No.='{number}'"
            raise RefusedError(400, "Internal_EntityWithSameKeyExists", said)

    def _list(self, request: web.Request, name: str) -> web.Response:
        query = dict(request.query)
        order = query.get("$orderby", "id").split(",")
        rows = sorted(self.rows[name], key=lambda row: _place(row, order))
        if "$filter" in query:
            fits = compile_filter(query["$filter"], CONTRACT["resources"][name]["properties"])
            rows = [row for row in rows if fits(row)]
        if "$skiptoken" in query:
            after = json.loads(base64.urlsafe_b64decode(query["$skiptoken"]))
            rows = [row for row in rows if _place(row, order) > after]
        self.page_sizes.append(_page_size(request))
        size = min(self.largest_page, self.page_sizes[-1])
        body: Row = {"@odata.context": f"{self._origin(request)}{_BASE}/$metadata#{name}"}
        body["value"] = [_shown(row, query) for row in rows[:size]]
        if len(rows) > size:
            token = base64.urlsafe_b64encode(json.dumps(_place(rows[size - 1], order)).encode()).decode()
            url = request.url.update_query({"$skiptoken": token})
            body["@odata.nextLink"] = f"{self._origin(request)}{url.raw_path_qs}"
        return web.json_response(body)

    def _origin(self, request: web.Request) -> str:
        return self.public() or f"http://{request.host}"


_EDM = {
    "string": "Edm.String", "guid": "Edm.Guid", "decimal": "Edm.Decimal", "boolean": "Edm.Boolean", "date": "Edm.Date",
    "datetime": "Edm.DateTimeOffset",
}  # fmt: skip


def metadata(taken_out: set[str]) -> str:
    """Return the document in which the service describes itself (CSDL 4.0), from what the contract says of its resources."""
    types, sets = [], []
    for name, resource in CONTRACT["resources"].items():
        single, properties = name.removesuffix("s"), []
        for prop, kind in resource["properties"].items():
            length = f' MaxLength="{_LIMITS[prop]}"' if prop in _LIMITS else ""
            if prop not in taken_out:
                properties.append(f'<Property Name="{prop}" Type="{_EDM[kind]}"{length}/>')
        types.append(
            f'<EntityType Name="{single}"><Key><PropertyRef Name="id"/></Key>{"".join(properties)}</EntityType>'
        )
        sets.append(f'<EntitySet Name="{name}" EntityType="Microsoft.NAV.{single}"/>')
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        '<Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{"".join(types)}<EntityContainer Name="NAV">{"".join(sets)}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def instant(moment: datetime) -> str:
    """Return a time as Business Central writes it: milliseconds without trailing zeros."""
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return f"{text}Z"


def _require(held: bool, what: str) -> None:
    if not held:
        raise ViolationError(what)


def _require_options(request: web.Request, kind: str, properties: Mapping[str, str]) -> None:
    allowed = CONTRACT["query_options"][kind] if request.method == "GET" else []
    for name, value in request.query.items():
        _require(name in allowed, f"query option {name}")
        if name in {"$select", "$orderby"}:
            unknown = {part.split(" ")[0] for part in value.split(",")} - set(properties)
            _require(not unknown, f"{name} of {sorted(unknown)}")
        if name == "$filter":
            try:
                compile_filter(value, properties)
            except FilterError as error:
                raise ViolationError(str(error)) from error
    _require(not {"$top", "$skip"} <= set(request.query), "$top together with $skip")


async def _body(request: web.Request, name: str) -> Row:
    resource = CONTRACT["resources"][name]
    _require(request.content_type == "application/json", f"content type {request.content_type}")
    sent: Row = json.loads(await request.read())
    _require(isinstance(sent, dict), "a body that is no record")
    for prop, value in sent.items():
        _require(prop in resource["properties"], f"property {prop}")
        _require(prop not in resource["read_only"], f"{prop} is read-only")
        kind = resource["properties"][prop]
        wanted: dict[str, Any] = {"boolean": bool, "decimal": (int, float), "integer": int}
        _require(isinstance(value, wanted.get(kind, str)), f"{value!r} as {kind} {prop}")
    return sent


def _shown(row: Row, query: Mapping[str, str], *, single: bool = False) -> Row:
    names = query["$select"].split(",") if "$select" in query else [name for name in row if not name.startswith("@")]
    context = {"@odata.context": f"{_BASE}/$metadata#entity"} if single else {}
    return {**context, "@odata.etag": row["@odata.etag"], **{name: row[name] for name in names}}


def _place(row: Row, order: list[str]) -> list[str]:
    return [*(_sortable(str(row[name])) for name in order), row["id"]]


def _sortable(text: str) -> str:
    """Times without trailing zeros sort as times."""
    return text.removesuffix("Z")


def _page_size(request: web.Request) -> int:
    _, _, size = request.headers.get("Prefer", "").partition("odata.maxpagesize=")
    return int(size) if size.isdigit() else 20_000


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


@asynccontextmanager
async def serve(stand_in: BusinessCentralStandIn) -> AsyncIterator[int]:
    """Serve the stand-in on a free loopback port; its tokens come from /token."""
    app = web.Application()
    app.router.add_post("/token", stand_in.token)
    app.router.add_route("*", "/{rest:.*}", stand_in.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
