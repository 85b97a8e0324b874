"""Certinia PSA, a package inside a Salesforce organisation: its projects, people and weeks in canonical terms.

Its fields (namespace pse) are described to customers only; the names here are those that public schemas of organisations
with the package show (https://github.com/sirhcrd/sirhcrd.github.io, schema-intel: pse_proj_c, pse_timecard_header_c), and
zeros in the columns of days nobody wrote in are what those show as well. In doubt: which further fields an organisation's
package requires of a new project (region, practice, group), and whether its triggers let approvals be set from outside -
so timecards are only read.
"""

from apps.connectors.catalog.certinia.days import WEEKDAYS, hours_field, note_field
from apps.connectors.manifest import (
    FieldSpec,
    Limits,
    MappingLine,
    ObjectManifest,
    ProofLabel,
    SystemManifest,
    ValueKind,
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
from apps.connectors.sheet_terms import Formats, LimitScope, MoneyForm, TimeForm, ZoneForm
from apps.connectors.webhooks.vendors import SALESFORCE

OWN_KEY = "Integration_Key__c"
_APPROVALS = {
    "Draft": "open",
    "Saved": "open",
    "Submitted": "submitted",
    "Approved": "approved",
    "Rejected": "rejected",
}

PROJECTS = ObjectManifest(
    name="pse__Proj__c",
    label="Projects",
    canonical_type="Project",
    key_field="Id",
    version_field=CHANGED,
    natural_key="pse__Project_ID__c",
    find_parameter="q",
    find_at_once=NAMES_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("pse__Project_ID__c", label="Project ID"),
        FieldSpec("Name", label="Project name", required=True, max_length=80),
        FieldSpec("pse__Account__c", label="Account"),
        FieldSpec("pse__Account__r.Name", label="Name of the account"),
        FieldSpec("pse__Project_Manager__c", label="Project manager"),
        FieldSpec("pse__Start_Date__c", ValueKind.DATE, "Start date"),
        FieldSpec("pse__End_Date__c", ValueKind.DATE, "End date"),
        FieldSpec("pse__Planned_Hours__c", ValueKind.HOURS, "Planned hours"),
        FieldSpec("pse__Is_Billable__c", ValueKind.YES_NO, "Billable"),
        FieldSpec("pse__Is_Active__c", ValueKind.YES_NO, "Active"),
        FieldSpec("pse__Stage__c", label="Stage"),
        FieldSpec(CURRENCY, label="Currency"),
        custom_field_spec(),
        FieldSpec(CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=object_reading("pse__Is_Template__c = false"),
    writing=object_writing(DATA, "pse__Proj__c", OWN_KEY),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Project id"),
        MappingLine("code", "pse__Project_ID__c", required=True, label="Project code"),
        MappingLine("name", "Name", required=True, label="Name"),
        MappingLine("client", "pse__Account__c", label="Client"),
        MappingLine("client_name", "pse__Account__r.Name", label="Name of the client"),
        MappingLine("manager", "pse__Project_Manager__c", label="Project manager"),
        MappingLine("starts", "pse__Start_Date__c", label="Starts"),
        MappingLine("ends", "pse__End_Date__c", label="Ends"),
        MappingLine("budget_hours", "pse__Planned_Hours__c", label="Budget in hours"),
        MappingLine("billable", "pse__Is_Billable__c", label="Billable"),
        MappingLine("state", expression='r.pse__Is_Active__c ? "active" : "closed"', label="State"),
        MappingLine("currency", CURRENCY, label="Currency"),
        MappingLine("updated_at", CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("Name", "name", required=True, label="Project name"),
        MappingLine("pse__Account__c", "client", reference="Customer", label="Account"),
        MappingLine("pse__Start_Date__c", "starts", label="Start date"),
        MappingLine("pse__End_Date__c", "ends", label="End date"),
        MappingLine("pse__Planned_Hours__c", "budget_hours", label="Planned hours"),
        MappingLine("pse__Is_Billable__c", "billable", label="Billable"),
        MappingLine("pse__Is_Active__c", default=True, label="Active"),
    ),
)

ACCOUNTS = ObjectManifest(
    name="Account",
    label="Accounts",
    canonical_type="Customer",
    key_field="Id",
    version_field=CHANGED,
    natural_key="AccountNumber",
    find_parameter="q",
    find_at_once=NAMES_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("Name", label="Name"),
        FieldSpec("AccountNumber", label="Account number", max_length=40),
        custom_field_spec(),
        FieldSpec(CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=object_reading(),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Client id"),
        MappingLine("number", "AccountNumber", label="Client number"),
        MappingLine("name", "Name", required=True, label="Name"),
        MappingLine("updated_at", CHANGED, label="Last changed"),
    ),
)

PEOPLE = ObjectManifest(
    name="Contact",
    label="Resources",
    canonical_type="Resource",
    key_field="Id",
    version_field=CHANGED,
    natural_key="Email",
    find_parameter="q",
    find_at_once=NAMES_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Record id"),
        FieldSpec("Name", label="Full name"),
        FieldSpec("FirstName", label="First name"),
        FieldSpec("LastName", label="Last name"),
        FieldSpec("Email", label="E-mail"),
        FieldSpec("Title", label="Title"),
        FieldSpec("pse__Is_Resource_Active__c", ValueKind.YES_NO, "Active resource"),
        custom_field_spec(),
        FieldSpec(CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=object_reading("pse__Is_Resource__c = true"),
    reading_lines=(
        MappingLine("id", "Id", required=True, label="Person id"),
        MappingLine("name", "Name", required=True, label="Name"),
        MappingLine("given", "FirstName", label="Given name"),
        MappingLine("family", "LastName", label="Family name"),
        MappingLine("email", "Email", label="E-mail"),
        MappingLine("job_title", "Title", label="Job title"),
        MappingLine("active", "pse__Is_Resource_Active__c", label="Active"),
        MappingLine("updated_at", CHANGED, label="Last changed"),
    ),
)

TIMECARDS = ObjectManifest(
    name="pse__Timecard_Header__c",
    label="Timecards, day by day",
    canonical_type="TimeEntry",
    key_field="key",
    version_field=CHANGED,
    find_parameter="q",
    find_at_once=NAMES_AT_ONCE,
    fields=(
        FieldSpec("Id", label="Timecard"),
        FieldSpec("Name", label="Number of the timecard"),
        FieldSpec("pse__Resource__c", label="Resource"),
        FieldSpec("pse__Resource__r.Name", label="Name of the resource"),
        FieldSpec("pse__Resource__r.Email", label="E-mail of the resource"),
        FieldSpec("pse__Project__c", label="Project"),
        FieldSpec("pse__Project__r.pse__Project_ID__c", label="Project ID"),
        FieldSpec("pse__Project__r.Name", label="Name of the project"),
        FieldSpec("pse__Project__r.pse__Account__r.Name", label="Name of the account"),
        FieldSpec("pse__Start_Date__c", ValueKind.DATE, "First day of the week"),
        FieldSpec("pse__Status__c", ValueKind.CHOICE, "Status", choices=tuple(_APPROVALS)),
        FieldSpec("pse__Billable__c", ValueKind.YES_NO, "Billable"),
        FieldSpec("pse__Bill_Rate__c", ValueKind.MONEY, "Bill rate"),
        FieldSpec("pse__Billed__c", ValueKind.YES_NO, "Billed"),
        FieldSpec(CURRENCY, label="Currency"),
        *(FieldSpec(hours_field(day), ValueKind.HOURS, f"Hours of {day}") for day in WEEKDAYS.values()),
        *(FieldSpec(note_field(day), label=f"Note of {day}") for day in WEEKDAYS.values()),
        FieldSpec("day", ValueKind.NESTED, "The day: date, hours, note"),
        custom_field_spec(),
        FieldSpec(CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=object_reading(),
    reading_lines=(
        MappingLine("id", "key", required=True, label="Entry number"),
        # The package has no personnel number: people are known by their e-mail, or by a field of the organisation's own.
        MappingLine("resource", "pse__Resource__r.Email", required=True, label="Person"),
        MappingLine("resource_name", "pse__Resource__r.Name", label="Name of the person"),
        MappingLine("project", "pse__Project__r.pse__Project_ID__c", required=True, label="Project"),
        MappingLine("project_name", "pse__Project__r.Name", label="Name of the project"),
        MappingLine("client_name", "pse__Project__r.pse__Account__r.Name", label="Name of the client"),
        MappingLine("work_date", "day.date", required=True, label="Day of the work"),
        MappingLine("hours", "day.hours", required=True, label="Hours"),
        MappingLine("note", "day.note", label="Note"),
        MappingLine("billable", "pse__Billable__c", label="Billable"),
        MappingLine("approval", "pse__Status__c", value_map=_APPROVALS, label="Approval"),
        MappingLine("bill_rate", "pse__Bill_Rate__c", label="Rate per hour"),
        MappingLine("currency", CURRENCY, label="Currency"),
        MappingLine("updated_at", CHANGED, label="Last changed"),
    ),
)

MANIFEST = SystemManifest(
    slug="certinia",
    name="Certinia PSA",
    category="PSA",
    summary="Projects are read and written; accounts, resources and the days of timecards are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/certinia.md",
    address="https://<my domain>.my.salesforce.com",
    auth=AUTH,
    secrets=SECRETS,
    settings=SETTINGS,
    rights=(
        "API Enabled, the permission sets of the package, and its permission control for all projects.",
        "To read: Read and View All on projects, timecards, accounts and contacts.",
        "To write and take back: Create, Edit and Delete on projects.",
    ),
    objects=(TIMECARDS, PROJECTS, PEOPLE, ACCOUNTS),
    test_path=LIMITS,
    limits=Limits(
        at_once=10, scope=LimitScope.ACCOUNT
    ),  # the calls of 24 hours are those of the whole organisation: see Salesforce
    error_shape=ERRORS,
    error_rules=RULES,
    webhook=SALESFORCE,
    describe=DESCRIBE,
    formats=Formats(MoneyForm.NUMBER, TimeForm.HOURS, zone=ZoneForm.OFFSET),
)
