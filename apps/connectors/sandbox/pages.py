"""The sandbox's own pages, for people: companies, their records, fault switches, and a form to mend one record."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import web

from apps.connectors.sandbox.desk import Desk, Kind
from apps.connectors.sandbox.faults import FAULTS, parse_faults
from apps.connectors.sandbox.hall import HALL, STORE
from apps.connectors.sandbox.people import desk_of
from apps.connectors.sandbox.store import Company, Record, Store
from apps.connectors.sandbox.style import STYLE
from apps.connectors.sandbox.systems import SYSTEMS

_FORM_TOKEN = secrets.token_urlsafe(24)
_MOST_ROWS = 200
_NUMBERS = frozenset({"hours", "quantity", "budget_hours", "payment_terms_days"})
_FIXED = frozenset({"id", "created_at", "modified_at"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def routes() -> list[web.RouteDef]:
    """Return the routes of the pages."""
    company = "/sandbox/{system}/{company}"
    record = f"{company}/show/{{object}}/{{key}}"
    return [
        web.get("/sandbox/", _house),
        web.get("/sandbox", _to_house),
        web.get("/sandbox/style.css", _style),
        web.get(f"{company}/", _company),
        web.get(f"{company}/show/{{object}}", _company),
        web.get(record, _record),
        web.post(f"{company}/switch", _switch),
        web.post(f"{record}/edit", _edit),
        web.post(f"{record}/do/{{deed}}", _do),
    ]


async def _to_house(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/sandbox/")


async def _style(_request: web.Request) -> web.Response:
    return web.Response(text=STYLE, content_type="text/css")


async def _house(request: web.Request) -> web.Response:
    store, rows = request.app[STORE], []
    for company in store.companies():
        desk = SYSTEMS[company.system]
        on = ", ".join(name.replace("_", " ") for name in company.faults if name in FAULTS) or "none"
        link = f'<a href="{_link(company)}">{escape(company.slug)}</a>'
        count, kind = f"{store.count(company, desk.main):,}", escape(desk.main.replace("-", " "))
        rows.append((desk.title, link, count, kind, escape(on)))
    body = (
        _table(("System", "Company", "Records", "Of", "Faults on"), rows)
        if rows
        else _empty("No company has been founded yet.")
    )
    return _page(
        "Sandbox systems",
        f"<p class=lead>Simulated systems for demonstrations and tests. Nothing here is real.</p>{body}",
    )


async def _company(request: web.Request) -> web.Response:
    company, desk = _wanted(request)
    kind = request.match_info.get("object", desk.main)
    if kind not in desk.kinds:
        raise web.HTTPNotFound(text="There are no such records.")
    store = request.app[STORE]
    tabs = "".join(
        f'<a class="tab{" on" if name == kind else ""}" href="{_link(company)}show/{name}">{escape(name.replace("-", " "))}'
        f" <span>{store.count(company, name):,}</span></a>"
        for name in desk.kinds
    )
    records = list(store.every(company, kind))
    body = (
        f"{_totals(desk.kinds[kind], records)}<nav class=tabs>{tabs}</nav>"
        f"{_records(company, kind, records[-_MOST_ROWS:][::-1])}"
        f"<h2>Fault switches</h2>{_switches(company)}<h2>What was applied last</h2>{_journal(store, company)}"
    )
    return _page(f"{desk.title}: {company.slug}", body, back="/sandbox/")


async def _record(request: web.Request) -> web.Response:
    company, _, kind, record = _chosen(request)
    return _page(
        f"{kind.replace('-', ' ')} {record['id']}",
        _form(request, company, kind, record),
        back=f"{_link(company)}show/{kind}",
    )


async def _switch(request: web.Request) -> web.Response:
    company, _ = _wanted(request)
    form = await _form_of(request)
    shares = dict(company.faults)
    name = str(form.get("fault", ""))
    if name in FAULTS:
        shares[name] = float(str(form.get("share", "0")) or 0)
        request.app[HALL].switch(company, parse_faults(shares))
    raise web.HTTPSeeOther(_link(company))


async def _edit(request: web.Request) -> web.Response:
    company, _, kind, record = _chosen(request)
    key = str(record["id"])
    form = await _form_of(request)
    changes = {
        name: _typed(name, record[name], str(form[name]))
        for name in record
        if name in form and name not in _FIXED and str(form[name]) != _as_text(record[name])
    }
    answer = desk_of(request, company).change(kind, key, orjson.dumps(changes))
    if answer.status >= 400:
        problem = f"<p class=problem>{escape(_message_of(answer))}</p>"
        return _page(
            f"{kind} {key}",
            problem + _form(request, company, kind, record),
            back=f"{_link(company)}show/{kind}",
            status=422,
        )
    raise web.HTTPSeeOther(f"{_link(company)}show/{kind}/{quote(key, safe='')}")


async def _do(request: web.Request) -> web.Response:
    company, _, kind, record = _chosen(request)
    await _form_of(request)
    desk_of(request, company).do(request.match_info["deed"], kind, str(record["id"]))
    raise web.HTTPSeeOther(f"{_link(company)}show/{kind}")


def _message_of(answer: web.Response) -> str:
    problems = (
        orjson.loads(answer.body if isinstance(answer.body, bytes) else b"{}").get("error", {}).get("problems", [])
    )
    return "; ".join(str(problem["message"]) for problem in problems) or "The change was refused."


def _wanted(request: web.Request) -> tuple[Company, type[Desk]]:
    company = request.app[HALL].company(request.match_info["system"], request.match_info["company"])
    if company is None:
        raise web.HTTPNotFound(text="There is no such company.")
    return company, SYSTEMS[company.system]


def _chosen(request: web.Request) -> tuple[Company, type[Desk], str, Record]:
    company, desk = _wanted(request)
    kind, key = request.match_info["object"], request.match_info["key"]
    record = request.app[STORE].get(company, kind, key) if kind in desk.kinds else None
    if record is None:
        raise web.HTTPNotFound(text="There is no such record.")
    return company, desk, kind, record


async def _form_of(request: web.Request) -> dict[str, Any]:
    """Return the posted form. One that did not come from these pages is refused."""
    form = dict(await request.post())
    if not secrets.compare_digest(str(form.get("form_token", "")), _FORM_TOKEN):
        raise web.HTTPForbidden(text="Send the form from its own page again.")
    return form


def _typed(name: str, before: Any, text: str) -> Any:
    """Return what a person typed in the kind of value the field had."""
    if text == "" and before is None:
        return None
    if name in _NUMBERS or (isinstance(before, int | float) and not isinstance(before, bool)):
        try:
            return float(text)
        except ValueError:
            return text
    if isinstance(before, bool):
        return text.strip().lower() in {"true", "yes", "1"}
    return text


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _link(company: Company) -> str:
    return f"/sandbox/{company.system}/{company.slug}/"


def _totals(kind: Kind, records: list[Record]) -> str:
    if not (kind.hours or kind.money or kind.counted):
        return ""
    tiles = [(f"{len(records):,}", "records")]
    if kind.hours:
        tiles.append((f"{sum((_decimal(record.get(kind.hours)) for record in records), Decimal(0)):,.2f}", "hours"))
    if kind.money:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for record in records:
            sums[str(record.get("currency"))] += _decimal(record.get(kind.money))
        tiles += [(f"{total:,.2f}", currency) for currency, total in sorted(sums.items())]
    if kind.counted:
        name, value = kind.counted
        tiles.append((f"{sum(record.get(name) == value for record in records):,}", value))
    return (
        "<div class=tiles>"
        + "".join(f"<div><b>{escape(n)}</b><span>{escape(label)}</span></div>" for n, label in tiles)
        + "</div>"
    )


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return Decimal(0)


def _records(company: Company, kind: str, records: list[Record]) -> str:
    if not records:
        return _empty("Nothing has arrived yet.")
    wanted = SYSTEMS[company.system].kinds[kind].columns
    columns = [name for name in wanted if any(name in record for record in records)]
    rows = []
    for record in records:
        target = f"{_link(company)}show/{kind}/{quote(str(record['id']), safe='')}"
        cells = [escape(_as_text(record.get(name))) for name in columns]
        cells[0] = f'<a href="{target}">{cells[0] or "open"}</a>'
        rows.append(tuple(cells))
    note = f"<p class=note>The newest {_MOST_ROWS} are shown.</p>" if len(records) == _MOST_ROWS else ""
    return _table(tuple(name.replace("_", " ") for name in columns), rows) + note


def _switches(company: Company) -> str:
    rows = []
    for name, label in FAULTS.items():
        share = company.faults.get(name, 0)
        state = f"<b class=on>on ({share:.0%} of calls)</b>" if share else "<span class=off>off</span>"
        buttons = "".join(
            _button(f"{_link(company)}switch", text, {"fault": name, "share": value})
            for text, value in (("Off", "0"), ("Sometimes", "0.1"), ("Always", "1"))
        )
        rows.append(
            (
                escape(_rename(company) if name == "schema_change" else label),
                state,
                f"<div class=buttons>{buttons}</div>",
            )
        )
    return _table(("Fault", "Now", ""), rows)


def _rename(company: Company) -> str:
    """Return which field the schema fault calls by another name."""
    kinds = SYSTEMS[company.system].kinds.items()
    told = [
        f"{field} of {kind.replace('-', ' ')} {other}"
        for kind, known in kinds
        if known.renamed
        for field, other in [known.renamed]
    ]
    return f"Call {', '.join(told)}" if told else FAULTS["schema_change"]


def _journal(store: Store, company: Company) -> str:
    effects = store.latest_effects(company, 15)
    if not effects:
        return _empty("Nothing has been applied yet.")
    rows = [
        (
            escape(e["at"]),
            escape(e["action"]),
            escape(e["object"]),
            escape(e["record"]),
            escape(e["external_id"]),
            escape(e["idempotency_key"]),
            escape(e["correlation_id"]),
        )
        for e in effects
    ]
    return _table(("At", "Action", "Object", "Record", "External id", "Idempotency key", "Caused by"), rows)


def _form(request: web.Request, company: Company, kind: str, record: Record) -> str:
    target = f"{_link(company)}show/{kind}/{quote(str(record['id']), safe='')}"
    fields = []
    for name, value in record.items():
        label = escape(name.replace("_", " "))
        if name in _FIXED or isinstance(value, dict | list):
            shown = escape(orjson.dumps(value).decode() if isinstance(value, dict | list) else _as_text(value))
            fields.append(f"<label>{label}<output>{shown}</output></label>")
        else:
            fields.append(f'<label>{label}<input name="{escape(name)}" value="{escape(_as_text(value))}"></label>')
    deeds = "".join(
        _button(f"{target}/do/{deed.name}", deed.label, {}) for deed in desk_of(request, company).deeds(kind, record)
    )
    return (
        f'<form class=fields method=post action="{target}/edit">{_token()}{"".join(fields)}'
        f"<button>Save changes</button></form>{deeds}"
    )


def _button(action: str, text: str, values: dict[str, str]) -> str:
    hidden = "".join(f'<input type=hidden name="{name}" value="{escape(value)}">' for name, value in values.items())
    return f'<form method=post action="{action}">{_token()}{hidden}<button>{escape(text)}</button></form>'


def _token() -> str:
    return f'<input type=hidden name=form_token value="{_FORM_TOKEN}">'


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table; the cells are HTML already."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class=frame><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def _empty(sentence: str) -> str:
    return f"<p class=empty>{escape(sentence)}</p>"


def _page(title: str, body: str, *, back: str = "", status: int = 200) -> web.Response:
    link = f'<a class=back href="{back}">Back</a>' if back else ""
    text = (
        '<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel=stylesheet href="/sandbox/style.css"></head>'
        f"<body><main>{link}<h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return web.Response(text=text, content_type="text/html", status=status, headers=_HEADERS)
