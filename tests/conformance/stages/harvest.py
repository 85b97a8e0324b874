"""Harvest on stage, as a stand-in of its documentation: time, expenses, projects, tasks, people and clients are only read."""

from collections.abc import Mapping
from typing import Any

from tests.conformance.stage import Planted
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.harvest_stand_in import ACCOUNT, HarvestStandIn

_TIMES = {"spent_date": "2026-11-02", "client": {"id": 3, "name": "Nordwind", "currency": "EUR"}, "is_closed": True,
          "project": {"id": 4, "name": "Audit", "code": "NW-101"}, "user": {"id": 100_001, "name": "Robin Vale"},
          "billable": True}  # fmt: skip


class HarvestStage(StandInStage):
    """An account with nine records of each sort; its time was all entered in one moment."""

    slug = "harvest"
    stand_in = HarvestStandIn
    address = "/v2"
    lists = ("users", "time_entries", "expenses", "projects", "task_assignments", "clients")
    level = "time_entries"
    stamps_late = True
    settings = {"account": ACCOUNT, "contact": "it@firm.example"}
    touched = {"time_entries": "notes", "expenses": "notes", "projects": "name", "users": "last_name",
               "task_assignments": "task.name", "clients": "name"}  # fmt: skip
    removable = ("time_entries", "expenses")
    planted = {
        "text": Planted("time_entries", "notes"),
        "number": Planted("time_entries", "billable_rate"),
        "date": Planted("time_entries", "spent_date"),
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.system.bearer}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        entries: dict[str, dict[str, Any]] = {
            "users": {"first_name": "Robin", "last_name": f"Vale {number}", "email": f"p{number}@firm.example"},
            "time_entries": {**_TIMES, "hours": 1.5, "notes": f"Workshop {number}", "is_running": False},
            "expenses": {**_TIMES, "total_cost": 12.5, "notes": f"Train {number}"},
            "task_assignments": {"project": {"code": "NW-101"}, "task": {"id": number, "name": f"Task {number}"}},
            "clients": {"name": f"Client {number}", "is_active": True},
            "projects": {"name": f"Audit {number}", "code": f"NW-{number}", "is_active": True},
        }
        return entries[name]


STAGE = HarvestStage
