"""Tryton 8.2: what its REST interface holds and how its records meet the canonical model.

Facts were taken from a running 8.2 (`make real` boots one); the interface itself is described at
https://docs.tryton.org/latest/server/topics/user_application/rest_api.html.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import (
    ChangeRead,
    ErrorRule,
    ErrorShape,
    FieldSpec,
    Idempotency,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
    Writing,
)
from apps.connectors.sheet_terms import BatchAnswer, DayForm, Formats, MoneyForm, TimeForm

PAGE = 200
BATCH = 100
# A row becomes visible when its request ends, with the write_date of its beginning: reading a minute again misses none.
OVERLAP_SECONDS = 60
LINE_FIELDS = (
    "company",
    "employee.party.code",
    "work.rec_name",
    "date",
    "duration",
    "description",
    "create_date",
    "write_date",
)
EMPLOYEE_FIELDS = (
    "company",
    "party.code",
    "party.name",
    "party.contact_mechanisms.type",
    "party.contact_mechanisms.value",
    "start_date",
    "end_date",
    "active",
    "create_date",
    "write_date",
)
PROJECT_FIELDS = (
    "company",
    "number",
    "name",
    "type",
    "party.name",
    "project_invoice_method",
    "create_date",
    "write_date",
)

INVOICE_FIELDS = (
    "company",
    "type",
    "number",
    "party.code",
    "party.name",
    "invoice_date",
    "accounting_date",
    "lines_to_pay.maturity_date",
    "currency.code",
    "untaxed_amount",
    "tax_amount",
    "total_amount",
    "amount_to_pay",
    "state",
    "reference",
    "description",
    "comment",
    "lines.type",
    "lines.description",
    "lines.quantity",
    "lines.unit.symbol",
    "lines.unit_price",
    "lines.amount",
    "lines.product.code",
    "lines.account.code",
    "create_date",
    "write_date",
)


def _reading(path: str, fields: tuple[str, ...]) -> Reading:
    return Reading(
        path=f"rest/model/{path}",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="write_date",
        since_sorted=True,
        parameters={"f": ",".join(fields)},
        paging=Paging(style="offset", size=PAGE, size_parameter="s"),
        overlap_seconds=OVERLAP_SECONDS,
        one_path=f"rest/model/{path}/{{key}}",
    )


TIME_LINE = ObjectManifest(
    name="timesheet.line",
    label="Timesheet line",
    canonical_type="TimeEntry",
    version_field="changed_at",
    natural_key="description",
    fields=(
        FieldSpec("employee", ValueKind.TEXT, "Employee (party code or e-mail)", required=True),
        FieldSpec("project", ValueKind.TEXT, "Project (number, or what its name begins with)", required=True),
        FieldSpec("task", ValueKind.TEXT, "Task (name below the project)"),
        FieldSpec("date", ValueKind.DATE, "Date", required=True),
        FieldSpec("duration", ValueKind.HOURS, "Duration", required=True),
        FieldSpec("description", ValueKind.TEXT, "Description"),
    ),
    reading=_reading("timesheet.line", LINE_FIELDS),
    writing=Writing(
        create_path="rest/model/timesheet.line",
        update_path="rest/model/timesheet.line/{key}",
        update_method="PUT",
        batch_path="rest/model/timesheet.line/create",
        batch_size=BATCH,
        idempotency=Idempotency.SEARCH_BEFORE_CREATE,
        own_key_field="description",
        batch_answer=BatchAnswer.ALL_OR_NONE,  # one transaction of its database
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Entry number"),
        MappingLine("resource", "employee.party.code", label="Person"),
        MappingLine("task_name", "work.rec_name", label="Task"),
        MappingLine("work_date", "date", required=True, label="Day of the work"),
        MappingLine("hours", "duration", required=True, label="Hours"),
        MappingLine("note", "description", label="Note"),
        MappingLine("updated_at", "changed_at", label="Last changed"),
    ),
    writing_lines=(
        MappingLine("employee", "resource", required=True, label="Employee"),
        MappingLine("project", "project", required=True, label="Project"),
        MappingLine("task", "task_name", label="Task"),
        MappingLine("date", "work_date", required=True, label="Date"),
        MappingLine("duration", "hours", required=True, label="Duration"),
        MappingLine("description", "note", label="Description"),
    ),
)

EMPLOYEE = ObjectManifest(
    name="company.employee",
    label="Employee",
    canonical_type="Resource",
    version_field="changed_at",
    natural_key="party.code",
    fields=(
        FieldSpec("party.code", ValueKind.TEXT, "Party code"),
        FieldSpec("party.name", ValueKind.TEXT, "Name"),
        FieldSpec("email", ValueKind.TEXT, "E-mail"),
        FieldSpec("start_date", ValueKind.DATE, "Start date"),
        FieldSpec("end_date", ValueKind.DATE, "End date"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
    ),
    reading=_reading("company.employee", EMPLOYEE_FIELDS),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("employee_no", "party.code", label="Personnel number"),
        MappingLine("name", "party.name", required=True, label="Name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("hired", "start_date", label="Hired on"),
        MappingLine("left", "end_date", label="Left on"),
        MappingLine("active", "active", label="Active"),
        MappingLine("updated_at", "changed_at", label="Last changed"),
    ),
)

PROJECT = ObjectManifest(
    name="project.work",
    label="Project",
    canonical_type="Project",
    version_field="changed_at",
    natural_key="name",
    fields=(
        FieldSpec("number", ValueKind.TEXT, "Number"),
        FieldSpec("name", ValueKind.TEXT, "Name"),
        FieldSpec("party.name", ValueKind.TEXT, "Client"),
        FieldSpec("project_invoice_method", ValueKind.TEXT, "Invoice method"),
    ),
    reading=_reading("project.work", PROJECT_FIELDS),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Project id"),
        MappingLine("code", "number", required=True, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client_name", "party.name", label="Name of the client"),
        # "effort" bills the planned hours and "progress" a part of them; "manual" says nothing of how.
        MappingLine(
            "billing_kind",
            expression=(
                "r.?project_invoice_method.orValue('') == 'timesheet' ? 'time_material' : "
                "r.?project_invoice_method.orValue('') in ['effort', 'progress'] ? 'fixed_fee' : ''"
            ),
            label="Way of billing",
        ),
        MappingLine("updated_at", "changed_at", label="Last changed"),
    ),
)

# A total, a title or a comment between the lines is of another type and would count twice, or for nothing.
_INVOICE_LINES = (
    "has(r.lines) ? r.lines.filter(l, l.?type.orValue('line') == 'line').map(l, {?'description': l.?description, "
    "?'quantity': l.?quantity, ?'unit': l.?unit.?symbol, ?'price': l.?unit_price, ?'net': l.?amount, "
    "?'item': l.?product.?code, ?'account': l.?account.?code}) : []"
)

# Read are invoices that have a number: those that were posted once. A draft has neither number nor day yet, and both may
# still change; it is read when it is posted, which is a change of it.
INVOICE = ObjectManifest(
    name="account.invoice",
    label="Customer invoice",
    canonical_type="Invoice",
    version_field="changed_at",
    natural_key="number",
    fields=(
        FieldSpec("number", ValueKind.TEXT, "Number"),
        FieldSpec("party.code", ValueKind.TEXT, "Party code"),
        FieldSpec("party.name", ValueKind.TEXT, "Client"),
        FieldSpec("invoice_date", ValueKind.DATE, "Invoice date"),
        FieldSpec("accounting_date", ValueKind.DATE, "Accounting date"),
        FieldSpec("due_date", ValueKind.DATE, "Due date (of the last instalment)"),
        FieldSpec("currency.code", ValueKind.TEXT, "Currency"),
        FieldSpec("untaxed_amount", ValueKind.MONEY, "Untaxed"),
        FieldSpec("tax_amount", ValueKind.MONEY, "Tax"),
        FieldSpec("total_amount", ValueKind.MONEY, "Total"),
        FieldSpec("amount_to_pay", ValueKind.MONEY, "Amount to pay"),
        FieldSpec("state", ValueKind.CHOICE, "State", choices=("draft", "validated", "posted", "paid", "cancelled")),
        FieldSpec("reference", ValueKind.TEXT, "Reference"),
        FieldSpec("description", ValueKind.TEXT, "Description"),
        FieldSpec("comment", ValueKind.TEXT, "Comment"),
        FieldSpec("lines", ValueKind.NESTED, "Lines"),
    ),
    reading=_reading("account.invoice", INVOICE_FIELDS),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Invoice id"),
        MappingLine("number", "number", label="Invoice number"),
        # Tryton has no type of its own for credits: their amounts are below zero.
        MappingLine(
            "kind",
            expression="r.?total_amount.orValue('').startsWith('-') ? 'credit' : 'invoice'",
            label="Invoice or credit",
        ),
        MappingLine("client", "party.code", required=True, label="Client who pays"),
        MappingLine("client_name", "party.name", label="Name of the client"),
        MappingLine("issue_date", "invoice_date", required=True, label="Day of the invoice"),
        MappingLine("posting_date", "accounting_date", label="Posted on"),
        MappingLine("due_date", "due_date", label="Due on"),
        MappingLine("currency", "currency.code", required=True, label="Currency"),
        MappingLine("net", "untaxed_amount", label="Amount without tax"),
        MappingLine("tax", "tax_amount", label="Tax"),
        MappingLine("gross", "total_amount", label="Amount with tax"),
        MappingLine("open_amount", "amount_to_pay", label="Still to be paid"),
        MappingLine(
            "state",
            "state",
            value_map={
                "draft": "draft",
                "validated": "approved",
                "posted": "posted",
                "paid": "paid",
                "cancelled": "void",
            },
            label="State",
        ),
        MappingLine("po_number", "reference", label="Purchase order"),
        MappingLine("note", "comment", label="Note"),
        MappingLine("lines", expression=_INVOICE_LINES, label="Lines"),
        MappingLine("updated_at", "changed_at", label="Last changed"),
    ),
)

# Texts, not codes: Tryton has none. The connector always asks for English, so one set of patterns is enough.
ERROR_RULES = (
    ErrorRule(
        FailureKind.REJECTED,
        BusinessClass.CLOSED_PERIOD,
        (400,),
        pattern=r"[Yy]ou must reopen the period",
        field="work_date",
        sentence="The accounting period of this entry is closed in Tryton. Reopen the period there, or agree a date in "
        "an open one. ({message})",
    ),
    ErrorRule(
        FailureKind.REJECTED,
        BusinessClass.CONFLICT,
        (400,),
        pattern=r"because it has been invoiced",
        field="hours",
        sentence="This time has already been invoiced in Tryton, so the line can no longer change. Book the difference "
        "as a new entry, or credit the invoice first.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        (400, 403),
        pattern=r"You are not allowed to (access|create|write|read|modify|delete)|Forbidden",
        sentence="The Tryton user of this connection lacks a right. Give its groups access to timesheets, employees and "
        "projects, and to invoices where they are read. ({message})",
    ),
    ErrorRule(
        FailureKind.REJECTED,
        BusinessClass.VALIDATION,
        (400,),
        pattern=r'field "Duration" .* is not valid|duration of line .* must be positive',
        field="hours",
        sentence="Tryton accepts no negative hours. Correct the hours of the entry.",
    ),
    ErrorRule(
        FailureKind.REJECTED,
        BusinessClass.TOO_LARGE,
        (400,),
        pattern=r"is too long \(",
        sentence="A text is longer than Tryton allows. Shorten it. ({message})",
    ),
    ErrorRule(
        FailureKind.REJECTED,
        BusinessClass.MISSING_REFERENCE,
        (400,),
        pattern=r"A value is required for field|does not exist",
        sentence="Tryton needs a value that is missing or gone. ({message})",
    ),
    ErrorRule(FailureKind.REJECTED, BusinessClass.VALIDATION, (400,), sentence="Tryton refuses the entry: {message}"),
    # ConcurrencyException: somebody saved the same record at the same moment.
    ErrorRule(
        FailureKind.RETRYABLE, BusinessClass.CONFLICT, (423,), sentence="Tryton is saving the same record just now."
    ),
)

MANIFEST = SystemManifest(
    slug="tryton",
    name="Tryton",
    category="ERP",
    summary="Open ERP: timesheets, projects, employees and invoices, over its REST interface.",
    proof=ProofLabel.REAL_SYSTEM,
    documentation="docs/connect/tryton.md",
    auth=AuthSpec(AuthScheme.BEARER),
    objects=(TIME_LINE, EMPLOYEE, PROJECT, INVOICE),
    secrets=(
        SecretSpec(
            "token",
            "Application key",
            "Ask for it with POST /<database>/r/user/application/ (application “rest”), then let the Tryton user validate "
            "it under Preferences, Applications.",
        ),
    ),
    settings=(FieldSpec("company", ValueKind.TEXT, "Company (its name; may stay empty when there is one)"),),
    rights=(
        "The user application “rest”, validated by the user under Preferences, Applications.",
        "To read companies, employees and projects: read access to these models.",
        "To read customer invoices, where they are wanted: read access to invoices, invoice lines and account move lines, as "
        "the group “Accounting” has it. What may not be read, Tryton leaves out without a word.",
        "To create and change timesheet lines of everybody: the group “Timesheet Administration”.",
    ),
    test_path="rest/model/company.company",
    limits=Limits(at_once=4),
    error_shape=ErrorShape(message_path="message"),
    error_rules=ERROR_RULES,
    deletes="absent",
    filters_strict=True,
    formats=Formats(MoneyForm.TEXT, TimeForm.SECONDS, DayForm.PARTS),
)
