"""Oracle NetSuite: clients, projects and time both ways, employees are read, by SuiteTalk REST and SuiteQL.

Records: https://system.netsuite.com/help/helpcenter/en_US/APIs/REST_API_Browser/record/v1/2025.2/index.html (customer, job,
timebill); time: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_164439865832.html (hours as "4:00").
Concurrency: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1504642902.html.

In doubt, as no page says it: in which zone a query writes lastmodifieddate (the sign-in's own, as far as is known: so the
page on connecting asks for GMT), and the words with which a closed period refuses time. Approval of time is not read: the
meaning of its numbers is not published.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.netsuite.connector import EXTERNAL_ID
from apps.connectors.catalog.netsuite.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
    ErrorShape,
    FieldSpec,
    Idempotency,
    InstantForm,
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
from apps.connectors.protocols.statements import BETWEEN_KEYS
from apps.connectors.sheet_terms import Formats, LimitScope, TimeForm, ZoneForm

_REST = "services/rest"
_CHANGED = "lastModifiedDate"
_CHANGED_READ = "TO_CHAR(lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS lastmodifieddate"
_LOOK_BACK_SECONDS = 120
_FIND_AT_ONCE = 50


def _day(column: str) -> str:
    return f"TO_CHAR({column}, 'YYYY-MM-DD') AS {column}"


def _changes_of(table: str, *columns: str, where: str = "") -> Reading:
    return Reading(
        path=f"{_REST}/query/v1/suiteql",
        records_path="items",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="lastmodifieddate >=",
        since_form=InstantForm.SPACED,
        parameters={
            "select": ", ".join(("id", "externalid", *columns, _CHANGED_READ)),
            "from": table,
            "where": where,
            "orderby": f"{table}.lastmodifieddate, {table}.id",
        },
        paging=Paging(
            "offset", size=1000, size_parameter="limit", position_parameter="offset", more_path="hasMore", largest=1000
        ),
        overlap_seconds=_LOOK_BACK_SECONDS,
        since_sorted=True,
    )


def _writing_to(record: str) -> Writing:
    path = f"{_REST}/record/v1/{record}"
    return Writing(
        create_path=f"{path}/eid:{{key}}",
        create_method="PUT",
        update_path=f"{path}/{{key}}",
        idempotency=Idempotency.UPSERT_BY_EXTERNAL_ID,
        own_key_field=EXTERNAL_ID,
        undo_method="DELETE",
        undo_path=f"{path}/{{key}}",
    )


CUSTOMERS = ObjectManifest(
    name="customers",
    label="Customers",
    canonical_type="Customer",
    version_field=_CHANGED,
    version_form=InstantForm.SPACED,
    natural_key="entityId",
    find_parameter="entityid IN",
    find_joiner=BETWEEN_KEYS,
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("id", label="Internal id"),
        FieldSpec(EXTERNAL_ID, label="External id", required=True),
        FieldSpec("entityId", label="Customer id", max_length=80),
        FieldSpec("companyName", label="Company name", required=True, max_length=83),
        FieldSpec("email", label="E-mail", max_length=254),
        FieldSpec("vatRegNumber", label="Tax number", max_length=20),
        FieldSpec("subsidiary.id", label="Subsidiary (internal id)"),
        FieldSpec("currency.refName", label="Currency"),
        FieldSpec("isInactive", ValueKind.YES_NO, "Inactive"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of(
        "customer",
        "entityid",
        "companyname",
        "email",
        "vatregnumber",
        "BUILTIN.DF(currency) AS currency__refname",
        "isinactive",
    ),
    writing=_writing_to("customer"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Client id"),
        MappingLine("number", "entityId", label="Client number"),
        MappingLine("name", "companyName", required=True, label="Name"),
        MappingLine("tax_id", "vatRegNumber", label="Tax number"),
        MappingLine("currency", "currency.refName", label="Currency"),
        MappingLine("invoice_email", "email", label="E-mail for invoices"),
        MappingLine("state", "isInactive", transforms=("yes_no_as:closed,active",), label="State"),
        MappingLine("updated_at", _CHANGED, transforms=("assume_utc",), label="Last changed"),
    ),
    writing_lines=(
        MappingLine(EXTERNAL_ID, "number", required=True, label="External id"),
        MappingLine("companyName", "name", required=True, label="Company name"),
        MappingLine("email", "invoice_email", label="E-mail"),
        MappingLine("vatRegNumber", "tax_id", label="Tax number"),
    ),
)

PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    version_field=_CHANGED,
    version_form=InstantForm.SPACED,
    natural_key="entityId",
    find_parameter="entityid IN",
    find_joiner=BETWEEN_KEYS,
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("id", label="Internal id"),
        FieldSpec(EXTERNAL_ID, label="External id", required=True),
        FieldSpec("entityId", label="Project id", max_length=80),
        FieldSpec("companyName", label="Project name", required=True, max_length=83),
        FieldSpec("parent.id", ValueKind.REFERENCE, "Customer"),
        FieldSpec("parent.refName", label="Name of the customer"),
        FieldSpec("subsidiary.id", label="Subsidiary (internal id)"),
        FieldSpec("startDate", ValueKind.DATE, "Start"),
        FieldSpec("isInactive", ValueKind.YES_NO, "Inactive"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of(
        "job",
        "entityid",
        "companyname",
        "parent AS parent__id",
        "BUILTIN.DF(parent) AS parent__refname",
        _day("startdate"),
        "isinactive",
    ),
    writing=_writing_to("job"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Project id"),
        MappingLine("code", "entityId", required=True, label="Project code"),
        MappingLine("name", "companyName", required=True, label="Name"),
        MappingLine("client", "parent.id", label="Client"),
        MappingLine("client_name", "parent.refName", label="Name of the client"),
        MappingLine("starts", "startDate", label="Starts"),
        MappingLine("state", "isInactive", transforms=("yes_no_as:closed,active",), label="State"),
        MappingLine("updated_at", _CHANGED, transforms=("assume_utc",), label="Last changed"),
    ),
    writing_lines=(
        MappingLine(EXTERNAL_ID, "code", required=True, label="External id"),
        MappingLine("entityId", "code", required=True, label="Project id"),
        MappingLine("companyName", "name", required=True, label="Project name"),
        MappingLine("parent.id", "client", reference="Customer", label="Customer"),
        MappingLine("startDate", "starts", label="Start"),
    ),
)

EMPLOYEES = ObjectManifest(
    name="employees",
    label="Employees",
    canonical_type="Resource",
    version_field=_CHANGED,
    version_form=InstantForm.SPACED,
    natural_key="entityId",
    find_parameter="entityid IN",
    find_joiner=BETWEEN_KEYS,
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("id", label="Internal id"),
        FieldSpec(EXTERNAL_ID, label="External id"),
        FieldSpec("entityId", label="Employee id"),
        FieldSpec("firstName", label="Given name"),
        FieldSpec("lastName", label="Family name"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("title", label="Job title"),
        FieldSpec("hireDate", ValueKind.DATE, "Hired on"),
        FieldSpec("releaseDate", ValueKind.DATE, "Left on"),
        FieldSpec("isInactive", ValueKind.YES_NO, "Inactive"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of(
        "employee",
        "entityid",
        "firstname",
        "lastname",
        "email",
        "title",
        _day("hiredate"),
        _day("releasedate"),
        "isinactive",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("employee_no", "entityId", label="Personnel number"),
        MappingLine(
            "name",
            expression="(r.?firstName.orValue('') + ' ' + r.?lastName.orValue('')).trim()",
            required=True,
            label="Name",
        ),
        MappingLine("given", "firstName", label="Given name"),
        MappingLine("family", "lastName", label="Family name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("job_title", "title", label="Job title"),
        MappingLine("hired", "hireDate", label="Hired on"),
        MappingLine("left", "releaseDate", label="Left on"),
        MappingLine("active", "isInactive", transforms=("opposite",), label="Active"),
        MappingLine("updated_at", _CHANGED, transforms=("assume_utc",), label="Last changed"),
    ),
)

_MINUTES = "int(math.round(r.hours * 60.0))"
_DURATION = (
    f"string({_MINUTES} / 60) + ':' + ({_MINUTES} % 60 < 10 ? '0' : '') + string({_MINUTES} % 60)"  # 7.5 -> "7:30"
)

TIME = ObjectManifest(
    name="time-bills",
    label="Time entries",
    canonical_type="TimeEntry",
    version_field=_CHANGED,
    version_form=InstantForm.SPACED,
    natural_key=EXTERNAL_ID,
    find_parameter="externalid IN",
    find_joiner=BETWEEN_KEYS,
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("id", label="Internal id"),
        FieldSpec(EXTERNAL_ID, label="External id", required=True),
        FieldSpec("tranDate", ValueKind.DATE, "Date", required=True),
        FieldSpec("employee.id", ValueKind.REFERENCE, "Employee", required=True),
        FieldSpec("employee.refName", label="Name of the employee"),
        FieldSpec("customer.id", ValueKind.REFERENCE, "Customer or project", required=True),
        FieldSpec("customer.refName", label="Name of the customer or project"),
        FieldSpec("item.id", label="Service item (internal id)"),
        FieldSpec("hours", label="Hours, as 7:30", required=True),
        FieldSpec("memo", label="Memo", max_length=4000),
        FieldSpec("isBillable", ValueKind.YES_NO, "Billable"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of(
        "timebill",
        _day("trandate"),
        "employee AS employee__id",
        "BUILTIN.DF(employee) AS employee__refname",
        "customer AS customer__id",
        "BUILTIN.DF(customer) AS customer__refname",
        "item AS item__id",
        "hours",
        "memo",
        "isbillable",
        where="customer IS NOT NULL",  # the others were worked for nobody: holidays, training
    ),
    writing=_writing_to("timebill"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Entry number"),
        MappingLine("resource", "employee.id", required=True, label="Person"),
        MappingLine("resource_name", "employee.refName", label="Name of the person"),
        MappingLine("project", "customer.id", required=True, label="Project"),
        MappingLine("project_name", "customer.refName", label="Name of the project"),
        MappingLine("work_date", "tranDate", required=True, label="Day of the work"),
        MappingLine("hours", "hours", transforms=("hours",), required=True, label="Hours"),
        MappingLine("billable", "isBillable", label="Billable"),
        MappingLine("service_item", "item.id", label="Service"),
        MappingLine("note", "memo", label="Note"),
        MappingLine("updated_at", _CHANGED, transforms=("assume_utc",), label="Last changed"),
    ),
    writing_lines=(
        MappingLine(EXTERNAL_ID, "id", required=True, label="External id"),
        MappingLine("tranDate", "work_date", required=True, label="Date"),
        MappingLine("employee.id", "resource", reference="Resource", required=True, label="Employee"),
        MappingLine("customer.id", "project", reference="Project", required=True, label="Project"),
        MappingLine("item.id", "service_item", label="Service item"),
        MappingLine("hours", expression=_DURATION, required=True, label="Hours"),
        MappingLine("memo", "note", label="Memo"),
        MappingLine("isBillable", "billable", label="Billable"),
    ),
)

MANIFEST = SystemManifest(
    slug="netsuite",
    name="NetSuite",
    category="ERP",
    summary="Oracle NetSuite: clients, projects and time are read and written, employees are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/netsuite.md",
    address="https://<account>.suitetalk.api.netsuite.com",
    auth=AuthSpec(AuthScheme.OAUTH1, realm="{account}"),
    secrets=(
        SecretSpec("consumer_key", "Consumer key", "Of the integration record, which shows it once."),
        SecretSpec("consumer_secret", "Consumer secret", "Of the integration record, which shows it once."),
        SecretSpec("token_id", "Token id", "Of the access token, which NetSuite shows once."),
        SecretSpec("token_secret", "Token secret", "Of the access token, which NetSuite shows once."),
    ),
    settings=(FieldSpec("account", label="Account id, as 1234567 or 1234567_SB1", required=True),),
    rights=(
        "REST Web Services and Log in using Access Tokens (Full), SuiteAnalytics Workbook (Edit).",
        "Customers, Jobs and Track Time (Full), to read and write clients, projects and time.",
        "Employees and Employee Record (View), to read employees.",
    ),
    objects=(CUSTOMERS, PROJECTS, EMPLOYEES, TIME),
    test_path=f"{_REST}/system/v1/governanceLimits",
    limits=Limits(at_once=5, scope=LimitScope.ACCOUNT),
    error_shape=ErrorShape(
        problems_path="o:errorDetails", code_path="o:errorCode", message_path="detail", field_path="o:errorPath"
    ),
    error_rules=RULES,
    formats=Formats(hours=TimeForm.CLOCK, zone=ZoneForm.ACCOUNT),
)
