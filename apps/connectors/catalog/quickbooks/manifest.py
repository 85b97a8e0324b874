"""QuickBooks Online: customers and invoices both ways, employees and time are read.

Entities: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer (and invoice, employee,
timeactivity). Sign-in: https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0.
Limits: https://developer.intuit.com/app/developer/qbo/docs/learn/rest-api-features ("Throttling").

In doubt, as no page says it: whether a record can become visible after one that was changed later (a minute is read again),
and how long a request id is remembered. Names and document numbers can be given once, which protects a repeat besides.
"""

from dataclasses import replace

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.quickbooks.connector import LENGTH, REQUEST_ID, START
from apps.connectors.catalog.quickbooks.refusals import RULES
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
    WriteMode,
    Writing,
)
from apps.connectors.protocols.statements import BETWEEN_KEYS
from apps.connectors.sheet_terms import Concurrency, Formats, LimitScope, MoneyForm, TimeForm, ZoneForm
from apps.connectors.webhooks.vendors import INTUIT

_COMPANY = "v3/company/{realm}"
_CHANGED = "MetaData.LastUpdatedTime"
_LOOK_BACK_SECONDS = 60
_FIND_AT_ONCE = 20
_EVERY = "Active IN (true, false)"  # lists of names leave out what is inactive unless it is asked for


def _changes_of(entity: str, where: str = "") -> Reading:
    return Reading(
        path=f"{_COMPANY}/query",
        records_path=f"QueryResponse.{entity}",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter=f"{_CHANGED} >=",
        since_form=InstantForm.ISO,
        parameters={"from": entity, "where": where, "orderby": _CHANGED},
        paging=Paging("offset", size=1000, size_parameter=LENGTH, position_parameter=START, largest=1000),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path=f"{_COMPANY}/{entity.lower()}/{{key}}",
        one_record_path=entity,
        since_sorted=True,
    )


def _writing_to(entity: str, own_key: str, undo_path: str, **undo_values: bool) -> Writing:
    path = f"{_COMPANY}/{entity.lower()}"
    return Writing(
        create_path=path,
        created_statuses=(200,),
        update_path=path,
        update_method="POST",
        key_path=f"{entity}.Id",
        repeat_fields=("Id", "SyncToken"),
        idempotency=Idempotency.OWN_KEY_FIELD,
        concurrency=Concurrency.SYNC_TOKEN,
        idempotency_header=REQUEST_ID,  # it goes into the address
        own_key_field=own_key,
        undo_method="POST",
        undo_path=f"{path}{undo_path}",
        undo_values=undo_values,
    )


CUSTOMERS = ObjectManifest(
    name="customers",
    label="Customers",
    canonical_type="Customer",
    key_field="Id",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="DisplayName",
    find_parameter="DisplayName IN",
    find_joiner=BETWEEN_KEYS,
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("DisplayName", label="Display name", required=True, max_length=500),
        FieldSpec("CompanyName", label="Company name", max_length=100),
        FieldSpec("Active", ValueKind.YES_NO, "Active"),
        FieldSpec("PrimaryEmailAddr.Address", label="E-mail", max_length=100),
        FieldSpec("BillAddr.Line1", label="Street", max_length=500),
        FieldSpec("BillAddr.PostalCode", label="Postal code", max_length=30),
        FieldSpec("BillAddr.City", label="City", max_length=255),
        FieldSpec("BillAddr.Country", label="Country", max_length=255),
        FieldSpec("CurrencyRef.value", label="Currency"),
        FieldSpec("PrimaryTaxIdentifier", label="Tax number", max_length=20),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("Customer", _EVERY),
    writing=_writing_to("Customer", "DisplayName", "", Active=False),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Client id"),
        MappingLine("name", "DisplayName", required=True, label="Name"),
        MappingLine("legal_name", "CompanyName", label="Legal name"),
        MappingLine("street", "BillAddr.Line1", label="Street"),
        MappingLine("postal", "BillAddr.PostalCode", label="Postal code"),
        MappingLine("city", "BillAddr.City", label="City"),
        MappingLine("currency", "CurrencyRef.value", label="Currency"),
        MappingLine("invoice_email", "PrimaryEmailAddr.Address", label="E-mail for invoices"),
        MappingLine("state", "Active", transforms=("yes_no_as:active,closed",), label="State"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("DisplayName", "name", required=True, label="Display name"),
        MappingLine("CompanyName", "legal_name", label="Company name"),
        MappingLine("PrimaryEmailAddr.Address", "invoice_email", label="E-mail"),
        MappingLine("BillAddr.Line1", "street", label="Street"),
        MappingLine("BillAddr.PostalCode", "postal", label="Postal code"),
        MappingLine("BillAddr.City", "city", label="City"),
        MappingLine("BillAddr.Country", "country", label="Country"),
        MappingLine("CurrencyRef.value", "currency", write_mode=WriteMode.SET_ON_CREATE, label="Currency"),
        MappingLine("PrimaryTaxIdentifier", "tax_id", label="Tax number"),
    ),
)

