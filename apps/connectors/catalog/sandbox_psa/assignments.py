"""Who is assigned to which project of the sandbox PSA: read, made, changed and taken away."""

from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind, WriteMode
from apps.connectors.sandbox_family import list_of, writing_to

_OUTSIDE_WORDS = {"request": "tentative", "soft": "tentative", "hard": "confirmed", "done": "done"}
ASSIGNMENTS = list_of(
    "assignments",
    "Assignments",
    "Assignment",
    known_by="id",
    records_path="results",
    writing=writing_to("assignments", takes_keys=False),
    fields=(
        FieldSpec("id", label="Assignment number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("project_code", label="Project code", required=True),
        FieldSpec("project_name", label="Project"),
        FieldSpec("person_id", label="Employee number", required=True),
        FieldSpec("person_name", label="Person"),
        FieldSpec("role", label="Role", max_length=80),
        FieldSpec("starts", ValueKind.DATE, "Starts", required=True),
        FieldSpec("ends", ValueKind.DATE, "Ends", required=True),
        FieldSpec("hours_per_day", ValueKind.HOURS, "Hours a day"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("tentative", "confirmed", "done")),
        FieldSpec("note", label="Note", max_length=500),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("project", "project_code"),
        MappingLine("project_name", "project_name"),
        MappingLine("resource", "person_id"),
        MappingLine("resource_name", "person_name"),
        MappingLine("role", "role"),
        MappingLine("starts", "starts", required=True),
        MappingLine("ends", "ends", required=True),
        MappingLine("hours_per_day", "hours_per_day"),
        MappingLine("billable", "billable"),
        MappingLine("status", "status", value_map={"tentative": "soft", "confirmed": "hard", "done": "done"}),
        MappingLine("note", "note"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, label="External number"),
        MappingLine("project_code", "project", required=True, label="Project code"),
        MappingLine("person_id", "resource", required=True, label="Employee number"),
        MappingLine("role", "role", transforms=("shorten:80",), label="Role"),
        MappingLine("starts", "starts", required=True, label="Starts"),
        MappingLine("ends", "ends", required=True, label="Ends"),
        MappingLine("hours_per_day", "hours_per_day", label="Hours a day"),
        MappingLine("billable", "billable", label="Billable"),
        MappingLine("status", "status", value_map=_OUTSIDE_WORDS, label="Status"),
        MappingLine("note", "note", transforms=("shorten:500",), label="Note"),
    ),
)
