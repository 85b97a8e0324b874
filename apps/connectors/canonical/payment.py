"""Payment: money a client paid, and the invoices it settles.

`allocations` is a list of {"invoice", "amount"}, the amounts in the payment's currency.
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

STATES = ("received", "part_allocated", "allocated", "void")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Payment id")),
    CanonicalField("number", ValueKind.TEXT, gettext_noop("Payment number")),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client who pays"), required=True),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("received_on", ValueKind.DATE, gettext_noop("Received on"), required=True),
    CanonicalField("amount", ValueKind.MONEY, gettext_noop("Amount"), required=True),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency"), required=True),
    CanonicalField("method", ValueKind.TEXT, gettext_noop("Way of payment")),
    CanonicalField("bank_reference", ValueKind.TEXT, gettext_noop("Reference of the bank")),
    CanonicalField(
        "invoice", ValueKind.REFERENCE, gettext_noop("Invoice"), summary="Where the payment settles a single one."
    ),
    CanonicalField(
        "allocations",
        ValueKind.NESTED,
        gettext_noop("Invoices it settles"),
        parts=(
            CanonicalField("invoice", ValueKind.TEXT, gettext_noop("Invoice"), required=True),
            CanonicalField("amount", ValueKind.MONEY, gettext_noop("Amount")),
        ),
    ),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State"), choices=STATES),
    CanonicalField("note", ValueKind.TEXT, gettext_noop("Note")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def allocated(allocations: Any, currency: str) -> Decimal | None:
    """Return what is allocated in all, each rounded to the currency; None where an allocation does not say its amount.

    Raises UnusableValueError for an amount that is no number.
    """
    if not isinstance(allocations, list) or not allocations:
        return None
    given = [parse_decimal(one.get("amount")) if isinstance(one, Mapping) else None for one in allocations]
    if None in given:
        return None
    return sum((round_money(amount, currency) for amount in given if amount is not None), Decimal(0))


def not_allocated_twice() -> Check:
    """Build the rule that no more is allocated to invoices than was paid."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        amount, currency = values.get("amount"), values.get("currency") or ""
        try:
            total = allocated(values.get("allocations"), currency)
        except UnusableValueError as wrong:
            message = f"The amount for an invoice cannot be read: {wrong.message}."
            return problem("allocations", message, wrong.business_class)
        if amount is None or total is None or total <= round_money(amount, currency):
            return ()
        sentence = (
            f"{plain_text(total)} is allocated to invoices, but only {plain_text(amount)} was paid. "
            "Correct it in {source}."
        )
        return problem("allocations", sentence, code="too_much_allocated")

    return Check("not_allocated_twice", "no more is allocated to invoices than was paid", find)


def paid_amount(values: CanonicalValues) -> Amount | None:
    """Return what was paid; a payment that is void is worth nothing."""
    return None if values.get("state") == "void" else amounts.stated_amount(values)


PAYMENT = CanonicalType(
    name="Payment",
    label=gettext_noop("Payment"),
    plural=gettext_noop("Payments"),
    summary="Money a client paid, and the invoices it settles.",
    owner=Owner.ERP,
    fields=FIELDS,
    key_fields=("id",),
    identity=(("id",), ("bank_reference",)),
    checks=(
        checks.present("client", "The payment names no client. Choose one in {source}."),
        checks.present("received_on", "The day of the payment is missing. Set it in {source}."),
        checks.not_in_future("received_on", "day of the payment"),
        checks.present("amount", "The amount of the payment is missing. Fill it in at {source}."),
        checks.not_negative("amount", "amount"),
        checks.present("currency", "The currency is missing, so the amount cannot be booked. Set it in {source}."),
        checks.currency_known(),
        not_allocated_twice(),
    ),
    amount_rule="Known: the amount paid. Unknown without amount or currency. Nothing when void.",
    amount=paid_amount,
    references=amounts.references_by("received_on"),
    sentence=gettext_noop("Payment of {client_name} on {received_on}, {amount} {currency}"),
)
