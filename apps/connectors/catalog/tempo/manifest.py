"""Tempo for Jira Cloud, REST API 4: what it holds and how its records meet the canonical model.

https://apidocs.tempo.io/ (Worklogs, Accounts, Customers): pages of at most 5,000 name the next one, `updatedFrom` takes an
instant, `orderBy=UPDATED` puts the newest change first. A worklog names its issue and its author by Jira's own ids only, see
https://help.tempo.io/planner/latest/tempo-api-version-4-0-vs-version-3-0-a-comparison: what it is to be billed under is the
account it is charged to, a work attribute. Written from these pages, never run against a Tempo. That `updatedFrom` includes its
own second, and the name `_Account_` of the attribute, are not said there.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.manifest import (
    ChangeRead,
    ErrorShape,
    FieldSpec,
    InstantForm,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
)

ACCOUNT_ATTRIBUTE = "_Account_"
_LOOK_BACK_SECONDS = 900  # what is changed while a list is read must be met by the next reading
_PAGING = Paging(style="link", size=500, size_parameter="limit", next_path="metadata.next")

WORKLOGS = ObjectManifest(
    name="worklogs",
    label="Worklogs",
    canonical_type="TimeEntry",
    key_field="tempoWorklogId",
    version_field="updatedAt",
    version_form=InstantForm.ISO,
    natural_key="tempoWorklogId",
    fields=(
        FieldSpec("tempoWorklogId", ValueKind.WHOLE, "Worklog number"),
        FieldSpec("author.accountId", label="Atlassian account id of the person"),
        FieldSpec("issue.id", ValueKind.WHOLE, "Number of the issue in Jira"),
        FieldSpec("account", label="Key of the account it is charged to"),
        FieldSpec("startDate", ValueKind.DATE, "Day"),
        FieldSpec("timeSpentSeconds", ValueKind.WHOLE, "Seconds"),
        FieldSpec("billableSeconds", ValueKind.WHOLE, "Billable seconds"),
        FieldSpec("description", label="Description"),
        FieldSpec("updatedAt", ValueKind.INSTANT, "Last changed"),
    ),
    reading=Reading(
        path="worklogs",
        records_path="results",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="updatedFrom",
        since_form=InstantForm.ISO,
        parameters={"orderBy": "UPDATED"},
        paging=_PAGING,
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path="worklogs/{key}",
    ),
    reading_lines=(
        MappingLine("id", "tempoWorklogId", required=True, label="Worklog number"),
        MappingLine("resource", "author.accountId", label="Person"),
        MappingLine("project", "account", label="Project"),
        MappingLine("task", "issue.id", label="Task"),
        MappingLine("work_date", "startDate", required=True, label="Day of the work"),
        MappingLine("hours", "timeSpentSeconds", transforms=("seconds_to_hours",), required=True, label="Hours"),
        MappingLine("billable", expression="r.billableSeconds > 0.0", label="Billable"),
        MappingLine("note", "description", label="Note"),
        MappingLine("updated_at", "updatedAt", label="Last changed"),
    ),
)

ACCOUNTS = ObjectManifest(
    name="accounts",
    label="Accounts",
    canonical_type="Project",
    natural_key="key",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Account number"),
        FieldSpec("key", label="Account key"),
        FieldSpec("name", label="Name"),
        FieldSpec("customer.name", label="Name of the customer"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("OPEN", "CLOSED", "ARCHIVED")),
    ),
    reading=Reading("accounts", "results", paging=_PAGING),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Project id"),
        MappingLine("code", "key", required=True, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client_name", "customer.name", label="Name of the client"),
        MappingLine(
            "state", "status", value_map={"OPEN": "active", "CLOSED": "closed", "ARCHIVED": "closed"}, label="State"
        ),
    ),
)

CUSTOMERS = ObjectManifest(
    name="customers",
    label="Customers",
    canonical_type="Customer",
    natural_key="key",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Customer number"),
        FieldSpec("key", label="Customer key"),
        FieldSpec("name", label="Name"),
    ),
    reading=Reading("customers", "results", paging=_PAGING),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Client id"),
        MappingLine("number", "key", label="Client number"),
        MappingLine("name", "name", required=True, label="Name"),
    ),
)

MANIFEST = SystemManifest(
    slug="tempo",
    name="Tempo",
    category="Time",
    summary="Tempo for Jira Cloud: worklogs, accounts and customers are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/tempo.md",
    address="https://api.tempo.io/4",
    auth=AuthSpec(AuthScheme.BEARER),
    secrets=(
        SecretSpec("token", "API token", "From Tempo's settings, Data access, API integration.", may_expire=True),
    ),
    settings=(
        FieldSpec(
            "account_attribute", label="Work attribute that names the account (_Account_ unless you say otherwise)"
        ),
    ),
    rights=(
        "A token with the right to view worklogs, accounts and customers.",
        "To read everybody’s time: the Tempo permission “View all worklogs” for its person.",
    ),
    objects=(WORKLOGS, ACCOUNTS, CUSTOMERS),
    test_path="accounts",
    limits=Limits(at_once=4),
    error_shape=ErrorShape(problems_path="errors", code_path=""),
)
