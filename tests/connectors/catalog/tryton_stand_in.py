"""A small Tryton 8.2 on loopback: the answers and refusals of the real one, as `make real` saw them, kept in memory."""

import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from aiohttp import web

from apps.connectors.contract import Write

KEY = "k" * 64
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
HTML_404 = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
HTML_423 = "<!doctype html>\n<html lang=en>\n<title>423 Locked</title>\n<h1>Locked</h1>\n"
HTML_401 = "<!doctype html>\n<html lang=en>\n<title>401 Unauthorized</title>\n<h1>Unauthorized</h1>\n"
HTML_500 = "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n"


def date(text: str) -> dict[str, Any]:
    year, month, day = (int(part) for part in text.split("-"))
    return {"__class__": "date", "year": year, "month": month, "day": day}


def instant(moment: datetime) -> dict[str, Any]:
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{part: getattr(moment, part) for part in parts}}


def decimal(amount: Decimal) -> dict[str, str]:
    return {"__class__": "Decimal", "decimal": f"{amount:.2f}"}


def invoice_line(number: int, quantity: float | None, net: Decimal, **changes: Any) -> dict[str, Any]:
    words = quantity is None
    return {
        "id": number, "type": "line", "description": "Only words" if words else "Consulting", "quantity": quantity,
        "unit": None, "product": None, "unit_price": None if words else decimal(Decimal(130)), "amount": decimal(net),
        "account": None if words else {"id": 99, "code": "4.1.1"}, **changes,
    }  # fmt: skip


@dataclass
class TrytonStandIn:
    """Tables by model name, and what was asked. `lose_answers` carries writes out but answers 500."""

    companies: list[str] = field(default_factory=lambda: ["Halden & Rowe Consulting"])
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    contexts: list[dict[str, Any]] = field(default_factory=list)
    languages: set[str] = field(default_factory=set)
    lose_answers: int = 0
    may_write: bool = True
    locked: bool = False
    clock: datetime = START

    def __post_init__(self) -> None:
        self.rows = {
            "company.company": [
                {"id": number, "party": {"id": number, "name": name}} for number, name in enumerate(self.companies, 1)
            ],
            "company.employee": [],
            "project.work": [],
            "timesheet.line": [],
            "account.invoice": [],
        }

    # --- what a bookkeeper does -----------------------------------------------------------------------------------
    def employ(self, code: str, name: str, email: str = "", *, left: str = "") -> int:
        rows = self.rows["company.employee"]
        mechanisms = [{"id": 1, "type": "email", "value": email}] if email else []
        party = {"id": 100 + len(rows), "code": code, "name": name, "contact_mechanisms": mechanisms}
        return self._add(
            "company.employee",
            party=party,
            start_date=None,
            end_date=date(left) if left else None,
            active=not left,
        )

    def open_project(self, name: str, *tasks: str, ended: dict[str, str] | None = None, number: str = "") -> int:
        project = self._add(
            "project.work", name=name, type="project", number=number or str(len(self.rows["project.work"]) + 1),
            parent=None, timesheet_works=[], path="",
        )  # fmt: skip
        self.rows["project.work"][-1]["path"] = f"{project}/"
        for task in tasks:
            end = (ended or {}).get(task)
            added = self._add("project.work", name=task, type="task", number="", parent=project, path="")
            row = self.rows["project.work"][-1]
            row["path"] = f"{project}/{added}/"
            row["timesheet_works"] = [
                {"id": 1000 + added, "timesheet_start_date": None, "timesheet_end_date": date(end) if end else None}
            ]
        return project

    def bill(self, number: str | None, quantity: float = 12.5, **changes: Any) -> int:
        """Enter one customer invoice over hours at 130.00 with 19 % tax; one without a number is a draft."""
        net = Decimal(str(quantity)) * 130
        tax = (net * Decimal("0.19")).quantize(Decimal("0.01"))
        told: dict[str, Any] = {
            "type": "out", "number": number, "state": "posted" if number else "draft", "accounting_date": None,
            "invoice_date": date("2026-11-02") if number else None,
            "party": {"id": 19, "code": "7", "name": "Orion Energi AS"}, "currency": {"id": 1, "code": "EUR"},
            "untaxed_amount": decimal(net), "tax_amount": decimal(tax), "total_amount": decimal(net + tax),
            "amount_to_pay": decimal(net + tax) if number else decimal(Decimal(0)),
            "reference": "PO-77", "description": "October", "comment": "With thanks", "lines_to_pay": [],
            "lines": [invoice_line(1, quantity, net), invoice_line(2, None, Decimal(0), type="comment")],
        }  # fmt: skip
        return self._add("account.invoice", **{**told, **changes})

    @property
    def lines(self) -> list[dict[str, Any]]:
        return self.rows["timesheet.line"]

    def calls(self, method: str) -> list[tuple[str, str, Any]]:
        return [call for call in self.asked if call[0] == method]

    def _add(self, model: str, **values: Any) -> int:
        self.clock += timedelta(seconds=1)
        number = len(self.rows[model]) + 1
        stamps = {"create_date": instant(self.clock), "write_date": None}
        self.rows[model].append({"id": number, "company": 1, **stamps, **values})
        return number

    # --- the interface --------------------------------------------------------------------------------------------
    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        path = request.match_info["rest"]
        self.asked.append((request.method, path, body))
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.Response(status=401, text=HTML_401, content_type="text/html")
        self.contexts.append(json.loads(base64.urlsafe_b64decode(request.headers["X-Tryton-Context"])))
        self.languages.add(request.headers.get("Accept-Language", ""))
        model, _, rest = path.removeprefix("rest/model/").partition("/")
        if request.method == "GET":
            return web.json_response(self._search(model, request))
        if rest == "get_access":
            rights = {"read": True, "write": self.may_write, "create": self.may_write, "delete": self.may_write}
            return web.json_response({"timesheet.line": rights})
        return self._write(request.method, rest, body)

    def _write(self, method: str, rest: str, body: Any) -> web.Response:
        if self.locked:
            return web.Response(status=423, text=HTML_423, content_type="text/html")
        if method == "PUT":
            row = next((row for row in self.lines if row["id"] == int(rest)), None)
            if row is None:
                return web.Response(status=404, text=HTML_404, content_type="text/html")
            refusal = self._refusal(body)
            if refusal:
                return _refused(refusal)
            row.update(body, write_date=instant(self.clock))
            return self._answered({"id": row["id"]})
        wanted = body["vlist"] if rest == "create" else [body]
        for values in wanted:
            refusal = self._refusal(values)
            if refusal:
                return _refused(refusal)
        numbers = [self._add("timesheet.line", **values) for values in wanted]
        return self._answered(numbers if rest == "create" else {"id": numbers[0]})

    def _answered(self, answer: Any) -> web.Response:
        if self.lose_answers:
            self.lose_answers -= 1
            return web.Response(status=500, text=HTML_500, content_type="text/html")
        return web.json_response(answer)

    def _refusal(self, values: dict[str, Any]) -> str:
        works = {w["id"]: (row, w) for row in self.rows["project.work"] for w in row["timesheet_works"]}
        row, work = works[values["work"]]
        end = work["timesheet_end_date"]
        if end and _day(values["date"]) > _day(end):
            return _domain(f"{row['name']}", "Work")
        employee = next(e for e in self.rows["company.employee"] if e["id"] == values["employee"])
        if employee["end_date"] and _day(values["date"]) > _day(employee["end_date"]):
            return _domain(employee["party"]["name"], "Employee")
        if values["duration"]["seconds"] < 0:
            return _domain("-1 day, 23:00:00", "Duration")
        line = next((row for row in self.lines if row.get("invoice_line") and row["work"] == values["work"]), None)
        if line:
            return f'You cannot modify the duration of timesheet line "({line["id"]})" because it has been invoiced.'
        return ""

    def _search(self, model: str, request: web.Request) -> list[dict[str, Any]]:
        domain = _decoded(request.query.get("d")) or []
        hidden = self.contexts[-1].get("active_test", True)
        found = [row for row in self.rows[model] if _holds(row, domain) and (row.get("active", True) or not hidden)]
        for name, _ in reversed(_decoded(request.query.get("o")) or [["id", "DESC"]]):
            found.sort(key=lambda row: _order(row[name]))
        size = request.query.get("s")
        return found[: int(size)] if size else found


