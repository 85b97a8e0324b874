"""Invoice: what a client is billed, with its lines, and how far it is on the way to being paid.

`lines` is a list of {"description", "quantity", "unit", "price", "net", "tax", "tax_code", "item", "account", "project",
"task", "work_date"}; a part that is not known has no key. `net`, `price` and `tax` are in the invoice's currency, `net` is
what the line costs without tax.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.currencies import round_money
from apps.connectors.canonical.shapes import (
    Amount,
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    Check,
    Owner,
    gettext_noop,
    problem,
)
from apps.connectors.canonical.values import UnusableValueError, parse_decimal, plain_text
from apps.connectors.errors import FieldProblem
from apps.connectors.manifest import ValueKind

KINDS = ("invoice", "credit")
STATES = ("draft", "approved", "posted", "sent", "part_paid", "paid", "void")

LINE_PARTS = (
    CanonicalField("description", ValueKind.TEXT, gettext_noop("Description")),
    CanonicalField("quantity", ValueKind.DECIMAL, gettext_noop("Quantity"), unit="units"),
    CanonicalField("unit", ValueKind.TEXT, gettext_noop("Unit")),
    CanonicalField("price", ValueKind.MONEY, gettext_noop("Price"), unit="money per unit"),
    CanonicalField("net", ValueKind.MONEY, gettext_noop("Amount without tax")),
    CanonicalField("tax", ValueKind.MONEY, gettext_noop("Tax")),
    CanonicalField("tax_code", ValueKind.TEXT, gettext_noop("Tax code")),
    CanonicalField("item", ValueKind.TEXT, gettext_noop("Service")),
    CanonicalField("account", ValueKind.TEXT, gettext_noop("Account")),
    CanonicalField("project", ValueKind.TEXT, gettext_noop("Project")),
    CanonicalField("task", ValueKind.TEXT, gettext_noop("Task")),
    CanonicalField("work_date", ValueKind.DATE, gettext_noop("Day of the work")),
)

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Invoice id")),
    CanonicalField("number", ValueKind.TEXT, gettext_noop("Invoice number")),
    CanonicalField("kind", ValueKind.CHOICE, gettext_noop("Invoice or credit"), choices=KINDS),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client who pays"), required=True),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project")),
    CanonicalField("issue_date", ValueKind.DATE, gettext_noop("Day of the invoice"), required=True),
    CanonicalField("posting_date", ValueKind.DATE, gettext_noop("Posted on")),
    CanonicalField("due_date", ValueKind.DATE, gettext_noop("Due on")),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency"), required=True),
    CanonicalField("fx_rate", ValueKind.DECIMAL, gettext_noop("Exchange rate"), unit="factor"),
    CanonicalField("net", ValueKind.MONEY, gettext_noop("Amount without tax")),
    CanonicalField("tax", ValueKind.MONEY, gettext_noop("Tax")),
    CanonicalField("gross", ValueKind.MONEY, gettext_noop("Amount with tax")),
    CanonicalField("open_amount", ValueKind.MONEY, gettext_noop("Still to be paid")),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State"), choices=STATES),
    CanonicalField("block_reason", ValueKind.TEXT, gettext_noop("Why it is blocked")),
    CanonicalField("po_number", ValueKind.TEXT, gettext_noop("Purchase order")),
    CanonicalField("note", ValueKind.TEXT, gettext_noop("Note")),
    CanonicalField("lines", ValueKind.NESTED, gettext_noop("Lines"), parts=LINE_PARTS),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def invoiced_amount(values: CanonicalValues) -> Amount | None:
    """Return what the client pays, without tax where no more is known; an invoice that is void is worth nothing."""
    if values.get("state") == "void":
        return None
    amount = values.get("gross", values.get("net"))
    if amount is None:
        return amounts.UNKNOWN_AMOUNT
    return amounts.build_amount(amount, values.get("currency") or "")


def paid_from(values: CanonicalValues) -> date | None:
    """Return the day from which the time until payment counts, None while the invoice is not paid."""
    return values.get("issue_date") if values.get("state") == "paid" else None


def net_of_lines(lines: Any, currency: str) -> Decimal | None:
    """Return the sum of the lines, each rounded to the currency; None when a line does not say its amount.

    Raises UnusableValueError for an amount that is no number.
    """
    if not isinstance(lines, list) or not lines:
        return None
    nets = [parse_decimal(line.get("net")) if isinstance(line, Mapping) else None for line in lines]
    if None in nets:
        return None
    return sum((round_money(net, currency) for net in nets if net is not None), Decimal(0))


def lines_add_up() -> Check:
    """Build the rule that the amount without tax is the sum of the lines."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        net, currency = values.get("net"), values.get("currency") or ""
        try:
            total = net_of_lines(values.get("lines"), currency)
        except UnusableValueError as wrong:
            return problem("lines", f"The amount of a line cannot be read: {wrong.message}.", wrong.business_class)
        if net is None or total is None or round_money(net, currency) == total:
            return ()
        sentence = (
            f"The lines add up to {plain_text(total)}, the invoice says {plain_text(net)}. Correct it in {{source}}."
        )
        return problem("net", sentence, code="lines_differ")

    return Check("lines_add_up", "the amount without tax is the sum of the lines", find)


def tax_adds_up() -> Check:
    """Build the rule that the amounts without and with tax differ by the tax."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        net, tax, gross = values.get("net"), values.get("tax"), values.get("gross")
        if net is None or tax is None or gross is None or net + tax == gross:
            return ()
        sentence = f"{plain_text(net)} and {plain_text(tax)} tax are not {plain_text(gross)}. Correct the invoice in {{source}}."
        return problem("gross", sentence, code="tax_differs")

    return Check("tax_adds_up", "the amount with tax is the one without and the tax", find)


INVOICE = CanonicalType(
    name="Invoice",
    label=gettext_noop("Invoice"),
    plural=gettext_noop("Invoices"),
    summary="What a client is billed, with its lines, and how far it is on the way to being paid.",
    owner=Owner.ERP,
    fields=FIELDS,
    key_fields=("legal_entity", "number"),
    identity=(("legal_entity", "number"), ("id",)),
    checks=(
        checks.present("client", "The invoice names no client who pays it. Choose one in {source}."),
        checks.present("issue_date", "The day of the invoice is missing. Set it in {source}."),
        checks.days_in_order("issue_date", "due_date", "time to pay"),
        checks.present("currency", "The currency is missing, so the amount cannot be booked. Set it in {source}."),
        checks.currency_known(),
        lines_add_up(),
        tax_adds_up(),
    ),
    amount_rule="Known: the amount with tax, else without. Unknown without amount or currency. Nothing when void.",
    amount=invoiced_amount,
    references=amounts.references_by("posting_date", "issue_date", cycle_from=paid_from),
    sentence=gettext_noop("Invoice {number} to {client_name} of {issue_date}, {gross} {currency}"),
)
