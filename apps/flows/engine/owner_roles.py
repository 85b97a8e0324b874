"""Which kind of system owns a field by default: the categories of the catalogue (pure; a table).

The model of the records says so (docs of the canonical types); a customer's register says otherwise where it must.
"""

from collections.abc import Mapping

_TYPES: Mapping[str, str] = {
    "Customer": "CRM",
    "Contact": "CRM",
    "Opportunity": "CRM",
    "Contract": "Contracts",
    "Project": "PSA",
    "Task": "PSA",
    "Resource": "HR",
    "Assignment": "Resources",
    "TimeEntry": "Time",
    "Expense": "Expenses",
    "Invoice": "ERP",
    "Workspace": "Workspaces",
}
_FIELDS: Mapping[tuple[str, str], str] = {
    ("Customer", "payment_terms_days"): "ERP",
    ("Customer", "tax_id"): "ERP",
    ("Customer", "currency"): "ERP",
    ("Customer", "credit_hold"): "ERP",
    ("Customer", "invoice_email"): "ERP",
    ("Project", "code"): "ERP",
    ("Project", "cost_center"): "ERP",
    ("Resource", "capacity_hours_week"): "Resources",
    ("Resource", "grade"): "Resources",
}


def default_owner(canonical_type: str, field: str) -> str:
    """Return the category of system that owns a field where nobody has said otherwise, "" where none is usual."""
    return _FIELDS.get((canonical_type, field)) or _TYPES.get(canonical_type, "")
