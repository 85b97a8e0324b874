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

from apps.connectors.sandbox import erp, psa
from apps.connectors.sandbox.faults import FAULTS, parse_faults
from apps.connectors.sandbox.hall import HALL, STORE
from apps.connectors.sandbox.people import approve_entries, change_record
from apps.connectors.sandbox.store import Company, Record, Store
from apps.connectors.sandbox.style import STYLE

_FORM_TOKEN = secrets.token_urlsafe(24)
_TITLES = {"psa": "Sandbox PSA", "erp": "Sandbox ERP"}
_MOST_ROWS = 200
_NUMBERS = frozenset({"hours", "quantity", "budget_hours"})
_FIXED = frozenset({"id", "created_at", "modified_at"})
_COLUMNS = {
    psa.ENTRIES: ("id", "worked_on", "person_name", "project_code", "task_name", "hours", "rate", "currency", "status"),
    "resources": ("id", "name", "title", "department", "region", "active"),
    "clients": ("id", "name", "country", "currency"),
    "tasks": ("id", "project_code", "name", "open_for_time"),
    erp.LINES: (
        "id",
        "external_id",
        "company",
        "project",
        "employee",
        "posting_date",
        "quantity",
        "amount",
        "currency",
    ),
    "companies": ("code", "name", "currency"),
    "employees": ("number", "name", "company", "active"),
    "cost-centers": ("code", "name"),
    "periods": ("code", "state"),
    "projects": ("code", "name", "region", "company", "cost_center", "state"),
}
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
        web.post(f"{record}/approve", _approve),
    ]


async def _to_house(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/sandbox/")


async def _style(_request: web.Request) -> web.Response:
    return web.Response(text=STYLE, content_type="text/css")


async def _house(request: web.Request) -> web.Response:
    store, rows = request.app[STORE], []
    for company in store.companies():
        main = erp.LINES if company.system == "erp" else psa.ENTRIES
        on = ", ".join(name.replace("_", " ") for name in company.faults if name in FAULTS) or "none"
        link = f'<a href="{_link(company)}">{escape(company.slug)}</a>'
        rows.append(
            (
                _TITLES[company.system],
                link,
                f"{store.count(company, main):,}",
                escape(main.replace("-", " ")),
                escape(on),
            )
        )
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
    company, kinds = _wanted(request)
    kind = request.match_info.get("object", erp.LINES if company.system == "erp" else psa.ENTRIES)
    if kind not in kinds:
        raise web.HTTPNotFound(text="There are no such records.")
    store = request.app[STORE]
    tabs = "".join(
        f'<a class="tab{" on" if name == kind else ""}" href="{_link(company)}show/{name}">{escape(name.replace("-", " "))}'
        f" <span>{store.count(company, name):,}</span></a>"
        for name in kinds
    )
    records = list(store.every(company, kind))
    body = (
        f"{_totals(kind, records)}<nav class=tabs>{tabs}</nav>{_records(company, kind, records[-_MOST_ROWS:][::-1])}"
        f"<h2>Fault switches</h2>{_switches(company)}<h2>What was applied last</h2>{_journal(store, company)}"
    )
    return _page(f"{_TITLES[company.system]}: {company.slug}", body, back="/sandbox/")


async def _record(request: web.Request) -> web.Response:
    company, _ = _wanted(request)
    kind, key = request.match_info["object"], request.match_info["key"]
    record = request.app[STORE].get(company, kind, key)
    if record is None:
        raise web.HTTPNotFound(text="There is no such record.")
    return _page(f"{kind.replace('-', ' ')} {key}", _form(company, kind, record), back=f"{_link(company)}show/{kind}")


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
    company, _ = _wanted(request)
    kind, key = request.match_info["object"], request.match_info["key"]
    form = await _form_of(request)
    record = request.app[STORE].get(company, kind, key)
    if record is None:
        raise web.HTTPNotFound(text="There is no such record.")
    changes = {
        name: _typed(name, record[name], str(form[name]))
        for name in record
        if name in form and name not in _FIXED and str(form[name]) != _as_text(record[name])
    }
    answer = change_record(request, company, kind, key, orjson.dumps(changes))
    if answer.status >= 400:
        problem = f"<p class=problem>{escape(_message_of(answer))}</p>"
        return _page(
            f"{kind} {key}", problem + _form(company, kind, record), back=f"{_link(company)}show/{kind}", status=422
        )
    raise web.HTTPSeeOther(f"{_link(company)}show/{kind}/{quote(key, safe='')}")


async def _approve(request: web.Request) -> web.Response:
    company, _ = _wanted(request)
    await _form_of(request)
    approve_entries(request, company, [request.match_info["key"]])
    raise web.HTTPSeeOther(f"{_link(company)}show/{psa.ENTRIES}")


def _message_of(answer: web.Response) -> str:
    problems = (
        orjson.loads(answer.body if isinstance(answer.body, bytes) else b"{}").get("error", {}).get("problems", [])
    )
    return "; ".join(str(problem["message"]) for problem in problems) or "The change was refused."


def _wanted(request: web.Request) -> tuple[Company, dict[str, str]]:
    company = request.app[HALL].company(request.match_info["system"], request.match_info["company"])
    if company is None:
        raise web.HTTPNotFound(text="There is no such company.")
    return company, erp.NAMES if company.system == "erp" else psa.NAMES


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


def _totals(kind: str, records: list[Record]) -> str:
    if kind not in {erp.LINES, psa.ENTRIES}:
        return ""
    hours_field, hours = ("quantity", Decimal(0)) if kind == erp.LINES else ("hours", Decimal(0))
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for record in records:
        hours += _decimal(record.get(hours_field))
        if kind == erp.LINES:
            sums[str(record.get("currency"))] += _decimal(record.get("amount"))
    tiles = [(f"{len(records):,}", "records"), (f"{hours:,.2f}", "hours")]
    tiles += [(f"{total:,.2f}", currency) for currency, total in sorted(sums.items())]
    if kind == psa.ENTRIES:
        tiles.append((f"{sum(r.get('status') == 'approved' for r in records):,}", "approved"))
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
    columns = [name for name in _COLUMNS[kind] if any(name in record for record in records)]
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
        rows.append((escape(label), state, f"<div class=buttons>{buttons}</div>"))
    return _table(("Fault", "Now", ""), rows)


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
        )
        for e in effects
    ]
    return _table(("At", "Action", "Object", "Record", "External id", "Idempotency key"), rows)


def _form(company: Company, kind: str, record: Record) -> str:
    target = f"{_link(company)}show/{kind}/{quote(str(record['id']), safe='')}"
    fields = []
    for name, value in record.items():
        label = escape(name.replace("_", " "))
        if name in _FIXED or isinstance(value, dict | list):
            shown = escape(orjson.dumps(value).decode() if isinstance(value, dict | list) else _as_text(value))
            fields.append(f"<label>{label}<output>{shown}</output></label>")
        else:
            fields.append(f'<label>{label}<input name="{escape(name)}" value="{escape(_as_text(value))}"></label>')
    approve = (
        _button(f"{target}/approve", "Approve this entry", {})
        if kind == psa.ENTRIES and record.get("status") in {"draft", "submitted", "rejected"}
        else ""
    )
    return (
        f'<form class=fields method=post action="{target}/edit">{_token()}{"".join(fields)}'
        f"<button>Save changes</button></form>{approve}"
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
