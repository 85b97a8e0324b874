"""The sandbox identity service: who may sign in, and who belongs to which group.

People are made, changed, and made inactive, never removed; memberships are made and removed.
"""

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import (
    FieldSpec,
    MappingLine,
    ValueKind,
    WriteMode,
)
from apps.connectors.sandbox_family import (
    common_refusals,
    gone,
    list_of,
    refused,
    sandbox_system,
    taken_before,
    writing_to,
)
from apps.connectors.sheet_terms import Formats

_USERS = list_of(
    "users",
    "Users",
    "Resource",
    known_by="email",
    writing=writing_to("users", takes_keys=True, taken_back={"active": False}),
    fields=(
        FieldSpec("id", label="User number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("email", label="E-mail", required=True, max_length=120),
        FieldSpec("name", label="Name", required=True, max_length=120),
        FieldSpec("given_name", label="Given name"),
        FieldSpec("family_name", label="Family name"),
        FieldSpec("employee_no", label="Personnel number", max_length=40),
        FieldSpec("department", label="Department"),
        FieldSpec("title", label="Job title"),
        FieldSpec("location", label="Location"),
        FieldSpec("manager", label="Manager's e-mail"),
        FieldSpec("active", ValueKind.YES_NO, "May sign in"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("employee_no", "employee_no"),
        MappingLine("name", "name", required=True),
        MappingLine("given", "given_name"),
        MappingLine("family", "family_name"),
        MappingLine("email", "email"),
        MappingLine("department", "department"),
        MappingLine("job_title", "title"),
        MappingLine("location", "location"),
        MappingLine("active", "active"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("email", "email", transforms=("lower",), required=True, label="E-mail"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("given_name", "given", label="Given name"),
        MappingLine("family_name", "family", label="Family name"),
        MappingLine("employee_no", "employee_no", write_mode=WriteMode.SET_ON_CREATE, label="Personnel number"),
        MappingLine("department", "department", label="Department"),
        MappingLine("title", "job_title", label="Job title"),
        MappingLine("location", "location", label="Location"),
        MappingLine("active", "active", default=True, label="May sign in"),
    ),
)

# Who is assigned to a project belongs to the group of its code, from the first day to the last.
_MEMBERSHIPS = list_of(
    "memberships",
    "Group memberships",
    "Assignment",
    known_by="id",
    writing=writing_to("memberships", takes_keys=True),
    fields=(
        FieldSpec("id", label="Membership number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("group", label="Group", required=True, max_length=40),
        FieldSpec("employee_no", label="Personnel number", required=True, max_length=40),
        FieldSpec("person_name", label="Person"),
        FieldSpec("role", label="Role", max_length=80),
        FieldSpec("starts", ValueKind.DATE, "Starts", required=True),
        FieldSpec("ends", ValueKind.DATE, "Ends", required=True),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("project", "group", required=True),
        MappingLine("resource", "employee_no"),
        MappingLine("resource_name", "person_name"),
        MappingLine("role", "role"),
        MappingLine("starts", "starts", required=True),
        MappingLine("ends", "ends", required=True),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("group", "project", required=True, label="Group"),
        MappingLine("employee_no", "resource", required=True, label="Personnel number"),
        MappingLine("role", "role", transforms=("shorten:80",), label="Role"),
        MappingLine("starts", "starts", required=True, label="Starts"),
        MappingLine("ends", "ends", required=True, label="Ends"),
    ),
)


MANIFEST = sandbox_system(
    "sandbox_identity",
    "Sandbox identity",
    category="Identity",
    summary="A simulated identity service where people get a sign-in, join groups and leave them, for trying things out.",
    objects=(_USERS, _MEMBERSHIPS),
    rights="The right to read users and groups, and the right “write” to make, change and stop them.",
    error_rules=(
        refused(
            "invalid_email",
            BusinessClass.PARSE,
            "{value} is no e-mail address, and people sign in by it. Correct it on the person.",
            "email",
        ),
        refused(
            "unknown_person",
            BusinessClass.MISSING_REFERENCE,
            "Nobody in the identity service has this e-mail: {message}. Provide the manager first.",
            "manager",
        ),
        refused(
            "unknown_member",
            BusinessClass.MISSING_REFERENCE,
            "Nobody in the identity service has the personnel number {value}. Give the person a sign-in first.",
            "resource",
        ),
        refused(
            "person_inactive",
            BusinessClass.VALIDATION,
            "The person may not sign in any more: {message}. Let the person in again, or assign somebody else.",
            "resource",
        ),
        refused(
            "invalid_date",
            BusinessClass.PARSE,
            "{value} is no day the identity service can read. Correct {field} on the assignment.",
        ),
        refused(
            "duplicate",
            BusinessClass.DUPLICATE,
            "Somebody with the e-mail {value} is there already. Check whether it is the same person.",
            "email",
        ),
        taken_before("The identity service", "person"),
        gone("the identity service", "person"),
        *common_refusals("The identity service", record="person"),
    ),
    formats=Formats(days=None),
)
