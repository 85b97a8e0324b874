"""The records the sandbox ERP bills for: customers and projects, made and changed, and employees, only read."""

from apps.connectors.manifest import (
    FieldSpec,
    Idempotency,
    MappingLine,
    ValueKind,
    WriteMode,
    Writing,
)
from apps.connectors.sandbox_family import list_of


def _writing_to(path: str) -> Writing:
    """A repeat is recognised by its key for a day, and by our own number for ever; removing is the way back."""
    return Writing(
        create_path=path,
        update_path=f"{path}/{{key}}",
        idempotency=Idempotency.KEY_HEADER,
        idempotency_header="Idempotency-Key",
        own_key_field="external_id",
        own_key_parameter="external_id",
        undo_method="DELETE",
        undo_path=f"{path}/{{key}}",
    )


CUSTOMERS = list_of(
    "customers",
    "Customers",
    "Customer",
    known_by="number",
    writing=_writing_to("customers"),
    fields=(
        FieldSpec("id", label="Record number"),
        FieldSpec("number", label="Customer number", max_length=20),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("name", label="Name", required=True, max_length=120),
        FieldSpec("legal_name", label="Legal name"),
        FieldSpec("country", label="Country", required=True),
        FieldSpec("tax_id", label="Tax number"),
        FieldSpec("currency", label="Currency", required=True),
        FieldSpec("payment_terms_days", ValueKind.WHOLE, "Days to pay"),
        FieldSpec("invoice_email", label="Invoices go to"),
        FieldSpec("company", label="Company"),
        FieldSpec("state", ValueKind.CHOICE, "State", choices=("active", "blocked", "closed")),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("number", "number"),
        MappingLine("name", "name", required=True),
        MappingLine("legal_name", "legal_name"),
        MappingLine("country", "country"),
        MappingLine("tax_id", "tax_id"),
        MappingLine("currency", "currency"),
        MappingLine("payment_terms_days", "payment_terms_days"),
        MappingLine("invoice_email", "invoice_email"),
        MappingLine("state", "state"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, label="External number"),
        MappingLine("number", "number", write_mode=WriteMode.SET_ON_CREATE, label="Customer number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("legal_name", "legal_name", label="Legal name"),
        MappingLine("country", "country", required=True, label="Country"),
        MappingLine("tax_id", "tax_id", label="Tax number"),
        MappingLine("currency", "currency", required=True, label="Currency"),
        MappingLine("payment_terms_days", "payment_terms_days", label="Days to pay"),
        MappingLine("invoice_email", "invoice_email", label="Invoices go to"),
    ),
)

PROJECTS = list_of(
    "projects",
    "Projects",
    "Project",
    known_by="code",
    writing=_writing_to("projects"),
    fields=(
        FieldSpec("id", label="Number"),
        FieldSpec("code", label="Project code", required=True, max_length=40),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("name", label="Name", max_length=120),
        FieldSpec("company", label="Company"),
        FieldSpec("customer_number", label="Customer number"),
        FieldSpec("customer", label="Customer"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("cost_center", label="Cost centre"),
        FieldSpec("budget", ValueKind.MONEY, "Budget"),
        FieldSpec("budget_hours", ValueKind.HOURS, "Budget in hours"),
        FieldSpec("po_number", label="Purchase order", max_length=40),
        FieldSpec("state", label="State"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("code", "code", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("legal_entity", "company"),
        MappingLine("client", "customer_number"),
        MappingLine("client_name", "customer"),
        MappingLine("currency", "currency"),
        MappingLine("cost_center", "cost_center"),
        MappingLine("budget_money", "budget"),
        MappingLine("budget_hours", "budget_hours"),
        MappingLine("state", "state"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, label="External number"),
        MappingLine("code", "code", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("company", "legal_entity", required=True, label="Company"),
        MappingLine("customer_number", "client", label="Customer number"),
        MappingLine("customer", "client_name", label="Customer"),
        MappingLine("currency", "currency", label="Currency"),
        MappingLine("cost_center", "cost_center", label="Cost centre"),
        MappingLine("budget", "budget_money", label="Budget"),
        MappingLine("budget_hours", "budget_hours", label="Budget in hours"),
        MappingLine("po_number", "po_number", label="Purchase order"),
        MappingLine(
            "state",
            "state",
            value_map={
                "planned": "on_hold",
                "ready": "active",
                "active": "active",
                "on_hold": "on_hold",
                "closed": "closed",
            },
            label="State",
        ),
    ),
)

EMPLOYEES = list_of(
    "employees",
    "Employees",
    "Resource",
    known_by="number",
    fields=(
        FieldSpec("id", label="Record number", required=True),
        FieldSpec("number", label="Employee number", required=True),
        FieldSpec("name", label="Name"),
        FieldSpec("company", label="Company"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("employee_no", "number", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("legal_entity", "company"),
        MappingLine("active", "active"),
        MappingLine("updated_at", "modified_at"),
    ),
)
