"""The sandbox time tool: minutes booked on projects, which are set up from outside."""

from apps.connectors.catalog.sandbox_time.project_members import PROJECT_MEMBERS
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
    no_number,
    refused,
    sandbox_system,
    writing_to,
)
from apps.connectors.sheet_terms import Formats, TimeForm
from apps.connectors.webhook_spec import WebhookSpec

_BOOKINGS = list_of(
    "bookings",
    "Bookings",
    "TimeEntry",
    known_by="id",
    fields=(
        FieldSpec("id", label="Booking number", required=True),
        FieldSpec("email", label="Person's e-mail", required=True),
        FieldSpec("name", label="Person"),
        FieldSpec("project_code", label="Project code"),
        FieldSpec("project_name", label="Project"),
        FieldSpec("activity", label="Activity"),
        FieldSpec("day", ValueKind.DATE, "Day", required=True),
        FieldSpec("minutes", ValueKind.WHOLE, "Minutes", required=True),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("remark", label="Remark"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("draft", "submitted", "approved", "rejected")),
        FieldSpec("approved_at", ValueKind.INSTANT, "Approved at"),
        FieldSpec("approved_by", label="Approved by"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("resource", "email"),
        MappingLine("resource_name", "name"),
        MappingLine("project", "project_code"),
        MappingLine("project_name", "project_name"),
        MappingLine("task_name", "activity"),
        MappingLine("work_date", "day", required=True),
        MappingLine("hours", "minutes", transforms=("minutes_to_hours",), required=True),
        MappingLine("billable", "billable"),
        MappingLine("note", "remark"),
        MappingLine(
            "approval",
            "status",
            value_map={"draft": "open", "submitted": "submitted", "approved": "approved", "rejected": "rejected"},
        ),
        MappingLine("approved_by", "approved_by"),
        MappingLine("approved_at", "approved_at"),
        MappingLine("updated_at", "modified_at"),
    ),
)

_PROJECTS = list_of(
    "projects",
    "Projects",
    "Project",
    known_by="code",
    # The time tool takes no key of a repeat; what was made is found again by our own number.
    writing=writing_to("projects", takes_keys=False, taken_back={"open": False}),
    fields=(
        FieldSpec("code", label="Project code", required=True, max_length=40),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("name", label="Name", required=True, max_length=120),
        FieldSpec("client_name", label="Client"),
        FieldSpec("budget_minutes", ValueKind.WHOLE, "Budget in minutes"),
        FieldSpec("open", ValueKind.YES_NO, "Open for time"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("code", "code", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("client_name", "client_name"),
        MappingLine("budget_hours", "budget_minutes", transforms=("minutes_to_hours",)),
        MappingLine("state", "open", value_map={"true": "active", "false": "closed"}),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("code", "code", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Project code"),
        MappingLine("name", "name", transforms=("shorten:120",), required=True, label="Name"),
        MappingLine("client_name", "client_name", label="Client"),
        MappingLine("budget_minutes", "budget_hours", transforms=("times:60", "whole"), label="Budget in minutes"),
        MappingLine(
            "open",
            "state",
            value_map={"planned": False, "ready": True, "active": True, "on_hold": False, "closed": False},
            default=True,
            label="Open for time",
        ),
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
        FieldSpec("team", label="Team"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("email", "email"),
        MappingLine("name", "name", required=True),
        MappingLine("department", "team"),
        MappingLine("active", "active"),
        MappingLine("updated_at", "modified_at"),
    ),
)


MANIFEST = sandbox_system(
    "sandbox_time",
    "Sandbox time",
    category="Time",
    summary="A simulated time tool where people book minutes on projects, for trying things out.",
    objects=(_BOOKINGS, _PROJECTS, _PEOPLE, PROJECT_MEMBERS),
    rights="The right to read bookings, projects and people, and the right “write” to set up projects and say who books on them.",
    error_rules=(
        refused(
            "duplicate",
            BusinessClass.DUPLICATE,
            "The time tool already has {value}. Check both before time is booked on either.",
        ),
        refused(
            "unknown_person",
            BusinessClass.MISSING_REFERENCE,
            "The time tool knows nobody with the e-mail {value}. Create the person there, or correct the record.",
            "resource",
        ),
        refused(
            "unknown_project",
            BusinessClass.MISSING_REFERENCE,
            "The time tool knows no project {value}. Create it there first, or correct it on the record.",
            "project",
        ),
        refused(
            "ends_before_start",
            BusinessClass.VALIDATION,
            "The assignment ends before it begins. Correct its days.",
            "ends",
        ),
        refused(
            "invalid_date",
            BusinessClass.PARSE,
            "{value} is no day the time tool can read. Correct {field} on the record.",
        ),
        no_number("the time tool", "project"),
        gone("the time tool", "record"),
        *common_refusals("The time tool"),
    ),
    webhook=WebhookSpec("standard"),
    formats=Formats(hours=TimeForm.MINUTES),
)
