"""Okta, Management API: the people of a directory and how they meet the canonical model.

Paths and properties: the published contract (https://github.com/okta/okta-management-openapi-spec). Users are read by
`search`, which also returns those who are deactivated and sorts equal times by id; it may be seconds behind, so a little
is read again (https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/#tag/User/operation/listUsers).
Limits differ by plan and path (https://developer.okta.com/docs/reference/rl-global-mgmt/): every answer tells what is left.

Groups are not here: no canonical type takes them. Event hooks are not either: they repeat a header of one's own choice.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.okta.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
    ErrorShape,
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
from apps.connectors.pagination import NEXT_LINK
from apps.connectors.sheet_terms import Concurrency, Formats, LimitScope

PAGE = 200  # the largest that Okta answers
_LOOK_BACK_SECONDS = 60
STATES = (
    "ACTIVE",
    "DEPROVISIONED",
    "LOCKED_OUT",
    "PASSWORD_EXPIRED",
    "PROVISIONED",
    "RECOVERY",
    "STAGED",
    "SUSPENDED",
)
_NAME = (
    'has(r.profile.displayName) && r.profile.displayName != null && r.profile.displayName != "" '
    "? r.profile.displayName : "
    '(has(r.profile.firstName) && r.profile.firstName != null ? r.profile.firstName : "") + " " + '
    '(has(r.profile.lastName) && r.profile.lastName != null ? r.profile.lastName : "")'
)

USERS = ObjectManifest(
    name="users",
    label="Users",
    canonical_type="Resource",
    version_field="lastUpdated",
    natural_key="profile.login",
    find_parameter="filter",
    find_template='profile.login eq "{key}"',
    find_joiner=" or ",
    find_at_once=20,
    fields=(
        FieldSpec("id", label="User id"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=STATES),
        FieldSpec("profile.login", label="Name to sign in with", required=True, max_length=100),
        FieldSpec("profile.email", label="E-mail", required=True, max_length=100),
        FieldSpec("profile.firstName", label="Given name", required=True, max_length=50),
        FieldSpec("profile.lastName", label="Family name", required=True, max_length=50),
        FieldSpec("profile.displayName", label="Name"),
        FieldSpec("profile.employeeNumber", label="Personnel number"),
        FieldSpec("profile.department", label="Department"),
        FieldSpec("profile.costCenter", label="Cost centre"),
        FieldSpec("profile.title", label="Job title"),
        FieldSpec("profile.city", label="Location", max_length=128),
        FieldSpec("lastUpdated", ValueKind.INSTANT, "Last changed"),
    ),
    reading=Reading(
        path="api/v1/users",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="search",
        since_template='lastUpdated ge "{since}"',
        since_default="1970-01-01T00:00:00.000Z",
        parameters={"sortBy": "lastUpdated", "sortOrder": "asc"},
        paging=Paging(style="link_header", size=PAGE, largest=PAGE, size_parameter="limit", next_path=NEXT_LINK),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path="api/v1/users/{key}",
        since_sorted=True,
    ),
    # Created without activation: nobody gets a mail, and nobody can sign in before a person at Okta lets them.
    writing=Writing(
        create_path="api/v1/users?activate=false",
        created_statuses=(200,),
        update_path="api/v1/users/{key}",
        update_method="POST",
        idempotency=Idempotency.OWN_KEY_FIELD,
        own_key_field="profile.login",
        concurrency=Concurrency.LAST_WRITE_WINS,
        undo_method="POST",
        undo_path="api/v1/users/{key}/lifecycle/deactivate",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("employee_no", "profile.employeeNumber", label="Personnel number"),
        MappingLine("name", expression=_NAME, transforms=("trim",), required=True, label="Name"),
        MappingLine("given", "profile.firstName", label="Given name"),
        MappingLine("family", "profile.lastName", label="Family name"),
        MappingLine("email", "profile.email", label="E-mail"),
        MappingLine("department", "profile.department", label="Department"),
        MappingLine("cost_center", "profile.costCenter", label="Cost centre"),
        MappingLine("job_title", "profile.title", label="Job title"),
        MappingLine("location", "profile.city", label="Location"),
        MappingLine(
            "active",
            "status",
            value_map={state: state not in {"DEPROVISIONED", "STAGED", "SUSPENDED"} for state in STATES},
            label="Active",
        ),
        MappingLine("updated_at", "lastUpdated", label="Last changed"),
    ),
    writing_lines=(
        # Who signs in with what is decided once: a new e-mail address must not lock a person out.
        MappingLine(
            "profile.login",
            "email",
            write_mode=WriteMode.SET_ON_CREATE,
            required=True,
            label="Name to sign in with",
        ),
        MappingLine("profile.email", "email", required=True, label="E-mail"),
        MappingLine("profile.firstName", "given", required=True, label="Given name"),
        MappingLine("profile.lastName", "family", required=True, label="Family name"),
        MappingLine("profile.displayName", "name", label="Name"),
        MappingLine("profile.employeeNumber", "employee_no", label="Personnel number"),
        MappingLine("profile.department", "department", label="Department"),
        MappingLine("profile.costCenter", "cost_center", label="Cost centre"),
        MappingLine("profile.title", "job_title", label="Job title"),
        MappingLine("profile.city", "location", label="Location"),
    ),
)

MANIFEST = SystemManifest(
    slug="okta",
    name="Okta",
    category="Identity",
    summary="People are read from the directory, added without being let in yet, and kept up to date.",
    proof=ProofLabel.PUBLISHED_CONTRACT,
    documentation="docs/connect/okta.md",
    address="https://<your org>.okta.com",
    auth=AuthSpec(AuthScheme.HEADER_KEY, header="Authorization", header_prefix="SSWS "),
    secrets=(
        SecretSpec(
            "api_key", "API token", "Okta shows it once, on the page “Tokens” under “Security”, “API”.", may_expire=True
        ),
    ),
    rights=(
        "A service account that belongs to nobody, with an administrator role that reaches all people.",
        "To read people: View users and their details.",
        "To add people and keep them up to date: Create users, and Edit users’ profile attributes.",
        "To take back who was added: Edit users’ lifecycle states.",
    ),
    objects=(USERS,),
    test_path="api/v1/users/me",
    identity_path="profile.login",
    limits=Limits(
        calls=300, seconds=60, at_once=8, scope=LimitScope.ACCOUNT, remaining_header="X-Rate-Limit-Remaining"
    ),
    error_shape=ErrorShape(
        problems_path="errorCauses",
        message_path="errorSummary",
        summary_code_path="errorCode",
        summary_message_path="errorSummary",
    ),
    error_rules=RULES,
    formats=Formats(days=None),
)
