"""Resource: a person who works, employee or contractor."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType, Owner, gettext_noop
from apps.connectors.manifest import ValueKind

KINDS = ("employee", "contractor")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Person id")),
    CanonicalField("employee_no", ValueKind.TEXT, gettext_noop("Personnel number")),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("given", ValueKind.TEXT, gettext_noop("Given name")),
    CanonicalField("family", ValueKind.TEXT, gettext_noop("Family name")),
    CanonicalField("email", ValueKind.TEXT, gettext_noop("E-mail")),
    CanonicalField("kind", ValueKind.CHOICE, gettext_noop("Kind of employment"), choices=KINDS),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("department", ValueKind.TEXT, gettext_noop("Department")),
    CanonicalField("cost_center", ValueKind.TEXT, gettext_noop("Cost centre")),
    CanonicalField("job_title", ValueKind.TEXT, gettext_noop("Job title")),
    CanonicalField("location", ValueKind.TEXT, gettext_noop("Location")),
    CanonicalField("region", ValueKind.TEXT, gettext_noop("Region")),
    CanonicalField("work_calendar", ValueKind.TEXT, gettext_noop("Work calendar")),
    CanonicalField(
        "capacity_hours_week",
        ValueKind.HOURS,
        gettext_noop("Hours a week"),
        unit="hours per week",
        owner=Owner.RESOURCES,
    ),
    CanonicalField("cost_rate", ValueKind.MONEY, gettext_noop("Cost per hour"), unit="money per hour", sensitive=True),
    CanonicalField("bill_rate", ValueKind.MONEY, gettext_noop("Rate per hour"), unit="money per hour"),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency")),
    CanonicalField("grade", ValueKind.TEXT, gettext_noop("Grade")),
    CanonicalField(
        "skills",
        ValueKind.NESTED,
        gettext_noop("Skills"),
        owner=Owner.RESOURCES,
        parts=(
            CanonicalField("code", ValueKind.TEXT, gettext_noop("Skill"), required=True),
            CanonicalField("level", ValueKind.WHOLE, gettext_noop("Level"), unit="1 to 5"),
        ),
    ),
    CanonicalField("hired", ValueKind.DATE, gettext_noop("Hired on")),
    CanonicalField("left", ValueKind.DATE, gettext_noop("Left on")),
    CanonicalField("active", ValueKind.YES_NO, gettext_noop("Active")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)

RESOURCE = CanonicalType(
    name="Resource",
    label=gettext_noop("Person"),
    plural=gettext_noop("People"),
    summary="A person who works, employee or contractor.",
    owner=Owner.HR,
    fields=FIELDS,
    key_fields=("employee_no",),
    identity=(("employee_no",), ("email",), ("id",)),
    checks=(
        checks.present("name", "The person has no name. Fill it in at {source}."),
        checks.days_in_order("hired", "left", "employment"),
        checks.not_negative("capacity_hours_week", "number of hours a week"),
        checks.not_negative("cost_rate", "cost per hour"),
        checks.not_negative("bill_rate", "rate"),
        checks.currency_known(),
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=amounts.no_references,
    sentence=gettext_noop("{name}, personnel number {employee_no}"),
)
