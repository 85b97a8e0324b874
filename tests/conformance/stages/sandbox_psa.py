"""The sandbox PSA on stage: time entries and people are read, projects and clients are written."""

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal

B = BusinessClass


class PsaStage(SandboxStage):
    """A PSA with twenty entries."""

    slug, system = "sandbox_psa", "psa"
    lists = ("time-entries", "resources")
    level = "resources"
    touched = {"time-entries": "notes", "resources": "title"}
    made = {
        "time-entries": {"project_code": "PRJ-0001", "worked_on": "2026-11-02", "hours": 2},
        "resources": {"name": "Robin Vale"},
    }
    writes = ("projects", "clients", "assignments", "invoices")
    samples = {
        "projects": {"external_id": "OP-{n}", "code": "PRJ-OP-{n}", "name": "Cloud move", "client_id": "C-001"},
        "clients": {"external_id": "AC-{n}", "name": "Okafor Bank", "country": "DE", "currency": "EUR"},
        "assignments": {
            "external_id": "AS-{n}",
            "project_code": "PRJ-0001",
            "person_id": "E-0002",
            "starts": "2026-12-01",
            "ends": "2026-12-31",
        },
        "invoices": {
            "external_id": "I-{n}",
            "number": "INV-{n}",
            "project_code": "PRJ-0001",
            "state": "posted",
            "currency": "EUR",
        },
    }
    changed = {
        "projects": {"name": "Cloud"},
        "clients": {"name": "Okafor Group"},
        "assignments": {"hours_per_day": 6},
        "invoices": {"state": "paid"},
    }
    refusals = {
        "projects": (
            Refusal("unknown client", {"client_id": "C-999"}, B.MISSING_REFERENCE, "client"),
            Refusal("unknown state", {"state": "begun"}, B.MAPPING_GAP, "state"),
            Refusal("code taken", {"code": "PRJ-0001"}, B.DUPLICATE, "code"),
            Refusal("hours below zero", {"budget_hours": -1}, B.PARSE, "budget_hours"),
            Refusal("name too long", {"name": "x" * 300}, B.TOO_LARGE, "name"),
        ),
        "clients": (
            Refusal("no name", {"name": ""}, B.VALIDATION, "name"),
            Refusal("unknown currency", {"currency": "XYZ"}, B.VALIDATION, "currency"),
        ),
        "assignments": (
            Refusal("unknown project", {"project_code": "PRJ-9999"}, B.MISSING_REFERENCE, "project"),
            Refusal("unknown person", {"person_id": "E-9999"}, B.MISSING_REFERENCE, "resource"),
            Refusal("ends before it begins", {"ends": "2026-11-30"}, B.VALIDATION, "ends"),
            Refusal("no day", {"starts": "31.02.2026"}, B.PARSE, "starts"),
        ),
        "invoices": (
            Refusal("unknown project", {"project_code": "PRJ-9999"}, B.MISSING_REFERENCE, "project"),
            Refusal("unknown currency", {"currency": "XYZ"}, B.VALIDATION, "currency"),
        ),
    }
    texts = {"projects": "name", "clients": "name", "assignments": "note", "invoices": "client_name"}
    numbers = {"projects": "budget_hours", "assignments": "hours_per_day", "invoices": "amount"}
    planted = {
        "text": Planted("time-entries", "notes"),
        "number": Planted("time-entries", "hours"),
        "date": Planted("time-entries", "worked_on"),
    }

    async def announce(self, url: str, secret: str) -> None:
        await self.client.set_webhook(self.company, url, secret)
        await self.client.approve(self.company, "TE-000001")


STAGE = PsaStage
