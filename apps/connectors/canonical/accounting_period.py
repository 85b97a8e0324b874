"""AccountingPeriod: one month of a company's books, and whether it still takes postings."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    LedgerReferences,
    Owner,
    gettext_noop,
)
from apps.connectors.manifest import ValueKind

# In a "soft_closed" period only the people of finance may still post.
STATES = ("open", "soft_closed", "closed")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Period id")),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField(
        "code", ValueKind.TEXT, gettext_noop("Period"), required=True, summary="As people write it: 2026-11."
    ),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name")),
    CanonicalField("starts", ValueKind.DATE, gettext_noop("First day"), required=True),
    CanonicalField("ends", ValueKind.DATE, gettext_noop("Last day"), required=True),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State"), required=True, choices=STATES),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return the month."""
    return LedgerReferences(period=amounts.month_of(values.get("starts")))


ACCOUNTING_PERIOD = CanonicalType(
    name="AccountingPeriod",
    label=gettext_noop("Accounting period"),
    plural=gettext_noop("Accounting periods"),
    summary="One month of a company's books, and whether it still takes postings.",
    owner=Owner.ERP,
    fields=FIELDS,
    key_fields=("legal_entity", "code"),
    identity=(("legal_entity", "code"), ("id",)),
    checks=(
        checks.present("code", "The period has no code. Give it one in {source}."),
        checks.present("starts", "The first day of the period is missing. Set it in {source}."),
        checks.present("ends", "The last day of the period is missing. Set it in {source}."),
        checks.days_in_order("starts", "ends", "period"),
        checks.present("state", "The period does not say whether it is open. Set it in {source}."),
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=references,
    sentence=gettext_noop("Period {code} of {legal_entity}, {state}"),
)
