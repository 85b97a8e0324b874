"""BambooHR on stage, as a stand-in: people are read by what has changed."""

from collections.abc import Mapping
from typing import Any

from tests.conformance.stage import Planted
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import bamboohr_stand_in as bamboo


class BambooStage(StandInStage):
    """A company of nine people, all entered in one moment."""

    slug = "bamboohr"
    stand_in = bamboo.BambooStandIn
    system: bamboo.BambooStandIn
    address = bamboo.BASE
    lists = ("employees",)
    level = "employees"
    stamps_late = True
    touched = {"employees": "jobTitle"}
    planted = {"text": Planted("employees", "jobTitle"), "date": Planted("employees", "hireDate")}

    @property
    def secrets(self) -> dict[str, str]:
        return {"username": bamboo.KEY, "password": "x"}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return bamboo.entry(number)

    async def remove(self, name: str) -> str | None:
        row = self.system.rows[name][2]
        self.system.delete(row)
        return str(row["id"])


STAGE = BambooStage
