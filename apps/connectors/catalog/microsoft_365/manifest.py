"""Microsoft 365 through Microsoft Graph v1.0: the groups and teams of projects, the people of the directory,
and how they meet the canonical model.

Groups: https://learn.microsoft.com/graph/api/resources/group. Changes by delta links:
https://learn.microsoft.com/graph/api/group-delta and user-delta. Teams: https://learn.microsoft.com/graph/api/team-put-teams and
https://learn.microsoft.com/graph/teams-create-group-and-team, which say that a new group may be unknown to Teams for minutes
(404) and that a team is made by an operation (202), which is to be asked about after more than 30 seconds, at an address
counted from the version's root (https://learn.microsoft.com/graph/api/resources/teamsasyncoperation). Graph publishes no one limit: it says 429 and when to come back
(https://learn.microsoft.com/graph/throttling).

A project's code is the group's mail name, which is there once in a directory.
"""

from dataclasses import replace

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.microsoft_365.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
    ErrorShape,
    FieldSpec,
    Idempotency,
    LateAnswer,
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
from apps.connectors.sheet_terms import Acknowledgement, Concurrency, Formats
from apps.connectors.webhook_spec import SubscriptionSpec
from apps.connectors.webhooks.vendors import MICROSOFT_GRAPH

_PAGE = 200
_OF_GROUPS = "id,displayName,description,mailNickname,groupTypes,resourceProvisioningOptions"
_OF_USERS = "id,userPrincipalName,displayName,givenName,surname,mail,jobTitle,department,officeLocation,employeeId,accountEnabled"
DELTA_PATHS = {"groups": f"groups/delta?$select={_OF_GROUPS}", "users": f"users/delta?$select={_OF_USERS}"}

