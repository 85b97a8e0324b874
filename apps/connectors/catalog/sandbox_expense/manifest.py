"""The sandbox expense tool: what people spent, read once it is approved."""

from apps.connectors.manifest import (
    FieldSpec,
    MappingLine,
    ValueKind,
)
from apps.connectors.sandbox_family import NO_COMPANY, list_of, sandbox_system
from apps.connectors.sheet_terms import Formats, MoneyForm
from apps.connectors.webhook_spec import WebhookSpec

_EXPENSES = list_of(
    "expenses",
    "Expenses",
    "Expense",
    known_by="id",
    fields=(
        FieldSpec("id", label="Expense number", required=True),
        FieldSpec("report_no", label="Report"),
        FieldSpec("employee_no", label="Personnel number"),
        FieldSpec("person_name", label="Person"),
        FieldSpec("project_code", label="Project code"),
        FieldSpec("project_name", label="Project"),
        FieldSpec("client_name", label="Client"),
        FieldSpec("category", label="Category"),
        FieldSpec("merchant", label="Merchant"),
        FieldSpec("spent_on", ValueKind.DATE, "Spent on", required=True),
        FieldSpec("amount", ValueKind.MONEY, "Amount", required=True),
        FieldSpec("tax_amount", ValueKind.MONEY, "Tax"),
        FieldSpec("currency", label="Currency", required=True),
        FieldSpec("reimbursable", ValueKind.YES_NO, "Paid back"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("cost_center", label="Cost centre"),
        FieldSpec("receipt", label="Receipt"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("draft", "submitted", "approved", "rejected")),
        FieldSpec("approved_at", ValueKind.INSTANT, "Approved at"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("report_no", "report_no"),
        MappingLine("resource", "employee_no"),
        MappingLine("resource_name", "person_name"),
        MappingLine("project", "project_code"),
        MappingLine("project_name", "project_name"),
        MappingLine("client_name", "client_name"),
        MappingLine("category", "category"),
        MappingLine("note", "merchant"),
        MappingLine("spent_on", "spent_on", required=True),
        MappingLine("amount", "amount", required=True),
        MappingLine("tax_amount", "tax_amount"),
        MappingLine("currency", "currency", required=True),
        MappingLine("reimbursable", "reimbursable"),
        MappingLine("billable", "billable"),
        MappingLine("cost_center", "cost_center"),
        MappingLine("receipt", "receipt"),
        MappingLine(
            "approval",
            "status",
            value_map={"draft": "open", "submitted": "submitted", "approved": "approved", "rejected": "rejected"},
        ),
        MappingLine("approved_at", "approved_at"),
        MappingLine("updated_at", "modified_at"),
    ),
)

_PEOPLE = list_of(
    "people",
    "People",
    "Resource",
    known_by="employee_no",
    fields=(
        FieldSpec("id", label="Number", required=True),
        FieldSpec("employee_no", label="Personnel number", required=True),
        FieldSpec("name", label="Name"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("employee_no", "employee_no"),
        MappingLine("name", "name", required=True),
        MappingLine("email", "email"),
        MappingLine("active", "active"),
        MappingLine("updated_at", "modified_at"),
    ),
)


MANIFEST = sandbox_system(
    "sandbox_expense",
    "Sandbox expenses",
    category="Expenses",
    summary="A simulated expense tool where people hand in what they spent for projects, for trying things out.",
    objects=(_EXPENSES, _PEOPLE),
    rights="The right to read expenses and people.",
    error_rules=(NO_COMPANY,),
    webhook=WebhookSpec("standard"),
    formats=Formats(MoneyForm.TEXT),
)
