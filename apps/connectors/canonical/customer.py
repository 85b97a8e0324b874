"""Customer: the firm's client, who orders and pays."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType, CanonicalValues, LedgerReferences
from apps.connectors.manifest import ValueKind

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, "Client id"),
    CanonicalField("number", ValueKind.TEXT, "Client number"),
    CanonicalField("name", ValueKind.TEXT, "Name", required=True),
    CanonicalField("legal_name", ValueKind.TEXT, "Legal name"),
    CanonicalField("kind", ValueKind.CHOICE, "Orders or pays"),
    CanonicalField("parent", ValueKind.REFERENCE, "Parent client"),
    CanonicalField("country", ValueKind.TEXT, "Country"),
    CanonicalField("street", ValueKind.TEXT, "Street"),
    CanonicalField("postal", ValueKind.TEXT, "Postal code"),
    CanonicalField("city", ValueKind.TEXT, "City"),
    CanonicalField("tax_id", ValueKind.TEXT, "Tax number"),
    CanonicalField("registration_no", ValueKind.TEXT, "Registration number"),
    CanonicalField("payment_terms_days", ValueKind.WHOLE, "Days to pay"),
    CanonicalField("currency", ValueKind.TEXT, "Currency"),
    CanonicalField("invoice_email", ValueKind.TEXT, "E-mail for invoices"),
    CanonicalField("segment", ValueKind.TEXT, "Segment"),
    CanonicalField("service_line", ValueKind.TEXT, "Service line"),
    CanonicalField("region", ValueKind.TEXT, "Region"),
    CanonicalField("credit_hold", ValueKind.YES_NO, "Credit hold"),
    CanonicalField("state", ValueKind.CHOICE, "State"),
    CanonicalField("updated_at", ValueKind.INSTANT, "Last changed"),
)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return the client's own name."""
    return LedgerReferences(values.get("name") or values.get("number") or "")


CUSTOMER = CanonicalType(
    name="Customer",
    label="Client",
    plural="Clients",
    fields=FIELDS,
    key_fields=("number",),
    checks=(
        checks.present("name", "The client has no name. Fill it in at {source}."),
        checks.not_longer_than("name", 255, "name"),
        checks.form_of("country", "@@", "country code"),
        checks.not_negative("payment_terms_days", "number of days to pay"),
        checks.currency_known(),
    ),
    amount=amounts.no_amount,
    references=references,
    sentence="Client {name}",
)
