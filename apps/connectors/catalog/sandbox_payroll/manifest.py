"""The sandbox payroll: approved hours and expenses to refund go in, for pay periods that are open."""

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import (
    FieldSpec,
    MappingLine,
    ValueKind,
    WriteMode,
)
from apps.connectors.sandbox_family import (
    common_refusals,
    gone,
    list_of,
    no_number,
    refused,
    sandbox_system,
    taken_before,
    writing_to,
)
from apps.connectors.sheet_terms import Formats, MoneyForm, TimeForm

_HOURS = list_of(
    "hours",
    "Hours to pay",
    "TimeEntry",
    known_by="external_id",
    writing=writing_to("hours", takes_keys=True),
    fields=(
        FieldSpec("external_id", label="External number", required=True, max_length=80),
        FieldSpec("employee", label="Personnel number", required=True),
        FieldSpec("day", ValueKind.DATE, "Day", required=True),
        FieldSpec("hours", ValueKind.HOURS, "Hours", required=True),
        FieldSpec("earning", ValueKind.CHOICE, "Earning", choices=("regular", "overtime", "travel")),
        FieldSpec("project_code", label="Project code"),
        FieldSpec("cost_center", label="Cost centre"),
        FieldSpec("note", label="Note", max_length=200),
        FieldSpec("period", label="Pay period"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "external_id", required=True),
        MappingLine("resource", "employee"),
        MappingLine("project", "project_code"),
        MappingLine("work_date", "day", required=True),
        MappingLine("hours", "hours", required=True),
        MappingLine("service_item", "earning"),
        MappingLine("cost_center", "cost_center"),
        MappingLine("note", "note"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, required=True, label="External number"),
        MappingLine("employee", "resource", required=True, label="Personnel number"),
        MappingLine("day", "work_date", required=True, label="Day"),
        MappingLine("hours", "hours", required=True, label="Hours"),
        # What is paid otherwise than as regular hours has a line in the value table.
        MappingLine(
            "earning",
            "service_item",
            value_map={"OVERTIME": "overtime", "TRAVEL": "travel"},
            value_map_default="regular",
            default="regular",
            label="Earning",
        ),
        MappingLine("project_code", "project", label="Project code"),
        MappingLine("cost_center", "cost_center", label="Cost centre"),
        MappingLine("note", "project_name", transforms=("shorten:200",), label="Note"),
    ),
)

_REFUNDS = list_of(
    "refunds",
    "Refunds",
    "Expense",
    known_by="external_id",
    writing=writing_to("refunds", takes_keys=True),
    fields=(
        FieldSpec("external_id", label="External number", required=True, max_length=80),
        FieldSpec("employee", label="Personnel number", required=True),
        FieldSpec("day", ValueKind.DATE, "Day", required=True),
        FieldSpec("amount", ValueKind.MONEY, "Amount", required=True),
        FieldSpec("currency", label="Currency", required=True),
        FieldSpec("reason", label="Reason", max_length=120),
        FieldSpec("project_code", label="Project code"),
        FieldSpec("report_no", label="Report"),
        FieldSpec("period", label="Pay period"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "external_id", required=True),
        MappingLine("resource", "employee"),
        MappingLine("project", "project_code"),
        MappingLine("spent_on", "day", required=True),
        MappingLine("amount", "amount", required=True),
        MappingLine("currency", "currency", required=True),
        MappingLine("category", "reason"),
        MappingLine("report_no", "report_no"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, required=True, label="External number"),
        MappingLine("employee", "resource", required=True, label="Personnel number"),
        MappingLine("day", "spent_on", required=True, label="Day"),
        MappingLine("amount", "amount", required=True, label="Amount"),
        MappingLine("currency", "currency", required=True, label="Currency"),
        MappingLine("reason", "category", transforms=("shorten:120",), label="Reason"),
        MappingLine("project_code", "project", label="Project code"),
        MappingLine("report_no", "report_no", label="Report"),
    ),
)

_EMPLOYEES = list_of(
    "employees",
    "Employees",
    "Resource",
    known_by="number",
    fields=(
        FieldSpec("id", label="Number", required=True),
        FieldSpec("number", label="Personnel number", required=True),
        FieldSpec("name", label="Name"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("department", label="Department"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("employee_no", "number"),
        MappingLine("name", "name", required=True),
        MappingLine("email", "email"),
        MappingLine("department", "department"),
        MappingLine("currency", "currency"),
        MappingLine("active", "active"),
        MappingLine("updated_at", "modified_at"),
    ),
)


MANIFEST = sandbox_system(
    "sandbox_payroll",
    "Sandbox payroll",
    category="Payroll",
    summary="A simulated payroll that takes hours and refunds for open pay periods, for trying things out.",
    objects=(_HOURS, _REFUNDS, _EMPLOYEES),
    rights="The right to read employees and what is to be paid, and the right “write” to hand in hours and refunds.",
    error_rules=(
        refused(
            "closed_period",
            BusinessClass.CLOSED_PERIOD,
            "The pay period of {value} is closed: what was worked or spent then is paid. Ask payroll for a correction.",
        ),
        refused(
            "unknown_employee",
            BusinessClass.MISSING_REFERENCE,
            "Employee {value} is not on the pay list. Add the person there, or correct the person on the record.",
            "resource",
        ),
        refused(
            "hours_out_of_range",
            BusinessClass.VALIDATION,
            "Payroll takes at most 24 hours a day, not {value}. Correct the hours on the entry.",
            "hours",
        ),
        refused("invalid_date", BusinessClass.PARSE, "{value} is no day payroll can read. Correct it on the record."),
        no_number("payroll"),
        refused(
            "invalid_currency",
            BusinessClass.VALIDATION,
            "Payroll does not pay in the currency {value}. Correct it on the expense.",
            "currency",
        ),
        refused(
            "duplicate",
            BusinessClass.DUPLICATE,
            "Payroll already holds this record under another number. Check both before it is paid twice.",
        ),
        taken_before("Payroll"),
        gone("payroll", "record"),
        *common_refusals("Payroll"),
    ),
    formats=Formats(MoneyForm.TEXT, TimeForm.HOURS),
)
