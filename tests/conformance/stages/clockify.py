"""Clockify on stage, as a stand-in of its documentation: all its lists are read, projects and clients are written."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from apps.connectors.instants import write_instant
from apps.connectors.manifest import InstantForm
from tests.conformance.stage import Planted, Refusal, RefusedOutsideError
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.clockify_stand_in import KEY, WORKSPACE, ClockifyStandIn
from tests.connectors.catalog.stand_in import put

B = BusinessClass


class ClockifyStage(StandInStage):
    """A workspace with nine records of each sort; the time is that of three people."""

    slug = "clockify"
    stand_in = ClockifyStandIn
    lists = ("users", "projects", "clients", "time_entries")
    level = ""
    settings = {"workspace": WORKSPACE}
    touched = {"users": "name", "projects": "name", "clients": "address", "time_entries": "description"}
    removable = ("projects", "time_entries")
    writes = ("projects", "clients")
    changed = {"projects": {"note": "Okafor Group"}, "clients": {"email": "ap@okafor.example"}}
    refusals = {
        "projects": (
            Refusal("a client nobody knows", {"clientId": "f" * 24}, B.MISSING_REFERENCE, "client"),
            Refusal("a name of one letter", {"name": "x"}, B.VALIDATION, "name"),
        ),
        "clients": (
            Refusal("a name of one letter", {"name": "x"}, B.VALIDATION, "name"),
            Refusal("a name beyond measure", {"name": "x" * 251}, B.VALIDATION, "name"),
        ),
    }
    texts = {"projects": "note", "clients": "address"}
    planted = {
        "text": Planted("time_entries", "description"),
        "number": Planted("time_entries", "hourlyRate.amount"),
        "date": Planted("time_entries", "day"),
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"api_key": KEY}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "users":
            settings = {"timeZone": "America/New_York"}
            return {"name": f"Robin Vale {number}", "email": f"p{number}@firm.example", "settings": settings}
        if name == "clients":
            return {"name": f"Client {number}", "archived": False}
        if name == "projects":
            return {"name": f"NW-{number}", "archived": False, "billable": True}
        start = self.system.clock + timedelta(minutes=number)
        return {
            "description": f"Workshop {number}", "userId": str(self.system.rows["users"][number % 3]["id"]),
            "billable": True, "type": "REGULAR", "isLocked": False,
            "projectId": str(self.system.rows["projects"][0]["id"]), "timeInterval": _interval(start),
            "hourlyRate": {"amount": 10500, "currency": "EUR"},
        }  # fmt: skip

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        project = {"name": f"K-{number}", "note": f"Audit of {number}", "billable": True}
        sent = {**(project if name == "projects" else {"name": f"Okafor Bank {number}"}), **changes}
        return Write(number, sent, f"{name}:ours:{number}", f"key-{number}")

    async def plant(self, sort: str, value: Any) -> str:
        row = self.system.rows["time_entries"][0]
        if sort == "number":
            put(row, "hourlyRate.amount", float(Decimal(str(value)) * 100))
        elif sort == "date":
            row["timeInterval"] = _interval(_late_on(value))
        else:
            return await super().plant(sort, value)
        return str(row["id"])


def _interval(start: datetime) -> dict[str, str]:
    end = start + timedelta(minutes=90)
    return {"start": write_instant(start, InstantForm.ISO), "end": write_instant(end, InstantForm.ISO)}


def _late_on(day: str) -> datetime:
    """Past midnight in London, and still the day before in New York, where the person is."""
    try:
        return datetime.fromisoformat(f"{day}T23:30:00").replace(tzinfo=ZoneInfo("America/New_York"))
    except ValueError:
        raise RefusedOutsideError from None


STAGE = ClockifyStage
