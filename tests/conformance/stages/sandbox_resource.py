"""The sandbox resource planning on stage: assignments, projects and requests are read and written, people read."""

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal

B = BusinessClass
_DAYS = {"starts": "2026-12-01", "ends": "2026-12-31"}
_REQUEST = {
    "project_code": "PRJ-0001",
    "supplier": "Ferro Partners",
    "hours": 40,
    "rate": "95.00",
    "currency": "EUR",
    **_DAYS,
}


class ResourceStage(SandboxStage):
    """A planning of thirty people."""

    slug, system = "sandbox_resource", "resource"
    lists = ("assignments", "projects", "people")  # nobody has asked for people from outside yet
    level = "people"
    touched = {"assignments": "note", "projects": "client_name", "people": "title"}
    made = {
        "assignments": {"project_code": "PRJ-0001", "employee_no": "E-0001", **_DAYS},
        "projects": {"code": "PRJ-N{n}", "name": "Cloud move"},
        "people": {"employee_no": "E-N{n}", "name": "Robin Vale", "active": True},
    }
    writes = ("assignments", "projects", "purchase-requests")
    samples = {
        "assignments": {
            "external_id": "PL-{n}", "project_code": "PRJ-0001", "employee_no": "E-0002", "hours_per_day": 4, **_DAYS,
        },
        "projects": {"external_id": "OP-{n}", "code": "PRJ-OP-{n}", "name": "Cloud move"},
        "purchase-requests": {"external_id": "PQ-OP-{n}", **_REQUEST},
    }  # fmt: skip
    changed = {
        "assignments": {"hours_per_day": 6},
        "projects": {"name": "Cloud"},
        "purchase-requests": {"note": "Two weeks later"},
    }
    refusals = {
        "assignments": (
            Refusal("unknown project", {"project_code": "PRJ-9999"}, B.MISSING_REFERENCE, "project"),
            Refusal("unknown person", {"employee_no": "E-9999"}, B.MISSING_REFERENCE, "resource"),
            Refusal("ends before it begins", {"ends": "2026-11-30"}, B.VALIDATION, "ends"),
            Refusal("no day", {"starts": "31.02.2026"}, B.PARSE, "starts"),
            Refusal("unknown state", {"state": "maybe"}, B.MAPPING_GAP, "status"),
        ),
        "projects": (
            Refusal("code taken", {"code": "PRJ-0001"}, B.DUPLICATE, "code"),
            Refusal("name too long", {"name": "x" * 121}, B.TOO_LARGE, "name"),
        ),
        "purchase-requests": (
            Refusal("unknown state", {"state": "maybe"}, B.MAPPING_GAP, "state"),
            Refusal("note too long", {"note": "x" * 501}, B.TOO_LARGE, "note"),
        ),
    }
    texts = {"assignments": "note", "projects": "name", "purchase-requests": "note"}
    numbers = {"assignments": "hours_per_day"}
    planted = {"text": Planted("assignments", "note"), "date": Planted("projects", "starts")}

    async def remove(self, name: str) -> str | None:
        if name == "people":
            return None
        (made,) = await self.send(name, self.sample(name, 81))
        async with self.connector() as connector:
            await connector.undo(name, str(made.target_key), idempotency_key="gone")
        return made.target_key


STAGE = ResourceStage
