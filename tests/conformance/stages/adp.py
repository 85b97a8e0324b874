"""ADP Workforce Now on stage, as a stand-in of its documentation: people are read whole, hours are handed in as events."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.authority import client_pair
from tests.connectors.catalog import adp_stand_in as adp
from tests.connectors.catalog.stand_in import put

B = BusinessClass
_PLACES = {"name": "person.legalName.formattedName", "hired": "workerDates.originalHireDate"}


class AdpStage(StandInStage):
    """A company of nine people."""

    slug = "adp"
    stand_in = adp.AdpStandIn
    lists = ("workers",)
    level = ""
    writes = ("time_entries",)
    touched = {"workers": _PLACES["name"]}
    removable = ("workers",)
    token_path = "/token"
    settings = {"project_category": adp.PROJECT_CATEGORY}
    texts = {"time_entries": "project"}
    numbers = {"time_entries": "hours"}
    changed = {"time_entries": {"hours": "6.5"}}
    planted = {"text": Planted("workers", "name"), "date": Planted("workers", "hired")}
    refusals = {
        "time_entries": (
            Refusal("a pay period that is closed", {"day": adp.CLOSED_UNTIL}, B.CLOSED_PERIOD, "work_date"),
            Refusal("a labor code it does not know", {"project": "P-0"}, B.INVALID_DIMENSION, "project"),
            Refusal("a pay code it does not know", {"pay_code": "NAP"}, B.INVALID_DIMENSION, "service_item"),
            Refusal("a person it does not know", {"worker": "G3NOBODY"}, B.MISSING_REFERENCE, "resource"),
        )
    }

    @property
    def secrets(self) -> dict[str, str]:
        certificate, key = client_pair()
        return {**super().secrets, "client_certificate": certificate, "client_key": key}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return adp.worker(number)

    async def truth(self, name: str) -> list[dict[str, Any]]:
        if name == "time_entries":
            return [{**row, "id": adp.key_of(row)} for row in self.system.rows[name]]
        return await super().truth(name)

    def text_in(self, name: str, record: Mapping[str, Any]) -> Any:
        held = record.get("laborAllocations")
        return held[0]["allocationCode"]["codeValue"] if held else record["project"]

    async def plant(self, sort: str, value: Any) -> str:
        row = self.system.rows["workers"][0]
        put(row, _PLACES[self.planted[sort].field], value)
        return str(row["associateOID"])

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        person = self.system.rows["workers"][number % 9]["associateOID"]
        values = {"worker": person, "day": adp.day_of(number), "hours": "7.5", "pay_code": "REGULAR", **changes}
        return Write(number, values, f"TimeEntry:ours:{number}", f"key-{number}")


STAGE = AdpStage
