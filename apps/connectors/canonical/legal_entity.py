"""LegalEntity: one of the firm's own companies, which employs, orders and bills."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType, Owner, gettext_noop
from apps.connectors.manifest import ValueKind

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Company id")),
    CanonicalField("code", ValueKind.TEXT, gettext_noop("Company code"), required=True),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("country", ValueKind.TEXT, gettext_noop("Country")),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency"), summary="What its books are kept in."),
    CanonicalField("tax_id", ValueKind.TEXT, gettext_noop("Tax number")),
    CanonicalField("parent", ValueKind.REFERENCE, gettext_noop("Belongs to the company")),
    CanonicalField("fiscal_calendar", ValueKind.TEXT, gettext_noop("Fiscal calendar")),
    CanonicalField("active", ValueKind.YES_NO, gettext_noop("Active")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)

LEGAL_ENTITY = CanonicalType(
    name="LegalEntity",
    label=gettext_noop("Legal entity"),
    plural=gettext_noop("Legal entities"),
    summary="One of the firm's own companies, which employs, orders and bills.",
    owner=Owner.ERP,
    fields=FIELDS,
    key_fields=("code",),
    identity=(("code",), ("id",)),
    checks=(
        checks.present("code", "The legal entity has no code. Give it one in {source}."),
        checks.not_longer_than("code", 20, "company code"),
        checks.present("name", "The legal entity has no name. Fill it in at {source}."),
        checks.not_longer_than("name", 255, "name"),
        checks.form_of("country", "@@", "country code"),
        checks.currency_known(),
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=amounts.no_references,
    sentence=gettext_noop("Legal entity {code}, {name}"),
)
