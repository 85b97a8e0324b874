"""The sandbox's controls: found a company, set its faults, register its listener, read its records and its journal."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from apps.connectors.sandbox.approvals import ApprovingDesk, keys_in
from apps.connectors.sandbox.crm import Crm
from apps.connectors.sandbox.faults import FAULTS, FaultError, parse_faults
from apps.connectors.sandbox.firm import Wishes, found_firm, instant_text
from apps.connectors.sandbox.hall import ADMIN, ANNOUNCER, HALL, STORE
from apps.connectors.sandbox.people import desk_of
from apps.connectors.sandbox.replies import AskedWrongError, answer, parsed, refusal
from apps.connectors.sandbox.store import Company, Store
from apps.connectors.sandbox.systems import SYSTEMS
from apps.connectors.webhook_signatures import new_secret

_WISHES = ("people", "weeks", "seed", "entries", "problems", "daily_approvals", "as_of")
_SLUG = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")

Control = Callable[[web.Request, Company], Awaitable[web.Response]]


def routes() -> list[web.RouteDef]:
    """Return the routes of the controls."""
    company = "/sandbox/{system}/{company}"
    return [
        web.put(company, _found),
        web.put(f"{company}/faults", _of_company(_set_faults)),
        web.put(f"{company}/webhook", _of_company(_set_webhook)),
        web.put(f"{company}/clock", _of_company(_set_clock)),
        web.get(f"{company}/faults", _of_company(_get_faults)),
        web.get(f"{company}/webhook/deliveries", _of_company(_get_deliveries)),
        web.post(f"{company}/webhook/announce", _of_company(_announce)),
        web.get(f"{company}/records/{{object}}", _of_company(_get_records)),
        web.post(f"{company}/records/{{object}}", _of_company(_create_record)),
        web.patch(f"{company}/records/{{object}}/{{key}}", _of_company(_change_record)),
        web.delete(f"{company}/records/{{object}}/{{key}}", _of_company(_remove_record)),
        web.post(f"{company}/approvals", _of_company(_approve)),
        web.post(f"{company}/wins", _of_company(_win)),
        web.get(f"{company}/effects", _of_company(_get_effects)),
    ]


def is_admin(request: web.Request) -> bool:
    """Return whether the request carries the sandbox's own token."""
    offered = request.headers.get("Authorization", "")
    return hmac.compare_digest(offered.encode(), f"Bearer {request.app[ADMIN]}".encode())


def found_company(store: Store, system: str, slug: str, wishes: Wishes) -> Company:
    """Make a company with a firm's records in it, in place of an earlier one of that name."""
    kept = {name: getattr(wishes, name) for name in _WISHES}
    firm = found_firm(wishes)
    with store.change():
        company = store.found_company(system, slug, f"{system}_{secrets.token_urlsafe(24)}", kept)
        SYSTEMS[system].fill(store, company, firm)
    return company


def _of_company(control: Control) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def checked(request: web.Request) -> web.Response:
        if not is_admin(request):
            return refusal(401, "unauthorized", "The sandbox token is not valid")
        company = request.app[HALL].company(request.match_info["system"], request.match_info["company"])
        if company is None:
            return refusal(404, "no_company", "There is no such company")
        return await control(request, company)

    return checked


async def _found(request: web.Request) -> web.Response:
    if not is_admin(request):
        return refusal(401, "unauthorized", "The sandbox token is not valid")
    system, slug = request.match_info["system"], request.match_info["company"]
    if system not in SYSTEMS:
        raise AskedWrongError(f"There is no system {system}: use one of {', '.join(SYSTEMS)}")
    if not slug or not set(slug) <= _SLUG:
        raise AskedWrongError("The name of a company holds small letters, digits and hyphens")
    company = found_company(request.app[STORE], system, slug, _wishes(parsed(await request.read())))
    request.app[HALL].forget(system, slug)
    count = {kind: request.app[STORE].count(company, kind) for kind in SYSTEMS[system].kinds}
    return answer(
        {
            "system": system,
            "company": slug,
            "client_id": slug,
            "token": company.token,
            "base_path": f"/{system}/{slug}/api/v1",
            "records": count,
        },
        status=201,
    )


def _wishes(body: dict[str, Any]) -> Wishes:
    unknown = set(body) - set(_WISHES)
    if unknown:
        raise AskedWrongError(f"There is no wish {sorted(unknown)[0]!r}: use {', '.join(_WISHES)}")
    try:
        if "as_of" in body:
            body["as_of"] = datetime.fromisoformat(str(body["as_of"])).astimezone(UTC)
        return Wishes(**body)
    except (TypeError, ValueError) as problem:
        raise AskedWrongError(str(problem)) from None


