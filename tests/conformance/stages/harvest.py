"""Harvest on stage, as a stand-in of its documentation: all its lists are read, projects and clients are written."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.harvest_stand_in import ACCOUNT, HarvestStandIn

B = BusinessClass
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
    writes = ("projects", "clients")
    changed = {"projects": {"name": "Okafor Group"}, "clients": {"address": "Hafen 1"}}
    refusals = {
        "projects": (
            Refusal("a client nobody knows", {"client_id": 7}, B.MISSING_REFERENCE, "client"),
            Refusal("no name", {"name": ""}, B.VALIDATION, "name"),
        ),
        "clients": (
            Refusal("no such currency", {"currency": "XXQ"}, B.VALIDATION, "currency"),
            Refusal("another such currency", {"currency": "XXR"}, B.VALIDATION, "currency"),
        ),
    }
    texts = {"projects": "notes", "clients": "address"}
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

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        client = {"name": f"Okafor Bank {number}", "currency": "EUR"}
        project = {
            "code": f"K-{number}", "name": f"Audit of {number}", "client_id": self.system.rows["clients"][0]["id"],
            "is_billable": True, "bill_by": "none", "budget_by": "none",
        }  # fmt: skip
        sent = {**(client if name == "clients" else project), **changes}
        return Write(number, sent, f"{name}:ours:{number}", f"key-{number}")


STAGE = HarvestStage
