"""Xero: contacts and sales invoices of the Accounting API, projects of the Projects API, as the canonical model has them.

Paths, parameters and properties: Xero's own OpenAPI files (https://github.com/XeroAPI/Xero-OpenAPI, MIT; version 16.1.0).
Sign-in: https://developer.xero.com/documentation/guides/oauth2/auth-flow. PUT makes and never changes:
https://developer.xero.com/documentation/api/accounting/contacts and .../invoices. Limits for each organisation:
https://developer.xero.com/documentation/guides/oauth2/limits.

In doubt, as no page says it: whether If-Modified-Since counts the very second it names (a minute is read again), how a
quotation mark is written within `where`, and how long an idempotency key is remembered: it is sent, and the number of a
record, which can be given once, is what a repeat is told by.
"""

from dataclasses import replace

from apps.connectors.catalog.xero.records import DAY, KEY, ZONE
from apps.connectors.catalog.xero.refusals import RULES
from apps.connectors.manifest import (
    AuthScheme,
    AuthSpec,
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
    SecretSpec,
    SystemManifest,
    ValueKind,
    WriteMode,
    Writing,
)
from apps.connectors.sheet_terms import DayForm, Formats, LimitScope, MoneyForm, TimeForm
from apps.connectors.webhooks.vendors import XERO

_ACCOUNTING, _PROJECTS = "api.xro/2.0", "projects.xro/2.0"
_CHANGED = "UpdatedDateUTC"
_LOOK_BACK_SECONDS = 60
_FIND_AT_ONCE = 20
_EXACT = "unitdp=4"  # prices of a unit with four decimals
# /Date(1573755038314+0000)/
_INSTANT = ("after:(", "before:)", "before:+", "epoch_milliseconds")
_DAY = (*_INSTANT, "day")


def _pages(largest: int) -> Paging:
    return Paging(
        "page",
        size_parameter="pageSize",
        position_parameter="page",
        total_path="pagination.itemCount",
        largest=largest,
    )


def _changes_of(name: str, **parameters: str) -> Reading:
    path = f"{_ACCOUNTING}/{name}"
    return Reading(
        path=path,
        records_path=name,
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="If-Modified-Since",
        since_in_header=True,
        since_form=InstantForm.ISO,
        parameters={"order": _CHANGED, **parameters},
        paging=_pages(1000),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path=f"{path}/{{key}}",
        one_record_path=f"{name}.0",
        since_sorted=True,
    )


