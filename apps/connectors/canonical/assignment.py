"""Assignment: a person, or a role still to be filled, planned on a project for some days."""

from datetime import date
from decimal import Decimal

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    Check,
    Owner,
    gettext_noop,
    problem,
)
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ValueKind

# A "request" asks for somebody, "soft" is a tentative booking, "hard" a confirmed one.
STATUSES = ("request", "soft", "hard", "done")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Assignment number")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project"), required=True),
    CanonicalField("project_name", ValueKind.TEXT, gettext_noop("Name of the project")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("task", ValueKind.REFERENCE, gettext_noop("Task")),
    CanonicalField("task_name", ValueKind.TEXT, gettext_noop("Name of the task")),
    CanonicalField("resource", ValueKind.REFERENCE, gettext_noop("Person")),
    CanonicalField("resource_name", ValueKind.TEXT, gettext_noop("Name of the person")),
    CanonicalField("role", ValueKind.TEXT, gettext_noop("Role")),
    CanonicalField("starts", ValueKind.DATE, gettext_noop("Starts"), required=True),
    CanonicalField("ends", ValueKind.DATE, gettext_noop("Ends"), required=True),
    CanonicalField("hours", ValueKind.HOURS, gettext_noop("Hours in all")),
    CanonicalField("hours_per_day", ValueKind.HOURS, gettext_noop("Hours a day"), unit="hours per day"),
    CanonicalField(
        "percent", ValueKind.DECIMAL, gettext_noop("Share of the working time"), unit="fraction"
    ),  # 0.5 is half of it
    CanonicalField("status", ValueKind.CHOICE, gettext_noop("Status"), choices=STATUSES),
    CanonicalField("billable", ValueKind.YES_NO, gettext_noop("Billable")),
    CanonicalField("bill_rate", ValueKind.MONEY, gettext_noop("Rate per hour"), unit="money per hour"),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency")),
    CanonicalField("note", ValueKind.TEXT, gettext_noop("Note")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)
_NOBODY = problem(
    "resource",
    "The assignment names neither a person nor a role. Choose one in {source}.",
    BusinessClass.MISSING_REFERENCE,
    "missing",
)


def person_or_role() -> Check:
    """Build the rule that an assignment says who works, or at least in which role."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        return () if values.get("resource") or values.get("role") else _NOBODY

    return Check("person_or_role", "a person or a role is named", find)


ASSIGNMENT = CanonicalType(
    name="Assignment",
    label=gettext_noop("Assignment"),
    plural=gettext_noop("Assignments"),
    summary="A person, or a role still to be filled, planned on a project for some days.",
    owner=Owner.RESOURCES,
    fields=FIELDS,
    key_fields=("id",),
    identity=(("id",),),
    checks=(
        checks.present("project", "The assignment belongs to no project. Choose one in {source}."),
        checks.not_longer_than("project", 40, "project code"),
        person_or_role(),
        checks.present("starts", "The first day of the assignment is missing. Set it in {source}."),
        checks.present("ends", "The last day of the assignment is missing. Set it in {source}."),
        checks.days_in_order("starts", "ends", "assignment"),
        checks.not_negative("hours", "number of hours"),
        checks.not_negative("hours_per_day", "number of hours a day"),
        checks.not_above("hours_per_day", Decimal(24), "number of hours a day"),
        checks.not_negative("percent", "share of the working time"),
        checks.not_negative("bill_rate", "rate"),
        checks.currency_for("bill_rate"),
        checks.currency_known(),
    ),
    amount_rule="Estimated: hours times rate rounded to the currency. Nothing when not billable, or without hours, rate or currency.",
    amount=amounts.planned_work,
    references=amounts.references_by("starts"),
    sentence=gettext_noop("Assignment of {resource_name} to {project_name}, {starts} to {ends}"),
)
