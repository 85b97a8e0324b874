"""The business rules of the sandbox ERP: what makes it refuse a time line, each with its own code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.firm import amount_of
from apps.connectors.sandbox.rules import Problem, Record

LookUp = Callable[[str, str], Record | None]  # object, natural name -> record

FIELDS = (
    "external_id",
    "company",
    "project",
    "employee",
    "posting_date",
    "quantity",
    "unit_price",
    "amount",
    "currency",
    "cost_center",
    "description",
    "po_number",
)
REQUIRED = FIELDS[:9]
_MOST_HOURS = Decimal(24)
LONGEST = {"description": 200, "external_id": 80, "po_number": 40}


@dataclass(frozen=True, slots=True)
class Switches:
    """Faults that change the rules rather than the traffic."""

    closed: bool = False
    no_cost_centers: bool = False


def problems_of(line: Record, look_up: LookUp, switches: Switches) -> list[Problem]:
    """Return everything wrong with a time line; an empty list means it is accepted."""
    found = rules.missing(line, REQUIRED)
    missing = [problem.field for problem in found]
    found += rules.unknown(line, FIELDS)
    found += rules.too_long(line, LONGEST)
    for rule in (_company, project_and_employee, period, _numbers, cost_center):
        found += [problem for problem in rule(line, look_up, switches) if problem.field not in missing]
    return found


def posting_day(line: Record) -> date | None:
    """Return the posting date, None when it is not written as DD.MM.YYYY."""
    try:
        return datetime.strptime(str(line.get("posting_date")), "%d.%m.%Y").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None


def _company(line: Record, look_up: LookUp, _switches: Switches) -> Iterator[Problem]:
    company = look_up("companies", str(line.get("company")))
    if company is None:
        yield Problem("unknown_company", "company", f"Company {line.get('company')} does not exist")


def project_and_employee(line: Record, look_up: LookUp, _switches: Switches) -> Iterator[Problem]:
    """Yield a problem for a project or a person that is not there, or not active."""
    project = look_up("projects", str(line.get("project")))
    if project is None:
        yield Problem("unknown_project", "project", f"Project {line.get('project')} does not exist")
    elif project["state"] != "active":
        yield Problem("project_inactive", "project", f"Project {project['code']} is {project['state']}")
    employee = look_up("employees", str(line.get("employee")))
    if employee is None:
        yield Problem("unknown_employee", "employee", f"Employee {line.get('employee')} does not exist")
    elif not employee["active"]:
        yield Problem("unknown_employee", "employee", f"Employee {employee['number']} is inactive")


def period(line: Record, look_up: LookUp, switches: Switches) -> Iterator[Problem]:
    """Yield a problem when the books of the posting date are closed, or the date is none."""
    day = posting_day(line)
    if day is None:
        yield Problem("invalid_date", "posting_date", "posting_date must be written DD.MM.YYYY")
        return
    month = look_up("periods", f"{day:%Y-%m}")
    if switches.closed or month is None or month["state"] != "open":
        yield Problem("closed_period", "posting_date", f"Period {day:%Y-%m} is closed for posting")


def _numbers(line: Record, _look_up: LookUp, _switches: Switches) -> Iterator[Problem]:
    quantity, price, amount = (rules.number_of(line.get(name)) for name in ("quantity", "unit_price", "amount"))
    for name, value in (("quantity", quantity), ("unit_price", price), ("amount", amount)):
        if value is None:
            yield Problem("invalid_number", name, f"Field {name} is not a number")
    if quantity is not None and not 0 < quantity <= _MOST_HOURS:
        yield Problem("hours_out_of_range", "quantity", f"Quantity {quantity} is not between 0 and 24")
    if price is not None and price < 0:
        yield Problem("invalid_number", "unit_price", "unit_price must not be negative")
    if quantity is not None and price is not None and amount is not None and amount != amount_of(quantity, price):
        yield Problem("amount_mismatch", "amount", f"Amount {amount} is not quantity times unit_price")
    yield from rules.currency(line)


def cost_center(line: Record, look_up: LookUp, switches: Switches) -> Iterator[Problem]:
    """Yield a problem for a cost centre that is not set up."""
    code = line.get("cost_center")
    known = look_up("cost-centers", str(code)) if code else None
    if code and (switches.no_cost_centers or known is None or known.get("active") is False):
        yield Problem("invalid_cost_center", "cost_center", f"Cost centre {code} is not valid")
