"""Invoices as the sandbox systems show them that do not write them: what was billed, how far it is paid, and what stops it."""

from collections.abc import Iterable

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Kind
from apps.connectors.sandbox.rules import Problem, Record

INVOICES = "invoices"
STATES = ("draft", "approved", "posted", "sent", "part_paid", "paid", "void")
_FIELDS = (
    "external_id", "number", "sort", "project_code", "client_name", "issued_on", "due_on", "amount", "open_amount",
    "currency", "state", "blocked", "blocked_because",
)  # fmt: skip
_REQUIRED = ("number", "state")
_LONGEST = {"external_id": 200, "number": 40, "blocked_because": 200}
_CHOICES = {"state": STATES, "sort": ("invoice", "credit")}
KIND = Kind(
    "number",
    ("number", "project_code", "client_name", "issued_on", "amount", "open_amount", "currency", "state"),
    prefix="SI-",
    own_key="external_id",
    money="amount",
    counted=("state", "paid"),
    fields=_FIELDS,
    required=_REQUIRED,
    choices=_CHOICES,
    longest=_LONGEST,
)


def settled(invoice: Record) -> Record:
    """Return an invoice as it is kept: one that nothing stops any more forgets what stopped it."""
    return invoice if invoice.get("blocked") else {**invoice, "blocked": False, "blocked_because": None}


def problems_of(invoice: Record) -> list[Problem]:
    """Return everything wrong with an invoice that is shown; an empty list means it is accepted."""
    found = rules.missing(invoice, _REQUIRED) + rules.unknown(invoice, _FIELDS) + rules.too_long(invoice, _LONGEST)
    found += rules.choices(invoice, _CHOICES) + rules.currency(invoice)
    found += rules.amounts(invoice, ("amount", "open_amount"))
    return found + rules.days(invoice, ("issued_on", "due_on"))[1]


def billing_state(invoices: Iterable[Record]) -> str | None:
    """Return how the invoices of one project stand in all: blocked, open, or paid; None without any that counts."""
    counting = [one for one in invoices if one.get("state") != "void"]
    if any(one.get("blocked") and one.get("state") != "paid" for one in counting):
        return "blocked"
    if not counting:
        return None
    return "paid" if all(one.get("state") == "paid" for one in counting) else "open"
