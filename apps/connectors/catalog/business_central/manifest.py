"""Dynamics 365 Business Central, API v2.0: what it holds and how its records meet the canonical model.

Properties and methods: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/ (resource
pages). Pages of the service's own size, no $top with $skip, and $select:
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/odata-client-performance.
Limits: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/operational-limits-online.

Time is not here: timeRegistrationEntries are listed for one employee at a time and have no field for a number of ours, so
that a repeated entry could not be told from a second one.
"""

from dataclasses import replace

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.business_central.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
    FieldSpec,
    Idempotency,
    Limits,
    MappingLine,
    ObjectManifest,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
    WriteMode,
    Writing,
)
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.odata import ODATA_ERRORS, odata_pages
from apps.connectors.sheet_terms import Formats, LimitScope, MoneyForm
from apps.connectors.webhook_spec import SubscriptionSpec
from apps.connectors.webhooks.vendors import BUSINESS_CENTRAL

_API = "v2.0/{tenant}/{environment}/api/v2.0"
_COMPANY = f"{_API}/companies({{company}})"
_PAGE = 1000  # large pages are slow to answer
_CHANGED = "lastModifiedDateTime"
# A record is stamped when it is changed and seen when its transaction ends: that much earlier is read again.
_LOOK_BACK_SECONDS = 120
_CUSTOMERS, _EMPLOYEES, _PROJECTS = (f"{_COMPANY}/{name}" for name in ("customers", "employees", "projects"))


def _changes_of(path: str) -> Reading:
    return Reading(
        path=path,
        records_path="value",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter=f"{_CHANGED} ge",
        parameters={"$orderby": _CHANGED},
        paging=odata_pages(_PAGE, largest=20_000),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path=f"{path}({{key}})",
        since_sorted=True,
    )


