"""The sandbox time tool on stage: bookings and people are read, projects are read and written."""

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal

B = BusinessClass


class TimeStage(SandboxStage):
    """A time tool with twenty bookings."""

    slug, system = "sandbox_time", "time"
    lists = ("bookings", "projects", "people")
    level = "people"
    touched = {"bookings": "remark", "projects": "client_name", "people": "team"}
    made = {
        "bookings": {
            "email": "person0001@firm.example",
            "project_code": "PRJ-0001",
            "day": "2026-11-02",
            "minutes": 90,
        },
        "projects": {"code": "PRJ-N{n}", "name": "Cloud move"},
        "people": {"email": "new{n}@firm.example", "name": "Robin Vale", "active": True},
    }
    writes = ("projects", "project-members")
    samples = {
        "projects": {"external_id": "OP-{n}", "code": "PRJ-OP-{n}", "name": "Cloud move", "budget_minutes": 600},
        "project-members": {
            "external_id": "AS-{n}",
            "email": "person0002@firm.example",
            "project_code": "PRJ-0001",
            "starts": "2026-12-01",
            "ends": "2026-12-31",
        },
    }
    changed = {"projects": {"name": "Cloud"}, "project-members": {"ends": "2027-01-31"}}
    refusals = {
        "projects": (
            Refusal("code taken", {"code": "PRJ-0001"}, B.DUPLICATE, "code"),
            Refusal("no name", {"name": ""}, B.VALIDATION, "name"),
            Refusal("name too long", {"name": "x" * 121}, B.TOO_LARGE, "name"),
            Refusal("minutes below zero", {"budget_minutes": -1}, B.PARSE, "budget_hours"),
        ),
        "project-members": (
            Refusal("unknown person", {"email": "who@x.example"}, B.MISSING_REFERENCE, "resource"),
            Refusal("unknown project", {"project_code": "PRJ-9999"}, B.MISSING_REFERENCE, "project"),
            Refusal("ends before it begins", {"ends": "2026-11-30"}, B.VALIDATION, "ends"),
            Refusal("no day", {"starts": "31.02.2026"}, B.PARSE, "starts"),
        ),
    }
    texts = {"projects": "name", "project-members": "activity"}
    planted = {"text": Planted("bookings", "remark"), "date": Planted("bookings", "day")}

    async def announce(self, url: str, secret: str) -> None:
        await self.client.set_webhook(self.company, url, secret, system=self.system)
        await self.client.approve(self.company, "BK-000001", system=self.system)


STAGE = TimeStage
