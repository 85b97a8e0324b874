"""Dimension and DimensionValue: what figures are grouped by in the books, and the values each may have."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType, Owner, gettext_noop
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import ValueKind

DIMENSION_FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Dimension id")),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField(
        "code",
        ValueKind.TEXT,
        gettext_noop("Dimension"),
        required=True,
        summary="“cost_center” for cost centres; other dimensions as the books call them.",
    ),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name")),
    CanonicalField("active", ValueKind.YES_NO, gettext_noop("Active")),
    CanonicalField("valid_from", ValueKind.DATE, gettext_noop("Valid from")),
    CanonicalField("valid_to", ValueKind.DATE, gettext_noop("Valid to"), summary="The last day on which it holds."),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)

VALUE_FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Value id")),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("dimension", ValueKind.REFERENCE, gettext_noop("Dimension"), required=True),
    CanonicalField("code", ValueKind.TEXT, gettext_noop("Code"), required=True),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name")),
    CanonicalField("parent", ValueKind.REFERENCE, gettext_noop("Belongs to")),
    CanonicalField("active", ValueKind.YES_NO, gettext_noop("Active")),
    CanonicalField("valid_from", ValueKind.DATE, gettext_noop("Valid from")),
    CanonicalField("valid_to", ValueKind.DATE, gettext_noop("Valid to"), summary="The last day on which it holds."),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)

DIMENSION = CanonicalType(
    name="Dimension",
    label=gettext_noop("Dimension"),
    plural=gettext_noop("Dimensions"),
    summary="What figures are grouped by in the books: cost centre, department, region.",
    owner=Owner.ERP,
    fields=DIMENSION_FIELDS,
    key_fields=("legal_entity", "code"),
    identity=(("legal_entity", "code"), ("id",)),
    checks=(
        checks.present("code", "The dimension has no code. Give it one in {source}.", BusinessClass.INVALID_DIMENSION),
        checks.days_in_order("valid_from", "valid_to", "dimension"),
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=amounts.no_references,
    sentence=gettext_noop("Dimension {code}, {name}"),
)

DIMENSION_VALUE = CanonicalType(
    name="DimensionValue",
    label=gettext_noop("Dimension value"),
    plural=gettext_noop("Dimension values"),
    summary="One value of a dimension: a cost centre, a department.",
    owner=Owner.ERP,
    fields=VALUE_FIELDS,
    key_fields=("legal_entity", "dimension", "code"),
    identity=(("legal_entity", "dimension", "code"), ("id",)),
    checks=(
        checks.present(
            "dimension", "The value belongs to no dimension. Choose one in {source}.", BusinessClass.INVALID_DIMENSION
        ),
        checks.present("code", "The value has no code. Give it one in {source}.", BusinessClass.INVALID_DIMENSION),
        checks.days_in_order("valid_from", "valid_to", "value"),
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=amounts.no_references,
    sentence=gettext_noop("Value {code} of dimension {dimension}, {name}"),
)
