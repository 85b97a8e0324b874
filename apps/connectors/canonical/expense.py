"""Expense: money one person spent for a project."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    Owner,
    gettext_noop,
)
from apps.connectors.canonical.vocabulary import APPROVALS
from apps.connectors.manifest import ValueKind

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Expense number")),
    CanonicalField("resource", ValueKind.REFERENCE, gettext_noop("Person"), required=True),
    CanonicalField("resource_name", ValueKind.TEXT, gettext_noop("Name of the person")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project"), required=True),
    CanonicalField("project_name", ValueKind.TEXT, gettext_noop("Name of the project")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("category", ValueKind.TEXT, gettext_noop("Category")),
    CanonicalField("spent_on", ValueKind.DATE, gettext_noop("Spent on"), required=True),
    CanonicalField("amount", ValueKind.MONEY, gettext_noop("Amount"), required=True),
    CanonicalField("tax_amount", ValueKind.MONEY, gettext_noop("Tax")),
    CanonicalField("fx_rate", ValueKind.DECIMAL, gettext_noop("Exchange rate"), unit="factor"),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency"), required=True),
    CanonicalField("reimbursable", ValueKind.YES_NO, gettext_noop("Paid back")),
    CanonicalField("billable", ValueKind.YES_NO, gettext_noop("Billable")),
    CanonicalField("markup", ValueKind.DECIMAL, gettext_noop("Markup"), unit="fraction", summary="0.1 adds a tenth."),
    CanonicalField("note", ValueKind.TEXT, gettext_noop("Note")),
    CanonicalField("report_no", ValueKind.TEXT, gettext_noop("Report")),
    CanonicalField("receipt", ValueKind.TEXT, gettext_noop("Receipt")),  # its file name, number or address
    CanonicalField("cost_center", ValueKind.TEXT, gettext_noop("Cost centre")),
    CanonicalField("approval", ValueKind.CHOICE, gettext_noop("Approval"), choices=APPROVALS),
    CanonicalField("approved_at", ValueKind.INSTANT, gettext_noop("Approved at")),
    CanonicalField("posted_at", ValueKind.INSTANT, gettext_noop("Posted at"), owner=Owner.ERP),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


EXPENSE = CanonicalType(
    name="Expense",
    label=gettext_noop("Expense"),
    plural=gettext_noop("Expenses"),
    summary="Money one person spent for a project.",
    owner=Owner.EXPENSES,
    fields=FIELDS,
    key_fields=("id",),
    identity=(("id",), ("report_no", "id")),
    checks=(
        checks.present("id", "The expense has no number of its own, so it cannot be followed. Check it in {source}."),
        checks.present("resource", "The person who spent the money is missing. Choose one in {source}."),
        checks.present("project", "The project is missing. Choose one on the expense in {source}."),
        checks.present("spent_on", "The day of the expense is missing. Set it in {source}."),
        checks.not_in_future("spent_on", "day of the expense"),
        checks.present("amount", "The amount is missing. Fill it in at {source}."),
        checks.not_negative("amount", "amount"),
        checks.present("currency", "The currency is missing, so the amount cannot be booked. Set it in {source}."),
        checks.currency_known(),
        checks.approved_not_before("spent_on"),
    ),
    amount_rule="Known: the amount of the expense. Unknown without amount or currency.",
    amount=amounts.stated_amount,
    references=amounts.references_by("spent_on", cycle_from=lambda values: values.get("spent_on")),
    sentence=gettext_noop("Expense of {resource_name} on {spent_on}, {amount} {currency}, {project_name}"),
)
