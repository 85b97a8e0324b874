"""Salesforce, REST API v67.0: what it holds and how its records meet the canonical model.

Objects and fields: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/
(Account, Contact, Opportunity). Written from documentation: no organisation of Salesforce has been called so far.

Two things every organisation has differently. Which country, tax number, service line or legal entity a record has stands
in fields of its own: the setting for further fields reads them, the mapping takes them from `custom`. And the stages of a
deal have its own names: only won and lost are the same everywhere, every other stage counts as open.
"""

from apps.connectors.manifest import (
    FieldSpec,
    Limits,
    MappingLine,
    ObjectManifest,
    ProofLabel,
    SystemManifest,
    ValueKind,
    WriteMode,
)
from apps.connectors.protocols.soql import (
    AUTH,
    DATA,
    DESCRIBE,
    ERRORS,
    LIMITS,
    NAMES_AT_ONCE,
    SECRETS,
    SETTINGS,
    object_reading,
)
from apps.connectors.protocols.soql_calls import CURRENCY
from apps.connectors.protocols.soql_query import CHANGED, custom_field_spec
from apps.connectors.protocols.soql_refusals import RULES
from apps.connectors.protocols.soql_writing import object_writing
from apps.connectors.sheet_terms import Formats, LimitScope, MoneyForm, ZoneForm
from apps.connectors.webhooks.vendors import SALESFORCE

OWN_KEY = "Integration_Key__c"  # docs/connect/salesforce.md says how it is made
# The stages an organisation begins with; what it names otherwise is open, and a flow may map it more finely.
_STAGES = {
    "won": "won",
    "lost": "lost",
    "Proposal/Price Quote": "proposal",
    "Negotiation/Review": "negotiation",
}

# What a new deal gets of them. An organisation that has named its stages itself says so in the mapping of its flow.
_STAGES_OF_NEW = {
    "qualification": "Qualification",
    "proposal": "Proposal/Price Quote",
    "negotiation": "Negotiation/Review",
    "won": "Closed Won",
    "lost": "Closed Lost",
}

