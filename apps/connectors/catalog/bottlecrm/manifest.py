"""BottleCRM 1.35: what it holds, how it signs its events, and how its records meet the canonical model.

Read in its own code, release 1.35.0 of the package django-crm (MIT): `accounts`, `contacts` and `opportunity` (views.py and
serializer.py of each), `webhooks/tasks.py` for the signature and `webhooks/events.py` for what an event holds, and in its
documentation, https://django-crm.readthedocs.io/en/latest/ (API: conventions, errors, tokens and API keys).

No list can be asked for what has changed, so everything is read and compared; events tell at once. Names of accounts and
e-mail addresses of contacts are unique there. Our number stands in a custom field that an administrator makes; where it was
not made, BottleCRM drops the number without a word, and a repeat is refused for its name instead.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.bottlecrm.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
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
from apps.connectors.protocols.rest_problems import PROBLEMS
from apps.connectors.sheet_terms import Concurrency, Formats, MoneyForm, ZoneForm
from apps.connectors.webhook_spec import EventShape, HmacSpec, StrayEvent, WebhookSpec

CUSTOM, OUR_NUMBER = "custom_fields", "integration_key"
_PAGE = 100
_KEY_FIELD = f"{CUSTOM}.{OUR_NUMBER}"
# The seeded stages, and the two kinds that decide whatever a firm calls its own (`stage_kind`).
_STAGES = {
    "PROSPECTING": "qualification",
    "QUALIFICATION": "qualification",
    "PROPOSAL": "proposal",
    "NEGOTIATION": "negotiation",
    "won": "won",
    "lost": "lost",
}


def _list(name: str, *, records: str, total: str, one: str) -> Reading:
    return Reading(
        path=f"api/{name}/",
        records_path=records,
        change_read=ChangeRead.FULL,
        paging=Paging(
            style="offset", size=_PAGE, size_parameter="limit", position_parameter="offset", total_path=total
        ),
        one_path=f"api/{name}/{{key}}/",
        one_record_path=one,
    )


def _written(name: str) -> Writing:
    return Writing(
        create_path=f"api/{name}/",
        update_path=f"api/{name}/{{key}}/",
        created_statuses=(200,),
        idempotency=Idempotency.SEARCH_BEFORE_CREATE,
        own_key_field=_KEY_FIELD,
        own_key_parameter=f"cf_{OUR_NUMBER}",
        concurrency=Concurrency.LAST_WRITE_WINS,
        undo_method="DELETE",
        undo_path=f"api/{name}/{{key}}/",
    )


ACCOUNTS = ObjectManifest(
    name="accounts",
    label="Accounts",
    canonical_type="Customer",
    natural_key="name",
    find_parameter="name",
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("name", label="Name", required=True, max_length=255),
        FieldSpec("email", label="E-mail", max_length=254),
        FieldSpec("address_line", label="Street", max_length=255),
        FieldSpec("postcode", label="Postal code", max_length=64),
        FieldSpec("city", label="City", max_length=255),
        FieldSpec("country", label="Country (two letters)", max_length=3),
        FieldSpec("currency", label="Currency", max_length=3),
        FieldSpec("annual_revenue", ValueKind.MONEY, "Annual revenue"),
        FieldSpec("is_active", ValueKind.YES_NO, "Active"),
        FieldSpec(_KEY_FIELD, label="Our number", max_length=255),
    ),
    reading=_list(
        "accounts",
        records="active_accounts.open_accounts",
        total="active_accounts.open_accounts_count",
        one="account_obj",
    ),
    writing=_written("accounts"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Client id"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("street", "address_line", label="Street"),
        MappingLine("postal", "postcode", label="Postal code"),
        MappingLine("city", "city", label="City"),
        MappingLine("country", "country", label="Country"),
        MappingLine("invoice_email", "email", label="E-mail for invoices"),
        MappingLine("currency", "currency", label="Currency"),
    ),
    writing_lines=(
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("email", "invoice_email", label="E-mail"),
        MappingLine("address_line", "street", label="Street"),
        MappingLine("postcode", "postal", label="Postal code"),
        MappingLine("city", "city", label="City"),
        MappingLine("country", "country", label="Country"),
        MappingLine("currency", "currency", label="Currency"),
    ),
)

CONTACTS = ObjectManifest(
    name="contacts",
    label="Contacts",
    canonical_type="Contact",
    natural_key="email",
    find_parameter="email",
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("first_name", label="First name", required=True, max_length=255),
        FieldSpec("last_name", label="Last name", required=True, max_length=255),
        FieldSpec("email", label="E-mail", max_length=254),
        FieldSpec("phone", label="Phone", max_length=25),
        FieldSpec("title", label="Job title", max_length=255),
        FieldSpec("account", label="Account"),
        FieldSpec("account_detail.name", label="Name of the account"),
        FieldSpec("is_active", ValueKind.YES_NO, "Active"),
        FieldSpec(_KEY_FIELD, label="Our number", max_length=255),
    ),
    reading=_list("contacts", records="results", total="count", one="contact_obj"),
    writing=_written("contacts"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Contact id"),
        MappingLine("given", "first_name", label="Given name"),
        MappingLine("family", "last_name", label="Family name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("phone", "phone", label="Phone"),
        MappingLine("job_title", "title", label="Job title"),
        MappingLine("client", "account", label="Client"),
        MappingLine("client_name", "account_detail.name", label="Name of the client"),
        MappingLine("active", "is_active", label="Active"),
    ),
    writing_lines=(
        MappingLine("first_name", "given", required=True, label="First name"),
        MappingLine("last_name", "family", required=True, label="Last name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("phone", "phone", label="Phone"),
        MappingLine("title", "job_title", label="Job title"),
        MappingLine("account", "client", reference="Customer", label="Account"),
    ),
)

DEALS = ObjectManifest(
    name="opportunities",
    label="Deals",
    canonical_type="Opportunity",
    natural_key="name",
    find_parameter="name",
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("name", label="Name"),
        FieldSpec("account.id", label="Account"),
        FieldSpec("account.name", label="Name of the account"),
        FieldSpec("phase", label="Stage: how it ended, else where it stands"),
        FieldSpec("probability", ValueKind.WHOLE, "Probability in per cent"),
        FieldSpec("amount", ValueKind.MONEY, "Amount"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("closed_on", ValueKind.DATE, "Closes on"),
        FieldSpec("description", label="Description"),
    ),
    reading=_list("opportunities", records="opportunities", total="opportunities_count", one="opportunity_obj"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Deal number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client", "account.id", label="Client"),
        MappingLine("client_name", "account.name", label="Name of the client"),
        MappingLine("stage", "phase", value_map=_STAGES, required=True, label="Stage"),
        MappingLine("probability", "probability", transforms=("divided_by:100",), label="Probability"),
        MappingLine("amount", "amount", label="Amount"),
        MappingLine("currency", "currency", label="Currency"),
        MappingLine("close_date", "closed_on", label="Closes on"),
        MappingLine("note", "description", label="Note"),
    ),
)

# webhooks/tasks.py of 1.35.0: "t=<seconds>,v1=<hex>" over "<seconds>.<body>"; sent again after 1, 5 and 30 minutes, 2 and 6
# hours, each time with the same id in the body. 410 switches the address off there.
_EVENTS = WebhookSpec(
    scheme="hmac",
    signature_header="X-BottleCRM-Signature",
    hmac=HmacSpec(signed=("timestamp", "=.", "body"), signature_part="v1", timestamp_part="t"),
    shapes=(EventShape(object_path="event", object_pattern=r"^([^.]+)\.", key_path="data.id", id_paths=("id",)),),
    objects={"account": ACCOUNTS.name, "contact": CONTACTS.name, "deal": DEALS.name},
    stray=StrayEvent.IGNORE,  # tickets, leads, tasks, and the ping of its “Test” button
    answer_status=200,
    key_label="Signing secret",
    key_help="Of the webhook endpoint, from BottleCRM's settings (it begins with whsec_ and is shown once).",
)

MANIFEST = SystemManifest(
    slug="bottlecrm",
    name="BottleCRM",
    category="CRM",
    summary="Accounts and contacts are read and written, deals are read.",
    proof=ProofLabel.REAL_SYSTEM,
    documentation="docs/connect/bottlecrm.md",
    auth=AuthSpec(AuthScheme.BEARER),
    secrets=(
        SecretSpec(
            "token",
            "Personal access token",
            "From the profile page “Access tokens” (it begins with bcrm_pat_). Its scopes are below.",
            may_expire=True,
        ),
    ),
    rights=(
        "A user made for this alone, with the role ADMIN: others see only what they made or what is assigned to them.",
        "A token with the scopes accounts:read, contacts:read and opportunities:read.",
        "The scopes accounts:write and contacts:write besides, where records are written.",
        "A custom field of the kind text with the key integration_key for accounts and for contacts, where these are written.",
    ),
    objects=(ACCOUNTS, CONTACTS, DEALS),
    test_path="api/accounts/?limit=1",
    limits=Limits(at_once=4),
    error_shape=PROBLEMS,
    error_rules=RULES,
    webhook=_EVENTS,
    deletes="event",
    filters_strict=False,
    formats=Formats(MoneyForm.TEXT, zone=ZoneForm.OFFSET),
)
