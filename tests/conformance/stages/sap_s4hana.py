"""SAP S/4HANA Cloud on stage, as a stand-in of OData v2 and SAP Gateway: business partners both ways, projects are read."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import sap_stand_in as sap

B = BusinessClass


class SapStage(StandInStage):
    """A client with nine partners, all made in one second, and nine projects."""

    slug = "sap_s4hana"
    stand_in = sap.SapStandIn
    lists = ("business-partners", "projects")
    level = "business-partners"
    stamps_late = True
    writes = ("business-partners",)
    touched = {"business-partners": "SearchTerm1", "projects": "ProjectDescription"}
    removable = ("projects",)
    changed = {"business-partners": {"OrganizationBPName1": "Okafor Group"}}
    refusals = {
        "business-partners": (
            Refusal("an unknown country", {"to_BusinessPartnerAddress": [{"Country": "QQ"}]}, B.MISSING_REFERENCE,
                    "country"),
            Refusal("an unknown grouping", {"BusinessPartnerGrouping": "ZZ99"}, B.INVALID_DIMENSION, ""),
        )
    }  # fmt: skip
    texts = {"business-partners": "OrganizationBPName1"}
    planted = {"text": Planted("projects", "ProjectDescription"), "date": Planted("projects", "ProjectStartDate")}

    @property
    def secrets(self) -> dict[str, str]:
        return {"username": sap.USER, "password": sap.PASSWORD}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "projects":
            return {"Project": f"P-{number}", "ProjectDescription": f"Audit {number}",
                    "ProjectStartDate": sap.dotnet("2026-10-01")}  # fmt: skip
        return {
            "Customer": f"{number}", "OrganizationBPName1": f"Client {number}", "BusinessPartnerIsBlocked": number == 4,
            "to_BusinessPartnerAddress": [{"CityName": "Bonn", "Country": "DE"}],
        }  # fmt: skip

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent: dict[str, Any] = {
            "BusinessPartnerIDByExtSystem": f"O'K-{number}", "BusinessPartnerCategory": "2",
            "OrganizationBPName1": f"Okafor Bank {number}", "to_BusinessPartnerRole": [{"BusinessPartnerRole": "FLCU01"}],
            "to_BusinessPartnerAddress": [{"Country": "DE", "CityName": "Bonn"}], **changes,
        }  # fmt: skip
        return Write(number, sent, f"{name}:ours:{number}", f"key-{name}-{number}")

    def days(self) -> list[tuple[Any, date | None]]:
        return [(sap.dotnet(day), date.fromisoformat(day)) for day in ("2028-02-29", "2026-12-31")]


STAGE = SapStage
