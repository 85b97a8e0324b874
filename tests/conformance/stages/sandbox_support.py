"""The sandbox support desk on stage: organisations, contacts and tickets are read and written."""

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal

B = BusinessClass


class SupportStage(SandboxStage):
    """A support desk that looks after six organisations, and two more that somebody adds."""

    slug, system = "sandbox_support", "support"
    lists = ("organizations", "contacts", "tickets")
    level = "organizations"
    touched = {"organizations": "note", "contacts": "phone", "tickets": "note"}
    made = {
        "organizations": {"name": "Okafor {n}", "country": "DE"},
        "contacts": {"email": "new{n}@client.example", "name": "Robin Vale"},
        "tickets": {"subject": "Question {n}", "project": "PRJ-0001"},
    }
    writes = ("organizations", "contacts", "tickets")
    samples = {
        "organizations": {"external_id": "C-{n}", "name": "Vale Bank {n}", "country": "DE", "level": "standard"},
        "tickets": {
            "external_id": "T-{n}",
            "subject": "Go live slipped",
            "project": "PRJ-0001",
            "due_on": "2026-12-01",
        },
        "contacts": {"external_id": "P-{n}", "email": "asks{n}@vale.example", "name": "Robin Vale"},
    }
    changed = {
        "organizations": {"level": "premium"},
        "contacts": {"phone": "+49 30 1"},
        "tickets": {"subject": "Go live late"},
    }
    refusals = {
        "organizations": (
            Refusal("unknown level", {"level": "gold"}, B.MAPPING_GAP, "level"),
            Refusal("no country", {"country": "germany"}, B.VALIDATION, "country"),
            Refusal("name too long", {"name": "x" * 121}, B.TOO_LARGE, "name"),
        ),
        "contacts": (
            Refusal("unknown organisation", {"organization": "SO-999"}, B.MISSING_REFERENCE, "client"),
            Refusal("no e-mail address", {"email": "robin vale"}, B.PARSE, "email"),
        ),
        "tickets": (
            Refusal("no project", {"project": ""}, B.VALIDATION, "project"),
            Refusal("no day", {"due_on": "31.02.2026"}, B.PARSE, "ends"),
        ),
    }
    texts = {"organizations": "note", "contacts": "name", "tickets": "subject"}
    planted = {"text": Planted("contacts", "name"), "date": Planted("tickets", "due_on")}


STAGE = SupportStage
