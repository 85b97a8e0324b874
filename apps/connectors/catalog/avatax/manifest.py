"""Avalara AvaTax, REST API v2: sales that were taxed, both ways, and the customers with their addresses, which are read.

Transactions: https://developer.avalara.com/api-reference/avatax/rest/v2/methods/Transactions/ListTransactionsByCompany/ (a
filter must name a range of `date`, else the last 30 days are meant; at most 1,000 at a time), CreateOrAdjustTransaction (one
transaction for each `code`, however often it is sent) and VoidTransaction there. Customers:
https://developer.avalara.com/api-reference/avatax/rest/v2/methods/Customers/QueryCustomers/. Sign-in with account id and license key:
https://developer.avalara.com/avatax/authentication-in-rest/. No number of calls is published; too many are answered 429.

Written from these pages, never run against an account. Not said there, and taken for true: that `modifiedDate` can be filtered and
ordered by and is UTC, that an apostrophe in a filter is doubled, and that older versions of an adjusted transaction are told by
their status Adjusted. Only sales are read and written (SalesInvoice): a credit is a transaction of another type.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.avatax.refusals import RULES
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
from apps.connectors.sheet_terms import Concurrency, Formats, LimitScope, MoneyForm

FILTER, SINCE, MODEL = "$filter", "modifiedDate ge", "createTransactionModel"
CUSTOMER = "api/v2/companies/{company_id}/customers/{key}"
_SALES = "api/v2/companies/{company}/transactions"
_EVERY_SALE = "date ge '1990-01-01' and type eq 'SalesInvoice' and status ne 'Adjusted'"
_PAGING = Paging(
    style="offset",
    size=100,
    size_parameter="$top",
    position_parameter="$skip",
    total_path="@recordsetCount",
    largest=1000,
)
_STATE = {"Saved": "draft", "Posted": "posted", "Committed": "posted", "Cancelled": "void"}
_LINES_READ = (
    "has(r.lines) && r.lines != null ? r.lines.map(l, {?'description': l.?description, ?'net': l.?lineAmount, "
    "?'quantity': l.?quantity, ?'tax': l.?tax, ?'tax_code': l.?taxCode, ?'item': l.?itemCode}) : []"
)
# Half a cent must not fall below itself: CEL counts in doubles.
_LINES_WRITTEN = (
    "r.lines.map(l, {?'description': l.?description, ?'quantity': l.?quantity, ?'itemCode': l.?item, "
    "'amount': has(l.net) ? l.net : math.round(l.quantity * l.price * 100.0 + 0.00001) / 100.0})"
)

TRANSACTIONS = ObjectManifest(
    name="transactions",
    label="Taxed sales",
    canonical_type="Invoice",
    key_field="code",
    version_field="modifiedDate",
    version_form=InstantForm.ISO,
    natural_key="code",
    find_parameter="code",
    find_at_once=20,
    find_joiner=BETWEEN_KEYS,
    fields=(
        FieldSpec("code", label="Document code", required=True, max_length=50),
        FieldSpec("type", ValueKind.CHOICE, "Type", required=True, choices=("SalesInvoice",)),
        FieldSpec("status", label="Status"),
        FieldSpec("date", ValueKind.DATE, "Date", required=True),
        FieldSpec("customerCode", ValueKind.REFERENCE, "Customer", required=True, max_length=50),
        FieldSpec("currencyCode", label="Currency"),
        FieldSpec("exchangeRate", ValueKind.DECIMAL, "Exchange rate"),
        FieldSpec("purchaseOrderNo", label="Purchase order", max_length=50),
        FieldSpec("description", label="Description", max_length=2048),
        FieldSpec("commit", ValueKind.YES_NO, "Counts for the return"),
        FieldSpec("totalAmount", ValueKind.MONEY, "Amount without tax"),
        FieldSpec("totalTax", ValueKind.MONEY, "Tax"),
        FieldSpec("lines", ValueKind.NESTED, "Lines", required=True),
        FieldSpec("modifiedDate", ValueKind.INSTANT, "Last changed"),
    ),
    reading=Reading(
        path=_SALES,
        records_path="value",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter=SINCE,
        since_form=InstantForm.ISO,
        parameters={FILTER: _EVERY_SALE, "$include": "Lines", "$orderBy": "modifiedDate ASC"},
        paging=_PAGING,
        overlap_seconds=60,
        one_path=f"{_SALES}/{{key}}?documentType=SalesInvoice&$include=Lines",
        since_sorted=True,
    ),
    writing=Writing(
        create_path="api/v2/transactions/createoradjust",
        update_path="api/v2/transactions/createoradjust",
        update_method="POST",
        record_path=MODEL,
        key_path="code",
        repeat_fields=("code",),  # it names the transaction
        # Sent twice it is one transaction anyway; looking first tells what was made anew from what was there.
        idempotency=Idempotency.SEARCH_BEFORE_CREATE,
        own_key_field="code",
        concurrency=Concurrency.LAST_WRITE_WINS,
        undo_method="POST",
        undo_path=f"{_SALES}/{{key}}/void?documentType=SalesInvoice",
        undo_values={"code": "DocVoided"},
    ),
    reading_lines=(
        MappingLine("id", "code", required=True, label="Invoice id"),
        MappingLine("number", "code", label="Invoice number"),
        MappingLine("kind", default="invoice", label="Invoice or credit"),
        MappingLine("client", "customerCode", label="Client who pays"),
        MappingLine("issue_date", "date", transforms=("day",), required=True, label="Day of the invoice"),
        MappingLine("currency", "currencyCode", label="Currency"),
        MappingLine("fx_rate", "exchangeRate", label="Exchange rate"),
        MappingLine("net", "totalAmount", label="Amount without tax"),
        MappingLine("tax", "totalTax", label="Tax"),
        MappingLine("gross", expression="r.totalAmount + r.totalTax", label="Amount with tax"),
        MappingLine("state", "status", value_map=_STATE, value_map_default="draft", label="State"),
        MappingLine("po_number", "purchaseOrderNo", label="Purchase order"),
        MappingLine("note", "description", label="Note"),
        MappingLine("lines", expression=_LINES_READ, label="Lines"),
        MappingLine("updated_at", "modifiedDate", transforms=("assume_utc",), label="Last changed"),
    ),
    writing_lines=(
        MappingLine("code", "number", required=True, label="Document code"),
        # A credit has no translation here, so it stops with a sentence instead of raising the tax owed.
        MappingLine(
            "type", "kind", value_map={"invoice": "SalesInvoice"}, default="SalesInvoice", required=True, label="Type"
        ),
        MappingLine("date", "issue_date", required=True, label="Date"),
        MappingLine("customerCode", "client", reference="Customer", required=True, label="Customer"),
        MappingLine("currencyCode", "currency", label="Currency"),
        MappingLine("purchaseOrderNo", "po_number", label="Purchase order"),
        MappingLine("description", "note", label="Description"),
        MappingLine(
            "commit",
            expression="r.?state.orValue('') in ['posted', 'sent', 'part_paid', 'paid']",
            label="Counts for the return",
        ),
        MappingLine("lines", expression=_LINES_WRITTEN, required=True, label="Lines"),
    ),
)

CUSTOMERS = ObjectManifest(
    name="customers",
    label="Customers",
    canonical_type="Customer",
    key_field="customerCode",
    natural_key="customerCode",
    fields=(
        FieldSpec("customerCode", label="Customer code"),
        FieldSpec("name", label="Name"),
        FieldSpec("line1", label="Street"),
        FieldSpec("city", label="City"),
        FieldSpec("postalCode", label="Postal code"),
        FieldSpec("country", label="Country"),
        FieldSpec("emailAddress", label="E-mail"),
    ),
    reading=Reading("api/v2/companies/{company_id}/customers", "value", paging=_PAGING, one_path=CUSTOMER),
    reading_lines=(
        MappingLine("id", "customerCode", required=True, label="Client id"),
        MappingLine("number", "customerCode", label="Client number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("street", "line1", label="Street"),
        MappingLine("city", "city", label="City"),
        MappingLine("postal", "postalCode", label="Postal code"),
        MappingLine("country", "country", label="Country"),
        MappingLine("invoice_email", "emailAddress", label="E-mail for invoices"),
    ),
)

MANIFEST = SystemManifest(
    slug="avatax",
    name="Avalara AvaTax",
    category="Tax",
    summary="Avalara AvaTax: sales are written for the tax returns and read with their tax, customers are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/avatax.md",
    address="https://rest.avatax.com",
    auth=AuthSpec(AuthScheme.BASIC),
    secrets=(
        SecretSpec("username", "Account id", "The number of the AvaTax account, from the page of its license keys."),
        SecretSpec(
            "password", "License key", "From AvaTax, Settings, License and API keys. A new one ends the old one."
        ),
    ),
    settings=(
        FieldSpec("company", label="Company code", required=True),
        FieldSpec("company_id", label="Company id (a number, in the address of the company's page)", required=True),
        FieldSpec("location", label="Location code of the office that sells, as AvaTax knows it", required=True),
    ),
    rights=(
        "A license key of an account whose user has the role Company Admin or Account Admin: others may not void.",
        "The subscriptions AvaTax Pro, and Exemption Certificate Management for the customers.",
    ),
    objects=(TRANSACTIONS, CUSTOMERS),
    test_path=f"{_SALES}?$top=1",
    limits=Limits(at_once=4, scope=LimitScope.ACCOUNT),
    error_shape=ErrorShape(
        problems_path="error.details",
        field_path="refersTo",
        summary_code_path="error.code",
        summary_message_path="error.message",
    ),
    error_rules=RULES,
    formats=Formats(money=MoneyForm.NUMBER),
)