CONTACTS = ObjectManifest(
    name="contacts",
    label="Contacts",
    canonical_type="Customer",
    key_field="ContactID",
    version_field=_CHANGED,
    version_form=InstantForm.DOTNET,
    natural_key="ContactNumber",
    find_parameter="where",
    find_template='ContactNumber=="{key}"',
    find_joiner=" OR ",
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("ContactID", label="Record id"),
        FieldSpec("ContactNumber", label="Number in other systems", required=True, max_length=50),
        FieldSpec("AccountNumber", label="Account number", max_length=50),
        FieldSpec("ContactStatus", ValueKind.CHOICE, "Status", choices=("ACTIVE", "ARCHIVED", "GDPRREQUEST")),
        FieldSpec("Name", label="Name", required=True, max_length=255),
        FieldSpec("EmailAddress", label="E-mail", max_length=255),
        FieldSpec("TaxNumber", label="Tax number", max_length=50),
        FieldSpec("CompanyNumber", label="Registration number", max_length=50),
        FieldSpec("DefaultCurrency", label="Currency"),
        FieldSpec("Addresses", ValueKind.NESTED, "Addresses"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("Contacts", includeArchived="true"),
    writing=Writing(
        create_path=f"{_ACCOUNTING}/Contacts",
        create_method="PUT",
        created_statuses=(200,),
        update_path=f"{_ACCOUNTING}/Contacts/{{key}}",
        update_method="POST",
        record_path="Contacts.0",
        key_path="Contacts.ContactID",
        idempotency=Idempotency.OWN_KEY_FIELD,
        idempotency_header="Idempotency-Key",
        own_key_field="ContactNumber",
        undo_method="POST",
        undo_path=f"{_ACCOUNTING}/Contacts/{{key}}",
        undo_values={"Contacts": [{"ContactStatus": "ARCHIVED"}]},
    ),
    reading_lines=(
        MappingLine("id", "ContactID", required=True, label="Client id"),
        MappingLine("number", "ContactNumber", label="Client number"),
        MappingLine("name", "Name", required=True, label="Name"),
        MappingLine("street", "Addresses[AddressType=POBOX].AddressLine1", label="Street"),
        MappingLine("postal", "Addresses[AddressType=POBOX].PostalCode", label="Postal code"),
        MappingLine("city", "Addresses[AddressType=POBOX].City", label="City"),
        MappingLine("tax_id", "TaxNumber", label="Tax number"),
        MappingLine("registration_no", "CompanyNumber", label="Registration number"),
        MappingLine("currency", "DefaultCurrency", label="Currency"),
        MappingLine("invoice_email", "EmailAddress", label="E-mail for invoices"),
        MappingLine(
            "state",
            "ContactStatus",
            value_map={"ACTIVE": "active", "ARCHIVED": "closed", "GDPRREQUEST": "closed"},
            label="State",
        ),
        MappingLine("updated_at", _CHANGED, transforms=_INSTANT, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("ContactNumber", "number", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Number"),
        MappingLine("Name", "name", required=True, label="Name"),
        MappingLine("EmailAddress", "invoice_email", label="E-mail"),
        MappingLine("TaxNumber", "tax_id", label="Tax number"),
        MappingLine("CompanyNumber", "registration_no", label="Registration number"),
        MappingLine("DefaultCurrency", "currency", label="Currency"),
        # POBOX is what Xero calls the address that stands on invoices.
        MappingLine(
            "Addresses",
            expression=(
                "has(r.street) || has(r.postal) || has(r.city) || has(r.country) ? dyn([{'AddressType': 'POBOX', "
                "?'AddressLine1': r.?street, ?'PostalCode': r.?postal, ?'City': r.?city, ?'Country': r.?country}]) "
                ": dyn(null)"
            ),
            label="Address on invoices",
        ),
    ),
)

# Amounts of lines that hold their tax say nothing about the amount without it: then it stays empty.
_LINES_READ = (
    "has(r.LineItems) ? r.LineItems.map(l, {?'description': l.?Description, ?'quantity': l.?Quantity, "
    "?'price': l.?UnitAmount, ?'net': r.?LineAmountTypes.orValue('') == 'Inclusive' ? optional.none() : l.?LineAmount, "
    "?'tax': l.?TaxAmount, ?'tax_code': l.?TaxType, ?'item': l.?ItemCode, ?'account': l.?AccountCode}) : []"
)
_LINES_WRITTEN = (
    "r.lines.map(l, {'Description': l.description, ?'Quantity': l.?quantity, ?'UnitAmount': l.?price, "
    "?'TaxType': l.?tax_code, ?'ItemCode': l.?item, ?'AccountCode': l.?account})"
)

INVOICES = ObjectManifest(
    name="invoices",
    label="Invoices",
    canonical_type="Invoice",
    key_field="InvoiceID",
    version_field=_CHANGED,
    version_form=InstantForm.DOTNET,
    natural_key="InvoiceNumber",
    find_parameter="where",
    find_template='Type=="ACCREC" AND InvoiceNumber=="{key}"',  # bills of suppliers have numbers of their own
    find_joiner=" OR ",
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("InvoiceID", label="Record id"),
        FieldSpec("Type", ValueKind.CHOICE, "Type", choices=("ACCREC",)),
        FieldSpec("InvoiceNumber", label="Invoice number", required=True, max_length=255),
        FieldSpec("Contact.ContactID", ValueKind.REFERENCE, "Contact", required=True),
        FieldSpec("Contact.Name", label="Name of the contact"),
        FieldSpec("Date", ValueKind.DATE, "Date", required=True),
        FieldSpec("DueDate", ValueKind.DATE, "Due date"),
        FieldSpec("Reference", label="Reference", max_length=255),
        FieldSpec("CurrencyCode", label="Currency"),
        FieldSpec("CurrencyRate", ValueKind.DECIMAL, "Exchange rate"),
        FieldSpec(
            "Status",
            ValueKind.CHOICE,
            "Status",
            choices=("DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"),
        ),
        FieldSpec("LineAmountTypes", ValueKind.CHOICE, "Amounts of lines", choices=("Exclusive", "Inclusive", "NoTax")),
        FieldSpec("LineItems", ValueKind.NESTED, "Lines", required=True),
        FieldSpec("SubTotal", ValueKind.MONEY, "Amount without tax"),
        FieldSpec("TotalTax", ValueKind.MONEY, "Tax"),
        FieldSpec("Total", ValueKind.MONEY, "Amount with tax"),
        FieldSpec("AmountDue", ValueKind.MONEY, "Still to be paid"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("Invoices", where='Type=="ACCREC"', unitdp="4"),
    writing=Writing(
        create_path=f"{_ACCOUNTING}/Invoices?{_EXACT}",
        create_method="PUT",
        created_statuses=(200,),
        update_path=f"{_ACCOUNTING}/Invoices/{{key}}?{_EXACT}",
        update_method="POST",
        record_path="Invoices.0",
        key_path="Invoices.InvoiceID",
        idempotency=Idempotency.OWN_KEY_FIELD,
        idempotency_header="Idempotency-Key",
        own_key_field="InvoiceNumber",
        undo_method="POST",
        undo_path=f"{_ACCOUNTING}/Invoices/{{key}}",
        undo_values={"Invoices": [{"Status": "DELETED"}]},
    ),
    reading_lines=(
        MappingLine("id", "InvoiceID", required=True, label="Invoice id"),
        MappingLine("number", "InvoiceNumber", label="Invoice number"),
        MappingLine("kind", default="invoice", label="Invoice or credit"),
        MappingLine("client", "Contact.ContactID", required=True, label="Client who pays"),
        MappingLine("client_name", "Contact.Name", label="Name of the client"),
        MappingLine("issue_date", "Date", transforms=_DAY, required=True, label="Day of the invoice"),
        MappingLine("due_date", "DueDate", transforms=_DAY, label="Due on"),
        MappingLine("po_number", "Reference", label="Purchase order"),
        MappingLine("currency", "CurrencyCode", required=True, label="Currency"),
        MappingLine("fx_rate", "CurrencyRate", label="Exchange rate"),
        MappingLine("net", "SubTotal", label="Amount without tax"),
        MappingLine("tax", "TotalTax", label="Tax"),
        MappingLine("gross", "Total", label="Amount with tax"),
        MappingLine("open_amount", "AmountDue", label="Still to be paid"),
        MappingLine(
            "state",
            "Status",
            value_map={
                "DRAFT": "draft",
                "SUBMITTED": "draft",
                "AUTHORISED": "posted",
                "PAID": "paid",
                "VOIDED": "void",
                "DELETED": "void",
            },
            label="State",
        ),
        MappingLine("lines", expression=_LINES_READ, label="Lines"),
        MappingLine("updated_at", _CHANGED, transforms=_INSTANT, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("Type", default="ACCREC", write_mode=WriteMode.SET_ON_CREATE, label="Type"),
        MappingLine("Status", default="DRAFT", write_mode=WriteMode.SET_ON_CREATE, label="Status"),
        MappingLine(
            "InvoiceNumber", "number", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Invoice number"
        ),
        MappingLine("Contact.ContactID", "client", reference="Customer", required=True, label="Contact"),
        MappingLine("Date", "issue_date", required=True, label="Date"),
        MappingLine("DueDate", "due_date", label="Due date"),
        MappingLine("Reference", "po_number", label="Reference"),
        MappingLine("CurrencyCode", "currency", required=True, label="Currency"),
        MappingLine("LineAmountTypes", default="Exclusive", label="Amounts of lines"),
        MappingLine("LineItems", expression=_LINES_WRITTEN, required=True, label="Lines"),
    ),
)

PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    key_field="projectId",
    natural_key="projectId",
    find_parameter="projectIds",
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("projectId", label="Project id"),
        FieldSpec("name", label="Name", required=True),
        FieldSpec("contactId", ValueKind.REFERENCE, "Contact"),
        FieldSpec("currencyCode", label="Currency"),
        FieldSpec("estimate.value", ValueKind.MONEY, "Estimate"),
        FieldSpec("deadlineUtc", ValueKind.INSTANT, "Deadline"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("INPROGRESS", "CLOSED")),
    ),
    # The API has no time of change for them: all are read and compared.
    reading=Reading(
        path=f"{_PROJECTS}/Projects",
        records_path="items",
        paging=_pages(500),
        one_path=f"{_PROJECTS}/Projects/{{key}}",
    ),
    reading_lines=(
        MappingLine("id", "projectId", required=True, label="Project id"),
        MappingLine("code", "projectId", required=True, label="Project code"),  # Xero gives projects no other
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client", "contactId", label="Client"),
        MappingLine("currency", "currencyCode", label="Currency"),
        MappingLine("budget_money", "estimate.value", label="Budget"),
        MappingLine("ends", "deadlineUtc", transforms=("day",), label="Ends"),
        MappingLine("state", "status", value_map={"INPROGRESS": "active", "CLOSED": "closed"}, label="State"),
    ),
)

USERS = ObjectManifest(
    name="users",
    label="Project users",
    canonical_type="Resource",
    key_field="userId",
    natural_key="userId",
    fields=(
        FieldSpec("userId", label="User id"),
        FieldSpec("name", label="Name"),
        FieldSpec("email", label="E-mail"),
    ),
    reading=Reading(path=f"{_PROJECTS}/ProjectsUsers", records_path="items", paging=_pages(500)),
    reading_lines=(
        MappingLine("id", "userId", required=True, label="Person id"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("email", "email", label="E-mail"),
    ),
)

# Tasks and time are listed under each project: {key} in the path of a list is the project's.
TASKS = ObjectManifest(
    name="tasks",
    label="Tasks",
    canonical_type="Task",
    key_field=KEY,
    natural_key=KEY,
    fields=(
        FieldSpec(KEY, label="Project id and task id"),
        FieldSpec("taskId", label="Task id"),
        FieldSpec("projectId", ValueKind.REFERENCE, "Project"),
        FieldSpec("name", label="Name"),
        FieldSpec("chargeType", ValueKind.CHOICE, "Charged", choices=("TIME", "FIXED", "NON_CHARGEABLE")),
        FieldSpec("estimateMinutes", ValueKind.WHOLE, "Estimate in minutes"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("ACTIVE", "INVOICED", "LOCKED")),
    ),
    reading=Reading(
        path=f"{_PROJECTS}/Projects/{{key}}/Tasks",
        records_path="items",
        paging=_pages(500),
        one_path=f"{_PROJECTS}/Projects/{{project}}/Tasks/{{key}}",
    ),
    reading_lines=(
        MappingLine("id", "taskId", required=True, label="Task id"),
        MappingLine("code", "taskId", label="Task code"),  # Xero gives tasks no other
        MappingLine("project", "projectId", required=True, label="Project"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("estimate_hours", "estimateMinutes", transforms=("minutes_to_hours",), label="Estimate in hours"),
        MappingLine(
            "billable", "chargeType", value_map={"TIME": True, "FIXED": True, "NON_CHARGEABLE": False}, label="Billable"
        ),
        MappingLine(
            "open_for_time",
            "status",
            value_map={"ACTIVE": True, "INVOICED": False, "LOCKED": False},
            label="Open for time",
        ),
    ),
)

TIME = ObjectManifest(
    name="time-entries",
    label="Time entries",
    canonical_type="TimeEntry",
    key_field=KEY,
    natural_key=KEY,
    fields=(
        FieldSpec(KEY, label="Project id and entry id"),
        FieldSpec("timeEntryId", label="Entry id"),
        FieldSpec("userId", ValueKind.REFERENCE, "User"),
        FieldSpec("projectId", ValueKind.REFERENCE, "Project"),
        FieldSpec("taskId", ValueKind.REFERENCE, "Task"),
        FieldSpec("dateUtc", ValueKind.INSTANT, "Date, in UTC"),
        FieldSpec(DAY, ValueKind.DATE, "Day, in the organisation's time zone"),
        FieldSpec("duration", ValueKind.WHOLE, "Minutes"),
        FieldSpec("description", label="Description"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("ACTIVE", "LOCKED", "INVOICED")),
    ),
    # The API has no time of change for them: the days of the last weeks are read again each time.
    reading=Reading(
        path=f"{_PROJECTS}/Projects/{{key}}/Time",
        records_path="items",
        change_read=ChangeRead.WINDOW_RESCAN,
        since_parameter="dateAfterUtc",
        since_form=InstantForm.ISO,
        rescan_days=62,
        paging=_pages(500),
        one_path=f"{_PROJECTS}/Projects/{{project}}/Time/{{key}}",
    ),
    reading_lines=(
        MappingLine("id", "timeEntryId", required=True, label="Entry number"),
        MappingLine("resource", "userId", required=True, label="Person"),
        MappingLine("project", "projectId", required=True, label="Project"),
        MappingLine("task", "taskId", label="Task"),
        MappingLine("work_date", DAY, required=True, label="Day of the work"),
        MappingLine("hours", "duration", transforms=("minutes_to_hours",), required=True, label="Hours"),
        MappingLine("note", "description", label="Note"),
        MappingLine(
            "approval",
            "status",
            value_map={"ACTIVE": "open", "LOCKED": "locked", "INVOICED": "locked"},
            label="Approval",
        ),
    ),
)

MANIFEST = SystemManifest(
    slug="xero",
    name="Xero",
    category="ERP",
    summary="Xero: contacts and draft invoices are read and written; projects, their tasks, time and users are read.",
    proof=ProofLabel.PUBLISHED_CONTRACT,
    documentation="docs/connect/xero.md",
    address="https://api.xero.com",
    auth=AuthSpec(
        AuthScheme.OAUTH_CODE,
        token_path="https://identity.xero.com/connect/token",  # noqa: S106  an address, no secret
        token_scope="offline_access accounting.contacts accounting.transactions accounting.settings.read projects.read",  # noqa: S106  a scope
        authorize_address="https://login.xero.com/identity/connect/authorize",
        refresh_days_unused=60,  # docs/connect/xero.md
    ),
    secrets=(
        SecretSpec("client_id", "Client id", "Of the app at developer.xero.com, on its page “Configuration”."),
        SecretSpec("client_secret", "Client secret", "From the same page; an app for PKCE alone has none."),
    ),
    settings=(
        FieldSpec("tenant", label="Organisation (tenant) id", required=True),
        FieldSpec(ZONE, label="Time zone of the organisation, as Europe/London (UTC when empty)"),
    ),
    headers={"xero-tenant-id": "{tenant}"},
    rights=(
        "The scopes accounting.contacts and accounting.transactions, to read and write contacts and invoices.",
        "The scopes accounting.settings.read and projects.read, to test the connection and to read projects.",
        "A person with the role Standard or Adviser in the organisation, who signs in.",
    ),
    objects=(CONTACTS, INVOICES, PROJECTS, TASKS, TIME, USERS),
    test_path=f"{_ACCOUNTING}/Organisation",
    identity_path="Organisations.Name",
    limits=Limits(calls=60, seconds=60, at_once=5, scope=LimitScope.ACCOUNT, remaining_header="X-MinLimit-Remaining"),
    error_shape=ErrorShape(problems_path="Elements.0.ValidationErrors", code_path="", message_path="Message"),
    error_rules=RULES,
    formats=Formats(MoneyForm.NUMBER, TimeForm.MINUTES, DayForm.MILLISECONDS),
    webhook=replace(XERO, objects={"CONTACT": "contacts", "INVOICE": "invoices"}, account_setting="tenant"),
)
