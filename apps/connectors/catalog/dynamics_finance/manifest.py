"""Dynamics 365 Finance over its public data entities (OData v4): what they hold and how they meet the canonical model.

Entities, keys and properties: CustomersV3 and ProjectsV2 as a $metadata document of version 10.0.47 has them (as OpenAPI
in docs/spec of github.com/ballerina-platform/module-ballerinax-microsoft.dynamics365.finance, Apache-2.0), the properties of
SalesInvoiceHeadersV2 from https://learn.microsoft.com/common-data-model/schema/core/operationscommon/entities/finance/accountsreceivable/salesinvoiceheaderv2entity.
Queries, pages of at most 10,000, and `cross-company`, without which only the user's own company is seen:
https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/odata. Throttling by resources, told with 429 and
Retry-After: https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/priority-based-throttling.

A connection is for one company (dataAreaId), which is part of every key. No entity tells when a record was changed. Hours and
expenses are not written: the entities of their journals are not among those that the metadata document shows.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.dynamics_finance.refusals import RULES
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
from apps.connectors.protocols.odata import odata_pages
from apps.connectors.protocols.rest_problems import PROBLEMS
from apps.connectors.sheet_terms import Formats, LimitScope, MoneyForm, TimeForm

_PAGE = 1000
_INVOICE_DAYS = 92
CROSS = "cross-company"
_CUSTOMERS, _PROJECTS, _INVOICES = "data/CustomersV3", "data/ProjectsV2", "data/SalesInvoiceHeadersV2"
_CUSTOMER = f"{_CUSTOMERS}(dataAreaId='{{company}}',CustomerAccount='{{key}}')?{CROSS}=true"
_PROJECT = f"{_PROJECTS}(dataAreaId='{{company}}',ProjectId='{{key}}')?{CROSS}=true"
# https://learn.microsoft.com/dynamics365/project-operations/prod-pma/project-stages: names behind them are the firm's own.
_STAGES = {
    "Created": "planned",
    "Estimated": "planned",
    "Scheduled": "planned",
    "InProcess": "active",
    "User1": "active",
    "User2": "active",
    "User3": "active",
    "Completed": "closed",
}

CUSTOMERS = ObjectManifest(
    name="customers",
    label="Customers",
    canonical_type="Customer",
    key_field="CustomerAccount",
    natural_key="CustomerAccount",
    find_parameter="CustomerAccount",
    find_at_once=20,
    fields=(
        FieldSpec("CustomerAccount", label="Customer account", required=True, max_length=20),
        FieldSpec("OrganizationName", label="Name", required=True, max_length=100),
        FieldSpec("CustomerGroupId", label="Customer group", max_length=10),
        FieldSpec("AddressStreet", label="Street", max_length=250),
        FieldSpec("AddressZipCode", label="Postal code", max_length=10),
        FieldSpec("AddressCity", label="City", max_length=60),
        FieldSpec("AddressCountryRegionISOCode", label="Country", max_length=10),
        FieldSpec("PrimaryContactEmail", label="E-mail", max_length=255),
        FieldSpec("TaxExemptNumber", label="Tax number", max_length=20),
        FieldSpec("SalesCurrencyCode", label="Currency", required=True, max_length=3),
        FieldSpec("PaymentTerms", label="Terms of payment", max_length=10),
        FieldSpec(
            "OnHoldStatus",
            ValueKind.CHOICE,
            "On hold for",
            choices=("No", "Invoice", "All", "Payment", "Requisition", "Never", "PurchOrder"),
        ),
    ),
    reading=Reading(
        path=_CUSTOMERS,
        records_path="value",
        change_read=ChangeRead.FULL,
        parameters={"$orderby": "CustomerAccount"},
        paging=odata_pages(_PAGE, largest=10_000),
        one_path=_CUSTOMER,
    ),
    writing=Writing(
        create_path=f"{_CUSTOMERS}?{CROSS}=true",
        update_path=_CUSTOMER,
        key_path="CustomerAccount",
        only_at_creation=("dataAreaId", "CustomerAccount", "PartyType"),
        idempotency=Idempotency.OWN_KEY_FIELD,
        own_key_field="CustomerAccount",
        undo_method="DELETE",
        undo_path=_CUSTOMER,
    ),
    reading_lines=(
        MappingLine("id", "CustomerAccount", required=True, label="Client id"),
        MappingLine("number", "CustomerAccount", label="Client number"),
        MappingLine("name", "OrganizationName", required=True, label="Name"),
        MappingLine("street", "AddressStreet", label="Street"),
        MappingLine("postal", "AddressZipCode", label="Postal code"),
        MappingLine("city", "AddressCity", label="City"),
        MappingLine("country", "AddressCountryRegionISOCode", label="Country"),
        MappingLine("invoice_email", "PrimaryContactEmail", label="E-mail for invoices"),
        MappingLine("tax_id", "TaxExemptNumber", label="Tax number"),
        MappingLine("currency", "SalesCurrencyCode", label="Currency"),
    ),
    writing_lines=(
        MappingLine(
            "CustomerAccount", "number", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Customer account"
        ),
        MappingLine("OrganizationName", "name", required=True, label="Name"),
        MappingLine("AddressStreet", "street", label="Street"),
        MappingLine("AddressZipCode", "postal", label="Postal code"),
        MappingLine("AddressCity", "city", label="City"),
        MappingLine("AddressCountryRegionISOCode", "country", label="Country"),
        MappingLine("PrimaryContactEmail", "invoice_email", label="E-mail"),
        MappingLine("TaxExemptNumber", "tax_id", label="Tax number"),
        MappingLine("SalesCurrencyCode", "currency", required=True, label="Currency"),
    ),
)

PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    key_field="ProjectId",
    natural_key="ProjectId",
    find_parameter="ProjectId",
    find_at_once=20,
    fields=(
        FieldSpec("ProjectId", label="Project id", max_length=20),
        FieldSpec("ProjectName", label="Name", max_length=60),
        FieldSpec("CustomerAccountNumber", label="Customer account"),
        FieldSpec("ProjectStage", ValueKind.CHOICE, "Stage", choices=tuple(_STAGES)),
        FieldSpec("ProjectedStartDate", ValueKind.DATE, "Projected start"),
        FieldSpec("ProjectedEndDate", ValueKind.DATE, "Projected end"),
        FieldSpec("ProjectManagerPersonnelNumber", label="Personnel number of the manager"),
        FieldSpec("TotalPlannedEffortInHours", ValueKind.HOURS, "Planned hours"),
    ),
    reading=Reading(
        path=_PROJECTS,
        records_path="value",
        change_read=ChangeRead.FULL,
        parameters={"$orderby": "ProjectId"},
        paging=odata_pages(_PAGE, largest=10_000),
        one_path=_PROJECT,
    ),
    reading_lines=(
        MappingLine("id", "ProjectId", required=True, label="Project id"),
        MappingLine("code", "ProjectId", required=True, label="Project code"),
        MappingLine("name", "ProjectName", required=True, label="Name"),
        MappingLine("client", "CustomerAccountNumber", label="Client"),
        MappingLine("manager", "ProjectManagerPersonnelNumber", label="Project manager"),
        MappingLine("starts", "ProjectedStartDate", label="Starts"),
        MappingLine("ends", "ProjectedEndDate", label="Ends"),
        MappingLine("budget_hours", "TotalPlannedEffortInHours", label="Budget in hours"),
        MappingLine("state", "ProjectStage", value_map=_STAGES, label="State"),
    ),
)

# What is posted does not change any more: the invoices of the last three months are read again each time.
INVOICES = ObjectManifest(
    name="invoices",
    label="Posted sales invoices",
    canonical_type="Invoice",
    key_field="InvoiceNumber",
    natural_key="InvoiceNumber",
    find_parameter="InvoiceNumber",
    find_at_once=20,
    fields=(
        FieldSpec("InvoiceNumber", label="Invoice number", max_length=20),
        FieldSpec("InvoiceDate", ValueKind.DATE, "Date"),
        FieldSpec("InvoiceCustomerAccountNumber", label="Invoice account"),
        FieldSpec("CustomersOrderReference", label="Order reference of the customer"),
        FieldSpec("CurrencyCode", label="Currency"),
        FieldSpec("TotalInvoiceAmount", ValueKind.MONEY, "Invoice amount"),
        FieldSpec("TotalTaxAmount", ValueKind.MONEY, "Sales tax"),
    ),
    reading=Reading(
        path=_INVOICES,
        records_path="value",
        change_read=ChangeRead.WINDOW_RESCAN,
        since_parameter="InvoiceDate ge",
        since_template="{since}T00:00:00Z",
        rescan_days=_INVOICE_DAYS,
        parameters={"$orderby": "InvoiceNumber"},
        paging=odata_pages(_PAGE, largest=10_000),
    ),
    reading_lines=(
        MappingLine("id", "InvoiceNumber", required=True, label="Invoice id"),
        MappingLine("number", "InvoiceNumber", label="Invoice number"),
        MappingLine("client", "InvoiceCustomerAccountNumber", required=True, label="Client who pays"),
        MappingLine("issue_date", "InvoiceDate", required=True, label="Day of the invoice"),
        MappingLine("currency", "CurrencyCode", required=True, label="Currency"),
        MappingLine("gross", "TotalInvoiceAmount", label="Amount with tax"),
        MappingLine("tax", "TotalTaxAmount", label="Tax"),
        MappingLine("po_number", "CustomersOrderReference", label="Purchase order"),
        MappingLine("state", default="posted", label="State"),
    ),
)

MANIFEST = SystemManifest(
    slug="dynamics_finance",
    name="Dynamics 365 Finance",
    category="ERP",
    summary="The customers of one company are read and written, its projects and posted sales invoices are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/dynamics-finance.md",
    address="https://<environment>.operations.dynamics.com",
    auth=AuthSpec(
        AuthScheme.CLIENT_CREDENTIALS,
        token_path="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106  an address, no secret
        token_scope="https://{host}/.default",  # noqa: S106  a scope, no secret
        credentials_in_body=True,
    ),
    secrets=(
        SecretSpec("client_id", "Application (client) id", "Of the app registration in Microsoft Entra."),
        SecretSpec("client_secret", "Client secret", "Its value, which Microsoft Entra shows once.", may_expire=True),
    ),
    settings=(
        FieldSpec("tenant", label="Tenant id", required=True),
        FieldSpec("host", label="Host of the environment (contoso.operations.dynamics.com)", required=True),
        FieldSpec("company", label="Company (legal entity, usmf)", required=True, max_length=4),
        FieldSpec("customer_group", label="Customer group of new customers (only where customers are written)"),
    ),
    rights=(
        "In Finance, on the page “Microsoft Entra applications”: the same client id, for a user of its own.",
        "For that user a role with the privileges to view the data entities Customers V3, Projects V2 and Sales invoice headers V2 in this company.",
        "To make, change and take back customers: the privilege to maintain the data entity Customers V3 besides.",
    ),
    objects=(CUSTOMERS, PROJECTS, INVOICES),
    test_path=f"{_CUSTOMERS}?$top=1&$select=CustomerAccount&{CROSS}=true",
    limits=Limits(at_once=8, scope=LimitScope.ACCOUNT),
    error_shape=PROBLEMS,
    error_rules=RULES,
    odata=ODataSpec(guid_fields=()),
    formats=Formats(MoneyForm.NUMBER, TimeForm.HOURS),
)
