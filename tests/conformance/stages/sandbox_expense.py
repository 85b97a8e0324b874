"""The sandbox expense tool on stage: expenses and people are read."""

from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted


class ExpenseStage(SandboxStage):
    """An expense tool with what thirty people spent."""

    slug, system = "sandbox_expense", "expense"
    lists = ("expenses", "people")
    level = "people"
    touched = {"expenses": "merchant", "people": "name"}
    made = {
        "expenses": {"employee_no": "E-0001", "spent_on": "2026-11-02", "amount": "12.50", "currency": "EUR"},
        "people": {"employee_no": "E-N{n}", "name": "Robin Vale", "active": True},
    }
    planted = {
        "text": Planted("expenses", "merchant"),
        "number": Planted("expenses", "amount"),
        "date": Planted("expenses", "spent_on"),
    }

    async def announce(self, url: str, secret: str) -> None:
        await self.client.set_webhook(self.company, url, secret, system=self.system)
        await self.client.approve(self.company, "EX-00001", system=self.system)


STAGE = ExpenseStage
