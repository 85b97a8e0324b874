"""Float on stage, as a stand-in of its documentation: allocations, people, projects and clients are read, projects are written."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.float_stand_in import FloatStandIn

B = BusinessClass
_MONDAY = (datetime.now(UTC) + timedelta(days=7)).date()  # inside the days that are read again


class FloatStage(StandInStage):
    """An account with nine records of each sort."""

    slug = "float"
    stand_in = FloatStandIn
    address = "/v3"
    lists = ("people", "projects", "clients", "tasks")
    level = ""
    settings = {"contact": "it@firm.example"}
    touched = {"people": "job_title", "projects": "name", "clients": "name", "tasks": "notes"}
    removable = ("tasks", "projects")
    writes = ("projects",)
    changed = {"projects": {"name": "Okafor Group"}}
    refusals = {
        "projects": (
            Refusal("a client nobody knows", {"client_id": 7}, B.MISSING_REFERENCE, "client"),
            Refusal("no name", {"name": ""}, B.VALIDATION, "name"),
            Refusal("a name beyond measure", {"name": "x" * 101}, B.TOO_LARGE, "name"),
        )
    }
    texts = {"projects": "notes"}
    planted = {
        "text": Planted("tasks", "notes"),
        "number": Planted("tasks", "hours"),
        "date": Planted("tasks", "end_date"),
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.system.bearer}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        entries: dict[str, dict[str, Any]] = {
            "people": {"name": f"Robin Vale {number}", "email": f"p{number}@firm.example", "job_title": "Auditor"},
            "projects": {"name": f"Audit {number}", "project_code": f"NW-{number}", "active": 1, "non_billable": 0},
            "clients": {"name": f"Client {number}"},
            "tasks": {"start_date": str(_MONDAY), "end_date": str(_MONDAY), "hours": "4.0", "people_id": 100_001,
                      "project_id": 100_010, "status": 2, "billable": 1, "repeat_state": 0, "notes": f"Plan {number}"},
        }  # fmt: skip
        return entries[name]

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent = {"project_code": f"K-{number}", "name": f"Okafor Bank {number}", "non_billable": 0, **changes}
        return Write(number, sent, f"Project:ours:{number}", f"key-{number}")


STAGE = FloatStage
