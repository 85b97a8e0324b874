"""The business rules of the sandbox ERP for invoices: what makes it refuse one, and what a posted one no longer allows."""

from collections.abc import Iterator
from decimal import Decimal

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.erp_rules import LookUp
from apps.connectors.sandbox.rules import Problem, Record

FIELDS = (
    "number", "external_id", "company", "customer_number", "customer", "project", "sort", "issued_on", "due_on", "currency",
    "net", "tax", "gross", "open_amount", "state", "block_reason", "po_number", "note", "lines",
)  # fmt: skip
REQUIRED = ("customer_number", "issued_on", "currency", "net")
STATES = ("draft", "approved", "posted", "part_paid", "paid", "void")
CHOICES = {"state": STATES, "sort": ("invoice", "credit")}
LONGEST = {"number": 20, "external_id": 200, "po_number": 40, "note": 500, "block_reason": 200}
_FINAL = ("customer_number", "project", "issued_on", "currency", "net", "tax", "lines")  # of what is in the books


def problems_of(invoice: Record, before: Record | None, look_up: LookUp, *, closed: bool) -> list[Problem]:
    """Return everything wrong with an invoice; `before` is what it was, `closed` lets every period count as closed."""
    found = rules.missing(invoice, REQUIRED) + rules.unknown(invoice, FIELDS) + rules.too_long(invoice, LONGEST)
    found += rules.choices(invoice, CHOICES) + rules.currency(invoice)
    found += rules.amounts(invoice, ("net", "tax", "gross", "open_amount"))
    found += rules.days(invoice, ("issued_on", "due_on"))[1]
    found += _names(invoice, look_up)
    if not found:
        found += [*_lines(invoice), *_posted(invoice, before), *_period(invoice, before, look_up, closed=closed)]
    return found


def _names(invoice: Record, look_up: LookUp) -> Iterator[Problem]:
    for field, kind, code in (
        ("company", "companies", "unknown_company"),
        ("customer_number", "customers", "unknown_customer"),
        ("project", "projects", "unknown_project"),
    ):
        name = invoice.get(field)
        if name not in (None, "") and look_up(kind, str(name)) is None:
            yield Problem(code, field, f"{name} does not exist")


def _lines(invoice: Record) -> Iterator[Problem]:
    lines = invoice.get("lines") or []
    nets = [rules.number_of(line.get("net")) if isinstance(line, dict) else None for line in lines]
    if None in nets:
        yield Problem("invalid_number", "lines", "Each line needs a net amount")
    elif nets and sum((net for net in nets if net is not None), Decimal(0)) != rules.number_of(invoice.get("net")):
        yield Problem("lines_differ", "net", f"The lines do not add up to {invoice['net']}")


def _posted(invoice: Record, before: Record | None) -> Iterator[Problem]:
    if before is None or before.get("state") in ("draft", "approved"):
        return
    for field in _FINAL:
        if before.get(field) != invoice.get(field):
            yield Problem("invoice_posted", field, f"Invoice {before['number']} is {before['state']}")
            return


def _period(invoice: Record, before: Record | None, look_up: LookUp, *, closed: bool) -> Iterator[Problem]:
    if before is not None and before.get("issued_on") == invoice.get("issued_on"):
        return
    month = str(invoice["issued_on"])[:7]
    period = look_up("periods", month)
    if closed or period is None or period["state"] != "open":
        yield Problem("closed_period", "issued_on", f"Period {month} is closed for posting")