def _refused(message: str) -> web.Response:
    return web.json_response({"status": 400, "message": message, "description": ""}, status=400)


def _domain(value: str, name: str) -> str:
    return f'The value "{value}" for field "{name}" in record "(6)" of "Timesheet Line" is not valid according to its domain.'


def _decoded(text: str | None) -> Any:
    return json.loads(base64.urlsafe_b64decode(text)) if text else None


def _day(value: dict[str, Any]) -> tuple[int, int, int]:
    return value["year"], value["month"], value["day"]


def _order(value: Any) -> Any:
    return tuple(value.values())[1:] if isinstance(value, dict) else (value is not None, value)


def _holds(row: dict[str, Any], domain: list[Any]) -> bool:
    if domain and isinstance(domain[0], str) and domain[0] != "OR":
        return _clause(row, *domain[:3])
    if domain and domain[0] == "OR":
        return any(_holds(row, part) for part in domain[1:])
    return all(_holds(row, part) for part in domain)


def _clause(row: dict[str, Any], name: str, operator: str, value: Any) -> bool:
    there = _values(row, name)
    if operator == "child_of":
        return any(str(number) in row["path"].split("/") for number in value) and row["id"] not in value
    tests = {
        "=": lambda one: one == value,
        "!=": lambda one: one != value,
        "in": lambda one: one in value,
        ">": lambda one: one is not None and _order(one) > _order(value),
        ">=": lambda one: one is not None and _order(one) >= _order(value),
        "like": lambda one: _like(one or "", value),
        "ilike": lambda one: _like((one or "").casefold(), value.casefold()),
    }
    return any(tests[operator](one) for one in there)


def _values(row: Any, name: str) -> list[Any]:
    step, _, rest = name.partition(".")
    value = row.get(step) if isinstance(row, dict) else None
    if not rest:
        return [value]
    parts = value if isinstance(value, list) else [value]
    return [found for part in parts for found in _values(part, rest)]


def _like(text: str, pattern: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    expression, escaped = "", False
    for sign in pattern:
        if escaped or sign not in "%_\\":
            expression, escaped = expression + re.escape(sign), False
        elif sign == "\\":
            escaped = True
        else:
            expression += ".*" if sign == "%" else "."
    return re.compile(expression, re.DOTALL)


@asynccontextmanager
async def serve(stand_in: TrytonStandIn) -> AsyncIterator[int]:
    """Serve the stand-in on a free loopback port."""
    app = web.Application()
    app.router.add_route("*", "/firm/{rest:.*}", stand_in.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def time_line(position: int, number: int, target_key: str | None = None, **changed: Any) -> Write:
    """Return the write of a time entry, as the engine hands it over."""
    sent = {
        "employee": "HR-001",
        "project": "nw-101",
        "task": "Build",
        "date": "2026-11-02",
        "duration": "2.5",
        "description": "Workshop",
        **changed,
    }
    return Write(position, sent, f"TimeEntry:redmine:{number}", f"idem-{number}", target_key)
