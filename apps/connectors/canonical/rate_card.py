"""RateCard and RateLine: what work is sold at and what it costs, from which day until which."""

from datetime import date
from decimal import Decimal

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    Check,
    LedgerReferences,
    Owner,
    gettext_noop,
    problem,
)
from apps.connectors.canonical.values import plain_text
from apps.connectors.errors import FieldProblem
from apps.connectors.manifest import ValueKind

UNITS = ("hour", "day", "each")

CARD_FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Rate card id")),
    CanonicalField("code", ValueKind.TEXT, gettext_noop("Rate card"), required=True),
    CanonicalField("edition", ValueKind.TEXT, gettext_noop("Edition")),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name")),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency"), required=True),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("contract", ValueKind.REFERENCE, gettext_noop("Contract")),
    CanonicalField("valid_from", ValueKind.DATE, gettext_noop("Valid from")),
    CanonicalField("valid_to", ValueKind.DATE, gettext_noop("Valid to"), summary="The last day on which it holds."),
    CanonicalField("active", ValueKind.YES_NO, gettext_noop("Active")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)

LINE_FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Rate id")),
    CanonicalField("card", ValueKind.REFERENCE, gettext_noop("Rate card")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("contract", ValueKind.REFERENCE, gettext_noop("Contract")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project")),
    CanonicalField("resource", ValueKind.REFERENCE, gettext_noop("Person")),
    CanonicalField("role", ValueKind.TEXT, gettext_noop("Role")),
    CanonicalField("grade", ValueKind.TEXT, gettext_noop("Grade")),
    CanonicalField("service_item", ValueKind.TEXT, gettext_noop("Service")),
    CanonicalField("location", ValueKind.TEXT, gettext_noop("Location")),
    CanonicalField("unit", ValueKind.CHOICE, gettext_noop("Price per"), required=True, choices=UNITS),
    CanonicalField("bill_rate", ValueKind.MONEY, gettext_noop("Rate"), required=True, unit="money per unit"),
    CanonicalField("cost_rate", ValueKind.MONEY, gettext_noop("Cost"), unit="money per unit", sensitive=True),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency"), required=True),
    CanonicalField("min_increment", ValueKind.WHOLE, gettext_noop("Smallest step"), unit="minutes"),
    CanonicalField(
        "overtime_factor",
        ValueKind.DECIMAL,
        gettext_noop("Factor for overtime"),
        unit="factor",
        summary="What the rate is multiplied by: 1.5 is half as much again.",
    ),
    CanonicalField("valid_from", ValueKind.DATE, gettext_noop("Valid from")),
    CanonicalField("valid_to", ValueKind.DATE, gettext_noop("Valid to"), summary="The last day on which it holds."),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def factor_above_zero(field: str, label: str) -> Check:
    """Build the rule that a factor, where given, is more than zero."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        factor = values.get(field)
        if factor is None or factor > Decimal(0):
            return ()
        sentence = f"The {label} is {plain_text(factor)}; it must be more than 0. Correct it in {{source}}."
        return problem(field, sentence, code="no_factor")

    return Check(f"{field}_above_zero", f"the {label} is more than 0", find)


def card_references(values: CanonicalValues) -> LedgerReferences:
    """Return the client and the month the card begins in."""
    read = values.get
    return LedgerReferences(read("client_name") or read("client") or "", "", amounts.month_of(read("valid_from")))


RATE_CARD = CanonicalType(
    name="RateCard",
    label=gettext_noop("Rate card"),
    plural=gettext_noop("Rate cards"),
    summary="A list of rates agreed with a client, for a contract or for everybody, in one currency.",
    owner=Owner.CONTRACTS,
    fields=CARD_FIELDS,
    key_fields=("code", "edition"),
    identity=(("code", "edition"), ("id",)),
    checks=(
        checks.present("code", "The rate card has no code. Give it one in {source}."),
        checks.present("currency", "The rate card names no currency. Set it in {source}."),
        checks.currency_known(),
        checks.days_in_order("valid_from", "valid_to", "rate card"),
    ),
    amount_rule="No money of its own: its rates are the lines'.",
    amount=amounts.no_amount,
    references=card_references,
    sentence=gettext_noop("Rate card {code}, {name}"),
)

RATE_LINE = CanonicalType(
    name="RateLine",
    label=gettext_noop("Rate"),
    plural=gettext_noop("Rates"),
    summary="The rate of one role, grade, service, project or person from one day on.",
    owner=Owner.CONTRACTS,
    fields=LINE_FIELDS,
    key_fields=("card", "role", "unit", "valid_from"),
    identity=(("card", "role", "unit", "valid_from"), ("id",)),
    checks=(
        checks.present(
            "unit", "The rate does not say whether it is for an hour, a day or a piece. Set it in {source}."
        ),
        checks.present("bill_rate", "The rate is missing. Fill it in at {source}."),
        checks.not_negative("bill_rate", "rate"),
        checks.not_negative("cost_rate", "cost"),
        checks.present("currency", "The currency of the rate is missing. Set it in {source}."),
        checks.currency_known(),
        checks.not_negative("min_increment", "smallest step"),
        factor_above_zero("overtime_factor", "factor for overtime"),
        checks.days_in_order("valid_from", "valid_to", "rate"),
    ),
    amount_rule="No money of its own: a rate is worth something only with the work it is applied to.",
    amount=amounts.no_amount,
    references=amounts.references_by("valid_from"),
    sentence=gettext_noop("Rate of {role} from {valid_from}, {bill_rate} {currency}"),
)
