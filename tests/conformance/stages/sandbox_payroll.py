"""The sandbox payroll on stage: employees are read, hours and refunds are written for open pay periods."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal, RefusedOutsideError
from tests.sandbox_server import SandboxServer

B = BusinessClass
_TODAY = datetime.now(UTC).date().isoformat()


class PayrollStage(SandboxStage):
    """A payroll with thirty people, and six lines of each sort for the running month."""

    slug, system = "sandbox_payroll", "payroll"
    lists = ("employees", "hours", "refunds")
    level = "employees"
    touched = {"employees": "department", "hours": "note", "refunds": "reason"}
    made = {
        "employees": {"number": "E-N{n}", "name": "Robin Vale", "active": True},
        "hours": {"external_id": "HX-{n}", "employee": "E-0001", "day": _TODAY, "hours": 7.5},
        "refunds": {
            "external_id": "RX-{n}", "employee": "E-0001", "day": _TODAY, "amount": "12.50", "currency": "EUR",
        },
    }  # fmt: skip
    writes = ("hours", "refunds")
    samples = {
        "hours": {"external_id": "TE-{n}", "employee": "E-0002", "day": _TODAY, "hours": 6},
        "refunds": {
            "external_id": "EX-{n}", "employee": "E-0002", "day": _TODAY, "amount": "99.90", "currency": "EUR",
        },
    }  # fmt: skip
    changed = {"hours": {"hours": 5}, "refunds": {"amount": "101.00"}}
    refusals = {
        "hours": (
            Refusal("closed period", {"day": "2025-01-15"}, B.CLOSED_PERIOD, "work_date"),
            Refusal("unknown employee", {"employee": "E-9001"}, B.MISSING_REFERENCE, "resource"),
            Refusal("25 hours", {"hours": 25}, B.VALIDATION, "hours"),
            Refusal("unknown earning", {"earning": "gift"}, B.MAPPING_GAP, "service_item"),
        ),
        "refunds": (
            Refusal("closed period", {"day": "2025-01-15"}, B.CLOSED_PERIOD, "spent_on"),
            Refusal("unknown currency", {"currency": "XYZ"}, B.VALIDATION, "currency"),
            Refusal("amount below zero", {"amount": "-1"}, B.PARSE, "amount"),
        ),
    }
    texts = {"hours": "note", "refunds": "reason"}
    numbers = {"refunds": "amount"}
    planted = {"text": Planted("employees", "name"), "date": Planted("hours", "day")}

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        address = await super().begin(stack, sandbox)
        for name in ("hours", "refunds"):  # it begins without any
            for _ in range(6):
                await self.add(name)
        return address

    async def plant(self, sort: str, value: object) -> str:
        if sort == "date" and value != _TODAY:
            # Payroll refuses days of closed and unknown periods itself: what it holds are days of open ones.
            raise RefusedOutsideError(str(value))
        return await super().plant(sort, value)

    def days(self) -> list[tuple[object, object]]:
        return [(_TODAY, datetime.now(UTC).date()), ("2026-02-29", None)]

    async def remove(self, name: str) -> str | None:
        if name == "employees":
            return None
        (made,) = await self.send(name, self.sample(name, 81))
        async with self.connector() as connector:
            await connector.undo(name, str(made.target_key), idempotency_key="gone")
        return made.target_key


STAGE = PayrollStage
