"""Named conditions: which records a flow is about. A record that fails one is skipped with a reason, not rejected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apps.connectors.canonical.shapes import CanonicalValues

APPROVED_STATES = frozenset({"approved", "locked"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One named condition. `reason` is stored with each skipped record; `sentence` is what people read."""

    name: str
    label: str
    reason: str
    sentence: str
    needs: str  # the canonical field it looks at
    holds: Callable[[CanonicalValues], bool]


def _is_approved(values: CanonicalValues) -> bool:
    return values.get("approval") in APPROVED_STATES


def _is_billable(values: CanonicalValues) -> bool:
    # A source without the mark bills all its time; only a clear no leaves an entry out.
    return values.get("billable") is not False


def _is_active(values: CanonicalValues) -> bool:
    return values.get("active") is not False


CONDITIONS: Mapping[str, Condition] = {
    condition.name: condition
    for condition in (
        Condition("approved", "Approved", "not_approved", "It is not approved yet.", "approval", _is_approved),
        Condition("billable", "Billable", "not_billable", "It is not billable.", "billable", _is_billable),
        Condition("active", "Active", "not_active", "It is not active.", "active", _is_active),
    )
}

FILTER_REASON = "filtered"
REASON_SENTENCES: Mapping[str, str] = {
    **{condition.reason: condition.sentence for condition in CONDITIONS.values()},
    FILTER_REASON: "The flow's filter leaves it out.",
}