CUSTOMERS = ObjectManifest(
    name="customers",
    label="Customers",
    canonical_type="Customer",
    version_field=_CHANGED,
    natural_key="number",
    find_parameter="number",
    find_at_once=20,
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("number", label="Customer number", required=True, max_length=20),
        FieldSpec("displayName", label="Name", required=True, max_length=100),
        FieldSpec("addressLine1", label="Street", max_length=100),
        FieldSpec("postalCode", label="Postal code", max_length=20),
        FieldSpec("city", label="City", max_length=30),
        FieldSpec("country", label="Country", max_length=10),
        FieldSpec("email", label="E-mail", max_length=80),
        FieldSpec("taxRegistrationNumber", label="Tax number", max_length=20),
        FieldSpec("currencyCode", label="Currency", max_length=10),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of(_CUSTOMERS),
    writing=Writing(
        create_path=_CUSTOMERS,
        update_path=f"{_CUSTOMERS}({{key}})",
        idempotency=Idempotency.OWN_KEY_FIELD,
        own_key_field="number",
        undo_method="DELETE",
        undo_path=f"{_CUSTOMERS}({{key}})",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Client id"),
        MappingLine("number", "number", label="Client number"),
        MappingLine("name", "displayName", required=True, label="Name"),
        MappingLine("street", "addressLine1", label="Street"),
        MappingLine("postal", "postalCode", label="Postal code"),
        MappingLine("city", "city", label="City"),
        MappingLine("country", "country", label="Country"),
        MappingLine("invoice_email", "email", label="E-mail for invoices"),
        MappingLine("tax_id", "taxRegistrationNumber", label="Tax number"),
        MappingLine("currency", "currencyCode", label="Currency"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(
        # Numbers are kept in capitals there: a number sent in small letters would not be found again.
        MappingLine(
            "number",
            "number",
            transforms=("upper",),
            write_mode=WriteMode.SET_ON_CREATE,
            required=True,
            label="Customer number",
        ),
        MappingLine("displayName", "name", required=True, label="Name"),
        MappingLine("addressLine1", "street", label="Street"),
        MappingLine("postalCode", "postal", label="Postal code"),
        MappingLine("city", "city", label="City"),
        MappingLine("country", "country", label="Country"),
        MappingLine("email", "invoice_email", label="E-mail"),
        MappingLine("taxRegistrationNumber", "tax_id", label="Tax number"),
        MappingLine("currencyCode", "currency", label="Currency"),
    ),
)

EMPLOYEES = ObjectManifest(
    name="employees",
    label="Employees",
    canonical_type="Resource",
    version_field=_CHANGED,
    natural_key="number",
    find_parameter="number",
    find_at_once=20,
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("number", label="Employee number", max_length=20),
        FieldSpec("displayName", label="Name"),
        FieldSpec("givenName", label="Given name"),
        FieldSpec("surname", label="Family name"),
        FieldSpec("jobTitle", label="Job title"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("Active", "Inactive", "Terminated")),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of(_EMPLOYEES),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("employee_no", "number", label="Personnel number"),
        MappingLine("name", "displayName", required=True, label="Name"),
        MappingLine("given", "givenName", label="Given name"),
        MappingLine("family", "surname", label="Family name"),
        MappingLine("job_title", "jobTitle", label="Job title"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine(
            "active", "status", value_map={"Active": True, "Inactive": False, "Terminated": False}, label="Active"
        ),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

# The API shows three properties of a project and no time of change: all are read and compared.
PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    natural_key="number",
    find_parameter="number",
    find_at_once=20,
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("number", label="Project number", max_length=20),
        FieldSpec("displayName", label="Name"),
    ),
    reading=Reading(
        path=_PROJECTS,
        records_path="value",
        change_read=ChangeRead.FULL,
        paging=odata_pages(_PAGE, largest=20_000),
        one_path=f"{_PROJECTS}({{key}})",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Project id"),
        MappingLine("code", "number", required=True, label="Project code"),
        MappingLine("name", "displayName", required=True, label="Name"),
    ),
)

# https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/dynamics-subscriptions: three days,
# a handshake each time, projects not among the supported resources. An address that answers with another error than 408,
# 429 or 5xx loses its subscription there. Whether two may exist for one address and resource is not said: the one is looked
# for before another is made.
_SUBSCRIPTIONS = SubscriptionSpec(
    path="v2.0/{tenant}/{environment}/api/v2.0/subscriptions",
    one_path="v2.0/{tenant}/{environment}/api/v2.0/subscriptions('{key}')",
    resources={name: f"/api/v2.0/companies({{company}})/{name}" for name in ("customers", "employees")},
    body={"notificationUrl": "{address}", "resource": "{resource}", "clientState": "{secret}"},
    life_seconds=3 * 86_400,
    etags=True,
)

MANIFEST = SystemManifest(
    slug="business_central",
    name="Business Central",
    category="ERP",
    summary="Microsoft Dynamics 365 Business Central: customers are read and written, employees and projects are read.",
    proof=ProofLabel.PUBLISHED_CONTRACT,
    documentation="docs/connect/business-central.md",
    address="https://api.businesscentral.dynamics.com",
    auth=AuthSpec(
        AuthScheme.CLIENT_CREDENTIALS,
        token_path="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106  an address, no secret
        token_scope="https://api.businesscentral.dynamics.com/.default",  # noqa: S106  a scope, no secret
        credentials_in_body=True,
    ),
    secrets=(
        SecretSpec("client_id", "Application (client) id", "Of the app registration in Microsoft Entra."),
        SecretSpec("client_secret", "Client secret", "Its value, which Microsoft Entra shows once.", may_expire=True),
    ),
    settings=(
        FieldSpec("tenant", label="Tenant id", required=True),
        FieldSpec("environment", label="Environment", required=True),
        FieldSpec("company", label="Company id", required=True),
    ),
    objects=(CUSTOMERS, EMPLOYEES, PROJECTS),
    rights=(
        "In Microsoft Entra: the application permission API.ReadWrite.All of Dynamics 365 Business Central, with an administrator’s consent.",
        "In Business Central, on the page “Microsoft Entra Applications”: the same client id, enabled.",
        "To read customers, employees and projects: the permission set D365 READ.",
        "To make, change and take back customers: the permission set D365 CUSTOMER, EDIT besides. Neither SUPER nor a licence is needed.",
    ),
    test_path=_COMPANY,
    account_path="id",
    limits=Limits(calls=6000, seconds=300, at_once=5, scope=LimitScope.USER),
    error_shape=ODATA_ERRORS,
    error_rules=RULES,
    webhook=replace(BUSINESS_CENTRAL, subscription=_SUBSCRIPTIONS),
    odata=ODataSpec(guid_fields=("id",), metadata_path=f"{_API}/$metadata"),
    formats=Formats(MoneyForm.NUMBER),
)
