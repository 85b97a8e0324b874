"""Project: what work is done, billed and reported under."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType, CanonicalValues, LedgerReferences
from apps.connectors.manifest import ValueKind

STATES = ("planned", "ready", "active", "on_hold", "closed")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, "Project id"),
    CanonicalField("code", ValueKind.TEXT, "Project code", required=True),
    CanonicalField("name", ValueKind.TEXT, "Name", required=True),
    CanonicalField("client", ValueKind.REFERENCE, "Client"),
    CanonicalField("client_name", ValueKind.TEXT, "Name of the client"),
    CanonicalField("contract", ValueKind.REFERENCE, "Contract"),
    CanonicalField("legal_entity", ValueKind.TEXT, "Legal entity"),
    CanonicalField("manager", ValueKind.REFERENCE, "Project manager"),
    CanonicalField("starts", ValueKind.DATE, "Starts"),
    CanonicalField("ends", ValueKind.DATE, "Ends"),
    CanonicalField("currency", ValueKind.TEXT, "Currency"),
    CanonicalField("budget_hours", ValueKind.HOURS, "Budget in hours"),
    CanonicalField("budget_money", ValueKind.MONEY, "Budget"),
    CanonicalField("billing_kind", ValueKind.CHOICE, "Way of billing"),
    CanonicalField("billable", ValueKind.YES_NO, "Billable"),
    CanonicalField("cost_center", ValueKind.TEXT, "Cost centre"),
    CanonicalField("po_number", ValueKind.TEXT, "Purchase order"),
    CanonicalField("state", ValueKind.CHOICE, "State"),
    CanonicalField("updated_at", ValueKind.INSTANT, "Last changed"),
)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return client and project code."""
    return LedgerReferences(values.get("client_name") or values.get("client") or "", values.get("code") or "")


PROJECT = CanonicalType(
    name="Project",
    label="Project",
    plural="Projects",
    fields=FIELDS,
    key_fields=("code",),
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
    amount=amounts.budget_amount,
    references=references,
    sentence="Project {code}, {name}",
)
