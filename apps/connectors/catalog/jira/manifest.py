"""Jira Cloud, REST API v3: its projects and people, and how they meet the canonical model.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/ (search, create, update, delete) and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/ (all users). Lists say neither when a record was changed
nor take such a filter: both are read whole and compared. Written from these pages, never run against a site. Not said there: whether
the list of users can be shorter than asked for before its end.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.jira.refusals import ERRORS, RULES
from apps.connectors.manifest import (
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

_API = "rest/api/3"
_TEMPLATE = "com.atlassian.jira-core-project-templates:jira-core-simplified-project-management"

PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    natural_key="key",
    fields=(
        FieldSpec("id", label="Project id"),
        FieldSpec("key", label="Project key", required=True, max_length=10),
        FieldSpec("name", label="Name", required=True, max_length=80),
        FieldSpec("description", label="Description"),
        FieldSpec("lead.accountId", label="Atlassian account id of the lead"),
        FieldSpec("leadAccountId", label="Atlassian account id of the lead, as it is written"),
        FieldSpec("projectTypeKey", label="Type"),
        FieldSpec("projectTemplateKey", label="Template"),
    ),
    reading=Reading(
        path=f"{_API}/project/search",
        records_path="values",
        parameters={"expand": "lead,description", "orderBy": "key"},
        paging=Paging(
            style="offset",
            size=50,  # Jira's own upper limit
            size_parameter="maxResults",
            position_parameter="startAt",
            total_path="total",
            end_path="isLast",
        ),
        one_path=f"{_API}/project/{{key}}",
    ),
    writing=Writing(
        create_path=f"{_API}/project",
        update_path=f"{_API}/project/{{key}}",
        update_method="PUT",
        idempotency=Idempotency.OWN_KEY_FIELD,
        own_key_field="key",
        only_at_creation=("projectTypeKey", "projectTemplateKey"),
        undo_method="DELETE",
        undo_path=f"{_API}/project/{{key}}",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Project id"),
        MappingLine("code", "key", required=True, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("manager", "lead.accountId", label="Project manager"),
        MappingLine("state", default="active", label="State"),  # archived ones are not listed
    ),
    writing_lines=(
        # "nw-101" -> "NW101": capitals and digits are all that a key may have.
        MappingLine(
            "key",
            "code",
            transforms=("upper", "replace:-,", "replace:_,", "replace:.,"),
            write_mode=WriteMode.SET_ON_CREATE,
            required=True,
            label="Project key",
        ),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("leadAccountId", "manager", write_mode=WriteMode.SET_ON_CREATE, label="Lead"),
        MappingLine("projectTypeKey", default="business", write_mode=WriteMode.SET_ON_CREATE, label="Type"),
        MappingLine("projectTemplateKey", default=_TEMPLATE, write_mode=WriteMode.SET_ON_CREATE, label="Template"),
    ),
)

USERS = ObjectManifest(
    name="users",
    label="People",
    canonical_type="Resource",
    key_field="accountId",
    natural_key="emailAddress",
    fields=(
        FieldSpec("accountId", label="Atlassian account id"),
        FieldSpec("displayName", label="Name"),
        FieldSpec("emailAddress", label="E-mail, where the person shows it"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
    ),
    reading=Reading(
        path=f"{_API}/users/search",
        paging=Paging(style="offset", size=200, size_parameter="maxResults", position_parameter="startAt"),
    ),
    reading_lines=(
        MappingLine("id", "accountId", required=True, label="Person id"),
        MappingLine("name", "displayName", required=True, label="Name"),
        MappingLine("email", "emailAddress", label="E-mail"),
        MappingLine("active", "active", label="Active"),
    ),
)

MANIFEST = SystemManifest(
    slug="jira",
    name="Jira",
    category="Projects",
    summary="Jira Cloud: projects are read and written, people are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/jira.md",
    address="https://<your site>.atlassian.net",
    auth=AuthSpec(AuthScheme.BASIC),
    secrets=(
        SecretSpec("username", "E-mail", "Of the Atlassian account that the token belongs to."),
        SecretSpec("password", "API token", "Made at id.atlassian.com, Security, API tokens.", may_expire=True),
    ),
    settings=(FieldSpec("lead", label="Atlassian account id of who leads new projects, where a project names nobody"),),
    rights=(
        "To read projects: “Browse projects” for those that are wanted.",
        "To read people: the global permission “Browse users and groups”.",
        "To make, change and take back projects: the global permission “Administer Jira”.",
    ),
    objects=(PROJECTS, USERS),
    test_path=f"{_API}/myself",
    identity_path="displayName",
    limits=Limits(at_once=4),
    error_shape=ERRORS,
    error_rules=RULES,
    filters_strict=False,
)
