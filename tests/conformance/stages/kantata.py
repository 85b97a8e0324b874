"""Kantata on stage, as a stand-in of its documentation: time, expenses, projects, people and allocations are only read."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.conformance.stage import Planted
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.kantata_stand_in import KantataStandIn

_DAY = str((datetime.now(UTC) - timedelta(days=3)).date())  # inside the days that are read again
_MONEY = {"currency": "EUR", "currency_base_unit": 100}


class KantataStage(StandInStage):
    """An account with nine records of each sort; its time was all entered in one moment."""

    slug = "kantata"
    stand_in = KantataStandIn
    address = "/api/v1"
    lists = ("users", "workspaces", "time_entries", "expenses", "workspace_allocations")
    level = "time_entries"
    touched = {"users": "headline", "workspaces": "title", "time_entries": "notes", "expenses": "notes",
               "workspace_allocations": "notes"}  # fmt: skip
    removable = ("workspaces", "time_entries", "workspace_allocations")
    planted = {
        "text": Planted("time_entries", "notes"),
        "number": Planted("time_entries", "rate"),
        "date": Planted("time_entries", "date_performed"),
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.system.bearer}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        person, project = "100001", "100010"  # the first of each
        entries: dict[str, dict[str, Any]] = {
            "users": {"full_name": f"Robin Vale {number}", "email_address": f"p{number}@firm.example"},
            "workspaces": {"title": f"Audit {number}", "archived": number == 2, **_MONEY},
            "time_entries": {
                "date_performed": _DAY, "time_in_minutes": 90, "user_id": person, "workspace_id": project,
                "billable": True, "approved": True, "rate_in_cents": 12000, "notes": f"Workshop {number}", **_MONEY,
            },
            "expenses": {
                "date": _DAY, "amount_in_cents": 1250, "user_id": person, "workspace_id": project, **_MONEY,
                "notes": f"Train {number}",
            },
            "workspace_allocations": {
                "start_date": _DAY, "end_date": _DAY, "minutes": 240, "percentage": 50.0, "hard": True,
                "workspace_id": project, "notes": f"Plan {number}",
            },
        }  # fmt: skip
        return entries[name]

    async def plant(self, sort: str, value: Any) -> str:
        if sort != "number":
            return await super().plant(sort, value)
        row = self.system.rows["time_entries"][0]
        row["rate_in_cents"] = float(Decimal(str(value)) * 100)
        self.system.tick()
        self.system.stamp("time_entries", row)
        return str(row["id"])


STAGE = KantataStage
