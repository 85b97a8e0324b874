"""HubSpot CRM, API v3: what it holds and how its records meet the canonical model.

Objects and their properties: https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/companies and its neighbours
for contacts and deals. Written from documentation: no account of HubSpot has been called so far. Limits of private apps:
https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines (the smallest plan's; searches less).

What every account has differently - tax number, service line, legal entity - stands in properties of its own: the setting
for further properties reads them, the mapping finds them under `properties`.
"""

from dataclasses import replace

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.hubspot.refusals import RULES
from apps.connectors.describe_spec import DescribeSpec
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
    WriteMode,
    Writing,
)
from apps.connectors.protocols.rest_problems import PROBLEMS
from apps.connectors.sheet_terms import Formats, LimitScope, MoneyForm
from apps.connectors.webhooks.vendors import HUBSPOT

OWN_KEY = "properties.integration_key"  # docs/connect/hubspot.md says how it is made
_PAGE = 200
_LOOK_BACK_SECONDS = 120
_CHANGED = "properties.hs_lastmodifieddate"
_CONTACT_CHANGED = "properties.lastmodifieddate"
# The stages of the pipeline an account begins with; those of its own pipelines are open, and a flow may say more.
_STAGES = {
    "won": "won",
    "lost": "lost",
    "presentationscheduled": "proposal",
    "decisionmakerboughtin": "negotiation",
    "contractsent": "negotiation",
}

# A new deal needs a stage, by its internal id (https://developers.hubspot.com/docs/api/crm/deals). These are of the pipeline an
# account begins with; one that has changed them says so in the mapping of its flow.
_STAGES_OF_NEW = {
    "qualification": "qualifiedtobuy",
    "proposal": "presentationscheduled",
    "negotiation": "contractsent",
    "won": "closedwon",
    "lost": "closedlost",
}

# https://developers.hubspot.com/docs/api-reference/legacy/crm/properties/get-properties
_DESCRIBE = DescribeSpec(
    path="crm/v3/properties/{object}",
    fields_path="results",
    label_path="label",
    kinds={
        "bool": ValueKind.YES_NO,
        "date": ValueKind.DATE,
        "datetime": ValueKind.INSTANT,
        "enumeration": ValueKind.CHOICE,
        "number": ValueKind.DECIMAL,
    },
    read_only_path="modificationMetadata.readOnlyValue",
    choices_path="options.value",
)


def _searched(name: str, changed: str) -> Reading:
    return Reading(
        path=f"crm/v3/objects/{name}/search",
        records_path="results",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter=changed.rpartition(".")[2],
        paging=Paging(size=_PAGE, largest=_PAGE),
        overlap_seconds=_LOOK_BACK_SECONDS,
        since_sorted=True,
    )


def _written(name: str) -> Writing:
    one = f"crm/v3/objects/{name}/{{key}}"
    return Writing(
        create_path=f"crm/v3/objects/{name}",
        update_path=one,
        batch_path=f"crm/v3/objects/{name}/batch",
        batch_size=100,
        batch_position_path="position",
        batch_target_field="id",
        idempotency=Idempotency.UPSERT_BY_EXTERNAL_ID,
        own_key_field=OWN_KEY,
        undo_method="DELETE",
        undo_path=one,
    )


