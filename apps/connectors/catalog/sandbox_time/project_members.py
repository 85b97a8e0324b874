"""Who may book time on which project of the sandbox time tool: read, given, changed and taken away."""

from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind, WriteMode
from apps.connectors.sandbox_family import list_of, writing_to

PROJECT_MEMBERS = list_of(
    "project-members",
    "Project members",
    "Assignment",
    known_by="id",
    writing=writing_to("project-members", takes_keys=False),
    fields=(
        FieldSpec("id", label="Number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("email", label="Person's e-mail", required=True),
        FieldSpec("project_code", label="Project code", required=True),
        FieldSpec("activity", label="Activity", max_length=80),
        FieldSpec("starts", ValueKind.DATE, "First day", required=True),
        FieldSpec("ends", ValueKind.DATE, "Last day", required=True),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("resource", "email"),
        MappingLine("project", "project_code"),
        MappingLine("role", "activity"),
        MappingLine("starts", "starts", required=True),
        MappingLine("ends", "ends", required=True),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, label="External number"),
        MappingLine("email", "resource", required=True, label="Person's e-mail"),
        MappingLine("project_code", "project", required=True, label="Project code"),
        MappingLine("activity", "role", transforms=("shorten:80",), label="Activity"),
        MappingLine("starts", "starts", required=True, label="First day"),
        MappingLine("ends", "ends", required=True, label="Last day"),
    ),
)
