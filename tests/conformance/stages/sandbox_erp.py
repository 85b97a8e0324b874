"""The sandbox ERP on stage: employees and customers are read; lines go in batches, the others one by one."""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal

B = BusinessClass
_CENT = Decimal("0.01")


def _today() -> str:
    return f"{datetime.now(UTC):%d.%m.%Y}"


class ErpStage(SandboxStage):
    """An ERP without a single line yet."""

    slug, system = "sandbox_erp", "erp"
    lists = ("employees", "customers")
    level = "employees"
    touched = {"employees": "name", "customers": "name"}
    made = {
        "employees": {"number": "E-{n}", "name": "Robin Vale", "company": "100", "active": True},
        "customers": {"number": "K-{n}", "name": "Okafor Bank", "country": "DE", "currency": "EUR"},
    }
    writes = ("time-lines", "customers", "projects", "expense-lines", "invoices", "purchase-orders")
    samples = {
        "time-lines": {
            "external_id": "TE-9{n}",
            "company": "100",
            "project": "PRJ-0001",
            "employee": "E-0001",
            "quantity": "2.5",
            "unit_price": "100.00",
            "currency": "EUR",
            "cost_center": "CC-000",
            "description": "Workshop",
        },
        "customers": {"external_id": "AC-{n}", "number": "K-{n}", "name": "Bank", "country": "DE", "currency": "EUR"},
        "projects": {"external_id": "OP-{n}", "code": "PRJ-OP-{n}", "name": "Cloud move", "company": "100"},
        "expense-lines": {
            "external_id": "EX-9{n}",
            "project": "PRJ-0001",
            "employee": "E-0001",
            "amount": "119.00",
            "currency": "EUR",
            "description": "Train",
        },
        "invoices": {"external_id": "MS-{n}", "customer_number": "C-001", "currency": "EUR", "net": "250.00"},
        "purchase-orders": {
            "external_id": "PR-9{n}",
            "supplier": "S-100",
            "project": "PRJ-0001",
            "hours": 100,
            "rate": "90.00",
            "amount": "9000.00",
            "currency": "EUR",
        },
    }
    changed = {
        "time-lines": {"quantity": "1.25"},
        "customers": {"name": "Okafor Group"},
        "projects": {"name": "Cloud"},
        "expense-lines": {"amount": "125.00"},
        "invoices": {"net": "275.00"},
        "purchase-orders": {"role": "Testing"},
    }
    refusals = {
        "time-lines": (
            Refusal("closed period", {"posting_date": "02.01.2025"}, B.CLOSED_PERIOD, "approved_at"),
            Refusal("unknown cost centre", {"cost_center": "CC-990"}, B.INVALID_DIMENSION, "cost_center"),
            Refusal("unknown person", {"employee": "E-9001"}, B.MISSING_REFERENCE, "resource"),
            Refusal("unknown project", {"project": "PRJ-9999"}, B.MISSING_REFERENCE, "project"),
            Refusal("too many hours", {"quantity": "25"}, B.VALIDATION, "hours"),
            Refusal("a decimal comma", {"quantity": "7,5", "amount": "0"}, B.PARSE, "hours"),
            Refusal("no day of the calendar", {"posting_date": "29.02.2026"}, B.PARSE, "approved_at"),
            Refusal("unknown company", {"company": "999"}, B.MAPPING_GAP, "region"),
        ),
        "customers": (
            Refusal("a country in words", {"country": "Germany"}, B.VALIDATION, "country"),
            Refusal("terms below zero", {"payment_terms_days": -1}, B.PARSE, "payment_terms_days"),
            Refusal("number taken", {"number": "C-001"}, B.DUPLICATE, "number"),
        ),
        "projects": (
            Refusal("unknown company", {"company": "999"}, B.MAPPING_GAP, "region"),
            Refusal("unknown customer", {"customer_number": "K-9"}, B.MISSING_REFERENCE, "client"),
            Refusal("unknown cost centre", {"cost_center": "CC-990"}, B.INVALID_DIMENSION, "cost_center"),
        ),
        "expense-lines": (
            Refusal("closed period", {"posting_date": "02.01.2025"}, B.CLOSED_PERIOD, "approved_at"),
            Refusal("unknown person", {"employee": "E-9001"}, B.MISSING_REFERENCE, "resource"),
            Refusal("more tax than amount", {"tax_amount": "120"}, B.VALIDATION, "tax_amount"),
            Refusal("a day that is none", {"spent_on": "2026-02-29"}, B.PARSE, "spent_on"),
        ),
        "invoices": (
            Refusal("closed period", {"issued_on": "2025-01-02"}, B.CLOSED_PERIOD, "approved_at"),
            Refusal("unknown customer", {"customer_number": "K-9"}, B.MISSING_REFERENCE, "client"),
            Refusal("lines that differ", {"lines": [{"net": "249.00"}]}, B.VALIDATION, "net"),
        ),
        "purchase-orders": (
            Refusal("unknown supplier", {"supplier": "S-999"}, B.MISSING_REFERENCE, "supplier"),
            Refusal("blocked supplier", {"supplier": "S-300"}, B.VALIDATION, "supplier"),
            Refusal("unknown project", {"project": "PRJ-9999"}, B.MISSING_REFERENCE, "project"),
            Refusal("another amount", {"amount": "9100.00"}, B.VALIDATION, "bill_amount"),
        ),
    }
    texts = {
        "time-lines": "description",
        "customers": "name",
        "projects": "name",
        "expense-lines": "description",
        "invoices": "note",
        "purchase-orders": "role",
    }
    numbers = {"time-lines": "unit_price", "projects": "budget_hours", "expense-lines": "amount", "invoices": "net"}
    planted = {"text": Planted("customers", "name"), "date": Planted("time-lines", "posting_date")}

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        if name == "invoices":
            return super().sample(name, number, **{"issued_on": datetime.now(UTC).date().isoformat(), **changes})
        if name == "expense-lines":
            return super().sample(name, number, **{"posting_date": _today(), **changes})
        if name != "time-lines":
            return super().sample(name, number, **changes)
        values = {**self.samples[name], "posting_date": _today(), **changes}
        if "amount" not in changes:
            amount = Decimal(str(values["quantity"])) * Decimal(str(values["unit_price"]))
            changes = {**changes, "amount": format(amount.quantize(_CENT, rounding=ROUND_HALF_UP), "f")}
        return super().sample(name, number, **{"posting_date": _today(), **changes})

    async def remove(self, name: str) -> str | None:
        if name != "customers":
            return None
        (made,) = await self.send(name, self.sample(name, 81))
        async with self.connector() as connector:
            await connector.undo(name, str(made.target_key), idempotency_key="gone")
        return made.target_key

    async def plant(self, sort: str, value: Any) -> str:
        if sort == "date" and not await self.truth("time-lines"):
            await self.send("time-lines", self.sample("time-lines", 82))
        return await super().plant(sort, value)

    def days(self) -> list[tuple[Any, date | None]]:
        return [(_today(), datetime.now(UTC).date()), ("29.02.2026", None), ("31.02.2026", None)]


STAGE = ErpStage
