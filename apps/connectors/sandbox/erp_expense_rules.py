"""The business rules of the sandbox ERP for what people spent: what makes it refuse an expense line."""

from collections.abc import Iterator

from apps.connectors.sandbox import erp_rules, rules
from apps.connectors.sandbox.erp_rules import LookUp, Switches
from apps.connectors.sandbox.rules import Problem, Record

FIELDS = (
    "external_id",
    "company",
    "project",
    "employee",
    "posting_date",
    "spent_on",
    "category",
    "amount",
    "tax_amount",
    "currency",
    "billable",
    "reimbursable",
    "cost_center",
    "receipt",
    "report_no",
    "description",
)
REQUIRED = ("external_id", "project", "employee", "posting_date", "amount", "currency")
CHOICES = {"billable": (True, False), "reimbursable": (True, False)}
LONGEST = {"description": 200, "external_id": 80, "category": 60, "receipt": 200, "report_no": 40}


def problems_of(line: Record, look_up: LookUp, switches: Switches) -> list[Problem]:
    """Return everything wrong with an expense line; an empty list means it is accepted."""
    found = rules.missing(line, REQUIRED)
    missing = [problem.field for problem in found]
    found += rules.unknown(line, FIELDS) + rules.too_long(line, LONGEST) + rules.choices(line, CHOICES)
    found += rules.currency(line)
    found += rules.days(line, ("spent_on",))[1]
    for rule in (erp_rules.project_and_employee, erp_rules.period, erp_rules.cost_center, _amounts):
        found += [problem for problem in rule(line, look_up, switches) if problem.field not in missing]
    return found


def _amounts(line: Record, _look_up: LookUp, _switches: Switches) -> Iterator[Problem]:
    yield from rules.amounts(line, ("amount", "tax_amount"))
    amount, tax = rules.number_of(line.get("amount")), rules.number_of(line.get("tax_amount") or 0)
    if amount is not None and tax is not None and 0 <= amount < tax:
        yield Problem("tax_above_amount", "tax_amount", f"Tax of {tax} is more than the amount of {amount}")
