"""Redmine on stage, as a stand-in with the real one's answers: time, issues, people and projects are only read."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.stage import Planted, Stage
from tests.connectors.catalog.redmine_stand_in import KEY, RedmineStandIn, serve
from tests.sandbox_server import SandboxServer

_BEGUN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)  # inside the window that is read again

_TOUCHED = {"issues": "subject", "time_entries": "comments", "users": "lastname"}


class RedmineStage(Stage):
    """A Redmine with nine issues, all changed in one moment, and eight entries."""

    slug = "redmine"
    lists = ("issues", "time_entries", "users")
    level = "issues"
    stamps_late = True
    _touched = 0
    settings = {"approval_field": "Approval", "employee_field": "Employee number"}
    planted = {
        "text": Planted("time_entries", "comments"),
        "number": Planted("time_entries", "hours"),
        "date": Planted("time_entries", "spent_on"),
    }

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        self.redmine = RedmineStandIn(issues=[])
        for number in range(1, 10):
            self.redmine.plan(number, f"Issue {number}", _text(_BEGUN))
        for _ in range(8):
            await self.add("time_entries")
        for _ in range(6):
            await self.add("users")
        return f"http://127.0.0.1:{await stack.enter_async_context(serve(self.redmine))}"

    @property
    def secrets(self) -> dict[str, str]:
        return {"api_key": KEY}

    async def truth(self, name: str) -> list[dict[str, Any]]:
        return self.redmine.records(name)

    async def touch(self, name: str, key: str) -> None:
        row = next(row for row in self.redmine.records(name) if str(row["id"]) == key)
        self._touched += 1
        row[_TOUCHED[name]] = f"Touched {self._touched}"
        row["updated_on"] = self._now()

    async def add(self, name: str) -> str:
        rows = self.redmine.records(name)
        number = max((row["id"] for row in rows), default=0) + 1
        if name == "issues":
            self.redmine.plan(number, f"Issue {number}", self._now())
        elif name == "time_entries":
            self.redmine.book(number, _BEGUN.date().isoformat())
            rows[-1]["created_on"] = rows[-1]["updated_on"] = self._now()
        else:
            rows.append({"id": number, "login": f"p{number}", "firstname": "Robin", "lastname": "Vale",
                         "mail": f"p{number}@x.example", "custom_fields": []})  # fmt: skip
        return str(number)

    async def remove(self, name: str) -> str | None:
        return str(self.redmine.records(name).pop(2)["id"])

    async def slip_in(self, name: str, seconds: float) -> str:
        key = await self.add(name)
        # The connector remembers when it read by its own clock, and Redmine stamps by that of its machine.
        self.redmine.records(name)[-1]["updated_on"] = _text(datetime.now(UTC) - timedelta(seconds=seconds))
        return key

    async def plant(self, sort: str, value: Any) -> str:
        self.redmine.entries[0][self.planted[sort].field] = value
        return str(self.redmine.entries[0]["id"])

    def _now(self) -> str:
        return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


STAGE = RedmineStage
