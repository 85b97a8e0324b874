"""TimeEntry: hours one person worked on one day for a project."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.currencies import round_money
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType, CanonicalValues, LedgerReferences
from apps.connectors.manifest import ValueKind

APPROVALS = ("open", "submitted", "approved", "rejected", "locked")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, "Entry number"),
    CanonicalField("resource", ValueKind.REFERENCE, "Person", required=True),
    CanonicalField("resource_name", ValueKind.TEXT, "Name of the person"),
    CanonicalField("project", ValueKind.REFERENCE, "Project", required=True),
    CanonicalField("project_name", ValueKind.TEXT, "Name of the project"),
    CanonicalField("task", ValueKind.REFERENCE, "Task"),
    CanonicalField("task_name", ValueKind.TEXT, "Name of the task"),
    CanonicalField("client", ValueKind.REFERENCE, "Client"),
    CanonicalField("client_name", ValueKind.TEXT, "Name of the client"),
    CanonicalField("legal_entity", ValueKind.TEXT, "Legal entity"),
    CanonicalField("work_date", ValueKind.DATE, "Day of the work", required=True),
    CanonicalField("start_at", ValueKind.INSTANT, "Start"),
    CanonicalField("end_at", ValueKind.INSTANT, "End"),
    CanonicalField("hours", ValueKind.HOURS, "Hours", required=True),
    CanonicalField("billable", ValueKind.YES_NO, "Billable"),
    CanonicalField("service_item", ValueKind.TEXT, "Service"),
    CanonicalField("note", ValueKind.TEXT, "Note"),
    CanonicalField("approval", ValueKind.CHOICE, "Approval"),
    CanonicalField("approved_by", ValueKind.TEXT, "Approved by"),
    CanonicalField("approved_at", ValueKind.INSTANT, "Approved at"),
    CanonicalField("bill_rate", ValueKind.MONEY, "Rate per hour"),
    CanonicalField("bill_amount", ValueKind.MONEY, "Amount to bill"),
    CanonicalField("cost_rate", ValueKind.MONEY, "Cost per hour"),
    CanonicalField("currency", ValueKind.TEXT, "Currency"),
    CanonicalField("cost_center", ValueKind.TEXT, "Cost centre"),
    CanonicalField("department", ValueKind.TEXT, "Department"),
    CanonicalField("region", ValueKind.TEXT, "Region"),
    CanonicalField("location", ValueKind.TEXT, "Location"),
    CanonicalField("po_number", ValueKind.TEXT, "Purchase order"),
    CanonicalField("invoice_line", ValueKind.TEXT, "Invoice line"),
    CanonicalField("posted_at", ValueKind.INSTANT, "Posted at"),
    CanonicalField("correction_of", ValueKind.TEXT, "Correction of"),
    CanonicalField("updated_at", ValueKind.INSTANT, "Last changed"),
)


def derive_bill_amount(values: CanonicalValues) -> Mapping[str, Any]:
    """Return the bill amount where hours and rate are given and the source did not state one."""
    if "bill_amount" in values:
        return {}
    hours, rate = values.get("hours"), values.get("bill_rate")
    if hours is None or rate is None:
        return {}
    return {"bill_amount": round_money(hours * rate, values.get("currency") or "")}


def references(values: CanonicalValues) -> LedgerReferences:
    """Return client, project and month of the work."""
    read = values.get
    return LedgerReferences(
        read("client_name") or read("client") or "",
        read("project") or "",
        amounts.month_of(read("work_date")),
    )


TIME_ENTRY = CanonicalType(
    name="TimeEntry",
    label="Time entry",
    plural="Time entries",
    fields=FIELDS,
    key_fields=("id",),
    checks=(
        checks.present("id", "The entry has no number of its own, so it cannot be followed. Check it in {source}."),
        checks.present("resource", "The person who worked is missing. Choose one on the entry in {source}."),
        checks.present("project", "The project is missing. Choose one on the entry in {source}."),
        checks.not_longer_than("project", 40, "project code"),
        checks.present("work_date", "The day of the work is missing. Set it on the entry in {source}."),
        checks.not_in_future("work_date", "day of the work"),
        checks.hours_of_one_day(),
        checks.not_negative("bill_rate", "rate"),
        checks.currency_for("bill_rate"),
        checks.currency_known(),
        checks.approved_not_before("work_date"),
    ),
    amount=amounts.billed_time,
    references=references,
    sentence="Time entry of {resource_name} on {work_date}, {hours} h, {project_name}",
    derive=derive_bill_amount,
)
