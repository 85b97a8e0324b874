"""Dynamics 365 Project Operations on stage, as a stand-in of its documentation: two tables are written, six are read."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal, RefusedOutsideError
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.dynamics_stand_in import SETTINGS, DynamicsStandIn
from tests.connectors.catalog.stand_in import Row

B = BusinessClass
NOBODY = "e0000000-0000-0000-0000-00000000dead"


class DynamicsStage(StandInStage):
    """An environment with nine accounts, all entered in one moment, and nine records of each other table."""

    slug = "dynamics_project_operations"
    stand_in = DynamicsStandIn
    lists = ("accounts", "contacts", "opportunities", "msdyn_projects", "bookableresources", "msdyn_timeentries")
    level = "accounts"
    stamps_late = True
    touched = {
        "accounts": "name", "contacts": "lastname", "opportunities": "name", "msdyn_projects": "msdyn_subject",
        "bookableresources": "name", "msdyn_timeentries": "msdyn_description",
    }  # fmt: skip
    removable = ("accounts", "msdyn_timeentries")
    writes = ("accounts", "contacts")
    changed = {"accounts": {"address1_city": "Bremen"}, "contacts": {"jobtitle": "Partner"}}
    refusals = {
        "accounts": (
            Refusal("a name beyond measure", {"name": "x" * 161}, B.TOO_LARGE, ""),
            Refusal("unknown parent", {"_parentaccountid_value": NOBODY}, B.MISSING_REFERENCE, ""),
        ),
        "contacts": (
            Refusal("a name beyond measure", {"lastname": "x" * 51}, B.TOO_LARGE, ""),
            Refusal("unknown account", {"_parentcustomerid_value": NOBODY}, B.MISSING_REFERENCE, ""),
        ),
    }
    texts = {"accounts": "name", "contacts": "lastname"}
    planted = {
        "text": Planted("accounts", "name"),
        "number": Planted("opportunities", "estimatedvalue"),
        "date": Planted("opportunities", "estimatedclosedate"),
    }
    token_path = "/token"
    settings = SETTINGS

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "contacts":
            return {"firstname": "Robin", "lastname": f"Vale {number}", "emailaddress1": f"robin.{number}@firm.example"}
        if name == "msdyn_timeentries":
            person = self.system.rows["bookableresources"][0]["id"]
            return {"msdyn_duration": 90, "msdyn_type": 192350000, "_msdyn_bookableresource_value": person}
        own: Row = {"accountnumber": f"A-{number}"} if name == "accounts" else {}
        return {**own, self.touched[name]: f"Number {number}"}

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        whole: Row = {
            "accounts": {"name": "Okafor Bank", "address1_city": "Lagos"},
            "contacts": {"lastname": "Okafor", "emailaddress1": f"ada.{number}@okafor.example"},
        }[name]
        return Write(number, {**whole, **changes}, f"{name}:ours:{number}", f"key-{number}")

    async def plant(self, sort: str, value: Any) -> str:
        if sort == "date":
            try:
                date.fromisoformat(str(value))
            except ValueError:
                raise RefusedOutsideError from None
        return await super().plant(sort, value)


STAGE = DynamicsStage
