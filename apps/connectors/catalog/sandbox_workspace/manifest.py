"""The sandbox workspace service: where a project's team gets a place to work together."""

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import (
    FieldSpec,
    Idempotency,
    MappingLine,
    ValueKind,
    WriteMode,
    Writing,
)
from apps.connectors.sandbox_family import common_refusals, list_of, refused, sandbox_system, taken_before
from apps.connectors.sheet_terms import Formats

_WORKSPACES = list_of(
    "workspaces",
    "Workspaces",
    "Workspace",
    known_by="project",
    # One workspace for each project: the project is the number by which ours is found again.
    writing=Writing(
        create_path="workspaces",
        update_path="workspaces/{key}",
        idempotency=Idempotency.KEY_HEADER,
        idempotency_header="Idempotency-Key",
        own_key_field="project",
        undo_method="DELETE",
        undo_path="workspaces/{key}",
    ),
    fields=(
        FieldSpec("id", label="Workspace number"),
        FieldSpec("project", label="Project code", required=True, max_length=40),
        FieldSpec("name", label="Name", required=True, max_length=120),
        FieldSpec("kind", ValueKind.CHOICE, "Kind", choices=("team", "site", "folder", "portal")),
        FieldSpec("owner", label="Owner's e-mail"),
        FieldSpec("members", ValueKind.NESTED, "Members' e-mails"),
        FieldSpec("client_name", label="Client"),
        FieldSpec("url", label="Address"),
        FieldSpec("state", ValueKind.CHOICE, "State", choices=("ready", "archived")),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("project", "project", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("kind", "kind"),
        MappingLine("owner", "owner"),
        MappingLine("members", "members"),
        MappingLine("client_name", "client_name"),
        MappingLine("url", "url"),
        MappingLine("state", "state"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("project", "project", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("kind", "kind", default="team", label="Kind"),
        MappingLine("owner", "owner", label="Owner's e-mail"),
        MappingLine("members", "members", label="Members' e-mails"),
        MappingLine("client_name", "client_name", label="Client"),
    ),
)

_PEOPLE = list_of(
    "people",
    "People",
    "Resource",
    known_by="email",
    fields=(
        FieldSpec("id", label="Number", required=True),
        FieldSpec("email", label="E-mail", required=True),
        FieldSpec("name", label="Name"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("email", "email"),
        MappingLine("name", "name", required=True),
        MappingLine("active", "active"),
        MappingLine("updated_at", "modified_at"),
    ),
)


MANIFEST = sandbox_system(
    "sandbox_workspace",
    "Sandbox workspaces",
    category="Workspaces",
    summary="A simulated service that gives each project a workspace with its members, for trying things out.",
    objects=(_WORKSPACES, _PEOPLE),
    rights="The right to read, and the right “write” to make workspaces.",
    at_once=4,
    error_rules=(
        refused(
            "unknown_person",
            BusinessClass.MISSING_REFERENCE,
            "Nobody in the workspace service has this e-mail: {message}. Invite the person there, or choose another.",
        ),
        refused(
            "invalid_list",
            BusinessClass.PARSE,
            "The members must be a list of e-mail addresses. Correct the mapping of the members.",
            "members",
        ),
        refused(
            "duplicate",
            BusinessClass.DUPLICATE,
            "Project {value} already has a workspace. Check it before another one is made.",
            "project",
        ),
        taken_before("The workspace service"),
        refused(
            "not_found",
            BusinessClass.MISSING_REFERENCE,
            "The workspace to change no longer exists. Check whether somebody deleted it there.",
        ),
        *common_refusals("The workspace service"),
    ),
    formats=Formats(days=None),
)
