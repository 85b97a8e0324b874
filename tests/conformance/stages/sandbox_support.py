"""The sandbox support desk on stage: organisations and contacts are read and written."""

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal

B = BusinessClass


class SupportStage(SandboxStage):
    """A support desk that looks after six organisations, and two more that somebody adds."""

    slug, system = "sandbox_support", "support"
    lists = ("organizations", "contacts")
    level = "organizations"
    touched = {"organizations": "note", "contacts": "phone"}
    made = {
        "organizations": {"name": "Okafor {n}", "country": "DE"},
        "contacts": {"email": "new{n}@client.example", "name": "Robin Vale"},
    }
    writes = ("organizations", "contacts")
    samples = {
        "organizations": {"external_id": "C-{n}", "name": "Vale Bank {n}", "country": "DE", "level": "standard"},
        "contacts": {"external_id": "P-{n}", "email": "asks{n}@vale.example", "name": "Robin Vale"},
    }
    changed = {"organizations": {"level": "premium"}, "contacts": {"phone": "+49 30 1"}}
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
    }
    texts = {"organizations": "note", "contacts": "name"}
    planted = {"text": Planted("contacts", "name")}


STAGE = SupportStage
