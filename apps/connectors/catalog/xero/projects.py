"""What Xero's Projects API keeps: projects, who works in them, their tasks and their time, all of them read."""

from apps.connectors.catalog.xero.asking import FIND_AT_ONCE, pages
from apps.connectors.catalog.xero.records import DAY, KEY
from apps.connectors.manifest import (
    ChangeRead,
    FieldSpec,
    InstantForm,
    MappingLine,
    ObjectManifest,
    Reading,
    ValueKind,
)

_PROJECTS = "projects.xro/2.0"

PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    key_field="projectId",
    natural_key="projectId",
    find_parameter="projectIds",
    find_at_once=FIND_AT_ONCE,
    fields=(
        FieldSpec("projectId", label="Project id"),
        FieldSpec("name", label="Name", required=True),
        FieldSpec("contactId", ValueKind.REFERENCE, "Contact"),
        FieldSpec("currencyCode", label="Currency"),
        FieldSpec("estimate.value", ValueKind.MONEY, "Estimate"),
        FieldSpec("deadlineUtc", ValueKind.INSTANT, "Deadline"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("INPROGRESS", "CLOSED")),
    ),
    # The API has no time of change for them: all are read and compared.
    reading=Reading(
        path=f"{_PROJECTS}/Projects",
        records_path="items",
        paging=pages(500),
        one_path=f"{_PROJECTS}/Projects/{{key}}",
    ),
    reading_lines=(
        MappingLine("id", "projectId", required=True, label="Project id"),
        MappingLine("code", "projectId", required=True, label="Project code"),  # Xero gives projects no other
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client", "contactId", label="Client"),
        MappingLine("currency", "currencyCode", label="Currency"),
        MappingLine("budget_money", "estimate.value", label="Budget"),
        MappingLine("ends", "deadlineUtc", transforms=("day",), label="Ends"),
        MappingLine("state", "status", value_map={"INPROGRESS": "active", "CLOSED": "closed"}, label="State"),
    ),
)

USERS = ObjectManifest(
    name="users",
    label="Project users",
    canonical_type="Resource",
    key_field="userId",
    natural_key="userId",
    fields=(
        FieldSpec("userId", label="User id"),
        FieldSpec("name", label="Name"),
        FieldSpec("email", label="E-mail"),
    ),
    reading=Reading(path=f"{_PROJECTS}/ProjectsUsers", records_path="items", paging=pages(500)),
    reading_lines=(
        MappingLine("id", "userId", required=True, label="Person id"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("email", "email", label="E-mail"),
    ),
)

# Tasks and time are listed under each project: {key} in the path of a list is the project's.
TASKS = ObjectManifest(
    name="tasks",
    label="Tasks",
    canonical_type="Task",
    key_field=KEY,
    natural_key=KEY,
    fields=(
        FieldSpec(KEY, label="Project id and task id"),
        FieldSpec("taskId", label="Task id"),
        FieldSpec("projectId", ValueKind.REFERENCE, "Project"),
        FieldSpec("name", label="Name"),
        FieldSpec("chargeType", ValueKind.CHOICE, "Charged", choices=("TIME", "FIXED", "NON_CHARGEABLE")),
        FieldSpec("estimateMinutes", ValueKind.WHOLE, "Estimate in minutes"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("ACTIVE", "INVOICED", "LOCKED")),
    ),
    reading=Reading(
        path=f"{_PROJECTS}/Projects/{{key}}/Tasks",
        records_path="items",
        paging=pages(500),
        one_path=f"{_PROJECTS}/Projects/{{project}}/Tasks/{{key}}",
    ),
    reading_lines=(
        MappingLine("id", "taskId", required=True, label="Task id"),
        MappingLine("code", "taskId", label="Task code"),  # Xero gives tasks no other
        MappingLine("project", "projectId", required=True, label="Project"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("estimate_hours", "estimateMinutes", transforms=("minutes_to_hours",), label="Estimate in hours"),
        MappingLine(
            "billable", "chargeType", value_map={"TIME": True, "FIXED": True, "NON_CHARGEABLE": False}, label="Billable"
        ),
        MappingLine(
            "open_for_time",
            "status",
            value_map={"ACTIVE": True, "INVOICED": False, "LOCKED": False},
            label="Open for time",
        ),
    ),
)

TIME = ObjectManifest(
    name="time-entries",
    label="Time entries",
    canonical_type="TimeEntry",
    key_field=KEY,
    natural_key=KEY,
    fields=(
        FieldSpec(KEY, label="Project id and entry id"),
        FieldSpec("timeEntryId", label="Entry id"),
        FieldSpec("userId", ValueKind.REFERENCE, "User"),
        FieldSpec("projectId", ValueKind.REFERENCE, "Project"),
        FieldSpec("taskId", ValueKind.REFERENCE, "Task"),
        FieldSpec("dateUtc", ValueKind.INSTANT, "Date, in UTC"),
        FieldSpec(DAY, ValueKind.DATE, "Day, in the organisation's time zone"),
        FieldSpec("duration", ValueKind.WHOLE, "Minutes"),
        FieldSpec("description", label="Description"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("ACTIVE", "LOCKED", "INVOICED")),
    ),
    # The API has no time of change for them: the days of the last weeks are read again each time.
    reading=Reading(
        path=f"{_PROJECTS}/Projects/{{key}}/Time",
        records_path="items",
        change_read=ChangeRead.WINDOW_RESCAN,
        since_parameter="dateAfterUtc",
        since_form=InstantForm.ISO,
        rescan_days=62,
        first_whole=True,
        paging=pages(500),
        one_path=f"{_PROJECTS}/Projects/{{project}}/Time/{{key}}",
    ),
    reading_lines=(
        MappingLine("id", "timeEntryId", required=True, label="Entry number"),
        MappingLine("resource", "userId", required=True, label="Person"),
        MappingLine("project", "projectId", required=True, label="Project"),
        MappingLine("task", "taskId", label="Task"),
        MappingLine("work_date", DAY, required=True, label="Day of the work"),
        MappingLine("hours", "duration", transforms=("minutes_to_hours",), required=True, label="Hours"),
        MappingLine("note", "description", label="Note"),
        MappingLine(
            "approval",
            "status",
            value_map={"ACTIVE": "open", "LOCKED": "locked", "INVOICED": "locked"},
            label="Approval",
        ),
    ),
)
