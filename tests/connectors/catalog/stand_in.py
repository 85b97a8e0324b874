"""What stand-ins of outside systems have in common: records by list, a clock, and a note of every request that is none of theirs.

A stand-in says in `routed` what its system answers. A request that the system's contract does not hold raises
ViolationError: it is answered 400 and noted in `violations`, where nothing of the product's own may ever stand.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from aiohttp import BasicAuth, web

from apps.connectors.answers import at_path, nested
from apps.connectors.instants import read_instant, write_instant
from apps.connectors.manifest import InstantForm

Row = dict[str, Any]
START = datetime(2026, 11, 2, 8, tzinfo=UTC)


class RefusedError(Exception):
    """An answer that refuses; the stand-in words it in its system's form."""

    def __init__(self, status: int, message: str, *, code: str = "", field: str = "", **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.field = status, message, code, field
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class ViolationError(RefusedError):
    """The request is none that the system's contract holds."""

    def __init__(self, what: str) -> None:
        super().__init__(400, f"Not in the contract: {what}", code="violation")


class StandIn:
    """One system. A subclass names its lists and their fields, and answers in `routed`."""

    lists: ClassVar[tuple[str, ...]]
    key: ClassVar[str] = "id"  # where a record has its key; may be dotted
    stamp_field: ClassVar[str | Mapping[str, str]] = ""  # where a record says when it was changed, by list or for all
    stamp_form: ClassVar[InstantForm] = InstantForm.ISO_MILLIS
    client: ClassVar[tuple[str, str]] = ("client-id-of-the-stage-000001", "client-secret-of-the-stage-000001")
    bearer: ClassVar[str] = "access-token-of-the-stage-000001"

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        self.public = public  # the address that the system's links begin with
        self.rows: dict[str, list[Row]] = {name: [] for name in self.lists}
        self.clock = START
        self.violations: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self._numbers = 0

    # --- hands of a person --------------------------------------------------------------------------------------------
    def new_key(self, name: str) -> str | int:
        """Return the key of the next record: a number, unless the system has others."""
        self._numbers += 1
        return 100_000 + self._numbers

    def enter(self, name: str, /, **values: Any) -> Row:
        """Make a record at the present moment; dotted names become nested objects, a name's dot is written "__"."""
        row = nested({self.key: self.new_key(name), **{field.replace("__", "."): v for field, v in values.items()}})
        self.rows[name].append(row)
        self.stamp(name, row)
        return row

    def stamp(self, name: str, row: Row, moment: datetime | None = None) -> None:
        """Mark a record as changed, now or at another moment."""
        field = self.stamp_field if isinstance(self.stamp_field, str) else self.stamp_field.get(name, "")
        if field:
            put(row, field, self.written(moment or self.clock))

    def written(self, moment: datetime) -> Any:
        """Return an instant as this system writes it."""
        text = write_instant(moment, self.stamp_form)
        return int(text) if self.stamp_form in {InstantForm.SECONDS, InstantForm.MILLISECONDS} else text

    def changed_at(self, name: str, row: Row) -> datetime:
        """Return when a record was changed."""
        field = self.stamp_field if isinstance(self.stamp_field, str) else self.stamp_field[name]
        return read_instant(str(at_path(row, field)), self.stamp_form)

    def row(self, name: str, key: str) -> Row:
        """Return one record. Raises RefusedError with 404 when there is none."""
        for row in self.rows[name]:
            if str(at_path(row, self.key)) == key:
                return row
        raise RefusedError(404, "Not found")

    def tick(self, **span: float) -> None:
        """Let time pass: a second, or what is named."""
        self.clock += timedelta(**(span or {"seconds": 1}))

    # --- the service --------------------------------------------------------------------------------------------------
    async def routed(self, request: web.Request) -> web.StreamResponse:
        """Answer a signed call. Raises RefusedError and ViolationError."""
        raise ViolationError(f"{request.method} {request.path}")

    def is_signed(self, request: web.Request) -> bool:
        """Say whether a call carries the right sign-in."""
        return request.headers.get("Authorization") == f"Bearer {self.bearer}"

    def refusal(self, error: RefusedError) -> web.Response:
        """Return a refusal in this system's form."""
        return web.json_response({"code": error.code, "message": error.message}, status=error.status)

    def unsigned(self) -> RefusedError:
        """Return what a call without the right sign-in hears."""
        return RefusedError(401, "Unauthorized", code="unauthorized")

    async def token(self, request: web.Request) -> web.Response:
        """Hand out the access token to who proves to be the client, by its secret in the body or in a Basic header."""
        sent = await request.post()
        if not sent.get("assertion") and not sent.get("client_assertion") and not self._is_client(request, sent):
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": self.bearer, "token_type": "Bearer", "expires_in": 3600})

    def _is_client(self, request: web.Request, sent: Mapping[str, Any]) -> bool:
        if "Authorization" in request.headers:
            basic = BasicAuth.decode(request.headers["Authorization"])
            return (basic.login, basic.password) == self.client
        return (sent.get("client_id"), sent.get("client_secret")) == self.client

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, noting it."""
        self.asked.append((request.method, request.path_qs))
        if not self.is_signed(request):
            return self.refused(self.unsigned())
        try:
            return await self.routed(request)
        except ViolationError as violation:
            self.violations.append(f"{request.method} {request.path_qs}: {violation}")
            return self.refused(violation)
        except RefusedError as refusal:
            return self.refused(refusal)

    def refused(self, error: RefusedError) -> web.Response:
        """Return a refusal with its headers."""
        response = self.refusal(error)
        response.headers.update(error.headers)
        return response

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Serve on a free loopback port and yield the address; tokens come from /token."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/token", self.token)
        app.router.add_route("*", "/{rest:.*}", self.answer)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def put(row: Row, path: str, value: Any) -> None:
    """Set what lies at a dotted path of a record."""
    *outer, last = path.split(".")
    for step in outer:
        row = row.setdefault(step, {})
    row[last] = value


def require(held: bool, what: str) -> None:
    """Raise ViolationError unless the contract holds what was asked."""
    if not held:
        raise ViolationError(what)


def require_query(request: web.Request, allowed: Iterable[str], required: Iterable[str] = ()) -> None:
    """Raise ViolationError for a query parameter that is not allowed, or one that is missing."""
    strange, missing = set(request.query) - set(allowed) - set(required), set(required) - set(request.query)
    require(not strange, f"query {sorted(strange)}")
    require(not missing, f"no {sorted(missing)} in the query")


async def body_of(request: web.Request, allowed: Iterable[str], required: Iterable[str] = ()) -> Row:
    """Return a JSON body. Raises ViolationError when it is none, or has properties that are not in the contract."""
    require(request.content_type == "application/json", f"content type {request.content_type}")
    try:
        sent = json.loads(await request.read())
    except ValueError:
        raise ViolationError("a body that is no JSON") from None
    require(isinstance(sent, dict), "a body that is no object")
    require_properties(sent, allowed, required)
    return dict(sent)


def require_properties(sent: Mapping[str, Any], allowed: Iterable[str], required: Iterable[str] = ()) -> None:
    """Raise ViolationError for a property that is not in the contract, or one that is missing."""
    strange, missing = set(sent) - set(allowed) - set(required), set(required) - set(sent)
    require(not strange, f"properties {sorted(strange)}")
    require(not missing, f"no {sorted(missing)} in the body")


def numbered_page(request: web.Request, rows: list[Row], *, size: str, page: str, largest: int) -> list[Row]:
    """Return the page that was asked for by number, beginning with 1."""
    number, length = int(request.query.get(page, "1")), min(int(request.query.get(size, str(largest))), largest)
    require(number >= 1 and length >= 1, f"page {number} of {length}")
    return rows[(number - 1) * length : number * length]


def offset_page(request: web.Request, rows: list[Row], *, size: str, offset: str, largest: int) -> list[Row]:
    """Return the page that was asked for by offset, beginning with 0."""
    start, length = int(request.query.get(offset, "0")), min(int(request.query.get(size, str(largest))), largest)
    require(start >= 0 and length >= 1, f"{length} from {start}")
    return rows[start : start + length]
