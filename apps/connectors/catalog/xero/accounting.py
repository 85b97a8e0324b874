"""What Xero's Accounting API keeps: contacts, and invoices to them, made as drafts.

PUT makes and never changes: https://developer.xero.com/documentation/api/accounting/contacts and .../invoices.

In doubt, as no page says it: whether If-Modified-Since counts the very second it names (a minute is read again), how a
quotation mark is written within `where`, and how long an idempotency key is remembered: it is sent, and the number of a
record, which can be given once, is what a repeat is told by.
"""

from apps.connectors.catalog.xero.asking import FIND_AT_ONCE, pages
from apps.connectors.manifest import (
    ChangeRead,
    FieldSpec,
    Idempotency,
    InstantForm,
    MappingLine,
    ObjectManifest,
    Reading,
    ValueKind,
    WriteMode,
    Writing,
)

ACCOUNTING = "api.xro/2.0"
_CHANGED = "UpdatedDateUTC"
_LOOK_BACK_SECONDS = 60
_EXACT = "unitdp=4"  # prices of a unit with four decimals
# /Date(1573755038314+0000)/
_INSTANT = ("after:(", "before:)", "before:+", "epoch_milliseconds")
_DAY = (*_INSTANT, "day")


def _changes_of(name: str, **parameters: str) -> Reading:
    path = f"{ACCOUNTING}/{name}"
    return Reading(
        path=path,
        records_path=name,
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="If-Modified-Since",
        since_in_header=True,
        since_form=InstantForm.ISO,
        parameters={"order": _CHANGED, **parameters},
        paging=pages(1000),
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
    find_at_once=FIND_AT_ONCE,
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
        create_path=f"{ACCOUNTING}/Contacts",
        create_method="PUT",
        created_statuses=(200,),
        update_path=f"{ACCOUNTING}/Contacts/{{key}}",
        update_method="POST",
        record_path="Contacts.0",
        key_path="Contacts.ContactID",
        idempotency=Idempotency.OWN_KEY_FIELD,
        idempotency_header="Idempotency-Key",
        own_key_field="ContactNumber",
        undo_method="POST",
        undo_path=f"{ACCOUNTING}/Contacts/{{key}}",
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
    find_at_once=FIND_AT_ONCE,
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
        create_path=f"{ACCOUNTING}/Invoices?{_EXACT}",
        create_method="PUT",
        created_statuses=(200,),
        update_path=f"{ACCOUNTING}/Invoices/{{key}}?{_EXACT}",
        update_method="POST",
        record_path="Invoices.0",
        key_path="Invoices.InvoiceID",
        idempotency=Idempotency.OWN_KEY_FIELD,
        idempotency_header="Idempotency-Key",
        own_key_field="InvoiceNumber",
        undo_method="POST",
        undo_path=f"{ACCOUNTING}/Invoices/{{key}}",
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
