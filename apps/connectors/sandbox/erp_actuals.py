"""What the sandbox ERP says became of a project so far: its hours, what they and the expenses cost, what was billed."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from apps.connectors.sandbox.rules import Record, number_of

FIELDS = ("actual_hours", "actual_cost", "actual_billed")
_BILLED = frozenset({"posted", "part_paid", "paid"})
_NOTHING = Decimal(0)


def actuals(
    lines: Iterable[Record], expenses: Iterable[Record], invoices: Iterable[Record], employees: Iterable[Record]
) -> dict[str, Record]:
    """Return the figures of every project that has any, by its code; only what is posted counts as billed."""
    rates = {str(one["number"]): _figure(one, "cost_rate") for one in employees}
    hours, costs, billed = (defaultdict[str, Decimal](Decimal) for _ in range(3))
    for line in lines:
        code, worked = str(line.get("project")), _figure(line, "quantity")
        hours[code] += worked
        costs[code] += worked * rates.get(str(line.get("employee")), _NOTHING)
    for expense in expenses:
        costs[str(expense.get("project"))] += _figure(expense, "amount")
    for invoice in invoices:
        if invoice.get("state") in _BILLED and invoice.get("project"):
            credit = invoice.get("sort") == "credit"
            billed[str(invoice["project"])] += -_figure(invoice, "net") if credit else _figure(invoice, "net")
    return {
        code: {
            "actual_hours": float(hours[code]),
            "actual_cost": f"{costs[code]:.2f}",
            "actual_billed": f"{billed[code]:.2f}",
        }
        for code in {*hours, *costs, *billed}
    }


def _figure(record: Record, name: str) -> Decimal:
    return number_of(record.get(name)) or _NOTHING
