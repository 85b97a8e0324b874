"""Tryton on stage, as a stand-in with the real one's answers: people, lines and invoices are read, lines are written."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.connectors.catalog.tryton import values
from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal, Stage
from tests.connectors.catalog.tryton_stand_in import KEY, START, TrytonStandIn, instant, serve
from tests.sandbox_server import SandboxServer

B = BusinessClass
LINES, PEOPLE, INVOICES = "timesheet.line", "company.employee", "account.invoice"


class TrytonStage(Stage):
    """A Tryton with nine people, all entered in one moment, eight lines and seven invoices."""

    slug = "tryton"
    lists = (PEOPLE, LINES, INVOICES)
    level = PEOPLE
    stamps_late = True
    writes = (LINES,)
    changed = {LINES: {"duration": "1.25"}}
    refusals = {
        LINES: (
            Refusal("unknown person", {"employee": "HR-099"}, B.MISSING_REFERENCE, "resource"),
            Refusal("unknown project", {"project": "zz-9"}, B.MISSING_REFERENCE, "project"),
            Refusal("closed task", {"task": "Discovery"}, B.INACTIVE_PROJECT, "task"),
            Refusal("hours below zero", {"duration": "-1"}, B.VALIDATION, "hours"),
            Refusal("a decimal comma", {"duration": "2,5"}, B.PARSE, "hours"),
            Refusal("no day of the calendar", {"date": "2026-02-29"}, B.PARSE, "work_date"),
        )
    }
    texts = {LINES: "description"}
    numbers = {LINES: "duration"}
    planted = {
        "text": Planted(PEOPLE, "party.name"),
        "number": Planted(LINES, "duration"),
        "date": Planted(LINES, "date"),
    }

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        self.tryton = TrytonStandIn()
        for number in range(1, 10):
            self.tryton.employ(f"HR-00{number}", f"Person {number}", f"p{number}@x.example")
        for row in self.tryton.rows[PEOPLE]:
            row["create_date"] = instant(START)
        self.tryton.open_project("NW-101 Nordwind", "Build", "Discovery", ended={"Discovery": "2026-08-22"})
        for number in range(8):
            self._line(number)
        for number in range(1, 8):
            self.tryton.bill(f"2026-{number}", 12.5 if number < 7 else -2.25)
        return f"http://127.0.0.1:{await stack.enter_async_context(serve(self.tryton))}/firm"

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": KEY}

    async def truth(self, name: str) -> list[dict[str, Any]]:
        return [values.plain(row) for row in self.tryton.rows[name]]

    async def touch(self, name: str, key: str) -> None:
        self.tryton.clock += timedelta(seconds=1)
        row = self._row(name, key)
        row["write_date"] = instant(self.tryton.clock)

    async def add(self, name: str) -> str:
        if name == LINES:
            return str(self._line(len(self.tryton.lines)))
        if name == INVOICES:
            return str(self.tryton.bill(f"2026-{len(self.tryton.rows[name]) + 1}"))
        number = len(self.tryton.rows[PEOPLE]) + 1
        return str(self.tryton.employ(f"HR-{number:03d}", f"Person {number}"))

    async def remove(self, name: str) -> str | None:
        row = self.tryton.rows[name].pop(2)
        return str(row["id"])

    async def slip_in(self, name: str, seconds: float) -> str:
        newest = max(_changed_at(row) for row in self.tryton.rows[name])
        key = await self.add(name)
        self._row(name, key)["create_date"] = instant(newest - timedelta(seconds=seconds))
        return key

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent = {
            "employee": "HR-001",
            "project": "nw-101",
            "task": "Build",
            "date": "2026-11-02",
            "duration": "2.5",
            "description": "Workshop",
            **changes,
        }
        return Write(number, sent, f"TimeEntry:ours:{number}", f"key-{number}")

    async def plant(self, sort: str, value: Any) -> str:
        if sort == "text":
            self._row(PEOPLE, "1")["party"]["name"] = value
        elif sort == "number":
            self._row(LINES, "1")["duration"] = values.duration_value(Decimal(str(value)))
        else:
            self._row(LINES, "1")["date"] = value
        return "1"

    def days(self) -> list[tuple[Any, date | None]]:
        return [(_day(text), meant) for text, meant in super().days()]

    def natural(self, name: str, values: Mapping[str, Any]) -> str:
        # Lines are found by our own number, which stands at the end of their description.
        return values["description"].rpartition("[")[2].rstrip("]") if name == LINES else super().natural(name, values)

    def text_in(self, name: str, record: Mapping[str, Any]) -> Any:
        return record["description"].rpartition(" [")[0]

    def _line(self, number: int) -> int:
        work = next(row for row in self.tryton.rows["project.work"] if row["name"] == "Build")["timesheet_works"][0]
        return self.tryton._add(
            LINES,
            employee=1 + number % 9,
            work=work["id"],
            date=_day("2026-11-02"),
            duration=values.duration_value(Decimal("2.5")),
            description=f"By hand [hand:{number}]",
        )

    def _row(self, name: str, key: str) -> dict[str, Any]:
        return next(row for row in self.tryton.rows[name] if str(row["id"]) == key)


def _changed_at(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(values.plain(row["write_date"] or row["create_date"]))


def _day(text: str) -> dict[str, Any]:
    year, month, day = (int(part) for part in text.split("-"))
    return {"__class__": "date", "year": year, "month": month, "day": day}


STAGE = TrytonStage
