"""PurchaseOrder: what is ordered from a subcontractor, or what a client has ordered and the work is billed under.

`lines` is a list of {"description", "item", "resource", "project", "task", "quantity", "unit", "price", "net"}; a part that
is not known has no key. `price` and `net` are in the order's currency.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.currencies import round_money
from apps.connectors.canonical.invoice import net_of_lines
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    Check,
    Owner,
    gettext_noop,
    problem,
)
from apps.connectors.canonical.values import UnusableValueError, plain_text
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ValueKind

KINDS = ("supplier", "client")
STATES = ("draft", "submitted", "approved", "ordered", "closed", "rejected", "void")
_AGREED = frozenset({"approved", "ordered", "closed"})
_OFF = frozenset({"rejected", "void"})

LINE_PARTS = (
    CanonicalField("description", ValueKind.TEXT, gettext_noop("Description")),
    CanonicalField("item", ValueKind.TEXT, gettext_noop("Service")),
    CanonicalField("resource", ValueKind.TEXT, gettext_noop("Person")),
    CanonicalField("project", ValueKind.TEXT, gettext_noop("Project")),
    CanonicalField("task", ValueKind.TEXT, gettext_noop("Task")),
    CanonicalField("quantity", ValueKind.DECIMAL, gettext_noop("Quantity"), unit="units"),
    CanonicalField("unit", ValueKind.TEXT, gettext_noop("Unit")),
    CanonicalField("price", ValueKind.MONEY, gettext_noop("Price"), unit="money per unit"),
    CanonicalField("net", ValueKind.MONEY, gettext_noop("Amount without tax")),
)

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Order id")),
    CanonicalField("number", ValueKind.TEXT, gettext_noop("Order number")),
    CanonicalField(
        "kind",
        ValueKind.CHOICE,
        gettext_noop("Who orders"),
        choices=KINDS,
        summary="“supplier”: the firm orders from a subcontractor. “client”: a client has ordered from the firm.",
    ),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("supplier", ValueKind.REFERENCE, gettext_noop("Supplier")),
    CanonicalField("supplier_name", ValueKind.TEXT, gettext_noop("Name of the supplier")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("contract", ValueKind.REFERENCE, gettext_noop("Contract")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project")),
    CanonicalField("project_name", ValueKind.TEXT, gettext_noop("Name of the project")),
    CanonicalField("assignment", ValueKind.REFERENCE, gettext_noop("Assignment")),
    CanonicalField("resource", ValueKind.REFERENCE, gettext_noop("Person")),
    CanonicalField("resource_name", ValueKind.TEXT, gettext_noop("Name of the person")),
    CanonicalField("role", ValueKind.TEXT, gettext_noop("Role")),
    CanonicalField("hours", ValueKind.HOURS, gettext_noop("Hours ordered")),
    CanonicalField("rate", ValueKind.MONEY, gettext_noop("Price per hour"), unit="money per hour", sensitive=True),
    CanonicalField("ordered_on", ValueKind.DATE, gettext_noop("Ordered on")),
    CanonicalField("starts", ValueKind.DATE, gettext_noop("Starts")),
    CanonicalField("ends", ValueKind.DATE, gettext_noop("Ends")),
    CanonicalField(
        "amount", ValueKind.MONEY, gettext_noop("Amount"), required=True, summary="What may be billed in all."
    ),
    CanonicalField("billed_amount", ValueKind.MONEY, gettext_noop("Billed so far")),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency"), required=True),
    CanonicalField("cost_center", ValueKind.TEXT, gettext_noop("Cost centre")),
    CanonicalField("lines", ValueKind.NESTED, gettext_noop("Lines"), parts=LINE_PARTS),
    CanonicalField("approved_by", ValueKind.TEXT, gettext_noop("Approved by")),
    CanonicalField("approved_at", ValueKind.INSTANT, gettext_noop("Approved at")),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State"), choices=STATES),
    CanonicalField("note", ValueKind.TEXT, gettext_noop("Note")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def derive_amount(values: CanonicalValues) -> Mapping[str, Any]:
    """Return the amount where the hours and their price are given and no amount is stated."""
    hours, rate = values.get("hours"), values.get("rate")
    if "amount" in values or hours is None or rate is None:
        return {}
    return {"amount": round_money(hours * rate, values.get("currency") or "")}


def partner_named() -> Check:
    """Build the rule that an order names who it is with: the supplier, or the client of a client's order."""
    missing = {
        kind: problem(
            field,
            f"The purchase order names no {field}. Choose one in {{source}}.",
            BusinessClass.MISSING_REFERENCE,
            "missing",
        )
        for kind, field in (("supplier", "supplier"), ("client", "client"))
    }

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        kind = "client" if values.get("kind") == "client" else "supplier"
        return () if values.get(kind) or values.get(f"{kind}_name") else missing[kind]

    return Check("partner_named", "an order names the supplier, a client's order the client", find)


def lines_add_up() -> Check:
    """Build the rule that the lines add up to what the order is for."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        amount, currency = values.get("amount"), values.get("currency") or ""
        try:
            total = net_of_lines(values.get("lines"), currency)
        except UnusableValueError as wrong:
            return problem("lines", f"The amount of a line cannot be read: {wrong.message}.", wrong.business_class)
        if amount is None or total is None or total == round_money(amount, currency):
            return ()
        sentence = (
            f"The lines add up to {plain_text(total)}, the order says {plain_text(amount)}. Correct it in {{source}}."
        )
        return problem("amount", sentence, code="lines_differ")

    return Check("lines_add_up", "the amount is the sum of the lines", find)


PURCHASE_ORDER = CanonicalType(
    name="PurchaseOrder",
    label=gettext_noop("Purchase order"),
    plural=gettext_noop("Purchase orders"),
    summary="What is ordered from a subcontractor, or what a client has ordered and the work is billed under.",
    owner=Owner.PROCUREMENT,
    fields=FIELDS,
    key_fields=("number",),
    identity=(("number",), ("id",)),
    checks=(
        partner_named(),
        checks.present("amount", "The amount of the purchase order is missing. Fill it in at {source}."),
        checks.not_negative("amount", "amount"),
        checks.not_negative("billed_amount", "amount billed so far"),
        checks.not_negative("hours", "number of hours"),
        checks.not_negative("rate", "price per hour"),
        checks.present("currency", "The currency is missing, so the amount cannot be booked. Set it in {source}."),
        checks.currency_known(),
        checks.days_in_order("starts", "ends", "purchase order"),
        lines_add_up(),
    ),
    amount_rule=(
        "Known once it is approved, estimated before. Unknown without amount or currency. Nothing when rejected or void."
    ),
    amount=amounts.agreed_amount(_AGREED, _OFF),
    references=amounts.references_by("starts", "ordered_on"),
    sentence=gettext_noop("Purchase order {number}, {amount} {currency}"),
    derive=derive_amount,
)
