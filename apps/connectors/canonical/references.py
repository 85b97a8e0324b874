"""Which field of a canonical type names a record of which other type, and which types make up one business matter (pure; a table)."""

from collections.abc import Mapping
from functools import cache

# "supplier" of an order stands in the same register of companies as the clients.
POINTS_TO: Mapping[str, Mapping[str, str]] = {
    "Approval": {"project": "Project"},
    "Assignment": {"project": "Project", "client": "Customer", "task": "Task", "resource": "Resource"},
    "BillingMilestone": {
        "contract": "Contract",
        "project": "Project",
        "task": "Task",
        "client": "Customer",
        "invoice": "Invoice",
    },
    "Contact": {"client": "Customer"},
    "Contract": {
        "parent": "Contract",
        "amends": "Contract",
        "client": "Customer",
        "opportunity": "Opportunity",
        "project": "Project",
        "rate_card": "RateCard",
    },
    "Customer": {"parent": "Customer", "bill_to": "Customer"},
    "DimensionValue": {"dimension": "Dimension", "parent": "DimensionValue"},
    "Expense": {"resource": "Resource", "project": "Project", "client": "Customer"},
    "Invoice": {"client": "Customer", "project": "Project"},
    "LegalEntity": {"parent": "LegalEntity"},
    "Opportunity": {"client": "Customer", "project": "Project"},
    "Payment": {"client": "Customer", "invoice": "Invoice"},
    "Project": {"client": "Customer", "contract": "Contract", "manager": "Resource", "rate_card": "RateCard"},
    "PurchaseOrder": {
        "supplier": "Customer",
        "client": "Customer",
        "contract": "Contract",
        "project": "Project",
        "assignment": "Assignment",
        "resource": "Resource",
    },
    "RateCard": {"client": "Customer", "contract": "Contract"},
    "RateLine": {
        "card": "RateCard",
        "client": "Customer",
        "contract": "Contract",
        "project": "Project",
        "resource": "Resource",
    },
    "Task": {"project": "Project", "parent": "Task"},
    "TimeEntry": {"resource": "Resource", "project": "Project", "task": "Task", "client": "Customer"},
    "Workspace": {"project": "Project"},
}
# One business matter from its first talk to its last payment, in the order in which it happens. Clients and people are not
# among them: half a company hangs together by those.
MATTER = (
    "Opportunity",
    "Contract",
    "Project",
    "Assignment",
    "TimeEntry",
    "Expense",
    "BillingMilestone",
    "PurchaseOrder",
    "Invoice",
    "Payment",
)
# Of these there are few enough to look for them by the beginning of their names.
NAMED = (
    "Opportunity",
    "Contract",
    "Project",
    "Assignment",
    "BillingMilestone",
    "PurchaseOrder",
    "Invoice",
    "Payment",
    "Customer",
    "Resource",
)
HUB = "Project"  # the ledger keeps it for every record, in a column of its own


@cache
def kept_fields(canonical_type: str) -> tuple[tuple[str, str], ...]:
    """Return the fields whose references are kept to follow a matter, as (field, type): within it, and not to its hub.

    kept_fields("Payment") is (("invoice", "Invoice"),); () for time entries, of which there are most.
    """
    if canonical_type not in MATTER:
        return ()
    fields = POINTS_TO.get(canonical_type, {})
    return tuple((name, kind) for name, kind in fields.items() if kind in MATTER and kind not in (canonical_type, HUB))
