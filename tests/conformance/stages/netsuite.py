"""NetSuite on stage, as a stand-in of what Oracle's pages describe: clients, projects and time both ways."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import netsuite_stand_in as netsuite

B = BusinessClass


class NetSuiteStage(StandInStage):
    """An account with nine records in each list; its customers were all entered in one second."""

    slug = "netsuite"
    stand_in = netsuite.NetSuiteStandIn
    lists = ("customers", "projects", "employees", "time-bills")
    level = "customers"
    stamps_late = True
    writes = bodiless = ("customers", "projects", "time-bills")
    touched = {"customers": "companyName", "projects": "companyName", "employees": "lastName", "time-bills": "memo"}
    removable = ("time-bills",)
    changed = {
        "customers": {"companyName": "Okafor Group"},
        "projects": {"companyName": "Audit 2027"},
        "time-bills": {"memo": "Workshop in Bonn", "hours": "6:00"},
    }
    refusals = {
        "customers": (
            Refusal("a name beyond measure", {"companyName": "x" * 84}, B.TOO_LARGE, ""),
            Refusal("an id that is taken", {"entityId": "C-2"}, B.DUPLICATE, "entityId"),
        ),
        "projects": (
            Refusal("an unknown customer", {"parent.id": "7"}, B.MISSING_REFERENCE, "client"),
            Refusal("an id that is taken", {"entityId": "P-2"}, B.DUPLICATE, "code"),
        ),
        "time-bills": (
            Refusal("a closed period", {"tranDate": "2025-12-31"}, B.CLOSED_PERIOD, "work_date"),
            Refusal("an unknown person", {"employee.id": "7"}, B.MISSING_REFERENCE, "resource"),
            Refusal("an unknown project", {"customer.id": "7"}, B.MISSING_REFERENCE, "project"),
        ),
    }
    texts = {"customers": "companyName", "projects": "companyName", "time-bills": "memo"}
    planted = {
        "text": Planted("customers", "email"),
        "number": Planted("time-bills", "hours"),
        "date": Planted("time-bills", "tranDate"),
    }
    settings = {"account": netsuite.ACCOUNT}

    @property
    def secrets(self) -> dict[str, str]:
        return dict(netsuite.PARTS)

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "customers":
            return {"externalId": f"C-{number}", "entityId": f"C-{number}", "companyName": f"Client {number}",
                    "isInactive": number == 4, "currency": {"id": "1", "refName": "EUR"}}  # fmt: skip
        if name == "projects":
            return {"externalId": f"P-{number}", "entityId": f"P-{number}", "companyName": f"Audit {number}",
                    "parent": {"id": self._first("customers"), "refName": "Client 1"}, "isInactive": False}  # fmt: skip
        if name == "employees":
            return {"entityId": f"E-{number}", "firstName": "Robin", "lastName": f"Vale {number}", "isInactive": False}
        return {
            "externalId": f"T-{number}", "tranDate": "2026-10-30", "hours": 7.5, "memo": f"Workshop {number}",
            "employee": {"id": self._first("employees")}, "customer": {"id": self._first("projects")},
            "isBillable": True,
        }  # fmt: skip

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent: dict[str, Any] = {"externalId": f"K-{number}", "companyName": f"O'Neil Bank {number}", **changes}
        if name == "projects":
            sent |= {"parent.id": self._first("customers"), "entityId": f"K-{number}", **changes}
        if name == "time-bills":
            sent = {
                "externalId": f"TE/{number}", "tranDate": "2026-11-02", "hours": "7:30", "memo": "Workshop",
                "employee.id": self._first("employees"), "customer.id": self._first("projects"), **changes,
            }  # fmt: skip
        return Write(number, sent, f"{name}:ours:{number}", f"key-{name}-{number}")

    def _first(self, name: str) -> str:
        return str(self.system.rows[name][0]["id"])


STAGE = NetSuiteStage
