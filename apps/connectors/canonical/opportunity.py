"""Opportunity: a deal with a client, from the first talk to won or lost."""

from datetime import date

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    Check,
    Owner,
    gettext_noop,
    problem,
)
from apps.connectors.canonical.vocabulary import BILLING_KINDS
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ValueKind

STAGES = ("qualification", "proposal", "negotiation", "won", "lost")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Deal number")),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client"), required=True),
    CanonicalField("client_legal_name", ValueKind.TEXT, gettext_noop("Legal name of the client")),
    CanonicalField("client_country", ValueKind.TEXT, gettext_noop("Country of the client")),
    CanonicalField("client_tax_id", ValueKind.TEXT, gettext_noop("Tax number of the client")),
    CanonicalField("client_segment", ValueKind.TEXT, gettext_noop("Segment of the client")),
    CanonicalField("invoice_email", ValueKind.TEXT, gettext_noop("E-mail for invoices")),
    CanonicalField("payment_terms_days", ValueKind.WHOLE, gettext_noop("Days to pay"), unit="days"),
    CanonicalField("stage", ValueKind.CHOICE, gettext_noop("Stage"), required=True, choices=STAGES),
    CanonicalField("probability", ValueKind.DECIMAL, gettext_noop("Probability"), unit="fraction"),
    CanonicalField("amount", ValueKind.MONEY, gettext_noop("Amount")),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency")),
    CanonicalField("close_date", ValueKind.DATE, gettext_noop("Closes on")),
    CanonicalField("won_at", ValueKind.INSTANT, gettext_noop("Won at")),
    CanonicalField("lost_reason", ValueKind.TEXT, gettext_noop("Why it was lost")),
    CanonicalField("service_line", ValueKind.TEXT, gettext_noop("Service line")),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("region", ValueKind.TEXT, gettext_noop("Region")),
    CanonicalField("owner", ValueKind.TEXT, gettext_noop("Owner")),
    CanonicalField("owner_name", ValueKind.TEXT, gettext_noop("Name of the owner")),
    CanonicalField("billing_kind", ValueKind.CHOICE, gettext_noop("Way of billing"), choices=BILLING_KINDS),
    CanonicalField("budget_hours", ValueKind.HOURS, gettext_noop("Budget in hours")),
    CanonicalField("starts", ValueKind.DATE, gettext_noop("Starts")),
    CanonicalField("ends", ValueKind.DATE, gettext_noop("Ends")),
    CanonicalField("po_number", ValueKind.TEXT, gettext_noop("Purchase order")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project")),
    CanonicalField("exported", ValueKind.YES_NO, gettext_noop("Handed over")),
    CanonicalField("note", ValueKind.TEXT, gettext_noop("Note")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def won_needs(field: str, sentence: str) -> Check:
    """Build the rule that a deal that is won has this value; a deal still open may do without."""
    missing = problem(field, sentence, BusinessClass.MISSING_REFERENCE, "missing")

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        return missing if values.get("stage") == "won" and values.get(field) in (None, "") else ()

    return Check(f"{field}_present_when_won", f"a deal that is won has {field}", find)


OPPORTUNITY = CanonicalType(
    name="Opportunity",
    label=gettext_noop("Deal"),
    plural=gettext_noop("Deals"),
    summary="A deal with a client, from the first talk to won or lost.",
    owner=Owner.CRM,
    fields=FIELDS,
    key_fields=("id",),
    identity=(("id",),),
    checks=(
        checks.present("id", "The deal has no number of its own, so it cannot be followed. Check it in {source}."),
        checks.present("name", "The deal has no name. Give it one in {source}."),
        checks.not_longer_than("name", 255, "name"),
        checks.present("client_name", "The deal names no client. Choose one in {source}."),
        checks.present("stage", "The stage of the deal is missing. Set it in {source}."),
        won_needs("amount", "The deal is won but has no amount. Fill it in at {source}."),
        won_needs("close_date", "The deal is won but has no closing day. Set it in {source}."),
        won_needs("legal_entity", "The deal is won but says no legal entity that bills it. Choose one in {source}."),
        won_needs("service_line", "The deal is won but says no service line. Choose one in {source}."),
        checks.not_negative("amount", "amount"),
        checks.currency_for("amount"),
        checks.currency_known(),
        checks.not_negative("budget_hours", "budget in hours"),
        checks.not_negative("payment_terms_days", "number of days to pay"),
        checks.form_of("client_country", "@@", "country code"),
        checks.days_in_order("starts", "ends", "project"),
    ),
    amount_rule="Known once it is won, estimated before. Unknown without amount or currency. Nothing when lost.",
    amount=amounts.deal_amount,
    references=amounts.references_by("close_date"),
    sentence=gettext_noop("Deal {name}, {client_name}, {amount} {currency}"),
)
