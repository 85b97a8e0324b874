"""Tempo on stage, as a stand-in of its documentation: worklogs, accounts and customers are only read."""

from collections.abc import Mapping
from typing import Any

from tests.conformance.stage import Planted
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.tempo_stand_in import TempoStandIn


class TempoStage(StandInStage):
    """A Tempo with nine records of each sort; its worklogs were all entered in one moment."""

    slug = "tempo"
    stand_in = TempoStandIn
    address = "/4"
    lists = ("worklogs", "accounts", "customers")
    level = "worklogs"
    stamps_late = True
    touched = {"worklogs": "description", "accounts": "name", "customers": "name"}
    removable = ("worklogs",)
    planted = {"text": Planted("worklogs", "description"), "date": Planted("worklogs", "startDate")}

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.system.bearer}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "customers":
            return {"key": f"C-{number}", "name": f"Client {number}"}
        if name == "accounts":
            return {"key": f"NW-{number}", "name": f"Audit {number}", "status": "OPEN"}
        return {
            "startDate": "2026-11-02", "timeSpentSeconds": 5400, "billableSeconds": 5400, "issue": {"id": 10_001},
            "author": {"accountId": "557058:f58131cb"}, "description": f"Workshop {number}",
            "attributes": {"values": [{"key": "_Account_", "value": "NW-1"}]},
        }  # fmt: skip


STAGE = TempoStage
