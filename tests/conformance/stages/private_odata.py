"""A private OData system on stage: its manifest is the draft out of the metadata that the service itself hands out."""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import SystemManifest
from apps.connectors.private.descriptions import read_description
from apps.connectors.private.documents import read_document
from apps.connectors.private.drafting import draft_document
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.private.odata_service import ToolService, day, metadata

B = BusinessClass


@cache
def drafted(version: int) -> SystemManifest:
    """Return the manifest as a partner leaves it who chooses lists, and says how to sign in and what two refusals mean."""
    reading = read_description(metadata(version)).to_json()
    document = draft_document("Tool", reading, ["Projects", "TimeEntries"])
    rules = [
        {"kind": "rejected", "business_class": "missing_reference", "code": "NoCurrency", "field": "currency",
         "sentence": "The tool does not know this currency: correct it, or add it there."},
        {"kind": "rejected", "business_class": "too_large", "code": "TooLong", "sentence": "Shorten this: {message}"},
    ]  # fmt: skip
    signed = {"error_rules": rules, "auth": {"scheme": "bearer"}, "secrets": [{"name": "token", "label": "Token"}]}
    return read_document({**document, **signed}, slug=f"private-odata-{version}")


class PrivateODataStage(StandInStage):
    """Nine projects, all entered in one moment, and nine entries of time."""

    slug = "private_odata"
    stand_in = ToolService
    version: ClassVar[int] = 4
    lists = ("projects", "time_entries")
    level = "projects"
    stamps_late = True
    writes = ("projects",)
    touched = {"projects": "Name", "time_entries": "Comment"}
    removable = ("projects", "time_entries")
    changed = {"projects": {"Name": "Okafor Review"}}
    refusals = {
        "projects": (
            Refusal("an unknown currency", {"Currency": "XXQ"}, B.MISSING_REFERENCE, "currency"),
            Refusal("a name beyond measure", {"Name": "x" * 81}, B.TOO_LARGE, "name"),
        )
    }
    texts = {"projects": "Name"}
    numbers = {"projects": "BudgetMoney"}
    planted = {
        "text": Planted("projects", "Name"),
        "number": Planted("projects", "BudgetMoney"),
        "date": Planted("time_entries", "WorkDate"),
    }

    @property
    def manifest(self) -> SystemManifest:
        return drafted(self.version)

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.system.bearer}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "projects":
            return {"Code": f"P-{number}", "Name": f"Audit {number}", "BudgetMoney": self.amount(number)}
        return {
            "EmployeeId": f"E-{number}", "WorkDate": day("2026-11-02", self.version), "Hours": self.amount(7.5),
            "Comment": f"Review {number}",
        }  # fmt: skip

    def amount(self, value: float) -> Any:
        """Return an amount as the version holds it."""
        return value if self.version == 4 else str(value)

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent = {"Code": f"O'K-{number}", "Name": "Okafor Audit", "BudgetMoney": 1200, "Phase": "Planned", **changes}
        return Write(number, sent, f"{name}:ours:{number}", f"key-{name}-{number}")


STAGE = PrivateODataStage