async def _set_faults(request: web.Request, company: Company) -> web.Response:
    try:
        shares = parse_faults(parsed(await request.read()))
    except (FaultError, TypeError, ValueError) as problem:
        raise AskedWrongError(str(problem)) from None
    request.app[HALL].switch(company, shares)
    return answer({"faults": shares})


async def _get_faults(_request: web.Request, company: Company) -> web.Response:
    return answer({"faults": company.faults, "known": FAULTS})


async def _set_webhook(request: web.Request, company: Company) -> web.Response:
    wanted = parsed(await request.read())
    url = str(wanted.get("url", ""))
    if url and urlsplit(url).scheme not in {"http", "https"}:
        raise AskedWrongError("url must be a whole address")
    secret = str(wanted.get("secret") or company.webhook.get("secret") or new_secret())
    company.webhook = {"url": url, "secret": secret, "host": str(wanted.get("host", ""))} if url else {}
    request.app[STORE].save_company(company)
    return answer({"url": url, "secret": secret})


async def _set_clock(request: web.Request, company: Company) -> web.Response:
    """Show the main records only as they stood at a past moment, so that weeks can be lived through again; null: the present."""
    wanted = parsed(await request.read()).get("now")
    try:
        company.shows_until = instant_text(datetime.fromisoformat(str(wanted))) if wanted else ""
    except ValueError:
        raise AskedWrongError("now must be an instant such as 2026-11-20T18:00:00Z, or null") from None
    return answer({"now": company.shows_until or None})


async def _announce(request: web.Request, company: Company) -> web.Response:
    """Send an event about a record by hand, `copies` of it at once when asked."""
    wanted, desk = parsed(await request.read()), SYSTEMS[company.system]
    if not desk.event:
        raise AskedWrongError(f"{desk.title} announces nothing")
    event = {"type": desk.event, "object": str(wanted.get("object", desk.main)), "key": str(wanted.get("key", ""))}
    copies = _copies(wanted)
    sent = request.app[ANNOUNCER].announce(company, event, copies=copies, delivery_id=str(wanted.get("id", "")))
    return answer({"id": sent}, status=202)


async def _get_deliveries(request: web.Request, company: Company) -> web.Response:
    return answer({"deliveries": request.app[STORE].deliveries(company)})


async def _get_records(request: web.Request, company: Company) -> web.Response:
    return answer({"records": list(request.app[STORE].every(company, _kind(request, company)))})


async def _create_record(request: web.Request, company: Company) -> web.Response:
    return desk_of(request, company).create(_kind(request, company), await request.read())


async def _change_record(request: web.Request, company: Company) -> web.Response:
    kind, key = _kind(request, company), request.match_info["key"]
    return desk_of(request, company).change(kind, key, await request.read())


async def _remove_record(request: web.Request, company: Company) -> web.Response:
    return desk_of(request, company).remove(_kind(request, company), request.match_info["key"])


async def _approve(request: web.Request, company: Company) -> web.Response:
    desk = desk_of(request, company)
    if not isinstance(desk, ApprovingDesk):
        raise AskedWrongError("Only time and expenses are approved")
    return desk.approve(keys_in(await request.read()))


async def _win(request: web.Request, company: Company) -> web.Response:
    """Win deals as their owners do; each announcement goes out `copies` times at once when asked."""
    body = await request.read()
    desk = desk_of(request, company, copies=_copies(parsed(body)))
    if not isinstance(desk, Crm):
        raise AskedWrongError("Deals are won in a CRM only")
    return desk.win(keys_in(body))


def _copies(wanted: dict[str, Any]) -> int:
    copies = wanted.get("copies", 1)
    if not isinstance(copies, int):
        raise AskedWrongError("copies must be a whole number")
    return copies


async def _get_effects(request: web.Request, company: Company) -> web.Response:
    try:
        after = int(request.query.get("after", 0))
    except ValueError:
        raise AskedWrongError("after must be a whole number") from None
    return answer({"effects": request.app[STORE].effects(company, after=after)})


def _kind(request: web.Request, company: Company) -> str:
    kind = request.match_info["object"]
    known = SYSTEMS[company.system].kinds
    if kind not in known:
        raise AskedWrongError(f"There is no {kind}: use one of {', '.join(known)}")
    return kind
