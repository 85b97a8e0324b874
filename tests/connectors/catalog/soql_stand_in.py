"""A Salesforce organisation that keeps its records, and refuses what its documentation does not allow.

Requests no client may send are noted in `violations`. The hard parts, and where they are described:

- a collection answers 200 whatever became of its rows, each row for itself, in the order sent, at most 200 of them:
  https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-upsert.html
- 300 where an external id fits several records, and the id not in the body:
  https://developer.salesforce.com/docs/platform/api-rest/guide/dome-upsert.html
- an answer may stop short of what was asked for, with the address of its rest:
  https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query-more-results.html
- 401 INVALID_SESSION_ID, 403 REQUEST_LIMIT_EXCEEDED:
  https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
- a row that somebody else is changing (UNABLE_TO_LOCK_ROW), named among the status codes of
  https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.connectors.access_tokens import TokenShelf
from tests.connectors.catalog.soql_parser import QueryError, parse_query

DATA = "/services/data/v67.0"
TOKEN_PATH = "/services/oauth2/token"
CLIENT_ID = "3MVG9pRzvMkjMb6nx5gCN8NXTw46YeedpgeZfLpDIS_rNadb7"
USER = "integration@firm.example.org"
TOKEN = "00DE0X0A0M0PeLE!AQcAQH0dMHexampleSessionOfTheIntegrationUser"
SETTINGS = {"login_host": "login.salesforce.com", "currency": "EUR"}
SHELF = TokenShelf(key="soql", secret="of the stage")  # each assertion takes a private key that is slow to read
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
_LONGEST_ADDRESS = 16_384
_TYPES = {"number": "double", "id": "reference"}
Row = dict[str, Any]
Answer = tuple[int, Any]


@dataclass(frozen=True)
class Field:
    """One field: its kind ("id", "string", "email", "number", "date", "datetime", "boolean"), and what is refused of it.

    `refers` is the object an id must be one of; `through` makes it a field of a related record: (id field, its field).
    """

    kind: str = "string"
    length: int = 255
    required: bool = False
    writable: bool = True
    refers: str = ""
    through: tuple[str, str] | None = None


class RefusedError(Exception):
    """An answer in the form of Salesforce's errors."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.fields = status, code, fields

    def body(self) -> Any:
        return [
            {"message": str(self), "errorCode": self.code, **({"fields": list(self.fields)} if self.fields else {})}
        ]

    def row(self) -> dict[str, Any]:
        error = {"statusCode": self.code, "message": str(self), "fields": list(self.fields)}
        return {"success": False, "errors": [error]}


