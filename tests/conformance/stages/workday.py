"""Workday on stage, as a stand-in of its documentation: workers are read whole and compared."""

from collections.abc import Mapping
from typing import Any

from tests.conformance.stage import Planted
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import workday_stand_in as workday


class WorkdayStage(StandInStage):
    """A tenant of nine workers."""

    slug = "workday"
    stand_in = workday.WorkdayStandIn
    lists = ("workers",)
    level = ""
    touched = {"workers": "businessTitle"}
    removable = ("workers",)
    spared = (f"/ccx/oauth2/{workday.TENANT}/token",)
    settings = {"tenant": workday.TENANT}
    planted = {"text": Planted("workers", "businessTitle")}

    @property
    def secrets(self) -> dict[str, str]:
        return {"client_id": workday.CLIENT, "subject": workday.USER, "private_key": workday.pem()}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return workday.worker(number)


STAGE = WorkdayStage