ACCOUNTS = ObjectManifest(
    name="Account",
    label="Accounts",
    canonical_type="Customer",
    page="/{key}",
    key_field="Id",
    version_field=CHANGED,
    natural_key="AccountNumber",
    find_parameter="q",
    find_at_once=NAMES_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("Name", label="Name", required=True, max_length=255),
        FieldSpec("AccountNumber", label="Account number", max_length=40),
        FieldSpec("ParentId", label="Parent account"),
        FieldSpec("BillingStreet", label="Street", max_length=255),
        FieldSpec("BillingPostalCode", label="Postal code", max_length=20),
        FieldSpec("BillingCity", label="City", max_length=40),
        FieldSpec("BillingCountry", label="Country, in words", max_length=80),
        FieldSpec("Industry", label="Industry"),
        custom_field_spec(),
        FieldSpec(CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=object_reading(),
    writing=object_writing(DATA, "Account", OWN_KEY),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Client id"),
        MappingLine("number", "AccountNumber", label="Client number"),
        MappingLine("name", "Name", required=True, label="Name"),
        MappingLine("parent", "ParentId", label="Parent client"),
        MappingLine("street", "BillingStreet", label="Street"),
        MappingLine("postal", "BillingPostalCode", label="Postal code"),
        MappingLine("city", "BillingCity", label="City"),
        MappingLine("segment", "Industry", label="Segment"),
        MappingLine("updated_at", CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("Name", "name", required=True, label="Name"),
        MappingLine("AccountNumber", "number", write_mode=WriteMode.SET_ON_CREATE, label="Account number"),
        MappingLine("BillingStreet", "street", label="Street"),
        MappingLine("BillingPostalCode", "postal", label="Postal code"),
        MappingLine("BillingCity", "city", label="City"),
    ),
)

CONTACTS = ObjectManifest(
    name="Contact",
    label="Contacts",
    canonical_type="Contact",
    page="/{key}",
    key_field="Id",
    version_field=CHANGED,
    natural_key="Email",
    find_parameter="q",
    find_at_once=NAMES_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("FirstName", label="First name", max_length=40),
        FieldSpec("LastName", label="Last name", required=True, max_length=80),
        FieldSpec("Name", label="Full name"),
        FieldSpec("Email", label="E-mail", max_length=80),
        FieldSpec("Phone", label="Phone", max_length=40),
        FieldSpec("Title", label="Title", max_length=128),
        FieldSpec("AccountId", label="Account"),
        FieldSpec("Account.Name", label="Name of the account"),
        custom_field_spec(),
        FieldSpec(CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=object_reading(),
    writing=object_writing(DATA, "Contact", OWN_KEY),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Contact id"),
        MappingLine("given", "FirstName", label="Given name"),
        MappingLine("family", "LastName", required=True, label="Family name"),
        MappingLine("name", "Name", label="Name"),
        MappingLine("email", "Email", label="E-mail"),
        MappingLine("phone", "Phone", label="Phone"),
        MappingLine("job_title", "Title", label="Job title"),
        MappingLine("client", "AccountId", label="Client"),
        MappingLine("client_name", "Account.Name", label="Name of the client"),
        MappingLine("updated_at", CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("FirstName", "given", label="First name"),
        MappingLine("LastName", "family", required=True, label="Last name"),
        MappingLine("Email", "email", label="E-mail"),
        MappingLine("Phone", "phone", label="Phone"),
        MappingLine("Title", "job_title", label="Title"),
        MappingLine("AccountId", "client", reference="Customer", label="Account"),
    ),
)

OPPORTUNITIES = ObjectManifest(
    name="Opportunity",
    label="Opportunities",
    canonical_type="Opportunity",
    page="/{key}",
    key_field="Id",
    version_field=CHANGED,
    find_parameter="q",
    find_at_once=NAMES_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("Name", label="Name", required=True, max_length=120),
        FieldSpec("AccountId", label="Account"),
        FieldSpec("Account.Name", label="Name of the account"),
        FieldSpec("StageName", label="Stage", required=True),
        FieldSpec("IsWon", ValueKind.YES_NO, "Won"),
        FieldSpec("IsClosed", ValueKind.YES_NO, "Closed"),
        FieldSpec("Probability", ValueKind.DECIMAL, "Probability in per cent"),
        FieldSpec("Amount", ValueKind.MONEY, "Amount"),
        FieldSpec(CURRENCY, label="Currency"),
        FieldSpec("CloseDate", ValueKind.DATE, "Close date", required=True),
        FieldSpec("OwnerId", label="Owner"),
        FieldSpec("Owner.Name", label="Name of the owner"),
        FieldSpec("Description", label="Description", max_length=32_000),
        custom_field_spec(),
        FieldSpec(CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=object_reading(),
    writing=object_writing(DATA, "Opportunity", OWN_KEY),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Deal number"),
        MappingLine("name", "Name", required=True, label="Name"),
        MappingLine("client", "AccountId", label="Client"),
        MappingLine("client_name", "Account.Name", label="Name of the client"),
        MappingLine(
            "stage",
            expression='r.IsWon ? "won" : (r.IsClosed ? "lost" : r.StageName)',
            value_map=_STAGES,
            value_map_default="qualification",
            label="Stage",
        ),
        MappingLine("probability", "Probability", transforms=("divided_by:100",), label="Probability"),
        MappingLine("amount", "Amount", label="Amount"),
        MappingLine("currency", CURRENCY, label="Currency"),
        MappingLine("close_date", "CloseDate", label="Closes on"),
        MappingLine("owner", "OwnerId", label="Owner"),
        MappingLine("owner_name", "Owner.Name", label="Name of the owner"),
        MappingLine("note", "Description", label="Note"),
        MappingLine("updated_at", CHANGED, label="Last changed"),
    ),
    # A deal is sales' own: a new one gets a stage, later ones are theirs to choose, by names of their own.
    writing_lines=(
        MappingLine("Name", "name", transforms=("shorten:120",), required=True, label="Name"),
        MappingLine("AccountId", "client", reference="Customer", write_mode=WriteMode.SET_ON_CREATE, label="Account"),
        MappingLine(
            "StageName",
            "stage",
            value_map=_STAGES_OF_NEW,
            write_mode=WriteMode.SET_ON_CREATE,
            required=True,
            label="Stage",
        ),
        MappingLine("Amount", "amount", label="Amount"),
        MappingLine("CloseDate", "close_date", required=True, label="Close date"),
        MappingLine("Description", "note", label="Description"),
    ),
)

MANIFEST = SystemManifest(
    slug="salesforce",
    name="Salesforce",
    category="CRM",
    summary="Accounts, contacts and opportunities are read and written.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/salesforce.md",
    address="https://<my domain>.my.salesforce.com",
    auth=AUTH,
    secrets=SECRETS,
    settings=SETTINGS,
    rights=(
        "API Enabled.",
        "To read: Read and View All on Account, Contact and Opportunity, and their fields.",
        "To write and take back: Create, Edit and Delete on Account, Contact and Opportunity, and edit access to the fields that are written.",
    ),
    objects=(ACCOUNTS, CONTACTS, OPPORTUNITIES),
    test_path=LIMITS,
    # The calls of 24 hours depend on edition and users (Enterprise: 100,000 and 1,000 more for each user); the connection
    # test says how many there are. Beyond them Salesforce answers REQUEST_LIMIT_EXCEEDED.
    limits=Limits(at_once=10, scope=LimitScope.ACCOUNT),
    error_shape=ERRORS,
    error_rules=RULES,
    webhook=SALESFORCE,
    describe=DESCRIBE,
    formats=Formats(MoneyForm.NUMBER, zone=ZoneForm.OFFSET),
)