GROUPS = ObjectManifest(
    name="groups",
    label="Groups",
    canonical_type="Workspace",
    natural_key="mailNickname",
    find_parameter="$filter",
    find_template="mailNickname eq '{key}'",
    find_joiner=" or ",
    find_at_once=10,
    fields=(
        FieldSpec("id", label="Group id"),
        FieldSpec("mailNickname", label="Mail name", required=True, max_length=64),
        FieldSpec("displayName", label="Name", required=True, max_length=256),
        FieldSpec("description", label="Description"),
        FieldSpec("kind", ValueKind.CHOICE, "Kind", choices=("team", "site")),
        FieldSpec("owner", label="Owner's e-mail"),
        FieldSpec("members", ValueKind.NESTED, "Members' e-mails"),
    ),
    reading=Reading(
        path=f"groups?$select={_OF_GROUPS}",
        records_path="value",
        change_read=ChangeRead.DELTA_TOKEN,
        paging=Paging(style="link", size=_PAGE, next_path="@odata.nextLink"),
        one_path=f"groups/{{key}}?$select={_OF_GROUPS}",
    ),
    # A deleted group stays in the directory's bin for 30 days, with its team and its files.
    writing=Writing(
        create_path="groups",
        update_path="groups/{key}",
        idempotency=Idempotency.OWN_KEY_FIELD,
        own_key_field="mailNickname",
        acknowledgement=Acknowledgement.OPERATION,
        late_answer=LateAnswer(
            place_below_base=True,
            running=("notStarted", "inProgress"),
            failed=("failed", "invalid"),
            ask_seconds=31,
        ),
        concurrency=Concurrency.LAST_WRITE_WINS,
        undo_method="DELETE",
        undo_path="groups/{key}",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Workspace number"),
        MappingLine("project", "mailNickname", required=True, label="Project"),
        MappingLine("name", "displayName", required=True, label="Name"),
        MappingLine("client_name", "description", label="Name of the client"),
        MappingLine("kind", "kind", label="Kind"),
        MappingLine("state", default="ready", label="State"),
    ),
    writing_lines=(
        MappingLine("mailNickname", "project", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Project code"),
        MappingLine("displayName", "name", required=True, label="Name"),
        MappingLine("description", "client_name", label="Description"),
        MappingLine("kind", "kind", default="team", label="Team, or site alone"),
        MappingLine("owner", "owner", write_mode=WriteMode.SET_ON_CREATE, label="Owner's e-mail"),
        MappingLine("members", "members", write_mode=WriteMode.SET_ON_CREATE, label="Members' e-mails"),
    ),
)

USERS = ObjectManifest(
    name="users",
    label="Users",
    canonical_type="Resource",
    natural_key="userPrincipalName",
    find_parameter="$filter",
    find_template="userPrincipalName eq '{key}'",
    find_joiner=" or ",
    find_at_once=10,
    fields=(
        FieldSpec("id", label="User id"),
        FieldSpec("userPrincipalName", label="Name to sign in with"),
        FieldSpec("displayName", label="Name"),
        FieldSpec("givenName", label="Given name"),
        FieldSpec("surname", label="Family name"),
        FieldSpec("mail", label="E-mail"),
        FieldSpec("jobTitle", label="Job title"),
        FieldSpec("department", label="Department"),
        FieldSpec("officeLocation", label="Location"),
        FieldSpec("employeeId", label="Personnel number"),
        FieldSpec("accountEnabled", ValueKind.YES_NO, "May sign in"),
    ),
    reading=Reading(
        path=f"users?$select={_OF_USERS}",
        records_path="value",
        change_read=ChangeRead.DELTA_TOKEN,
        paging=Paging(style="link", size=_PAGE, next_path="@odata.nextLink"),
        one_path=f"users/{{key}}?$select={_OF_USERS}",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("employee_no", "employeeId", label="Personnel number"),
        MappingLine("name", "displayName", required=True, label="Name"),
        MappingLine("given", "givenName", label="Given name"),
        MappingLine("family", "surname", label="Family name"),
        MappingLine("email", "mail", label="E-mail"),
        MappingLine("job_title", "jobTitle", label="Job title"),
        MappingLine("department", "department", label="Department"),
        MappingLine("location", "officeLocation", label="Location"),
        MappingLine("active", "accountEnabled", label="Active"),
    ),
)

# https://learn.microsoft.com/graph/api/subscription-post-subscriptions; groups may be subscribed to for 29 days by now, for
# less than three before, which every directory takes.
_SUBSCRIPTIONS = SubscriptionSpec(
    path="subscriptions",
    one_path="subscriptions/{key}",
    resources={"groups": "groups", "users": "users"},
    body={
        "changeType": "updated,deleted",
        "notificationUrl": "{address}",
        "resource": "{resource}",
        "expirationDateTime": "{until}",
        "clientState": "{secret}",
    },
    renewal={"expirationDateTime": "{until}"},
    life_seconds=4_200 * 60,
    key_field="id",
)

MANIFEST = SystemManifest(
    slug="microsoft_365",
    name="Microsoft 365",
    category="Workspaces",
    summary="Each project gets a group with its site, and a team where one is wanted; people are read from the directory.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/microsoft-365.md",
    address="https://graph.microsoft.com/v1.0",
    auth=AuthSpec(
        AuthScheme.CLIENT_CREDENTIALS,
        token_path="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106  an address, no secret
        token_scope="https://graph.microsoft.com/.default",  # noqa: S106  a scope, no secret
        credentials_in_body=True,
    ),
    secrets=(
        SecretSpec("client_id", "Application (client) id", "Of the app registration in Microsoft Entra."),
        SecretSpec("client_secret", "Client secret", "Its value, which Microsoft Entra shows once.", may_expire=True),
    ),
    settings=(
        FieldSpec("tenant", label="Tenant id", required=True),
        FieldSpec("owner", label="E-mail of who owns groups without an owner", required=True),
    ),
    rights=(
        "In Microsoft Entra: application permissions of Microsoft Graph, with an administrator’s consent.",
        "To read groups and people: Group.Read.All and User.Read.All; to name the directory in the connection test: Organization.Read.All.",
        "To make, change and delete groups and make their teams: Group.ReadWrite.All instead of Group.Read.All.",
    ),
    objects=(GROUPS, USERS),
    test_path="organization?$select=displayName",
    identity_path="value.displayName",
    limits=Limits(at_once=4),
    error_shape=ErrorShape(problems_path="error", field_path="target"),
    error_rules=RULES,
    formats=Formats(days=None, zone=None),
    webhook=replace(MICROSOFT_GRAPH, objects={"groups": "groups", "users": "users"}, subscription=_SUBSCRIPTIONS),
    deletes="tombstone",
)
