"""What a sandbox system tells about its own fields: their kinds by name, which are needed, which values they take."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

# All systems of the sandbox write a field of one name alike; what is not here is text.
_KINDS = {
    **dict.fromkeys(
        (
            "hours",
            "quantity",
            "budget_hours",
            "probability",
            "payment_terms_days",
            "minutes",
            "budget_minutes",
            "hours_per_day",
            "capacity_hours_week",
            "cap_hours",
            "done",
            "share",
            "actual_hours",
            "actual_margin",
        ),
        "number",
    ),
    **dict.fromkeys(
        (
            "rate",
            "amount",
            "unit_price",
            "tax_amount",
            "budget_amount",
            "net",
            "tax",
            "gross",
            "open_amount",
            "cost_rate",
            "actual_cost",
            "actual_billed",
        ),
        "money",
    ),
    **dict.fromkeys(("worked_on", "close_date", "starts", "ends", "day", "spent_on", "due_on", "issued_on"), "date"),
    **dict.fromkeys(
        (
            "created_at",
            "modified_at",
            "approved_at",
            "won_at",
            "exported_at",
            "sent_at",
            "signed_at",
            "voided_at",
            "accepted_at",
        ),
        "instant",
    ),
    **dict.fromkeys(("billable", "active", "open_for_time", "exported", "open", "reimbursable"), "boolean"),
    **dict.fromkeys(("tags", "custom", "members", "account", "skills", "lines"), "nested"),
}


def described(
    *,
    own: frozenset[str],
    fields: Sequence[str],
    required: Collection[str],
    choices: Mapping[str, Collection[Any]],
    longest: Mapping[str, int],
    writable: bool,
) -> list[dict[str, Any]]:
    """Return one entry per field, the system's `own` ones first and last as they stand on a record."""
    return [
        {
            "name": name,
            "type": "choice" if name in choices else _KINDS.get(name, "text"),
            "required": name in required,
            "read_only": name in own or not writable,
            "choices": [str(choice) for choice in choices.get(name, ())],
            "max_length": longest.get(name),
        }
        for name in _in_order(own, fields)
    ]


def _in_order(own: frozenset[str], fields: Sequence[str]) -> Iterator[str]:
    yield "id"
    yield from (name for name in fields if name != "id")
    yield from sorted(own - {"id"})