@cache
def private_key() -> rsa.RSAPrivateKey:
    """Return the key whose certificate the app in the organisation holds."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def secrets() -> dict[str, str]:
    """Return what a connection to it holds."""
    pem = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"client_id": CLIENT_ID, "subject": USER, "private_key": pem}


@dataclass
class SoqlStandIn:
    """Rows by object. `clock` stamps changes to the second, as SystemModstamp does."""

    objects: Mapping[str, Mapping[str, Field]]
    external_id: str = "Integration_Key__c"
    clock: datetime = START
    part: int = 2000  # records of one answer, whatever was asked for
    calls_left: int = 100_000
    session: str = TOKEN
    locked: set[str] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    _locators: dict[str, tuple[tuple[str, ...], list[Row], str]] = field(default_factory=dict)
    _made: int = 0

    def __post_init__(self) -> None:
        self.rows = {name: [] for name in self.objects}

    # --- hands of a person --------------------------------------------------------------------------------------------
    def enter(self, name: str, **values: Any) -> Row:
        self._made += 1
        fields = self.objects[name]
        row: Row = {known: None for known, described in fields.items() if described.through is None}
        row |= {"Id": f"{'00' + name[:1].lower():0<9.3}{self._made:06d}AAA", self.external_id: None, **values}
        row["CreatedDate"] = instant(self.clock)
        self.rows[name].append(row)
        self.stamp(row)
        return row

    def stamp(self, row: Row) -> None:
        """Mark a change."""
        row["SystemModstamp"] = instant(self.clock)

    def row(self, name: str, key: str) -> Row:
        """Return one record. Raises RefusedError as Salesforce does when there is none."""
        for row in self.rows[name]:
            if row["Id"] == key:
                return row
        if key in self.deleted:
            raise RefusedError(404, "ENTITY_IS_DELETED", "entity is deleted")
        raise RefusedError(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {key}")

    def remove(self, name: str, row: Row) -> str:
        self.rows[name].remove(row)
        self.deleted.add(row["Id"])
        return str(row["Id"])

    # --- the service --------------------------------------------------------------------------------------------------
    async def token(self, request: web.Request) -> web.Response:
        sent = await request.post()
        if sent.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            self.violations.append(f"token asked with {sorted(sent)}")
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        try:
            claims = jwt.decode(
                str(sent.get("assertion")),
                private_key().public_key(),
                ["RS256"],
                audience="https://login.salesforce.com",
            )
        except jwt.PyJWTError:
            return web.json_response({"error": "invalid_grant", "error_description": "invalid assertion"}, status=400)
        if claims["iss"] != CLIENT_ID or claims["sub"] != USER:
            said = "user hasn't approved this consumer" if claims["iss"] == CLIENT_ID else "invalid client"
            return web.json_response({"error": "invalid_grant", "error_description": said}, status=400)
        granted = {
            "access_token": self.session,
            "scope": "api",
            "instance_url": "https://x.example",
            "token_type": "Bearer",
        }
        return web.json_response(granted)  # without expires_in: how long a session lasts is the organisation's setting

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        if len(str(request.rel_url.raw_path_qs)) > _LONGEST_ADDRESS:
            self.violations.append("an address of more than 16,384 bytes")
            return web.Response(status=414)
        if request.headers.get("Authorization") != f"Bearer {self.session}":
            return _json(401, RefusedError(401, "INVALID_SESSION_ID", "Session expired or invalid").body())
        if self.calls_left <= 0:
            return _json(403, RefusedError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").body())
        self.calls_left -= 1
        try:
            status, body = await self._routed(request)
        except RefusedError as refusal:
            return _json(refusal.status, refusal.body())
        return _json(status, body) if body is not None else web.Response(status=status)

    async def _routed(self, request: web.Request) -> Answer:
        method, parts = request.method, [unquote(part) for part in request.raw_path.partition("?")[0].split("/")]
        if not request.path.startswith(f"{DATA}/"):
            raise self._violation(f"{method} {request.path}")
        parts = parts[4:]
        if parts[0] == "limits" and method == "GET":
            return 200, {"DailyApiRequests": {"Max": 100_000, "Remaining": self.calls_left}}
        if parts[0] == "query" and method == "GET":
            return self._query(request) if len(parts) == 1 else self._more(parts[1])
        if parts[0] == "sobjects" and parts[2:] == ["describe"] and method == "GET":
            return self._description(parts[1])
        if parts[0] == "sobjects" and len(parts) in {3, 4} and parts[1] in self.objects:
            return await self._one(request, parts[1], parts[2:])
        if parts[:2] == ["composite", "sobjects"] and method == "PATCH":
            return await self._collection(request, parts[2:])
        raise self._violation(f"{method} {request.path}")

    def _description(self, name: str) -> Answer:
        """https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-describe.html."""
        if name not in self.objects:
            raise RefusedError(404, "NOT_FOUND", "The requested resource does not exist")
        columns = {known: field for known, field in self.objects[name].items() if field.through is None}
        told = [
            {
                "name": known, "label": known, "type": _TYPES.get(field.kind, field.kind), "nillable": not field.required,
                "updateable": field.writable, "length": field.length if field.kind in {"string", "email"} else 0,
                "picklistValues": [],
            }
            for known, field in {**columns, self.external_id: Field()}.items()
        ]  # fmt: skip
        return 200, {"name": name, "fields": told}

    def _query(self, request: web.Request) -> Answer:
        if list(request.query) != ["q"]:
            raise self._violation(f"query with {sorted(request.query)}")
        schema = {
            name: {known: described.kind for known, described in fields.items()} | {self.external_id: "string"}
            for name, fields in self.objects.items()
        }
        try:
            asked = parse_query(request.query["q"], schema)
        except QueryError as error:
            if error.code in {"MALFORMED_QUERY", "INVALID_QUERY_FILTER_OPERATOR"}:
                raise self._violation(f"{error}: {request.query['q']}") from error
            raise RefusedError(400, error.code, str(error)) from error
        rows = sorted(
            (row for row in self.rows[asked.object_name] if asked.fits(row)),
            key=lambda row: [str(row[name]) for name in asked.order],
        )
        return self._sent(asked.fields, rows[: asked.limit], asked.object_name)

    def _more(self, locator: str) -> Answer:
        if locator not in self._locators:
            raise RefusedError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._sent(*self._locators[locator])

    def _sent(self, fields: tuple[str, ...], rows: list[Row], name: str) -> Answer:
        shown = [self._shown(row, fields, name) for row in rows[: self.part]]
        body = {"totalSize": len(rows), "done": len(rows) <= self.part, "records": shown}
        if not body["done"]:
            locator = f"01g0000000{len(self._locators):05d}AAA-{self.part}"
            self._locators[locator] = (fields, rows[self.part :], name)
            body["nextRecordsUrl"] = f"{DATA}/query/{locator}"
        return 200, body

    def _shown(self, row: Row, fields: tuple[str, ...], name: str) -> Row:
        shown: Row = {"attributes": {"type": name, "url": f"{DATA}/sobjects/{name}/{row['Id']}"}}
        for known in fields:
            *relations, last = known.split(".")
            value = self._value(name, row, known)
            if relations and value is None:
                shown.setdefault(relations[0], None)
                continue
            inner = shown
            for relation in relations:
                inner[relation] = inner.get(relation) or {"attributes": {"type": relation}}
                inner = inner[relation]
            inner[last] = value
        return shown

    def _value(self, name: str, row: Row, known: str) -> Any:
        """Return a field of a row, or of the row it points to."""
        described = self.objects[name].get(known)
        if described is None or described.through is None:
            return row[known]
        key, other = described.through
        related = next((held for held in self.rows.get(other, []) if held["Id"] == row[key]), None)
        if related is None:
            return row.get(known)
        rest = known.partition(".")[2]
        return self._value(other, related, rest)

    # --- writing ------------------------------------------------------------------------------------------------------
    async def _one(self, request: web.Request, name: str, rest: list[str]) -> Answer:
        if request.method == "DELETE" and len(rest) == 1:
            self.remove(name, self.row(name, rest[0]))
            return 204, None
        if request.method != "PATCH":
            raise self._violation(f"{request.method} of {name}")
        sent = await _read(request)
        if len(rest) == 1:
            self._change(name, self.row(name, rest[0]), sent)
            return 204, None
        if rest[0] != self.external_id:
            raise RefusedError(404, "NOT_FOUND", "The requested resource does not exist")
        if self.external_id in sent:
            raise self._violation(f"The {self.external_id} field should not be specified in the sobject data.")
        held = self._carrying(name, rest[1])
        if len(held) > 1:
            return 300, [f"{DATA}/sobjects/{name}/{row['Id']}" for row in held]
        key, made = self._upsert(name, rest[1], sent)
        return (201 if made else 200), {"id": key, "errors": [], "success": True, "created": made}

    async def _collection(self, request: web.Request, rest: list[str]) -> Answer:
        sent = await _read(request)
        records = sent.get("records")
        if set(sent) - {"allOrNone", "records"} or not isinstance(records, list) or not 0 < len(records) <= 200:
            raise self._violation("a collection that is none, or of more than 200")
        return 200, [self._row(record, rest) for record in records]

    def _row(self, record: Row, rest: list[str]) -> Row:
        name = str((record.get("attributes") or {}).get("type"))
        if name not in self.objects or (rest and rest != [name, self.external_id]):
            raise self._violation(f"a collection of {rest} with a record of {name!r}")
        values = {known: value for known, value in record.items() if known not in {"attributes", "id"}}
        try:
            if not rest:
                row = self.row(name, str(record.get("id")))
                self._change(name, row, values)
                return {"id": row["Id"], "success": True, "errors": []}
            if "id" in record or not record.get(self.external_id):
                raise self._violation("an upsert with the record's own id, or without the external one")
            key, made = self._upsert(name, values.pop(self.external_id), values)
        except RefusedError as refusal:
            return refusal.row()
        return {"id": key, "success": True, "errors": [], "created": made}

    def _upsert(self, name: str, own: str, values: Row) -> tuple[str, bool]:
        held = self._carrying(name, own)
        if len(held) > 1:
            raise RefusedError(400, "DUPLICATE_EXTERNAL_ID", f"{self.external_id}: more than one record found")
        if held:
            self._change(name, held[0], values)
            return str(held[0]["Id"]), False
        self._check(name, values, {})
        return str(self.enter(name, **self._stored(name, values), **{self.external_id: own})["Id"]), True

    def _change(self, name: str, row: Row, values: Row) -> None:
        if row["Id"] in self.locked:
            raise RefusedError(
                400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records"
            )
        self._check(name, values, row)
        row |= self._stored(name, values)
        self.stamp(row)

    def _stored(self, name: str, values: Row) -> Row:
        return dict(values)

    def _check(self, name: str, values: Row, held: Row) -> None:
        fields = self.objects[name]
        for known in values:
            if known not in fields or not fields[known].writable or fields[known].through:
                raise self._violation(f"No such column '{known}' on sobject of type {name}", "INVALID_FIELD")
        missing = [known for known, field in fields.items() if field.required and not {**held, **values}.get(known)]
        if missing:
            raise RefusedError(
                400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", tuple(missing)
            )
        for known, value in values.items():
            self._check_value(known, fields[known], value)

    def _check_value(self, name: str, described: Field, value: Any) -> None:
        if described.kind in {"string", "email"} and len(str(value or "")) > described.length:
            said = f"{name}: data value too large: {str(value)[:40]} (max length={described.length})"
            raise RefusedError(400, "STRING_TOO_LONG", said, (name,))
        if described.kind == "email" and value and "@" not in str(value):
            raise RefusedError(400, "INVALID_EMAIL_ADDRESS", f"{name}: invalid email address: {value}", (name,))
        if described.refers and value and all(row["Id"] != value for row in self.rows[described.refers]):
            raise RefusedError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (name,))

    def _carrying(self, name: str, own: str) -> list[Row]:
        return [row for row in self.rows[name] if row[self.external_id] == own]

    def _violation(self, what: str, code: str = "JSON_PARSER_ERROR") -> RefusedError:
        self.violations.append(what)
        return RefusedError(400, code, what)


def instant(moment: datetime) -> str:
    """Return a time as Salesforce writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"


def _json(status: int, body: Any) -> web.Response:
    return web.json_response(body, status=status)


async def _read(request: web.Request) -> Row:
    sent = json.loads(await request.read())
    return sent if isinstance(sent, dict) else {}


@asynccontextmanager
async def serve(stand_in: SoqlStandIn) -> AsyncIterator[int]:
    """Serve the stand-in on a free loopback port."""
    app = web.Application()
    app.router.add_post(TOKEN_PATH, stand_in.token)
    app.router.add_route("*", "/{rest:.*}", stand_in.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
