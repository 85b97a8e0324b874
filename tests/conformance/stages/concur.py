"""SAP Concur on stage, as a stand-in of its documentation: the expenses of approved reports are only read."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.conformance.stage import Planted
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import concur_stand_in as concur


class ConcurStage(StandInStage):
    """A company with nine reports of one expense, all approved in one moment."""

    slug = "concur"
    stand_in = concur.ConcurStandIn
    lists = ("expenses",)
    level = "expenses"
    stamps_late = True
    touched = {"expenses": "note"}
    removable = ("expenses",)
    settings = {"region": "us", "project_field": "Custom5.Code"}
    planted = {
        "text": Planted("expenses", "report.OwnerName"),
        "number": Planted("expenses", "amount"),
        "date": Planted("expenses", "spent_on"),
    }

    @property
    def secrets(self) -> dict[str, str]:
        # A sign-in by a person cannot be played here: what it stores is.
        return {"client_id": "client-id-of-the-app", "access_token": concur.ACCESS_TOKEN}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return concur.entry(number)

    def days(self) -> list[tuple[Any, date | None]]:
        return [
            ("2028-02-29T00:00:00", date(2028, 2, 29)),
            ("2026-12-31T00:00:00", date(2026, 12, 31)),
            ("2026-02-29T00:00:00", None),
        ]


STAGE = ConcurStage
