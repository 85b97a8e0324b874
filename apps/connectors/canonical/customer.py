"""Customer: the firm's client, who orders and pays."""

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

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Client id")),
    CanonicalField("number", ValueKind.TEXT, gettext_noop("Client number")),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("legal_name", ValueKind.TEXT, gettext_noop("Legal name")),
    CanonicalField("kind", ValueKind.CHOICE, gettext_noop("Orders or pays")),
    CanonicalField("parent", ValueKind.REFERENCE, gettext_noop("Parent client")),
    CanonicalField("country", ValueKind.TEXT, gettext_noop("Country")),
    CanonicalField("street", ValueKind.TEXT, gettext_noop("Street")),
    CanonicalField("postal", ValueKind.TEXT, gettext_noop("Postal code")),
    CanonicalField("city", ValueKind.TEXT, gettext_noop("City")),
    CanonicalField("tax_id", ValueKind.TEXT, gettext_noop("Tax number")),
    CanonicalField("registration_no", ValueKind.TEXT, gettext_noop("Registration number")),
    CanonicalField("payment_terms_days", ValueKind.WHOLE, gettext_noop("Days to pay")),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency")),
    CanonicalField("invoice_email", ValueKind.TEXT, gettext_noop("E-mail for invoices")),
    CanonicalField("segment", ValueKind.TEXT, gettext_noop("Segment")),
    CanonicalField("service_line", ValueKind.TEXT, gettext_noop("Service line")),
    CanonicalField("region", ValueKind.TEXT, gettext_noop("Region")),
    CanonicalField("credit_hold", ValueKind.YES_NO, gettext_noop("Credit hold")),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


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
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=references,
    sentence=gettext_noop("Client {name}"),
)