COMPANIES = ObjectManifest(
    name="companies",
    label="Companies",
    canonical_type="Customer",
    version_field=_CHANGED,
    find_at_once=100,
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("properties.name", label="Name", required=True),
        FieldSpec("properties.domain", label="Domain"),
        FieldSpec("properties.address", label="Street"),
        FieldSpec("properties.zip", label="Postal code"),
        FieldSpec("properties.city", label="City"),
        FieldSpec("properties.country", label="Country, in words"),
        FieldSpec("properties.industry", label="Industry"),
        FieldSpec(OWN_KEY, label="Our key"),
        FieldSpec("properties", ValueKind.NESTED, "Further properties"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_searched("companies", _CHANGED),
    writing=_written("companies"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Client id"),
        MappingLine("name", "properties.name", required=True, label="Name"),
        MappingLine("street", "properties.address", label="Street"),
        MappingLine("postal", "properties.zip", label="Postal code"),
        MappingLine("city", "properties.city", label="City"),
        MappingLine("segment", "properties.industry", label="Segment"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("properties.name", "name", required=True, label="Name"),
        MappingLine("properties.address", "street", label="Street"),
        MappingLine("properties.zip", "postal", label="Postal code"),
        MappingLine("properties.city", "city", label="City"),
    ),
)

CONTACTS = ObjectManifest(
    name="contacts",
    label="Contacts",
    canonical_type="Contact",
    version_field=_CONTACT_CHANGED,
    natural_key="properties.email",
    find_at_once=100,
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("properties.firstname", label="First name"),
        FieldSpec("properties.lastname", label="Last name"),
        FieldSpec("properties.email", label="E-mail"),
        FieldSpec("properties.phone", label="Phone"),
        FieldSpec("properties.jobtitle", label="Job title"),
        FieldSpec("properties.associatedcompanyid", label="Company"),
        FieldSpec("properties.company", label="Name of the company, as typed"),
        FieldSpec(OWN_KEY, label="Our key"),
        FieldSpec("properties", ValueKind.NESTED, "Further properties"),
        FieldSpec(_CONTACT_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_searched("contacts", _CONTACT_CHANGED),
    writing=_written("contacts"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Contact id"),
        MappingLine("given", "properties.firstname", label="Given name"),
        MappingLine("family", "properties.lastname", label="Family name"),
        MappingLine("email", "properties.email", label="E-mail"),
        MappingLine("phone", "properties.phone", label="Phone"),
        MappingLine("job_title", "properties.jobtitle", label="Job title"),
        MappingLine("client", "properties.associatedcompanyid", label="Client"),
        MappingLine("client_name", "properties.company", label="Name of the client"),
        MappingLine("updated_at", _CONTACT_CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("properties.firstname", "given", label="First name"),
        MappingLine("properties.lastname", "family", label="Last name"),
        MappingLine("properties.email", "email", label="E-mail"),
        MappingLine("properties.phone", "phone", label="Phone"),
        MappingLine("properties.jobtitle", "job_title", label="Job title"),
        MappingLine("properties.company", "client_name", label="Name of the company"),
    ),
)

DEALS = ObjectManifest(
    name="deals",
    label="Deals",
    canonical_type="Opportunity",
    version_field=_CHANGED,
    find_at_once=100,
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("properties.dealname", label="Name", required=True),
        FieldSpec("properties.dealstage", label="Stage"),
        FieldSpec("properties.pipeline", label="Pipeline"),
        FieldSpec("properties.hs_is_closed_won", ValueKind.YES_NO, "Won"),
        FieldSpec("properties.hs_is_closed", ValueKind.YES_NO, "Closed"),
        FieldSpec("properties.hs_deal_stage_probability", ValueKind.DECIMAL, "Probability"),
        FieldSpec("properties.amount", ValueKind.MONEY, "Amount"),
        FieldSpec("properties.deal_currency_code", label="Currency"),
        FieldSpec("properties.closedate", ValueKind.INSTANT, "Close date"),
        FieldSpec("properties.hubspot_owner_id", label="Owner"),
        FieldSpec("properties.description", label="Description"),
        FieldSpec(OWN_KEY, label="Our key"),
        FieldSpec("company", ValueKind.NESTED, "The company the deal is with"),
        FieldSpec("properties", ValueKind.NESTED, "Further properties"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_searched("deals", _CHANGED),
    writing=_written("deals"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Deal number"),
        MappingLine("name", "properties.dealname", required=True, label="Name"),
        MappingLine("client", "company.id", label="Client"),
        MappingLine("client_name", "company.properties.name", label="Name of the client"),
        MappingLine(
            "stage",
            expression=(
                'r.properties.hs_is_closed_won == "true" ? "won" : '
                '(r.properties.hs_is_closed == "true" ? "lost" : r.properties.dealstage)'
            ),
            value_map=_STAGES,
            value_map_default="qualification",
            label="Stage",
        ),
        MappingLine("probability", "properties.hs_deal_stage_probability", label="Probability"),
        MappingLine("amount", "properties.amount", label="Amount"),
        MappingLine("currency", "properties.deal_currency_code", label="Currency"),
        MappingLine("close_date", "properties.closedate", label="Closes on"),
        MappingLine("owner", "properties.hubspot_owner_id", label="Owner"),
        MappingLine("note", "properties.description", label="Note"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    # A deal is sales' own: what delivery and finance know of it are its amount, its day and a note. A stage is only given to a
    # new one; later ones are sales' to choose, in pipelines of their own.
    writing_lines=(
        MappingLine("properties.dealname", "name", required=True, label="Name"),
        MappingLine(
            "properties.dealstage",
            "stage",
            value_map=_STAGES_OF_NEW,
            write_mode=WriteMode.SET_ON_CREATE,
            label="Stage",
        ),
        MappingLine("properties.amount", "amount", label="Amount"),
        MappingLine(
            "properties.closedate",
            expression='has(r.close_date) ? r.close_date + "T00:00:00Z" : ""',
            label="Close date",
        ),
        MappingLine("properties.description", "note", label="Description"),
    ),
)

MANIFEST = SystemManifest(
    slug="hubspot",
    name="HubSpot",
    category="CRM",
    summary="Companies, contacts and deals are read and written.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/hubspot.md",
    address="https://api.hubapi.com",
    auth=AuthSpec(AuthScheme.BEARER),
    secrets=(SecretSpec("token", "Access token", "Of a private app, from its page “Auth”."),),
    settings=(
        FieldSpec("portal", label="Account number (Hub ID): events of other accounts are ignored"),
        FieldSpec("custom_properties", label="Further properties to read (companies.vat_number, deals.legal_entity)"),
    ),
    rights=(
        "To read: the scopes crm.objects.companies.read, crm.objects.contacts.read and crm.objects.deals.read.",
        "To write and take back: the scopes crm.objects.companies.write, crm.objects.contacts.write and crm.objects.deals.write.",
    ),
    objects=(COMPANIES, CONTACTS, DEALS),
    test_path="account-info/v3/details",
    identity_path="portalId",
    limits=Limits(
        calls=100, seconds=10, at_once=4, scope=LimitScope.ACCOUNT, remaining_header="X-HubSpot-RateLimit-Remaining"
    ),
    error_shape=PROBLEMS,
    error_rules=RULES,
    webhook=replace(
        HUBSPOT,
        objects={"company": "companies", "contact": "contacts", "deal": "deals"},
        account_setting="portal",
    ),
    describe=_DESCRIBE,
    formats=Formats(MoneyForm.TEXT, days=None),
)
