"""Task: a part of a project that time is recorded on."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType, CanonicalValues, LedgerReferences
from apps.connectors.manifest import ValueKind

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, "Task id"),
    CanonicalField("project", ValueKind.REFERENCE, "Project", required=True),
    CanonicalField("parent", ValueKind.REFERENCE, "Parent task"),
    CanonicalField("code", ValueKind.TEXT, "Task code"),
    CanonicalField("name", ValueKind.TEXT, "Name", required=True),
    CanonicalField("kind", ValueKind.CHOICE, "Kind"),
    CanonicalField("starts", ValueKind.DATE, "Starts"),
    CanonicalField("ends", ValueKind.DATE, "Ends"),
    CanonicalField("estimate_hours", ValueKind.HOURS, "Estimate in hours"),
    CanonicalField("billable", ValueKind.YES_NO, "Billable"),
    CanonicalField("service_item", ValueKind.TEXT, "Service"),
    CanonicalField("open_for_time", ValueKind.YES_NO, "Open for time"),
    CanonicalField("updated_at", ValueKind.INSTANT, "Last changed"),
)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return the project."""
    return LedgerReferences("", values.get("project") or "")


TASK = CanonicalType(
    name="Task",
    label="Task",
    plural="Tasks",
    fields=FIELDS,
    key_fields=("project", "code"),
    checks=(
        checks.present("project", "The task belongs to no project. Choose one in {source}."),
        checks.present("name", "The task has no name. Give it one in {source}."),
        checks.days_in_order("starts", "ends", "task"),
        checks.not_negative("estimate_hours", "estimate in hours"),
    ),
    amount=amounts.no_amount,
    references=references,
    sentence="Task {name} of project {project}",
)
