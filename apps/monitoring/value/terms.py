"""What was agreed with a customer about its value: minutes per record, the cost of an hour, the delay before go-live (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# Minutes that somebody needs to type one record into the other system, where nothing was agreed. Assumed, and told as such.
USUAL_MINUTES: Mapping[str, Decimal] = {
    "TimeEntry": Decimal(2),
    "Expense": Decimal(4),
    "Assignment": Decimal(3),
    "Task": Decimal(3),
    "Payment": Decimal(3),
    "RateLine": Decimal(3),
    "Contact": Decimal(4),
    "BillingMilestone": Decimal(6),
    "Invoice": Decimal(8),
    "PurchaseOrder": Decimal(8),
    "Resource": Decimal(10),
    "Customer": Decimal(10),
    "Opportunity": Decimal(10),
    "Project": Decimal(15),
    "Contract": Decimal(20),
}
ANY_MINUTES = Decimal(3)  # of every other kind
MEASURED, SAID = "measured", "said"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a month's figures go by. `minutes` holds only what was agreed, by canonical type.

    `hourly_cost` and `baseline_days` None: nobody said. `baseline_from` is MEASURED (of `baseline_records` records of the
    first weeks), SAID by somebody, or "".
    """

    minutes: Mapping[str, Decimal] = field(default_factory=dict)
    hourly_cost: Decimal | None = None
    currency: str = ""
    baseline_days: Decimal | None = None
    baseline_from: str = ""
    baseline_records: int = 0

    def minutes_for(self, canonical_type: str) -> Decimal:
        """Return the minutes of one record: the agreed ones, else the usual ones."""
        return self.minutes.get(canonical_type, USUAL_MINUTES.get(canonical_type, ANY_MINUTES))

    def is_agreed(self, canonical_type: str) -> bool:
        """Return whether the minutes of a type were agreed, not assumed."""
        return canonical_type in self.minutes


def terms_as_values(terms: Terms) -> dict[str, Any]:
    """Return terms as they are stored: {"minutes": {"TimeEntry": "2.5"}, "hourly_cost": "48", ...}."""
    return {
        "minutes": {name: str(value) for name, value in sorted(terms.minutes.items())},
        "hourly_cost": None if terms.hourly_cost is None else str(terms.hourly_cost),
        "currency": terms.currency,
        "baseline_days": None if terms.baseline_days is None else str(terms.baseline_days),
        "baseline_from": terms.baseline_from,
        "baseline_records": terms.baseline_records,
    }


def terms_from_values(values: Mapping[str, Any]) -> Terms:
    """Return terms out of what `terms_as_values` made."""
    return Terms(
        minutes={name: Decimal(value) for name, value in values["minutes"].items()},
        hourly_cost=_decimal(values["hourly_cost"]),
        currency=values["currency"],
        baseline_days=_decimal(values["baseline_days"]),
        baseline_from=values["baseline_from"],
        baseline_records=values["baseline_records"],
    )


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
