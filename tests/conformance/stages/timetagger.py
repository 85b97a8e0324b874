"""TimeTagger on stage, as a stand-in with the real one's answers: one person's records are only read."""

import time
from contextlib import AsyncExitStack
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.conformance.stage import Planted, RefusedOutsideError, Stage
from tests.connectors.catalog.timetagger_stand_in import TOKEN, TimeTaggerStandIn, serve
from tests.sandbox_server import SandboxServer

_ZONE = ZoneInfo("Europe/Berlin")
_MORNING = 1_790_000_000  # seconds since 1970, in September 2026


class TimeTaggerStage(Stage):
    """One person with nine records, all stored in one moment an hour ago."""

    slug = "timetagger"
    lists = ("records",)
    level = "records"
    stamps_late = True
    settings = {"person": "ann@firm.example", "time_zone": _ZONE.key}
    planted = {"text": Planted("records", "note"), "date": Planted("records", "day")}

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        self.system, self.begun = TimeTaggerStandIn(), time.time() - 3600
        for number in range(9):
            self.system.put(f"r{number}", _MORNING, _MORNING + 5400, f"Workshop {number} #nw-101", st=self.begun)
        return f"http://127.0.0.1:{await stack.enter_async_context(serve(self.system))}/timetagger/api/v2"

    @property
    def secrets(self) -> dict[str, str]:
        return {"api_key": TOKEN}

    async def truth(self, name: str) -> list[dict[str, Any]]:
        rows = self.system.records.values()
        return [{**row, "id": row["key"]} for row in rows if not row["ds"].startswith("HIDDEN")]

    async def touch(self, name: str, key: str) -> None:
        row = self.system.records[key]
        self.system.put(key, row["t1"], row["t2"] + 900, row["ds"])

    async def add(self, name: str) -> str:
        key = f"new-{len(self.system.records)}"
        self.system.put(key, _MORNING, _MORNING + 900, "Call #nw-101")
        return key

    async def remove(self, name: str) -> str | None:
        self.system.hide("r2")
        return "r2"

    async def slip_in(self, name: str, seconds: float) -> str:
        # The connector goes on from the server's own time, so "late" is against that.
        self.system.put("late", _MORNING, _MORNING + 900, "Call", st=time.time() - seconds)
        return "late"

    async def plant(self, sort: str, value: Any) -> str:
        start, text = _MORNING, str(value)
        if sort == "date":
            try:
                day = date.fromisoformat(value)
            except ValueError:
                raise RefusedOutsideError from None
            # Half past midnight in Berlin, when it is still the day before in UTC.
            start, text = int(datetime(day.year, day.month, day.day, 0, 30, tzinfo=_ZONE).timestamp()), "Late call"
        self.system.put("r0", start, start + 900, text)
        return "r0"


STAGE = TimeTaggerStage