_STATE = (
    "has(r.PrivateNote) && r.PrivateNote.startsWith('Voided') && r.TotalAmt == 0.0 ? 'void' : "
    "r.Balance == 0.0 && r.TotalAmt > 0.0 ? 'paid' : r.Balance < r.TotalAmt ? 'part_paid' : "
    "r.?EmailStatus.orValue('') == 'EmailSent' ? 'sent' : 'posted'"
)
# A discount is a line of its own, whose amount lowers the sum; the sum itself is a line too.
_LINES_READ = (
    "has(r.Line) ? r.Line.filter(l, l.DetailType != 'SubTotalLineDetail').map(l, {?'description': l.?Description, "
    "?'net': l.DetailType == 'DiscountLineDetail' ? optional.of(-1.0 * l.Amount) : l.?Amount, "
    "?'quantity': l.?SalesItemLineDetail.?Qty, ?'price': l.?SalesItemLineDetail.?UnitPrice, "
    "?'item': l.?SalesItemLineDetail.?ItemRef.?value, ?'tax_code': l.?SalesItemLineDetail.?TaxCodeRef.?value}) : []"
)
# The amount must be price times quantity to the cent. CEL counts in doubles: half a cent must not fall below itself.
_LINES_WRITTEN = (
    "r.lines.map(l, {'DetailType': 'SalesItemLineDetail', ?'Description': l.?description, "
    "'Amount': has(l.net) ? l.net : math.round(l.quantity * l.price * 100.0 + 0.00001) / 100.0, "
    "'SalesItemLineDetail': {'ItemRef': {'value': l.item}, ?'Qty': l.?quantity, ?'UnitPrice': l.?price}})"
)

