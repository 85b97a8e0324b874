"""Task: a part of a project that time is recorded on."""

from decimal import Decimal

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

KINDS = ("phase", "task", "milestone")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Task id")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project"), required=True),
    CanonicalField("parent", ValueKind.REFERENCE, gettext_noop("Parent task")),
    CanonicalField("code", ValueKind.TEXT, gettext_noop("Task code")),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("kind", ValueKind.CHOICE, gettext_noop("Kind"), choices=KINDS),
    CanonicalField("starts", ValueKind.DATE, gettext_noop("Starts")),
    CanonicalField("ends", ValueKind.DATE, gettext_noop("Ends")),
    CanonicalField("estimate_hours", ValueKind.HOURS, gettext_noop("Estimate in hours")),
    CanonicalField("done", ValueKind.DECIMAL, gettext_noop("Done"), unit="fraction", summary="1 is all of it."),
    CanonicalField("billable", ValueKind.YES_NO, gettext_noop("Billable")),
    CanonicalField("service_item", ValueKind.TEXT, gettext_noop("Service")),
    CanonicalField("open_for_time", ValueKind.YES_NO, gettext_noop("Open for time")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return the project."""
    return LedgerReferences("", values.get("project") or "")


TASK = CanonicalType(
    name="Task",
    label=gettext_noop("Task"),
    plural=gettext_noop("Tasks"),
    summary="A part of a project that time is recorded on.",
    owner=Owner.PSA,
    fields=FIELDS,
    key_fields=("project", "code"),
    identity=(("project", "code"), ("id",)),
    checks=(
        checks.present("project", "The task belongs to no project. Choose one in {source}."),
        checks.present("name", "The task has no name. Give it one in {source}."),
        checks.days_in_order("starts", "ends", "task"),
        checks.not_negative("estimate_hours", "estimate in hours"),
        checks.not_negative("done", "share that is done"),
        checks.not_above("done", Decimal(1), "share that is done"),
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=references,
    sentence=gettext_noop("Task {name} of project {project}"),
)
