"""Dynamics 365 Project Operations on Dataverse, Web API v9.2: what it holds and how its records meet the canonical model.

Tables: https://learn.microsoft.com/dynamics365/developer/reference/entities/account and its neighbours (contact, opportunity,
msdyn_project, bookableresource, msdyn_timeentry; numbers of choices stand there). Limits of the service (6,000 calls in five
minutes for each user, 52 at once): https://learn.microsoft.com/power-apps/developer/data-platform/api-limits. Written from
documentation: no environment has been called so far.

Projects have no number of their own there: the record's id is the code, unless a flow maps a column that has one. Time is
only read: entries are approved by processes of the application.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.dynamics_project_operations.refusals import RULES
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
    Writing,
)
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.odata import ODATA_ERRORS, odata_pages
from apps.connectors.sheet_terms import Formats, LimitScope, MoneyForm, TimeForm

_API = "api/data/v9.2"
_CHANGED = "modifiedon"
_PAGE = 1000
_LARGEST_PAGE = 5000
_LOOK_BACK_SECONDS = 120  # a record is stamped when it is changed and seen when its transaction ends
_CURRENCY = "transactioncurrencyid($select=isocurrencycode)"
_ACTIVE: dict[str, bool] = {"0": True, "1": False}
_APPROVALS: dict[str, str] = {
    "192350000": "open",
    "192350001": "rejected",
    "192350002": "approved",
    "192350003": "submitted",
    "192350004": "submitted",  # recall requested: still with the approver
}


def _changes_of(entity_set: str, expand: str = "", only: str = "") -> Reading:
    """Return how a table is read; `expand` names the columns of related records, `only` a condition for all records."""
    expanded = {"$expand": expand} if expand else {}
    chosen = {"$filter": only} if only else {}
    return Reading(
        path=f"{_API}/{entity_set}",
        records_path="value",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter=f"{_CHANGED} ge",
        parameters={"$orderby": _CHANGED, **expanded, **chosen},
        paging=odata_pages(_PAGE, largest=_LARGEST_PAGE),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path=f"{_API}/{entity_set}({{key}})" + (f"?$expand={expand}" if expand else ""),
        since_sorted=True,
    )


def _written(entity_set: str) -> Writing:
    one = f"{_API}/{entity_set}({{key}})"
    return Writing(
        create_path=f"{_API}/{entity_set}({{key_column}}='{{key}}')",
        update_path=one,
        idempotency=Idempotency.UPSERT_BY_EXTERNAL_ID,
        undo_method="DELETE",
        undo_path=one,
    )


ACCOUNTS = ObjectManifest(
    name="accounts",
    label="Accounts",
    canonical_type="Customer",
    key_field="accountid",
    version_field=_CHANGED,
    natural_key="accountnumber",
    find_parameter="accountnumber",
    find_at_once=20,
    fields=(
        FieldSpec("accountid", label="Record id"),
        FieldSpec("name", label="Name", required=True, max_length=160),
        FieldSpec("accountnumber", label="Account number", max_length=20),
        FieldSpec("_parentaccountid_value", label="Parent account"),
        FieldSpec("address1_line1", label="Street", max_length=250),
        FieldSpec("address1_postalcode", label="Postal code", max_length=20),
        FieldSpec("address1_city", label="City", max_length=80),
        FieldSpec("address1_country", label="Country, in words", max_length=80),
        FieldSpec("emailaddress1", label="E-mail", max_length=100),
        FieldSpec("creditonhold", ValueKind.YES_NO, "Credit hold"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("accounts"),
    writing=_written("accounts"),
    reading_lines=(
        MappingLine("id", "accountid", required=True, label="Client id"),
        MappingLine("number", "accountnumber", label="Client number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("parent", "_parentaccountid_value", label="Parent client"),
        MappingLine("street", "address1_line1", label="Street"),
        MappingLine("postal", "address1_postalcode", label="Postal code"),
        MappingLine("city", "address1_city", label="City"),
        MappingLine("invoice_email", "emailaddress1", label="E-mail for invoices"),
        MappingLine("credit_hold", "creditonhold", label="Credit hold"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("accountnumber", "number", label="Account number"),
        MappingLine("_parentaccountid_value", "parent", reference="Customer", label="Parent account"),
        MappingLine("address1_line1", "street", label="Street"),
        MappingLine("address1_postalcode", "postal", label="Postal code"),
        MappingLine("address1_city", "city", label="City"),
        MappingLine("emailaddress1", "invoice_email", label="E-mail"),
    ),
)

CONTACTS = ObjectManifest(
    name="contacts",
    label="Contacts",
    canonical_type="Contact",
    key_field="contactid",
    version_field=_CHANGED,
    natural_key="emailaddress1",
    find_parameter="emailaddress1",
    find_at_once=20,
    fields=(
        FieldSpec("contactid", label="Record id"),
        FieldSpec("firstname", label="First name", max_length=50),
        FieldSpec("lastname", label="Last name", max_length=50),
        FieldSpec("fullname", label="Full name"),
        FieldSpec("emailaddress1", label="E-mail", max_length=100),
        FieldSpec("telephone1", label="Phone", max_length=50),
        FieldSpec("jobtitle", label="Job title", max_length=100),
        FieldSpec("_parentcustomerid_value", label="Account"),
        FieldSpec("statecode", ValueKind.CHOICE, "Status", choices=("0", "1")),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("contacts", "parentcustomerid_account($select=name)"),
    writing=_written("contacts"),
    reading_lines=(
        MappingLine("id", "contactid", required=True, label="Contact id"),
        MappingLine("given", "firstname", label="Given name"),
        MappingLine("family", "lastname", label="Family name"),
        MappingLine("name", "fullname", label="Name"),
        MappingLine("email", "emailaddress1", label="E-mail"),
        MappingLine("phone", "telephone1", label="Phone"),
        MappingLine("job_title", "jobtitle", label="Job title"),
        MappingLine("client", "_parentcustomerid_value", label="Client"),
        MappingLine("client_name", "parentcustomerid_account.name", label="Name of the client"),
        MappingLine("active", "statecode", value_map=_ACTIVE, label="Active"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("firstname", "given", label="First name"),
        MappingLine("lastname", "family", label="Last name"),
        MappingLine("emailaddress1", "email", label="E-mail"),
        MappingLine("telephone1", "phone", label="Phone"),
        MappingLine("jobtitle", "job_title", label="Job title"),
        MappingLine("_parentcustomerid_value", "client", reference="Customer", label="Account"),
    ),
)

OPPORTUNITIES = ObjectManifest(
    name="opportunities",
    label="Opportunities",
    canonical_type="Opportunity",
    key_field="opportunityid",
    version_field=_CHANGED,
    natural_key="opportunityid",
    find_parameter="opportunityid",
    find_at_once=20,
    fields=(
        FieldSpec("opportunityid", label="Record id"),
        FieldSpec("name", label="Topic"),
        FieldSpec("_parentaccountid_value", label="Account"),
        FieldSpec("statecode", ValueKind.CHOICE, "Status", choices=("0", "1", "2")),
        FieldSpec("stepname", label="Step of the sales process"),
        FieldSpec("closeprobability", ValueKind.WHOLE, "Probability in per cent"),
        FieldSpec("estimatedvalue", ValueKind.MONEY, "Estimated revenue"),
        FieldSpec("actualvalue", ValueKind.MONEY, "Actual revenue"),
        FieldSpec("estimatedclosedate", ValueKind.DATE, "Estimated close date"),
        FieldSpec("actualclosedate", ValueKind.DATE, "Actual close date"),
        FieldSpec("description", label="Description"),
        FieldSpec("_ownerid_value", label="Owner"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("opportunities", f"parentaccountid($select=name),{_CURRENCY}"),
    reading_lines=(
        MappingLine("id", "opportunityid", required=True, label="Deal number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client", "_parentaccountid_value", label="Client"),
        MappingLine("client_name", "parentaccountid.name", label="Name of the client"),
        MappingLine("stage", "statecode", value_map={"0": "qualification", "1": "won", "2": "lost"}, label="Stage"),
        MappingLine("probability", "closeprobability", transforms=("divided_by:100",), label="Probability"),
        MappingLine("amount", "estimatedvalue", label="Amount"),
        MappingLine("currency", "transactioncurrencyid.isocurrencycode", label="Currency"),
        MappingLine("close_date", "estimatedclosedate", label="Closes on"),
        MappingLine("owner", "_ownerid_value", label="Owner"),
        MappingLine("note", "description", label="Note"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

PROJECTS = ObjectManifest(
    name="msdyn_projects",
    label="Projects",
    canonical_type="Project",
    key_field="msdyn_projectid",
    version_field=_CHANGED,
    natural_key="msdyn_projectid",
    find_parameter="msdyn_projectid",
    find_at_once=20,
    fields=(
        FieldSpec("msdyn_projectid", label="Record id"),
        FieldSpec("msdyn_subject", label="Name"),
        FieldSpec("_msdyn_customer_value", label="Customer"),
        FieldSpec("_msdyn_projectmanager_value", label="Project manager"),
        FieldSpec("msdyn_scheduledstart", ValueKind.INSTANT, "Start"),
        FieldSpec("msdyn_scheduledend", ValueKind.INSTANT, "Finish"),
        FieldSpec("msdyn_effort", ValueKind.HOURS, "Effort in hours"),
        FieldSpec("statecode", ValueKind.CHOICE, "Status", choices=("0", "1")),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("msdyn_projects", _CURRENCY, "msdyn_istemplate eq false"),
    reading_lines=(
        MappingLine("id", "msdyn_projectid", required=True, label="Project id"),
        MappingLine("code", "msdyn_projectid", required=True, label="Project code"),
        MappingLine("name", "msdyn_subject", required=True, label="Name"),
        MappingLine("client", "_msdyn_customer_value", label="Client"),
        MappingLine("manager", "_msdyn_projectmanager_value", label="Project manager"),
        MappingLine("starts", "msdyn_scheduledstart", label="Starts"),
        MappingLine("ends", "msdyn_scheduledend", label="Ends"),
        MappingLine("budget_hours", "msdyn_effort", label="Budget in hours"),
        MappingLine("currency", "transactioncurrencyid.isocurrencycode", label="Currency"),
        MappingLine("state", "statecode", value_map={"0": "active", "1": "closed"}, label="State"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

RESOURCES = ObjectManifest(
    name="bookableresources",
    label="Bookable resources",
    canonical_type="Resource",
    key_field="bookableresourceid",
    version_field=_CHANGED,
    natural_key="bookableresourceid",
    find_parameter="bookableresourceid",
    find_at_once=20,
    fields=(
        FieldSpec("bookableresourceid", label="Record id"),
        FieldSpec("name", label="Name"),
        FieldSpec("statecode", ValueKind.CHOICE, "Status", choices=("0", "1")),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("bookableresources"),
    reading_lines=(
        MappingLine("id", "bookableresourceid", required=True, label="Person id"),
        MappingLine("employee_no", "bookableresourceid", label="Personnel number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("active", "statecode", value_map=_ACTIVE, label="Active"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

TIME_ENTRIES = ObjectManifest(
    name="msdyn_timeentries",
    label="Time entries",
    canonical_type="TimeEntry",
    key_field="msdyn_timeentryid",
    version_field=_CHANGED,
    natural_key="msdyn_timeentryid",
    find_parameter="msdyn_timeentryid",
    find_at_once=20,
    fields=(
        FieldSpec("msdyn_timeentryid", label="Record id"),
        FieldSpec("_msdyn_bookableresource_value", label="Bookable resource"),
        FieldSpec("_msdyn_project_value", label="Project"),
        FieldSpec("_msdyn_projecttask_value", label="Task"),
        FieldSpec("msdyn_date", ValueKind.INSTANT, "Date"),
        FieldSpec("msdyn_duration", ValueKind.WHOLE, "Minutes"),
        FieldSpec("msdyn_description", label="Description"),
        FieldSpec("msdyn_externaldescription", label="External comments"),
        FieldSpec("msdyn_entrystatus", ValueKind.CHOICE, "Entry status", choices=tuple(_APPROVALS)),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    # Only work on projects: absences and vacations are entries of other types (192350000 is work).
    reading=_changes_of(
        "msdyn_timeentries",
        "msdyn_project($select=msdyn_subject),msdyn_bookableresource($select=name)",
        "msdyn_type eq 192350000",
    ),
    reading_lines=(
        MappingLine("id", "msdyn_timeentryid", required=True, label="Entry number"),
        MappingLine("resource", "_msdyn_bookableresource_value", required=True, label="Person"),
        MappingLine("resource_name", "msdyn_bookableresource.name", label="Name of the person"),
        MappingLine("project", "_msdyn_project_value", required=True, label="Project"),
        MappingLine("project_name", "msdyn_project.msdyn_subject", label="Name of the project"),
        MappingLine("task", "_msdyn_projecttask_value", label="Task"),
        MappingLine("work_date", "msdyn_date", required=True, label="Day of the work"),
        MappingLine("hours", "msdyn_duration", transforms=("minutes_to_hours",), required=True, label="Hours"),
        MappingLine("note", "msdyn_externaldescription", label="Note"),
        MappingLine("approval", "msdyn_entrystatus", value_map=_APPROVALS, label="Approval"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

MANIFEST = SystemManifest(
    slug="dynamics_project_operations",
    name="Dynamics 365 Project Operations",
    category="PSA",
    summary="Accounts and contacts are read and written; opportunities, projects, resources and time are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/dynamics-project-operations.md",
    address="https://<environment>.crm4.dynamics.com",
    auth=AuthSpec(
        AuthScheme.CLIENT_CREDENTIALS,
        token_path="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106  an address, no secret
        token_scope="https://{host}/.default",  # noqa: S106  a scope, no secret
        credentials_in_body=True,
    ),
    secrets=(
        SecretSpec("client_id", "Application (client) id", "Of the app registration in Microsoft Entra."),
        SecretSpec("client_secret", "Client secret", "Its value, which Microsoft Entra shows once."),
    ),
    settings=(
        FieldSpec("tenant", label="Tenant id", required=True),
        FieldSpec("host", label="Host of the environment (contoso.crm4.dynamics.com)", required=True),
        FieldSpec("key_column", label="Column for our key, with its prefix (only where records are written)"),
    ),
    objects=(ACCOUNTS, CONTACTS, OPPORTUNITIES, PROJECTS, RESOURCES, TIME_ENTRIES),
    test_path=f"{_API}/WhoAmI",
    identity_path="UserId",
    limits=Limits(calls=6000, seconds=300, at_once=10, scope=LimitScope.USER),
    error_shape=ODATA_ERRORS,
    error_rules=RULES,
    odata=ODataSpec(
        guid_fields=(
            "accountid",
            "contactid",
            "opportunityid",
            "msdyn_projectid",
            "bookableresourceid",
            "msdyn_timeentryid",
        )
    ),
    formats=Formats(MoneyForm.NUMBER, TimeForm.MINUTES),
)