INVOICES = ObjectManifest(
    name="invoices",
    label="Invoices",
    canonical_type="Invoice",
    key_field="Id",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="DocNumber",
    find_parameter="DocNumber IN",
    find_joiner=BETWEEN_KEYS,
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("DocNumber", label="Invoice number", required=True, max_length=21),
        FieldSpec("CustomerRef.value", ValueKind.REFERENCE, "Customer", required=True),
        FieldSpec("CustomerRef.name", label="Name of the customer"),
        FieldSpec("TxnDate", ValueKind.DATE, "Date", required=True),
        FieldSpec("DueDate", ValueKind.DATE, "Due date"),
        FieldSpec("CurrencyRef.value", label="Currency"),
        FieldSpec("ExchangeRate", ValueKind.DECIMAL, "Exchange rate"),
        FieldSpec("PrivateNote", label="Note", max_length=4000),
        FieldSpec("EmailStatus", label="Sent by e-mail"),
        FieldSpec("Line", ValueKind.NESTED, "Lines", required=True),
        FieldSpec("TxnTaxDetail.TotalTax", ValueKind.MONEY, "Tax"),
        FieldSpec("TotalAmt", ValueKind.MONEY, "Amount with tax"),
        FieldSpec("Balance", ValueKind.MONEY, "Still to be paid"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("Invoice"),
    writing=_writing_to("Invoice", "DocNumber", "?operation=delete"),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Invoice id"),
        MappingLine("number", "DocNumber", label="Invoice number"),
        MappingLine("kind", default="invoice", label="Invoice or credit"),
        MappingLine("client", "CustomerRef.value", required=True, label="Client who pays"),
        MappingLine("client_name", "CustomerRef.name", label="Name of the client"),
        MappingLine("issue_date", "TxnDate", required=True, label="Day of the invoice"),
        MappingLine("due_date", "DueDate", label="Due on"),
        MappingLine("currency", "CurrencyRef.value", required=True, label="Currency"),
        MappingLine("fx_rate", "ExchangeRate", label="Exchange rate"),
        MappingLine(
            "net", expression="r.TotalAmt - r.?TxnTaxDetail.?TotalTax.orValue(0.0)", label="Amount without tax"
        ),
        MappingLine("tax", "TxnTaxDetail.TotalTax", label="Tax"),
        MappingLine("gross", "TotalAmt", label="Amount with tax"),
        MappingLine("open_amount", "Balance", label="Still to be paid"),
        MappingLine("state", expression=_STATE, label="State"),
        MappingLine("note", "PrivateNote", label="Note"),
        MappingLine("lines", expression=_LINES_READ, label="Lines"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("DocNumber", "number", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Invoice number"),
        MappingLine("CustomerRef.value", "client", reference="Customer", required=True, label="Customer"),
        MappingLine("TxnDate", "issue_date", required=True, label="Date"),
        MappingLine("DueDate", "due_date", label="Due date"),
        MappingLine("CurrencyRef.value", "currency", write_mode=WriteMode.SET_ON_CREATE, label="Currency"),
        MappingLine("PrivateNote", "note", label="Note"),
        MappingLine("Line", expression=_LINES_WRITTEN, required=True, label="Lines"),
    ),
)

EMPLOYEES = ObjectManifest(
    name="employees",
    label="Employees",
    canonical_type="Resource",
    key_field="Id",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="DisplayName",
    find_parameter="DisplayName IN",
    find_joiner=BETWEEN_KEYS,
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("DisplayName", label="Display name", required=True),
        FieldSpec("EmployeeNumber", label="Employee number"),
        FieldSpec("GivenName", label="Given name"),
        FieldSpec("FamilyName", label="Family name"),
        FieldSpec("PrimaryEmailAddr.Address", label="E-mail"),
        FieldSpec("Active", ValueKind.YES_NO, "Active"),
        FieldSpec("HiredDate", ValueKind.DATE, "Hired on"),
        FieldSpec("ReleasedDate", ValueKind.DATE, "Left on"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("Employee", _EVERY),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Person id"),
        MappingLine("employee_no", "EmployeeNumber", label="Personnel number"),
        MappingLine("name", "DisplayName", required=True, label="Name"),
        MappingLine("given", "GivenName", label="Given name"),
        MappingLine("family", "FamilyName", label="Family name"),
        MappingLine("email", "PrimaryEmailAddr.Address", label="E-mail"),
        MappingLine("active", "Active", label="Active"),
        MappingLine("hired", "HiredDate", label="Hired on"),
        MappingLine("left", "ReleasedDate", label="Left on"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

_HOURS = "math.round((r.?Hours.orValue(0.0) + r.?Minutes.orValue(0.0) / 60.0) * 10000.0) / 10000.0"

TIME = ObjectManifest(
    name="time-activities",
    label="Time activities",
    canonical_type="TimeEntry",
    key_field="Id",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="Id",
    find_parameter="Id IN",
    find_joiner=BETWEEN_KEYS,
    find_at_once=_FIND_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("TxnDate", ValueKind.DATE, "Date", required=True),
        FieldSpec("EmployeeRef.value", ValueKind.REFERENCE, "Employee"),
        FieldSpec("EmployeeRef.name", label="Name of the employee"),
        FieldSpec("VendorRef.value", ValueKind.REFERENCE, "Contractor"),
        FieldSpec("CustomerRef.value", ValueKind.REFERENCE, "Customer or project"),
        FieldSpec("CustomerRef.name", label="Name of the customer or project"),
        FieldSpec("ItemRef.value", label="Service"),
        FieldSpec("Hours", ValueKind.WHOLE, "Hours"),
        FieldSpec("Minutes", ValueKind.WHOLE, "Minutes"),
        FieldSpec("BillableStatus", ValueKind.CHOICE, "Billable", choices=("Billable", "NotBillable", "HasBeenBilled")),
        FieldSpec("HourlyRate", ValueKind.MONEY, "Rate per hour"),
        FieldSpec("Description", label="Description"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("TimeActivity"),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Entry number"),
        MappingLine(
            "resource",
            expression="r.?EmployeeRef.?value.orValue(r.?VendorRef.?value.orValue(''))",
            required=True,
            label="Person",
        ),
        MappingLine("resource_name", "EmployeeRef.name", label="Name of the person"),
        # Not required: a page of time that was worked for nobody is no change of format.
        MappingLine("project", "CustomerRef.value", label="Project"),
        MappingLine("project_name", "CustomerRef.name", label="Name of the project"),
        MappingLine("work_date", "TxnDate", required=True, label="Day of the work"),
        MappingLine("hours", expression=_HOURS, required=True, label="Hours"),
        MappingLine(
            "billable",
            "BillableStatus",
            value_map={"Billable": True, "HasBeenBilled": True, "NotBillable": False},
            label="Billable",
        ),
        MappingLine("service_item", "ItemRef.value", label="Service"),
        MappingLine("note", "Description", label="Note"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

MANIFEST = SystemManifest(
    slug="quickbooks",
    name="QuickBooks Online",
    category="ERP",
    summary="Intuit QuickBooks Online: customers and invoices are read and written, employees and time are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/quickbooks.md",
    address="https://quickbooks.api.intuit.com",
    auth=AuthSpec(
        AuthScheme.OAUTH_CODE,
        token_path="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106  an address, no secret
        token_scope="com.intuit.quickbooks.accounting",  # noqa: S106  a scope, no secret
        authorize_address="https://appcenter.intuit.com/connect/oauth2",
        refresh_days_unused=100,  # as is generally said of Intuit's refresh tokens; no page of its contract was seen
    ),
    secrets=(
        SecretSpec("client_id", "Client id", "Of the app at developer.intuit.com, on its page “Keys and credentials”."),
        SecretSpec("client_secret", "Client secret", "From the same page."),
    ),
    settings=(FieldSpec("realm", label="Company id (realm id)", required=True),),
    rights=(
        "The scope com.intuit.quickbooks.accounting, which covers everything that is read and written.",
        "An administrator of the company, who signs in.",
    ),
    objects=(CUSTOMERS, INVOICES, EMPLOYEES, TIME),
    test_path=f"{_COMPANY}/companyinfo/{{realm}}",
    identity_path="CompanyInfo.CompanyName",
    limits=Limits(calls=500, seconds=60, at_once=10, scope=LimitScope.ACCOUNT),
    error_shape=ErrorShape(problems_path="Fault.Error", code_path="code", message_path="Detail", field_path="element"),
    error_rules=RULES,
    # Hours and minutes stand in two fields.
    formats=Formats(MoneyForm.NUMBER, TimeForm.CLOCK, zone=ZoneForm.OFFSET),
    webhook=replace(
        INTUIT,
        objects={
            "Customer": "customers",
            "customer": "customers",
            "Invoice": "invoices",
            "invoice": "invoices",
            "Employee": "employees",
            "employee": "employees",
            "TimeActivity": "time-activities",
            "timeactivity": "time-activities",
        },
        account_setting="realm",
    ),
)
