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
    writes = ("projects",)
    samples = {"projects": {"external_id": "OP-{n}", "code": "PRJ-OP-{n}", "name": "Cloud move", "budget_minutes": 600}}
    changed = {"projects": {"name": "Cloud"}}
    refusals = {
        "projects": (
            Refusal("code taken", {"code": "PRJ-0001"}, B.DUPLICATE, "code"),
            Refusal("no name", {"name": ""}, B.VALIDATION, "name"),
            Refusal("name too long", {"name": "x" * 121}, B.TOO_LARGE, "name"),
            Refusal("minutes below zero", {"budget_minutes": -1}, B.PARSE, "budget_hours"),
        )
    }
    texts = {"projects": "name"}
    planted = {"text": Planted("bookings", "remark"), "date": Planted("bookings", "day")}

    async def announce(self, url: str, secret: str) -> None:
        await self.client.set_webhook(self.company, url, secret, system=self.system)
        await self.client.approve(self.company, "BK-000001", system=self.system)


STAGE = TimeStage
