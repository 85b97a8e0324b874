"""Avalara AvaTax on stage, as a stand-in of its documentation: sales both ways, customers are read."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import avatax_stand_in as avatax

B = BusinessClass


class AvaTaxStage(StandInStage):
    """A company with nine sales, all recorded in one moment, and nine customers."""

    slug = "avatax"
    stand_in = avatax.AvaTaxStandIn
    lists = ("transactions", "customers")
    level = "transactions"
    stamps_late = True
    writes = ("transactions",)
    touched = {"transactions": "description", "customers": "name"}
    settings = avatax.SETTINGS
    texts = {"transactions": "description"}
    changed = {"transactions": {"description": "Sent again"}}
    planted = {
        "text": Planted("transactions", "description"),
        "number": Planted("transactions", "totalTax"),
        "date": Planted("transactions", "date"),
    }
    refusals = {
        "transactions": (
            Refusal("a currency it does not know", {"currencyCode": "XXX"}, B.VALIDATION, "currency"),
            Refusal("a customer it does not know", {"customerCode": "C-0"}, B.MISSING_REFERENCE, "client"),
            Refusal("no lines", {"lines": []}, B.VALIDATION, "lines"),
            Refusal("a number beyond measure", {"code": "N" * 51}, B.TOO_LARGE, "number"),
        )
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"username": avatax.ACCOUNT, "password": avatax.LICENSE}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return avatax.sale(number) if name == "transactions" else avatax.customer(number)

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        customer = self.system.rows["customers"][0]["code"]
        values = {
            "code": f"N/{number}", "type": "SalesInvoice", "date": "2026-11-02", "customerCode": customer,
            "currencyCode": "USD", "description": "October", "commit": True,
            "lines": [{"description": "Audit", "quantity": 7.5, "amount": 1125.98, "itemCode": "AUDIT"}], **changes,
        }  # fmt: skip
        return Write(number, values, f"Invoice:ours:{number}", f"key-{number}")


STAGE = AvaTaxStage
