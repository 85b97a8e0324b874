"""Dynamics 365 Finance on stage, as a stand-in of its documentation: one company of two, customers both ways."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal, RefusedOutsideError
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.dynamics_finance_stand_in import SETTINGS, FinanceStandIn
from tests.sandbox_server import SandboxServer

B = BusinessClass


class FinanceStage(StandInStage):
    """A company with nine customers, projects and invoices, beside another one that nobody may see."""

    slug = "dynamics_finance"
    stand_in = FinanceStandIn
    lists = ("customers", "projects", "invoices")
    level = ""
    touched = {"customers": "OrganizationName", "projects": "ProjectName", "invoices": "CustomersOrderReference"}
    removable = ("customers", "projects")
    writes = ("customers",)
    changed = {"customers": {"AddressCity": "Bremen"}}
    texts = {"customers": "OrganizationName"}
    planted = {
        "text": Planted("customers", "OrganizationName"),
        "number": Planted("invoices", "TotalInvoiceAmount"),
        "date": Planted("projects", "ProjectedStartDate"),
    }
    refusals = {
        "customers": (
            Refusal("a name beyond measure", {"OrganizationName": "x" * 101}, B.TOO_LARGE, ""),
            Refusal("a currency it does not know", {"SalesCurrencyCode": "ZZZ"}, B.MISSING_REFERENCE, "currency"),
            Refusal(
                "a country it does not know", {"AddressCountryRegionISOCode": "XX"}, B.MISSING_REFERENCE, "country"
            ),
        )
    }
    token_path = "/token"
    settings = SETTINGS

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        address = await super().begin(stack, sandbox)
        for name in self.lists:
            self.system.enter(name, dataAreaId="frrt", **self.entry(name, 99))
        return address

    async def truth(self, name: str) -> list[dict[str, Any]]:
        return [row for row in await super().truth(name) if row["dataAreaId"] == "usmf"]

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "invoices":
            day = datetime.now(UTC).date() - timedelta(days=number)
            return {"InvoiceDate": f"{day}T12:00:00Z", "InvoiceCustomerAccountNumber": "C-1", "CurrencyCode": "EUR"}
        own = {"SalesCurrencyCode": "EUR"} if name == "customers" else {"CustomerAccountNumber": "C-1"}
        return {self.touched[name]: f"Number {number}", **own}

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        values = {
            "CustomerAccount": f"N-{number}", "OrganizationName": "Okafor Bank", "SalesCurrencyCode": "EUR",
            "AddressCity": "Kiel", **changes,
        }  # fmt: skip
        return Write(number, values, f"Customer:ours:{number}", f"key-{number}")

    async def plant(self, sort: str, value: Any) -> str:
        if sort == "date":
            try:
                value = f"{date.fromisoformat(str(value))}T12:00:00Z"
            except ValueError:
                raise RefusedOutsideError from None
        return await super().plant(sort, value)


STAGE = FinanceStage
