"""The sandbox PSA: where consultants book time and managers approve it."""

from apps.connectors.catalog.sandbox_psa.assignments import ASSIGNMENTS
from apps.connectors.catalog.sandbox_psa.engagements import CLIENTS, PROJECTS
from apps.connectors.catalog.sandbox_psa.invoices import INVOICES
from apps.connectors.catalog.sandbox_psa.milestones import MILESTONES
from apps.connectors.catalog.sandbox_psa.refusals import ERROR_RULES
from apps.connectors.manifest import (
    FieldSpec,
    MappingLine,
    ValueKind,
)
from apps.connectors.sandbox_family import list_of, sandbox_system
from apps.connectors.sheet_terms import Formats, MoneyForm, TimeForm
from apps.connectors.webhook_spec import WebhookSpec

_TIME_ENTRIES = list_of(
    "time-entries",
    "Time entries",
    "TimeEntry",
    known_by="id",
    records_path="results",
    fields=(
        FieldSpec("id", label="Entry number", required=True),
        FieldSpec("project_code", label="Project code"),
        FieldSpec("project_name", label="Project"),
        FieldSpec("task_id", label="Task number"),
        FieldSpec("task_name", label="Task"),
        FieldSpec("person_id", label="Employee number"),
        FieldSpec("person_name", label="Person"),
        FieldSpec("worked_on", ValueKind.DATE, "Worked on", required=True),
        FieldSpec("hours", ValueKind.HOURS, "Hours", required=True),
        FieldSpec("rate", ValueKind.MONEY, "Rate per hour"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("draft", "submitted", "approved", "rejected")),
        FieldSpec("approved_at", ValueKind.INSTANT, "Approved at"),
        FieldSpec("approved_by", label="Approved by"),
        FieldSpec("notes", label="Notes"),
        FieldSpec("cost_center", label="Cost centre"),
        FieldSpec("service_item", label="Service"),
        FieldSpec("department", label="Department"),
        FieldSpec("tags", ValueKind.NESTED, "Tags"),
        FieldSpec("custom", ValueKind.NESTED, "Custom fields"),
        FieldSpec("created_at", ValueKind.INSTANT, "Created at"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("resource", "person_id"),
        MappingLine("resource_name", "person_name"),
        MappingLine("project", "project_code"),
        MappingLine("project_name", "project_name"),
        MappingLine("task", "task_id"),
        MappingLine("task_name", "task_name"),
        MappingLine("client", "custom.client.id"),
        MappingLine("client_name", "custom.client.name"),
        MappingLine("work_date", "worked_on", required=True),
        MappingLine("hours", "hours", required=True),
        MappingLine("billable", "billable"),
        MappingLine("service_item", "service_item"),
        MappingLine("note", "notes"),
        MappingLine(
            "approval",
            "status",
            value_map={"draft": "open", "submitted": "submitted", "approved": "approved", "rejected": "rejected"},
        ),
        MappingLine("approved_by", "approved_by"),
        MappingLine("approved_at", "approved_at"),
        MappingLine("bill_rate", "rate"),
        MappingLine("currency", "currency"),
        MappingLine("cost_center", "cost_center"),
        MappingLine("department", "department"),
        MappingLine("region", "custom.region"),
        MappingLine("location", "custom.location"),
        MappingLine("po_number", "custom.po_number"),
        MappingLine("updated_at", "modified_at"),
    ),
)

_RESOURCES = list_of(
    "resources",
    "People",
    "Resource",
    known_by="id",
    records_path="results",
    fields=(
        FieldSpec("id", label="Employee number", required=True),
        FieldSpec("name", label="Name"),
        FieldSpec("given_name", label="Given name"),
        FieldSpec("family_name", label="Family name"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("title", label="Job title"),
        FieldSpec("grade", label="Grade"),
        FieldSpec("rate", ValueKind.MONEY, "Rate per hour"),
        FieldSpec("department", label="Department"),
        FieldSpec("region", label="Region"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("employee_no", "id"),
        MappingLine("name", "name", required=True),
        MappingLine("given", "given_name"),
        MappingLine("family", "family_name"),
        MappingLine("email", "email"),
        MappingLine("job_title", "title"),
        MappingLine("grade", "grade"),
        MappingLine("department", "department"),
        MappingLine("active", "active"),
        MappingLine("updated_at", "modified_at"),
    ),
)

_TASKS = list_of(
    "tasks",
    "Tasks",
    "Task",
    known_by="id",
    records_path="results",
    fields=(
        FieldSpec("id", label="Task number", required=True),
        FieldSpec("project_code", label="Project code"),
        FieldSpec("name", label="Name"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("open_for_time", ValueKind.YES_NO, "Open for time"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("project", "project_code"),
        MappingLine("code", "id"),
        MappingLine("name", "name", required=True),
        MappingLine("billable", "billable"),
        MappingLine("open_for_time", "open_for_time"),
        MappingLine("updated_at", "modified_at"),
    ),
)

MANIFEST = sandbox_system(
    "sandbox_psa",
    "Sandbox PSA",
    category="PSA",
    summary="A simulated PSA with people, projects and time entries, for trying things out.",
    objects=(_TIME_ENTRIES, PROJECTS, _RESOURCES, CLIENTS, _TASKS, MILESTONES, ASSIGNMENTS, INVOICES),
    rights="The right to read, and the right “write” to make clients, projects and tasks and to mark time as billed.",
    at_once=8,
    error_rules=ERROR_RULES,
    webhook=WebhookSpec(scheme="standard", delivery_header="webhook-id"),
    formats=Formats(MoneyForm.TEXT, TimeForm.HOURS),
)
