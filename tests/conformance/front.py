"""Stands between a connector and its system: passes calls on, notes them, and does to them what bad networks and systems do."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import aiohttp
import orjson
from aiohttp import web
from yarl import URL

_OF_THIS_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})
_CARRIES_A_SECRET = re.compile(r"authorization|key$|token$", re.IGNORECASE)
_LONGEST_SILENCE = 20.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What the system answered to a call that was passed on."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def response(self, body: bytes | None = None) -> web.Response:
        """Return it as it goes back, with another body where one is given."""
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THIS_HOP}
        return web.Response(status=self.status, headers=kept, body=self.body if body is None else body)


Forward = Callable[[], Awaitable[Heard]]
Trouble = Callable[["Front", web.Request, Forward], Awaitable[web.StreamResponse]]


@dataclass
class Front:
    """The address a connector calls instead of its system's own.

    `trouble` is what becomes of a call (None: it is passed on), `only_writes` leaves reading alone: GET, and what
    `is_question` says of the bodies of protocols that ask by POST. Calls whose path ends with one of `spared` always
    pass: a system's token endpoint, say.
    """

    behind: str
    spared: tuple[str, ...] = ()
    trouble: Trouble | None = None
    only_writes: bool = False
    is_question: Callable[[bytes], bool] = lambda _body: False
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path of every call that was not spared
    wire_secrets: set[str] = field(default_factory=set)  # what signed the calls
    url: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request, client: aiohttp.ClientSession) -> web.StreamResponse:
        """Answer one call."""
        body = await request.read()
        self._note(request)

        async def forward() -> Heard:
            address = URL(f"{URL(self.behind).origin()}{request.raw_path}", encoded=True)
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_THIS_HOP}
            async with client.request(request.method, address, data=body or None, headers=headers) as heard:
                return Heard(heard.status, heard.headers, await heard.read())

        reads = request.method == "GET" or self.is_question(body)
        if self.trouble is None or self._is_spared(request) or (self.only_writes and reads):
            return (await forward()).response()
        return await self.trouble(self, request, forward)

    def _note(self, request: web.Request) -> None:
        self.wire_secrets |= secrets_of(request)
        if not self._is_spared(request):
            self.asked.append((request.method, request.path))

    def _is_spared(self, request: web.Request) -> bool:
        return request.path.endswith(self.spared) if self.spared else False


@asynccontextmanager
async def fronted(behind: str, spared: tuple[str, ...] = ()) -> AsyncIterator[Front]:
    """Serve a front for the system at `behind` on a free loopback port."""
    front = Front(behind, spared)
    async with aiohttp.ClientSession(auto_decompress=False) as client:

        async def handle(request: web.Request) -> web.StreamResponse:
            return await front.answer(request, client)

        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{rest:.*}", handle)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        front.url = f"http://127.0.0.1:{runner.addresses[0][1]}{urlsplit(behind).path}"
        try:
            yield front
        finally:
            front.ended.set()
            await runner.cleanup()


def answers(status: int, body: bytes = b"{}", content_type: str = "application/json", **headers: str) -> Trouble:
    """Answer in the system's place; nothing reaches it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def trouble(_front: Front, _request: web.Request, _forward: Forward) -> web.StreamResponse:
        return web.Response(status=status, body=body, content_type=content_type, headers=named)

    return trouble


async def lost_before(front: Front, request: web.Request, _forward: Forward) -> web.StreamResponse:
    """The call never reaches the system."""
    return _dropped(request)


async def lost_after(front: Front, request: web.Request, forward: Forward) -> web.StreamResponse:
    """The system does what it was asked, and its answer is lost on the way."""
    await forward()
    return _dropped(request)


async def silent_after(front: Front, request: web.Request, forward: Forward) -> web.StreamResponse:
    """The system does what it was asked, and nothing is heard of it."""
    await forward()
    with suppress(TimeoutError):
        await asyncio.wait_for(front.ended.wait(), _LONGEST_SILENCE)
    return _dropped(request)


async def broken_after(front: Front, request: web.Request, forward: Forward) -> web.StreamResponse:
    """The system does what it was asked, and something in front of it answers that it failed."""
    await forward()
    return web.Response(status=502, text="<html><body>Bad gateway</body></html>", content_type="text/html")


async def cut_short(front: Front, request: web.Request, forward: Forward) -> web.StreamResponse:
    """The answer ends in the middle of its JSON."""
    heard = await forward()
    return heard.response(heard.body[: max(1, len(heard.body) // 2)])


def secrets_of(request: web.Request) -> set[str]:
    """Return what signed a call."""
    named = ((name.lower(), value) for name, value in request.headers.items())
    return {
        value.partition(" ")[2] or value
        for name, value in named
        if _CARRIES_A_SECRET.search(name) and name != "idempotency-key"
    }


def echoing(secrets: set[str]) -> Trouble:
    """Refuse the record with an answer that repeats the caller's secrets, in every form systems word refusals."""

    async def trouble(_front: Front, request: web.Request, _forward: Forward) -> web.StreamResponse:
        said = f"The call was signed with {' and '.join(sorted(secrets | secrets_of(request)))}."
        problem = {"code": "odd", "field": said, "message": said}
        if "xml" in request.content_type:
            return web.Response(status=500, body=_faulty(said), content_type="text/xml")
        refusal = {"error": {"code": "odd", "problems": [problem]}, "message": said, "errors": [said]}
        records = (await request.json()).get("records") if request.method == "POST" else None
        if isinstance(records, list):
            results = [{"position": place, "status": 422, **refusal} for place in range(len(records))]
            return web.Response(status=207, body=orjson.dumps({"results": results}), content_type="application/json")
        return web.Response(status=422, body=orjson.dumps(refusal), content_type="application/json")

    return trouble


def _faulty(said: str) -> bytes:
    """Return a SOAP fault that blames the caller."""
    told = f"<faultcode>s:Client</faultcode><faultstring>{escape(said)}</faultstring>"
    space = "http://schemas.xmlsoap.org/soap/envelope/"
    return f'<s:Envelope xmlns:s="{space}"><s:Body><s:Fault>{told}</s:Fault></s:Body></s:Envelope>'.encode()


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
