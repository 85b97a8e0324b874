"""Resource: a person who works, employee or contractor."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType
from apps.connectors.manifest import ValueKind

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, "Person id"),
    CanonicalField("employee_no", ValueKind.TEXT, "Personnel number"),
    CanonicalField("name", ValueKind.TEXT, "Name", required=True),
    CanonicalField("given", ValueKind.TEXT, "Given name"),
    CanonicalField("family", ValueKind.TEXT, "Family name"),
    CanonicalField("email", ValueKind.TEXT, "E-mail"),
    CanonicalField("kind", ValueKind.CHOICE, "Kind of employment"),
    CanonicalField("legal_entity", ValueKind.TEXT, "Legal entity"),
    CanonicalField("department", ValueKind.TEXT, "Department"),
    CanonicalField("cost_center", ValueKind.TEXT, "Cost centre"),
    CanonicalField("job_title", ValueKind.TEXT, "Job title"),
    CanonicalField("location", ValueKind.TEXT, "Location"),
    CanonicalField("region", ValueKind.TEXT, "Region"),
    CanonicalField("capacity_hours_week", ValueKind.HOURS, "Hours a week"),
    CanonicalField("cost_rate", ValueKind.MONEY, "Cost per hour"),
    CanonicalField("bill_rate", ValueKind.MONEY, "Rate per hour"),
    CanonicalField("currency", ValueKind.TEXT, "Currency"),
    CanonicalField("grade", ValueKind.TEXT, "Grade"),
    CanonicalField("hired", ValueKind.DATE, "Hired on"),
    CanonicalField("left", ValueKind.DATE, "Left on"),
    CanonicalField("active", ValueKind.YES_NO, "Active"),
    CanonicalField("updated_at", ValueKind.INSTANT, "Last changed"),
)

RESOURCE = CanonicalType(
    name="Resource",
    label="Person",
    plural="People",
    fields=FIELDS,
    key_fields=("employee_no",),
    checks=(
        checks.present("name", "The person has no name. Fill it in at {source}."),
        checks.days_in_order("hired", "left", "employment"),
        checks.not_negative("capacity_hours_week", "number of hours a week"),
        checks.not_negative("cost_rate", "cost per hour"),
        checks.not_negative("bill_rate", "rate"),
        checks.currency_known(),
    ),
    amount=amounts.no_amount,
    references=amounts.no_references,
    sentence="{name}, personnel number {employee_no}",
)
