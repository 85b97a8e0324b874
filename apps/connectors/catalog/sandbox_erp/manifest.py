"""The sandbox ERP: where approved time becomes lines that can be billed."""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import (
    AuthScheme,
    AuthSpec,
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
    SecretSpec,
    SystemManifest,
    ValueKind,
    WriteMode,
    Writing,
)

_PAGING = Paging(style="page", size=200, size_parameter="size", position_parameter="page", total_path="total")


def _reading(path: str) -> Reading:
    return Reading(
        path=path,
        records_path="records",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="modified_since",
        paging=_PAGING,
        one_path=f"{path}/{{key}}",
        since_sorted=True,
    )


_TIME_LINES = ObjectManifest(
    name="time-lines",
    label="Time lines",
    canonical_type="TimeEntry",
    version_field="modified_at",
    natural_key="external_id",
    find_parameter="external_id",
    find_at_once=50,
    reading=_reading("time-lines"),
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


def _master(
    name: str,
    label: str,
    canonical_type: str,
    natural_key: str,
    fields: tuple[FieldSpec, ...],
    lines: tuple[MappingLine, ...],
) -> ObjectManifest:
    return ObjectManifest(
        name=name,
        label=label,
        canonical_type=canonical_type,
        version_field="modified_at",
        natural_key=natural_key,
        find_parameter=natural_key,
        find_at_once=50,
        reading=_reading(name),
        fields=fields,
        reading_lines=lines,
    )


_PROJECTS = _master(
    "projects",
    "Projects",
    "Project",
    "code",
    (
        FieldSpec("id", label="Number", required=True),
        FieldSpec("code", label="Project code", required=True),
        FieldSpec("name", label="Name"),
        FieldSpec("company", label="Company"),
        FieldSpec("customer", label="Customer"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("cost_center", label="Cost centre"),
        FieldSpec("state", label="State"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    (
        MappingLine("id", "id", required=True),
        MappingLine("code", "code", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("legal_entity", "company"),
        MappingLine("client_name", "customer"),
        MappingLine("currency", "currency"),
        MappingLine("cost_center", "cost_center"),
        MappingLine("state", "state"),
        MappingLine("updated_at", "modified_at"),
    ),
)

_EMPLOYEES = _master(
    "employees",
    "Employees",
    "Resource",
    "number",
    (
        FieldSpec("id", label="Record number", required=True),
        FieldSpec("number", label="Employee number", required=True),
        FieldSpec("name", label="Name"),
        FieldSpec("company", label="Company"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    (
        MappingLine("id", "id", required=True),
        MappingLine("employee_no", "number", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("legal_entity", "company"),
        MappingLine("active", "active"),
        MappingLine("updated_at", "modified_at"),
    ),
)


def _refused(code: str, business_class: BusinessClass, sentence: str, field: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, field=field, sentence=sentence)


_ERROR_RULES = (
    _refused(
        "closed_period",
        BusinessClass.CLOSED_PERIOD,
        "The accounting period of {value} is closed in the ERP. Ask finance to reopen it, or approve the time in an open period.",
        "approved_at",
    ),
    _refused(
        "unknown_project",
        BusinessClass.MISSING_REFERENCE,
        "Project {value} does not exist in the ERP. Create it there, or correct the project on the entry.",
        "project",
    ),
    _refused(
        "project_inactive",
        BusinessClass.INACTIVE_PROJECT,
        "Project {value} is closed in the ERP. Reopen it there, or move the entry to an active project.",
        "project",
    ),
    _refused(
        "unknown_employee",
        BusinessClass.MISSING_REFERENCE,
        "The ERP knows no active employee {value}. Create the person there, or correct the person on the entry.",
        "resource",
    ),
    _refused(
        "unknown_company",
        BusinessClass.MAPPING_GAP,
        "The ERP has no company {value}. Correct which company the region belongs to in the mapping.",
        "region",
    ),
    _refused(
        "invalid_cost_center",
        BusinessClass.INVALID_DIMENSION,
        "Cost centre {value} is not set up in the ERP. Map it to a valid one, or set it up there.",
        "cost_center",
    ),
    _refused(
        "hours_out_of_range",
        BusinessClass.VALIDATION,
        "{value} hours on one day cannot be posted: the ERP takes more than 0 and at most 24. Correct the hours of the entry.",
        "hours",
    ),
    _refused(
        "amount_mismatch",
        BusinessClass.VALIDATION,
        "The amount {value} is not hours times rate. Correct the mapping of the amount.",
        "bill_amount",
    ),
    _refused(
        "invalid_currency",
        BusinessClass.VALIDATION,
        "The ERP does not post in {value}. Correct the currency of the entry.",
        "currency",
    ),
    _refused(
        "missing_field", BusinessClass.VALIDATION, "The ERP needs {field}, which is empty. Fill it in on the entry."
    ),
    _refused("too_long", BusinessClass.TOO_LARGE, "The text for {field} is longer than the ERP allows. Shorten it."),
    _refused(
        "invalid_date",
        BusinessClass.PARSE,
        "The date {value} cannot be read by the ERP. Correct the mapping of the posting date.",
    ),
    _refused(
        "invalid_number",
        BusinessClass.PARSE,
        "{value} is not a number the ERP takes for {field}. Correct it on the entry.",
    ),
    _refused(
        "duplicate",
        BusinessClass.DUPLICATE,
        "The ERP already holds this entry as another line. Check both before one of them is billed.",
    ),
    _refused(
        "idempotency_conflict",
        BusinessClass.CONFLICT,
        "The ERP has already taken an earlier version of this entry. Compare both before it is sent again.",
    ),
    _refused(
        "not_found",
        BusinessClass.MISSING_REFERENCE,
        "The line to change no longer exists in the ERP. Check whether somebody deleted it there.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.SCHEMA_DRIFT,
        code="unknown_field",
        sentence="The ERP no longer knows a field that is sent to it: {message}. Adapt the mapping.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.CONNECTION,
        code="no_company",
        sentence="The sandbox has no such company: check the base address.",
    ),
)

MANIFEST = SystemManifest(
    slug="sandbox_erp",
    name="Sandbox ERP",
    category="ERP",
    summary="A simulated ERP with projects, accounting periods and time lines, for trying things out.",
    proof=ProofLabel.SIMULATED,
    documentation="docs/sandbox.md",
    auth=AuthSpec(AuthScheme.BEARER),
    secrets=(SecretSpec("token", "Access token", "Shown once when the sandbox company is made."),),
    objects=(_TIME_LINES, _PROJECTS, _EMPLOYEES),
    test_path="whoami",
    rights_path="rights",
    limits=Limits(at_once=8),
    error_shape=ErrorShape(problems_path="error.problems"),
    error_rules=_ERROR_RULES,
)
