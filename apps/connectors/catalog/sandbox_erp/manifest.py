"""The sandbox ERP: where approved time becomes lines that can be billed."""

from apps.connectors.catalog.sandbox_erp.books import BOOKS
from apps.connectors.catalog.sandbox_erp.expense_lines import EXPENSE_LINES
from apps.connectors.catalog.sandbox_erp.invoices import INVOICES
from apps.connectors.catalog.sandbox_erp.masters import CUSTOMERS, EMPLOYEES, PROJECTS
from apps.connectors.catalog.sandbox_erp.purchase_orders import PURCHASE_ORDERS
from apps.connectors.catalog.sandbox_erp.refusals import ERROR_RULES
from apps.connectors.manifest import (
    FieldSpec,
    Idempotency,
    MappingLine,
    ValueKind,
    WriteMode,
    Writing,
)
from apps.connectors.sandbox_family import list_of, sandbox_system
from apps.connectors.sheet_terms import DayForm, Formats, MoneyForm, TimeForm

_TIME_LINES = list_of(
    "time-lines",
    "Time lines",
    "TimeEntry",
    known_by="external_id",
    writing=Writing(
        create_path="time-lines",
        update_path="time-lines/{key}",
        batch_path="time-lines/batch",
        batch_size=100,
        idempotency=Idempotency.OWN_KEY_FIELD,
        idempotency_header="Idempotency-Key",
        own_key_field="external_id",
        batch_position_path="position",
        batch_key_field="idempotency_key",
        batch_target_field="id",
    ),
    fields=(
        FieldSpec("external_id", label="External number", required=True, max_length=80),
        FieldSpec("company", label="Company", required=True),
        FieldSpec("project", label="Project", required=True),
        FieldSpec("employee", label="Employee", required=True),
        FieldSpec("posting_date", label="Posting date (DD.MM.YYYY)", required=True),
        FieldSpec("quantity", ValueKind.HOURS, "Quantity", required=True),
        FieldSpec("unit_price", ValueKind.MONEY, "Unit price", required=True),
        FieldSpec("amount", ValueKind.MONEY, "Amount", required=True),
        FieldSpec("currency", label="Currency", required=True),
        FieldSpec("cost_center", label="Cost centre"),
        FieldSpec("description", label="Description", max_length=200),
        FieldSpec("po_number", label="Purchase order", max_length=40),
    ),
    reading_lines=(
        MappingLine("id", "external_id", required=True),
        MappingLine("legal_entity", "company"),
        MappingLine("project", "project"),
        MappingLine("resource", "employee"),
        MappingLine("work_date", "posting_date", transforms=("date_parse:%d.%m.%Y",), required=True),
        MappingLine("hours", "quantity", required=True),
        MappingLine("bill_rate", "unit_price"),
        MappingLine("bill_amount", "amount"),
        MappingLine("currency", "currency"),
        MappingLine("cost_center", "cost_center"),
        MappingLine("note", "description"),
        MappingLine("po_number", "po_number"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, required=True, label="External number"),
        MappingLine(
            "company", "region", value_map={"EMEA": "100", "AMER": "200", "APAC": "300"}, required=True, label="Company"
        ),
        MappingLine("project", "project", required=True, label="Project"),
        MappingLine("employee", "resource", required=True, label="Employee"),
        MappingLine(
            "posting_date", "approved_at", transforms=("date_format:%d.%m.%Y",), required=True, label="Posting date"
        ),
        MappingLine("quantity", "hours", required=True, label="Quantity"),
        MappingLine("unit_price", "bill_rate", required=True, label="Unit price"),
        MappingLine("amount", "bill_amount", required=True, label="Amount"),
        MappingLine("currency", "currency", required=True, label="Currency"),
        MappingLine("cost_center", "cost_center", default="CC-000", label="Cost centre"),
        MappingLine("description", expression='r.task_name + " - " + r.resource_name', label="Description"),
        MappingLine("po_number", "po_number", label="Purchase order"),
    ),
)


MANIFEST = sandbox_system(
    "sandbox_erp",
    "Sandbox ERP",
    category="ERP",
    summary="A simulated ERP with customers, projects, accounting periods, time and expense lines, invoices and purchase orders, for trying things out.",
    objects=(_TIME_LINES, CUSTOMERS, PROJECTS, EMPLOYEES, EXPENSE_LINES, INVOICES, PURCHASE_ORDERS, *BOOKS),
    rights="The right to read, and the right “write” to make customers, projects, lines, invoices and purchase orders.",
    at_once=8,
    error_rules=ERROR_RULES,
    formats=Formats(MoneyForm.TEXT, TimeForm.HOURS, DayForm.DOTTED),
)
