"""Contract: an agreement with a client, from the draft to the signature and its end."""

from datetime import date

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    Amount,
    AmountQuality,
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

KINDS = ("msa", "sow", "change_order")
STATES = ("draft", "sent", "signed", "active", "ended", "void")
_AGREED = frozenset({"signed", "active", "ended"})

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Contract id")),
    CanonicalField("number", ValueKind.TEXT, gettext_noop("Contract number")),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("kind", ValueKind.CHOICE, gettext_noop("Kind"), choices=KINDS),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State"), required=True, choices=STATES),
    CanonicalField("parent", ValueKind.REFERENCE, gettext_noop("Belongs to the contract")),
    CanonicalField("amends", ValueKind.REFERENCE, gettext_noop("Changes the contract")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("opportunity", ValueKind.REFERENCE, gettext_noop("Deal")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project")),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("template", ValueKind.TEXT, gettext_noop("Template of the document")),
    CanonicalField("signer_name", ValueKind.TEXT, gettext_noop("Who signs")),
    CanonicalField("signer_email", ValueKind.TEXT, gettext_noop("E-mail of who signs")),
    CanonicalField("sent_at", ValueKind.INSTANT, gettext_noop("Sent at")),
    CanonicalField("signed_at", ValueKind.INSTANT, gettext_noop("Signed at")),
    CanonicalField("voided_at", ValueKind.INSTANT, gettext_noop("Voided at")),
    CanonicalField("void_reason", ValueKind.TEXT, gettext_noop("Why it was voided")),
    CanonicalField("starts", ValueKind.DATE, gettext_noop("Starts")),
    CanonicalField("ends", ValueKind.DATE, gettext_noop("Ends")),
    CanonicalField("amount", ValueKind.MONEY, gettext_noop("Amount")),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency")),
    CanonicalField(
        "billing_kind", ValueKind.CHOICE, gettext_noop("Way of billing"), choices=BILLING_KINDS, owner=Owner.ERP
    ),
    CanonicalField("rate_card", ValueKind.REFERENCE, gettext_noop("Rate card")),
    CanonicalField("po_number", ValueKind.TEXT, gettext_noop("Purchase order"), owner=Owner.ERP),
    CanonicalField("po_limit", ValueKind.MONEY, gettext_noop("Limit of the purchase order"), owner=Owner.ERP),
    CanonicalField("payment_terms_days", ValueKind.WHOLE, gettext_noop("Days to pay"), unit="days"),
    CanonicalField("cap_hours", ValueKind.HOURS, gettext_noop("Most hours")),
    CanonicalField("tax_treatment", ValueKind.TEXT, gettext_noop("Tax treatment")),
    CanonicalField("expense_policy", ValueKind.TEXT, gettext_noop("Rule for expenses")),
    CanonicalField(
        "documents",
        ValueKind.NESTED,
        gettext_noop("Documents"),
        parts=(
            CanonicalField("sha256", ValueKind.TEXT, gettext_noop("Fingerprint"), required=True),
            CanonicalField("uri", ValueKind.TEXT, gettext_noop("Address")),
        ),
    ),
    CanonicalField("note", ValueKind.TEXT, gettext_noop("Note")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def signed_says_when() -> Check:
    """Build the rule that a contract that is signed says when; one in force may come from a system without signatures."""
    missing = problem(
        "signed_at",
        "The contract is signed but does not say when. Check the signatures in {source}.",
        BusinessClass.MISSING_APPROVAL,
        "missing",
    )

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        return missing if values.get("state") == "signed" and values.get("signed_at") is None else ()

    return Check("signed_at_present_when_signed", "a contract that is signed says when", find)


def contract_amount(values: CanonicalValues) -> Amount | None:
    """Return what a contract is worth: sure once it is signed, an estimate before; one without value says nothing."""
    amount, currency = values.get("amount"), values.get("currency")
    if amount is None or values.get("state") == "void":
        return None
    if not currency:
        return amounts.UNKNOWN_AMOUNT
    quality = AmountQuality.KNOWN if values.get("state") in _AGREED else AmountQuality.ESTIMATED
    return amounts.build_amount(amount, currency, quality)


CONTRACT = CanonicalType(
    name="Contract",
    label=gettext_noop("Contract"),
    plural=gettext_noop("Contracts"),
    summary="An agreement with a client, from the draft to the signature and its end.",
    owner=Owner.CONTRACTS,
    fields=FIELDS,
    key_fields=("id",),
    identity=(("number",), ("id",)),
    checks=(
        checks.present("id", "The contract has no number of its own, so it cannot be followed. Check it in {source}."),
        checks.present("name", "The contract has no name. Give it one in {source}."),
        checks.not_longer_than("name", 255, "name"),
        checks.present("state", "The state of the contract is missing. Set it in {source}."),
        signed_says_when(),
        checks.not_negative("amount", "amount"),
        checks.not_negative("po_limit", "limit of the purchase order"),
        checks.currency_for("amount"),
        checks.currency_known(),
        checks.not_negative("payment_terms_days", "number of days to pay"),
        checks.not_negative("cap_hours", "number of hours"),
        checks.days_in_order("starts", "ends", "contract"),
    ),
    amount_rule="Known once it is signed, estimated before. Unknown without currency. Nothing without an amount, or when void.",
    amount=contract_amount,
    references=amounts.references_by("starts"),
    sentence=gettext_noop("Contract {name}, {state}"),
)
