"""The business rules for what the sandbox ERP bills for: what makes it refuse a customer or a project."""

from collections.abc import Iterator

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.erp_actuals import FIELDS as ACTUALS
from apps.connectors.sandbox.erp_rules import LookUp
from apps.connectors.sandbox.rules import Problem, Record

CUSTOMER_FIELDS = (
    "number",
    "external_id",
    "name",
    "legal_name",
    "country",
    "tax_id",
    "currency",
    "payment_terms_days",
    "invoice_email",
    "company",
    "parent_number",
    "state",
)
PROJECT_FIELDS = (
    "code",
    "external_id",
    "name",
    "company",
    "customer_number",
    "customer",
    "currency",
    "cost_center",
    "budget_hours",
    "budget_amount",
    "billing_kind",
    "rate_card",
    "ends",
    "po_number",
    "state",
    *ACTUALS,
)
CUSTOMER_REQUIRED, PROJECT_REQUIRED = ("name", "country", "currency"), ("code", "name", "company")
CUSTOMER_CHOICES = {"state": ("active", "blocked", "closed")}
BILLING = ("time_material", "fixed_fee", "milestone", "retainer", "recurring")
PROJECT_CHOICES = {"state": ("active", "on_hold", "closed"), "billing_kind": BILLING}
LONGEST = {"number": 20, "code": 40, "name": 120, "external_id": 200, "po_number": 40}


def problems_of_customer(customer: Record, look_up: LookUp) -> list[Problem]:
    """Return everything wrong with a customer; an empty list means it is accepted."""
    found = rules.missing(customer, CUSTOMER_REQUIRED)
    found += rules.unknown(customer, CUSTOMER_FIELDS) + rules.too_long(customer, LONGEST)
    found += rules.country(customer) + rules.currency(customer)
    found += rules.amounts(customer, ("payment_terms_days",))
    found += rules.choices(customer, CUSTOMER_CHOICES)
    found += rules.unknown_parent(customer, "parent_number", lambda number: look_up("customers", number))
    return [*found, *_company(customer, look_up)]


def problems_of_project(project: Record, look_up: LookUp) -> list[Problem]:
    """Return everything wrong with a project; an empty list means it is accepted."""
    found = rules.missing(project, PROJECT_REQUIRED)
    found += rules.unknown(project, PROJECT_FIELDS) + rules.too_long(project, LONGEST)
    found += rules.currency(project)
    found += rules.amounts(project, ("budget_hours", "budget_amount"))
    found += rules.choices(project, PROJECT_CHOICES)
    return [*found, *_company(project, look_up), *_customer(project, look_up), *_cost_center(project, look_up)]


def _company(record: Record, look_up: LookUp) -> Iterator[Problem]:
    code = record.get("company")
    if code not in (None, "") and look_up("companies", str(code)) is None:
        yield Problem("unknown_company", "company", f"Company {code} does not exist")


def _customer(project: Record, look_up: LookUp) -> Iterator[Problem]:
    number = project.get("customer_number")
    if number in (None, ""):
        return
    customer = look_up("customers", str(number))
    if customer is None:
        yield Problem("unknown_customer", "customer_number", f"Customer {number} does not exist")
    elif customer.get("state") != "active" and project.get("state") == "active":
        yield Problem("customer_blocked", "customer_number", f"Customer {number} is {customer.get('state')}")


def _cost_center(project: Record, look_up: LookUp) -> Iterator[Problem]:
    code = project.get("cost_center")
    if code not in (None, "") and look_up("cost-centers", str(code)) is None:
        yield Problem("invalid_cost_center", "cost_center", f"Cost centre {code} is not valid")
