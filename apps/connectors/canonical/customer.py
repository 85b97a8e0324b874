"""Customer: the firm's client, who orders and pays."""

from datetime import date

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
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ValueKind

KINDS = ("sold_to", "bill_to", "both")
STATES = ("prospect", "active", "blocked", "closed")
# "exempt": the client needs no tax number, which the evidence proves.
TAX_STATUSES = ("unknown", "valid", "invalid", "exempt")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Client id")),
    CanonicalField("number", ValueKind.TEXT, gettext_noop("Client number"), owner=Owner.ERP),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("legal_name", ValueKind.TEXT, gettext_noop("Legal name")),
    CanonicalField("kind", ValueKind.CHOICE, gettext_noop("Orders or pays"), choices=KINDS),
    CanonicalField("parent", ValueKind.REFERENCE, gettext_noop("Parent client")),
    CanonicalField("bill_to", ValueKind.REFERENCE, gettext_noop("Client who pays"), owner=Owner.ERP),
    CanonicalField("country", ValueKind.TEXT, gettext_noop("Country")),
    CanonicalField("street", ValueKind.TEXT, gettext_noop("Street")),
    CanonicalField("postal", ValueKind.TEXT, gettext_noop("Postal code")),
    CanonicalField("city", ValueKind.TEXT, gettext_noop("City")),
    CanonicalField("tax_id", ValueKind.TEXT, gettext_noop("Tax number"), owner=Owner.ERP),
    CanonicalField(
        "tax_status", ValueKind.CHOICE, gettext_noop("Tax number checked"), choices=TAX_STATUSES, owner=Owner.TAX
    ),
    CanonicalField("tax_checked_at", ValueKind.INSTANT, gettext_noop("Tax number checked at"), owner=Owner.TAX),
    CanonicalField("tax_evidence", ValueKind.TEXT, gettext_noop("Evidence of the check"), owner=Owner.TAX),
    CanonicalField("registration_no", ValueKind.TEXT, gettext_noop("Registration number")),
    CanonicalField("payment_terms_days", ValueKind.WHOLE, gettext_noop("Days to pay"), unit="days", owner=Owner.ERP),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency"), owner=Owner.ERP),
    CanonicalField("invoice_email", ValueKind.TEXT, gettext_noop("E-mail for invoices"), owner=Owner.ERP),
    CanonicalField("segment", ValueKind.TEXT, gettext_noop("Segment")),
    CanonicalField("service_line", ValueKind.TEXT, gettext_noop("Service line")),
    CanonicalField("region", ValueKind.TEXT, gettext_noop("Region")),
    CanonicalField("credit_hold", ValueKind.YES_NO, gettext_noop("Credit hold"), owner=Owner.ERP),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State"), choices=STATES),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def exempt_has_evidence() -> Check:
    """Build the rule that nobody is exempt from tax numbers by word alone."""
    unproven = problem(
        "tax_evidence",
        "The client is exempt from having a tax number, but nothing proves it. Add the evidence in {source}.",
        BusinessClass.MISSING_REFERENCE,
        "no_evidence",
    )

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        return unproven if values.get("tax_status") == "exempt" and not values.get("tax_evidence") else ()

    return Check("exempt_has_evidence", "a client that is exempt from having a tax number has evidence of it", find)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return the client's own name."""
    return LedgerReferences(values.get("name") or values.get("number") or "")


CUSTOMER = CanonicalType(
    name="Customer",
    label=gettext_noop("Client"),
    plural=gettext_noop("Clients"),
    summary="The firm's client, who orders and pays.",
    owner=Owner.CRM,
    fields=FIELDS,
    key_fields=("number",),
    identity=(("id",), ("number",), ("tax_id", "country")),
    checks=(
        checks.present("name", "The client has no name. Fill it in at {source}."),
        checks.not_longer_than("name", 255, "name"),
        checks.form_of("country", "@@", "country code"),
        checks.not_negative("payment_terms_days", "number of days to pay"),
        checks.currency_known(),
        exempt_has_evidence(),
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=references,
    sentence=gettext_noop("Client {name}"),
)
