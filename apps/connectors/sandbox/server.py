"""The sandbox systems as one small web server: an API each, their controls and a page that shows their records."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from apps.connectors.sandbox import controls, pages
from apps.connectors.sandbox.announcements import Announcer
from apps.connectors.sandbox.crm import hand_out_token
from apps.connectors.sandbox.desk import Desk
from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.hall import ADMIN, ANNOUNCER, HALL, STORE, Hall
from apps.connectors.sandbox.people import desk_of
from apps.connectors.sandbox.replies import AskedWrongError, refusal
from apps.connectors.sandbox.store import Company, Store
from apps.connectors.sandbox.systems import SYSTEMS

_LARGEST_BODY = 16 * 1024 * 1024
_WEB_PAGE = (
    "<!doctype html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"
)
_TOKENS = "oauth/token"


def build_app(state: Path, admin_token: str) -> web.Application:
    """Return the server's application, with its memory in the folder `state`."""
    state.mkdir(parents=True, exist_ok=True)
    app = web.Application(client_max_size=_LARGEST_BODY, middlewares=[_explain])
    app[STORE] = Store(state / "sandbox.sqlite3")
    app[ANNOUNCER] = Announcer(app[STORE])
    app[HALL] = Hall(app[STORE])
    app[ADMIN] = admin_token
    app.on_cleanup.append(_close)
    app.add_routes(controls.routes())
    app.add_routes(pages.routes())
    for system in SYSTEMS:
        app.router.add_route("*", f"/{system}/{{company}}/api/v1/{{tail:.*}}", _door_of(system))
    return app


async def serve(state: Path, admin_token: str, *, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Serve until cancelled. `ready` is told the port once calls are answered; port 0 takes a free one."""
    runner = web.AppRunner(build_app(state, admin_token), access_log=None, handle_signals=False, shutdown_timeout=5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        ready(int(runner.addresses[0][1]))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def _close(app: web.Application) -> None:
    await app[ANNOUNCER].settle()
    app[STORE].close()


@web.middleware
async def _explain(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A request that cannot be understood is told why."""
    try:
        return await handler(request)
    except AskedWrongError as problem:
        return refusal(400, "bad_request", str(problem))


def _door_of(system: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a system's work in what every call meets first: its company, the sign-in, the faults."""

    async def answer_call(request: web.Request) -> web.Response:
        company = request.app[HALL].company(system, request.match_info["company"])
        if company is None:
            return refusal(404, "no_company", "There is no such company")
        faults = request.app[HALL].faults(company)
        stopped = await _stopped(request, company, faults)
        if stopped is not None:
            return stopped
        response = await _work(request, company, faults)
        if response.status < 400 and faults.strikes("drop_after"):
            _drop(request)
        if response.status < 400 and faults.strikes("error_after"):
            return refusal(500, "internal_error", "Something went wrong")
        return response

    return answer_call


async def _stopped(request: web.Request, company: Company, faults: Faults) -> web.Response | None:
    """Return the answer that keeps a call from being worked, None when it may pass."""
    if faults.strikes("down"):
        return refusal(503, "unavailable", "Out of service")
    if faults.strikes("html"):
        return web.Response(text=_WEB_PAGE, content_type="text/html")
    if faults.strikes("slow"):
        await asyncio.sleep(faults.seconds("slow_seconds"))
    if not _buys_token(request, company) and _turned_away(request, company, faults):
        return refusal(401, "unauthorized", "The token is not valid")
    if faults.strikes("rate_limit"):
        seconds = f"{faults.seconds('retry_after_seconds'):g}"
        return refusal(429, "too_many_requests", "Slow down", headers={"Retry-After": seconds})
    if request.method not in {"GET", "HEAD"} and not _buys_token(request, company) and faults.strikes("forbidden"):
        return refusal(403, "forbidden", "The token may not write")
    if faults.strikes("error_before"):
        return refusal(500, "internal_error", "Something went wrong")
    return None


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _buys_token(request: web.Request, company: Company) -> bool:
    asked = (request.method, request.match_info["tail"]) == ("POST", _TOKENS)
    return asked and SYSTEMS[company.system].hands_out_tokens


def _turned_away(request: web.Request, company: Company, faults: Faults) -> bool:
    offered = request.headers.get("Authorization", "")
    return faults.strikes("wrong_credentials") or not SYSTEMS[company.system].admits(company, faults, offered)


async def _work(request: web.Request, company: Company, faults: Faults) -> web.Response:
    if _buys_token(request, company):
        return hand_out_token(company, faults, request.headers, await request.read())
    desk = desk_of(request, company, faults)
    desk.caused_by = request.headers.get("X-Correlation-Id", "")[:100]
    kind, _, key = request.match_info["tail"].partition("/")
    if kind == "whoami" and request.method == "GET":
        return desk.whoami()
    if kind == "describe" and request.method == "GET" and key in desk.kinds:
        return desk.describe(key)
    if kind not in desk.kinds:
        return refusal(404, "not_found", f"There is no {kind}")
    if request.method in {"GET", "HEAD"}:
        return desk.one(kind, key) if key else desk.some(kind, dict(request.query))
    return _write(request.method, desk, kind, key, await request.read(), request.headers.get("Idempotency-Key", ""))


def _write(method: str, desk: Desk, kind: str, key: str, body: bytes, idempotency_key: str) -> web.Response:
    known = desk.kinds[kind]
    if known.writable and method == "POST":
        return desk.post(kind, key, body, idempotency_key)
    if known.writable and method == "PATCH" and key:
        return desk.change(kind, key, body, idempotency_key)
    if known.removable and method == "DELETE" and key:
        return desk.remove(kind, key)
    return refusal(405, "method_not_allowed", f"{method} is not possible here")
