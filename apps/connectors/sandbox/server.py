"""The sandbox systems as one small web server: two APIs, their controls and a page that shows their records."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from apps.connectors.sandbox import controls, erp, pages, psa
from apps.connectors.sandbox.announcements import Announcer
from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.hall import ADMIN, ANNOUNCER, HALL, STORE, Hall
from apps.connectors.sandbox.replies import AskedWrongError, refusal
from apps.connectors.sandbox.store import Company, Record, Store

_LARGEST_BODY = 16 * 1024 * 1024
_WEB_PAGE = (
    "<!doctype html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"
)

Work = Callable[[web.Request, Company, Faults], Awaitable[web.Response]]


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
    for system, work in (("psa", _serve_psa), ("erp", _serve_erp)):
        app.router.add_route("*", f"/{system}/{{company}}/api/v1/{{tail:.*}}", _door_of(system, work))
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


def _door_of(system: str, work: Work) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a system's work in what every call meets first: its company, the sign-in, the faults."""

    async def answer_call(request: web.Request) -> web.Response:
        company = request.app[HALL].company(system, request.match_info["company"])
        if company is None:
            return refusal(404, "no_company", "There is no such company")
        faults = request.app[HALL].faults(company)
        stopped = await _stopped(request, company, faults)
        if stopped is not None:
            return stopped
        response = await work(request, company, faults)
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
    offered = request.headers.get("Authorization", "")
    if faults.strikes("wrong_credentials") or not hmac.compare_digest(
        offered.encode(), f"Bearer {company.token}".encode()
    ):
        return refusal(401, "unauthorized", "The token is not valid")
    if faults.strikes("rate_limit"):
        seconds = f"{faults.seconds('retry_after_seconds'):g}"
        return refusal(429, "too_many_requests", "Slow down", headers={"Retry-After": seconds})
    if request.method not in {"GET", "HEAD"} and faults.strikes("forbidden"):
        return refusal(403, "forbidden", "The token may not write")
    if faults.strikes("error_before"):
        return refusal(500, "internal_error", "Something went wrong")
    return None


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _serve_erp(request: web.Request, company: Company, faults: Faults) -> web.Response:
    system = erp.Erp(request.app[STORE], company, faults)
    kind, _, key = request.match_info["tail"].partition("/")
    if kind == "whoami" and request.method == "GET":
        return system.whoami()
    if kind not in erp.NAMES:
        return refusal(404, "not_found", f"There is no {kind}")
    if request.method == "GET":
        return system.one(kind, key) if key else system.some(kind, dict(request.query))
    body, token = await request.read(), request.headers.get("Idempotency-Key", "")
    if request.method == "POST" and key in {"", "batch"}:
        return system.batch(kind, body) if key else system.create(kind, body, token)
    if request.method == "PATCH" and key:
        return system.change(kind, key, body, token)
    return refusal(405, "method_not_allowed", f"{request.method} is not possible here")


async def _serve_psa(request: web.Request, company: Company, faults: Faults) -> web.Response:

    def announce(event: Record) -> None:
        request.app[ANNOUNCER].announce(company, event)

    system = psa.Psa(request.app[STORE], company, faults, announce)
    kind, _, key = request.match_info["tail"].partition("/")
    if kind == "whoami" and request.method == "GET":
        return system.whoami()
    if kind not in psa.NAMES:
        return refusal(404, "not_found", f"There is no {kind}")
    if request.method == "GET":
        return system.one(kind, key) if key else system.some(kind, dict(request.query))
    body = await request.read()
    if request.method == "POST":
        return _post_psa(system, kind, key, body)
    if request.method == "PATCH" and key:
        return system.change(kind, key, body)
    return refusal(405, "method_not_allowed", f"{request.method} is not possible here")


def _post_psa(system: psa.Psa, kind: str, key: str, body: bytes) -> web.Response:
    if not key:
        return system.create(kind, body)
    if kind == psa.ENTRIES and key == "approve":
        return system.approve(psa.approve_keys(body))
    if kind == psa.ENTRIES and key.endswith("/approve"):
        return system.approve([key.removesuffix("/approve")])
    return refusal(404, "not_found", f"There is no {kind}/{key}")
