"""TimeEntry: hours one person worked on one day for a project."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.currencies import round_money
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    Check,
    Owner,
    gettext_noop,
    problem,
)
from apps.connectors.canonical.vocabulary import APPROVALS
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ValueKind

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Entry number")),
    CanonicalField("resource", ValueKind.REFERENCE, gettext_noop("Person"), required=True),
    CanonicalField("resource_name", ValueKind.TEXT, gettext_noop("Name of the person")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project"), required=True),
    CanonicalField("project_name", ValueKind.TEXT, gettext_noop("Name of the project")),
    CanonicalField("task", ValueKind.REFERENCE, gettext_noop("Task")),
    CanonicalField("task_name", ValueKind.TEXT, gettext_noop("Name of the task")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("work_date", ValueKind.DATE, gettext_noop("Day of the work"), required=True),
    CanonicalField("start_at", ValueKind.INSTANT, gettext_noop("Start")),
    CanonicalField("end_at", ValueKind.INSTANT, gettext_noop("End")),
    CanonicalField("hours", ValueKind.HOURS, gettext_noop("Hours"), required=True),
    CanonicalField("billable", ValueKind.YES_NO, gettext_noop("Billable")),
    CanonicalField("service_item", ValueKind.TEXT, gettext_noop("Service")),
    CanonicalField("note", ValueKind.TEXT, gettext_noop("Note")),
    CanonicalField("approval", ValueKind.CHOICE, gettext_noop("Approval"), choices=APPROVALS, owner=Owner.PSA),
    CanonicalField("approved_by", ValueKind.TEXT, gettext_noop("Approved by"), owner=Owner.PSA),
    CanonicalField("approved_at", ValueKind.INSTANT, gettext_noop("Approved at"), owner=Owner.PSA),
    CanonicalField("bill_rate", ValueKind.MONEY, gettext_noop("Rate per hour"), unit="money per hour"),
    CanonicalField("bill_amount", ValueKind.MONEY, gettext_noop("Amount to bill")),
    CanonicalField("cost_rate", ValueKind.MONEY, gettext_noop("Cost per hour"), unit="money per hour", sensitive=True),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency")),
    CanonicalField("cost_center", ValueKind.TEXT, gettext_noop("Cost centre")),
    CanonicalField("department", ValueKind.TEXT, gettext_noop("Department")),
    CanonicalField("region", ValueKind.TEXT, gettext_noop("Region")),
    CanonicalField("location", ValueKind.TEXT, gettext_noop("Location")),
    CanonicalField("po_number", ValueKind.TEXT, gettext_noop("Purchase order")),
    CanonicalField("invoice_line", ValueKind.TEXT, gettext_noop("Invoice line"), owner=Owner.ERP),
    CanonicalField("unbilled_reason", ValueKind.TEXT, gettext_noop("Why it is not billed"), owner=Owner.ERP),
    CanonicalField("posted_at", ValueKind.INSTANT, gettext_noop("Posted at"), owner=Owner.ERP),
    CanonicalField(
        "correction_of",
        ValueKind.TEXT,
        gettext_noop("Correction of"),
        summary="The number of the entry that this one corrects: what is posted is never changed.",
    ),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def posted_is_billed() -> Check:
    """Build the rule that posted work stands on an invoice line, or says why it is not billed: none is forgotten."""
    forgotten = problem(
        "invoice_line",
        "The work is posted but stands on no invoice, and nothing says why. Bill it, or give the reason, in {source}.",
        BusinessClass.MISSING_REFERENCE,
        "not_billed",
    )

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        if values.get("posted_at") is None or values.get("billable") is False:
            return ()
        return () if values.get("invoice_line") or values.get("unbilled_reason") else forgotten

    return Check("posted_is_billed", "posted work stands on an invoice line or says why it is not billed", find)


def correction_adds() -> Check:
    """Build the rule that a correction is an entry of its own: what is posted is never changed."""
    itself = problem(
        "correction_of",
        "The entry says that it corrects itself. Enter the correction as one more entry in {source}.",
        code="corrects_itself",
    )

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        corrected = values.get("correction_of")
        return itself if corrected and corrected == values.get("id") else ()

    return Check("correction_adds", "a correction is an entry of its own", find)


def derive_bill_amount(values: CanonicalValues) -> Mapping[str, Any]:
    """Return the bill amount where hours and rate are given and the source did not state one."""
    if "bill_amount" in values:
        return {}
    hours, rate = values.get("hours"), values.get("bill_rate")
    if hours is None or rate is None:
        return {}
    return {"bill_amount": round_money(hours * rate, values.get("currency") or "")}


TIME_ENTRY = CanonicalType(
    name="TimeEntry",
    label=gettext_noop("Time entry"),
    plural=gettext_noop("Time entries"),
    summary="Hours one person worked on one day for a project.",
    owner=Owner.TIME,
    fields=FIELDS,
    key_fields=("id",),
    identity=(("id",), ("resource", "work_date", "task", "id")),
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
        posted_is_billed(),
        correction_adds(),
    ),
    amount_rule=(
        "Known: the amount to bill, else hours times rate rounded to the currency. Unknown without rate or currency. "
        "Nothing when not billable."
    ),
    amount=amounts.billed_time,
    references=amounts.references_by("work_date", cycle_from=lambda values: values.get("work_date")),
    sentence=gettext_noop("Time entry of {resource_name} on {work_date}, {hours} h, {project_name}"),
    derive=derive_bill_amount,
)
