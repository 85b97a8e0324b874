"""Project: what work is done, billed and reported under."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    LedgerReferences,
    Owner,
    gettext_noop,
)
from apps.connectors.canonical.vocabulary import BILLING_KINDS
from apps.connectors.manifest import ValueKind

STATES = ("planned", "ready", "active", "on_hold", "closed")
HEALTH = ("on_track", "at_risk", "off_track")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Project id")),
    CanonicalField("code", ValueKind.TEXT, gettext_noop("Project code"), required=True, owner=Owner.ERP),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("contract", ValueKind.REFERENCE, gettext_noop("Contract")),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("manager", ValueKind.REFERENCE, gettext_noop("Project manager")),
    CanonicalField("template", ValueKind.TEXT, gettext_noop("Template of the project")),
    CanonicalField("starts", ValueKind.DATE, gettext_noop("Starts")),
    CanonicalField("ends", ValueKind.DATE, gettext_noop("Ends")),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency")),
    CanonicalField("budget_hours", ValueKind.HOURS, gettext_noop("Budget in hours")),
    CanonicalField("budget_money", ValueKind.MONEY, gettext_noop("Budget")),
    CanonicalField("actual_hours", ValueKind.HOURS, gettext_noop("Hours so far"), owner=Owner.ERP),
    CanonicalField("actual_cost", ValueKind.MONEY, gettext_noop("Cost so far"), owner=Owner.ERP, sensitive=True),
    CanonicalField("actual_billed", ValueKind.MONEY, gettext_noop("Billed so far"), owner=Owner.ERP),
    CanonicalField(
        "actual_margin",
        ValueKind.DECIMAL,
        gettext_noop("Margin so far"),
        unit="fraction",
        owner=Owner.ERP,
        sensitive=True,
        summary="What is left of what was billed once the cost is taken off: 0.4 is two fifths. Below zero at a loss.",
    ),
    CanonicalField("billing_kind", ValueKind.CHOICE, gettext_noop("Way of billing"), choices=BILLING_KINDS),
    CanonicalField("billable", ValueKind.YES_NO, gettext_noop("Billable")),
    CanonicalField("dimensions", ValueKind.NESTED, gettext_noop("Dimensions"), owner=Owner.ERP),
    CanonicalField("cost_center", ValueKind.TEXT, gettext_noop("Cost centre"), owner=Owner.ERP),
    CanonicalField("rate_card", ValueKind.REFERENCE, gettext_noop("Rate card")),
    CanonicalField("po_number", ValueKind.TEXT, gettext_noop("Purchase order")),
    CanonicalField("health", ValueKind.CHOICE, gettext_noop("How it stands"), choices=HEALTH),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State"), choices=STATES),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return client and project code."""
    return LedgerReferences(values.get("client_name") or values.get("client") or "", values.get("code") or "")


PROJECT = CanonicalType(
    name="Project",
    label=gettext_noop("Project"),
    plural=gettext_noop("Projects"),
    summary="What work is done, billed and reported under.",
    owner=Owner.PSA,
    fields=FIELDS,
    key_fields=("code",),
    identity=(("code",), ("id",)),
    checks=(
        checks.present("code", "The project has no code. Give it one in {source}."),
        checks.not_longer_than("code", 40, "project code"),
        checks.present("name", "The project has no name. Give it one in {source}."),
        checks.days_in_order("starts", "ends", "project"),
        checks.not_negative("budget_hours", "budget in hours"),
        checks.not_negative("budget_money", "budget"),
        checks.currency_for("budget_money"),
        checks.currency_known(),
    ),
    amount_rule="Estimated: its budget. Nothing without a budget or a currency.",
    amount=amounts.budget_amount,
    references=references,
    sentence=gettext_noop("Project {code}, {name}"),
)
