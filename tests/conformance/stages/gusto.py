"""Gusto on stage, as a stand-in: people are read whole and compared."""

from collections.abc import Mapping
from typing import Any

from tests.conformance.stage import Planted
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import gusto_stand_in as gusto


class GustoStage(StandInStage):
    """A company of nine people."""

    slug = "gusto"
    stand_in = gusto.GustoStandIn
    lists = ("employees",)
    level = ""
    touched = {"employees": "department"}
    removable = ("employees",)
    settings = {"company": gusto.COMPANY}
    planted = {"text": Planted("employees", "department"), "date": Planted("employees", "hired")}

    @property
    def secrets(self) -> dict[str, str]:
        # A sign-in by a person cannot be played here: what it stores is.
        return {"client_id": "client-id-of-the-app", "access_token": gusto.ACCESS_TOKEN}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return gusto.entry(number)

    async def plant(self, sort: str, value: Any) -> str:
        if sort != "date":
            return await super().plant(sort, value)
        row = self.system.rows["employees"][0]
        row["jobs"][0]["hire_date"] = value
        self.system.stamp("employees", row)
        return str(row["uuid"])


STAGE = GustoStage
