"""The sandbox CRM: where deals are won, and where an onboarding begins."""

from dataclasses import replace

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind, WriteMode
from apps.connectors.sandbox_family import (
    common_refusals,
    list_of,
    no_number,
    refused,
    sandbox_system,
    shown_invoices,
    writing_to,
)
from apps.connectors.sheet_terms import Formats, MoneyForm, TimeForm
from apps.connectors.webhook_spec import WebhookSpec

_OPPORTUNITIES = list_of(
    "opportunities",
    "Deals",
    "Opportunity",
    known_by="id",
    # What is written here is the mark that a deal was handed over, so taking it back lifts the mark.
    writing=writing_to("opportunities", takes_keys=False, taken_back={"exported": False, "project_code": None}),
    fields=(
        FieldSpec("id", label="Deal number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("name", label="Name", max_length=255),
        FieldSpec("account_id", label="Account number"),
        FieldSpec("account_name", label="Account"),
        FieldSpec("account", ValueKind.NESTED, "Account details"),
        FieldSpec(
            "stage", ValueKind.CHOICE, "Stage", choices=("qualification", "proposal", "negotiation", "won", "lost")
        ),
        FieldSpec("probability", ValueKind.DECIMAL, "Probability"),
        FieldSpec("amount", ValueKind.MONEY, "Amount"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("close_date", ValueKind.DATE, "Closes on"),
        FieldSpec("won_at", ValueKind.INSTANT, "Won at"),
        FieldSpec("lost_reason", label="Why it was lost"),
        FieldSpec("service_line", label="Service line"),
        FieldSpec("legal_entity", label="Legal entity"),
        FieldSpec("region", label="Region"),
        FieldSpec("owner", label="Owner's e-mail"),
        FieldSpec("owner_name", label="Owner"),
        FieldSpec("billing_kind", label="Billing"),
        FieldSpec("budget_hours", ValueKind.HOURS, "Budget in hours"),
        FieldSpec("starts", ValueKind.DATE, "Starts"),
        FieldSpec("ends", ValueKind.DATE, "Ends"),
        FieldSpec("po_number", label="Purchase order"),
        FieldSpec("exported", ValueKind.YES_NO, "Handed over"),
        FieldSpec("exported_at", ValueKind.INSTANT, "Handed over at"),
        FieldSpec("project_code", label="Project code", max_length=40),
        FieldSpec("note", label="Note", max_length=2000),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("client", "account_id"),
        MappingLine("client_name", "account_name"),
        MappingLine("client_legal_name", "account.legal_name"),
        MappingLine("client_country", "account.country"),
        MappingLine("client_tax_id", "account.tax_id"),
        MappingLine("client_segment", "account.segment"),
        MappingLine("invoice_email", "account.invoice_email"),
        MappingLine("payment_terms_days", "account.payment_terms_days"),
        MappingLine("stage", "stage", required=True),
        MappingLine("probability", "probability"),
        MappingLine("amount", "amount"),
        MappingLine("currency", "currency"),
        MappingLine("close_date", "close_date"),
        MappingLine("won_at", "won_at"),
        MappingLine("lost_reason", "lost_reason"),
        MappingLine("service_line", "service_line"),
        MappingLine("legal_entity", "legal_entity"),
        MappingLine("region", "region"),
        MappingLine("owner", "owner"),
        MappingLine("owner_name", "owner_name"),
        MappingLine("billing_kind", "billing_kind"),
        MappingLine("budget_hours", "budget_hours"),
        MappingLine("starts", "starts"),
        MappingLine("ends", "ends"),
        MappingLine("po_number", "po_number"),
        MappingLine("project", "project_code"),
        MappingLine("exported", "exported"),
        MappingLine("note", "note"),
        MappingLine("updated_at", "modified_at"),
    ),
    # A deal belongs to the CRM: one may be begun from outside, and then only what became of it is written back.
    writing_lines=(
        MappingLine("name", "name", write_mode=WriteMode.SET_ON_CREATE, label="Name"),
        MappingLine("account_id", "client", write_mode=WriteMode.SET_ON_CREATE, label="Account number"),
        MappingLine("stage", "stage", write_mode=WriteMode.SET_ON_CREATE, label="Stage"),
        MappingLine("amount", "amount", write_mode=WriteMode.SET_ON_CREATE, label="Amount"),
        MappingLine("currency", "currency", write_mode=WriteMode.SET_ON_CREATE, label="Currency"),
        MappingLine("close_date", "close_date", write_mode=WriteMode.SET_ON_CREATE, label="Closes on"),
        MappingLine("legal_entity", "legal_entity", write_mode=WriteMode.SET_ON_CREATE, label="Legal entity"),
        MappingLine("service_line", "service_line", write_mode=WriteMode.SET_ON_CREATE, label="Service line"),
        MappingLine("billing_kind", "billing_kind", write_mode=WriteMode.SET_ON_CREATE, label="Billing"),
        MappingLine("owner", "owner", write_mode=WriteMode.SET_ON_CREATE, label="Owner's e-mail"),
        MappingLine("exported", "exported", label="Handed over"),
        MappingLine("project_code", "project", label="Project code"),
        MappingLine("note", "note", label="Note"),
    ),
)

_ACCOUNTS = list_of(
    "accounts",
    "Accounts",
    "Customer",
    known_by="id",
    fields=(
        FieldSpec("id", label="Account number", required=True),
        FieldSpec("name", label="Name", required=True),
        FieldSpec("legal_name", label="Legal name"),
        FieldSpec("country", label="Country"),
        FieldSpec("region", label="Region"),
        FieldSpec("segment", label="Segment"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("tax_id", label="Tax number"),
        FieldSpec("invoice_email", label="Invoices go to"),
        FieldSpec("payment_terms_days", ValueKind.WHOLE, "Payment terms in days"),
        FieldSpec("parent_id", label="Belongs to the account"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("legal_name", "legal_name"),
        MappingLine("country", "country"),
        MappingLine("region", "region"),
        MappingLine("segment", "segment"),
        MappingLine("currency", "currency"),
        MappingLine("tax_id", "tax_id"),
        MappingLine("invoice_email", "invoice_email"),
        MappingLine("payment_terms_days", "payment_terms_days"),
        MappingLine("parent", "parent_id"),
        MappingLine("updated_at", "modified_at"),
    ),
)


_SYSTEM = sandbox_system(
    "sandbox_crm",
    "Sandbox CRM",
    category="CRM",
    summary="A simulated CRM with accounts and deals, for trying things out. A deal that is won is announced.",
    objects=(_OPPORTUNITIES, _ACCOUNTS, shown_invoices(needs_project=False)),
    rights="The right to read accounts and deals, and the right “write” to begin and mark deals and to show invoices.",
    at_once=8,
    error_rules=(
        refused(
            "unknown_account",
            BusinessClass.MISSING_REFERENCE,
            "The CRM knows no account {value}. Create it there first, or correct it on the deal.",
            "client",
        ),
        refused(
            "duplicate",
            BusinessClass.DUPLICATE,
            "The CRM already holds this deal under another number. Check both before one of them is handed over.",
        ),
        no_number("the CRM"),
        refused(
            "invalid_date", BusinessClass.PARSE, "{value} is no day the CRM can read. Correct {field} on the record."
        ),
        refused(
            "invalid_currency",
            BusinessClass.VALIDATION,
            "The CRM is not set up for the currency {value}. Correct it on the record.",
            "currency",
        ),
        refused(
            "not_found",
            BusinessClass.MISSING_REFERENCE,
            "The deal to mark no longer exists in the CRM. Check whether somebody deleted it there.",
        ),
        *common_refusals("The CRM", record="deal"),
    ),
    webhook=WebhookSpec(scheme="standard", delivery_header="webhook-id"),
    formats=Formats(MoneyForm.TEXT, TimeForm.HOURS),
)
# The CRM alone sells access tokens that expire, to whoever knows its client secret.
MANIFEST = replace(
    _SYSTEM,
    auth=AuthSpec(AuthScheme.CLIENT_CREDENTIALS, token_path="oauth/token"),  # noqa: S106  an address, not a secret
    secrets=(
        SecretSpec("client_id", "Client id", "The name of the sandbox company."),
        SecretSpec("client_secret", "Client secret", "Shown once when the sandbox company is made."),
    ),
)
