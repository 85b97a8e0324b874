"""Redmine 5: what its REST interface holds and how its records meet the canonical model.

Facts were taken from a running 5.0.4 (`make real` boots one); https://www.redmine.org/projects/redmine/wiki/Rest_api.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import (
    ChangeRead,
    ErrorRule,
    ErrorShape,
    FieldSpec,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
)
from apps.connectors.sheet_terms import Formats, TimeForm

PAGE = 100  # Redmine's own upper limit
RESCAN_DAYS = 62  # two months back: a month's time is corrected until the next one is billed
_PAGING = Paging(
    style="offset",
    size=PAGE,
    size_parameter="limit",
    position_parameter="offset",
    total_path="total_count",
    largest=PAGE,
)

TIME_ENTRY = ObjectManifest(
    name="time_entries",
    label="Time entry",
    canonical_type="TimeEntry",
    page="/time_entries/{key}/edit",
    natural_key="id",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Entry number"),
        FieldSpec("person.key", ValueKind.TEXT, "Employee number, else e-mail"),
        FieldSpec("user.name", ValueKind.TEXT, "Name of the person"),
        FieldSpec("project.identifier", ValueKind.TEXT, "Project identifier"),
        FieldSpec("project.name", ValueKind.TEXT, "Name of the project"),
        FieldSpec("issue.id", ValueKind.WHOLE, "Issue number"),
        FieldSpec("issue.subject", ValueKind.TEXT, "Subject of the issue"),
        FieldSpec("activity.name", ValueKind.TEXT, "Activity"),
        FieldSpec("spent_on", ValueKind.DATE, "Spent on"),
        FieldSpec("hours", ValueKind.HOURS, "Hours"),
        FieldSpec("comments", ValueKind.TEXT, "Comment"),
        FieldSpec("approval", ValueKind.TEXT, "Approval (custom field)"),
        FieldSpec("updated_on", ValueKind.INSTANT, "Updated on"),
    ),
    reading=Reading(
        path="time_entries.json",
        records_path="time_entries",
        change_read=ChangeRead.WINDOW_RESCAN,
        since_parameter="from",
        parameters={"sort": "created_on"},
        paging=_PAGING,
        rescan_days=RESCAN_DAYS,
        first_whole=True,
        one_path="time_entries/{key}.json",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Entry number"),
        MappingLine("resource", "person.key", label="Person"),
        MappingLine("resource_name", "user.name", label="Name of the person"),
        MappingLine("project", "project.identifier", label="Project"),
        MappingLine("project_name", "project.name", label="Name of the project"),
        MappingLine("task", "issue.id", label="Task"),
        MappingLine("task_name", "issue.subject", label="Name of the task"),
        MappingLine("work_date", "spent_on", required=True, label="Day of the work"),
        MappingLine("hours", "hours", required=True, label="Hours"),
        MappingLine("service_item", "activity.name", label="Service"),
        MappingLine("note", "comments", label="Note"),
        MappingLine("approval", "approval", label="Approval"),
        MappingLine("updated_at", "updated_on", label="Last changed"),
    ),
)

PROJECT = ObjectManifest(
    name="projects",
    label="Project",
    canonical_type="Project",
    page="/projects/{key}",
    natural_key="identifier",
    fields=(
        FieldSpec("identifier", ValueKind.TEXT, "Identifier"),
        FieldSpec("name", ValueKind.TEXT, "Name"),
        FieldSpec("state", ValueKind.TEXT, "State"),
        FieldSpec("updated_on", ValueKind.INSTANT, "Updated on"),
    ),
    reading=Reading("projects.json", "projects", ChangeRead.FULL, paging=_PAGING, one_path="projects/{key}.json"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Project id"),
        MappingLine("code", "identifier", required=True, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        # Redmine keeps an archived project out of sight; for whoever books on it, it is closed.
        MappingLine(
            "state",
            "state",
            value_map={"active": "active", "closed": "closed", "archived": "closed"},
            label="State",
        ),
        MappingLine("updated_at", "updated_on", label="Last changed"),
    ),
)

PERSON = ObjectManifest(
    name="users",
    label="User",
    canonical_type="Resource",
    natural_key="key",
    fields=(
        FieldSpec("key", ValueKind.TEXT, "Employee number, else e-mail"),
        FieldSpec("login", ValueKind.TEXT, "Sign-in name"),
        FieldSpec("name", ValueKind.TEXT, "Name"),
        FieldSpec("mail", ValueKind.TEXT, "E-mail"),
        FieldSpec("updated_on", ValueKind.INSTANT, "Updated on"),
    ),
    reading=Reading(
        "users.json", "users", ChangeRead.FULL, parameters={"status": ""}, paging=_PAGING, one_path="users/{key}.json"
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("employee_no", "key", label="Personnel number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("given", "firstname", label="Given name"),
        MappingLine("family", "lastname", label="Family name"),
        MappingLine("email", "mail", label="E-mail"),
        MappingLine("updated_at", "updated_on", label="Last changed"),
    ),
)

TASK = ObjectManifest(
    name="issues",
    label="Issue",
    canonical_type="Task",
    page="/issues/{key}",
    natural_key="id",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Number"),
        FieldSpec("project.identifier", ValueKind.TEXT, "Project identifier"),
        FieldSpec("subject", ValueKind.TEXT, "Subject"),
        FieldSpec("estimated_hours", ValueKind.HOURS, "Estimated hours"),
        FieldSpec("updated_on", ValueKind.INSTANT, "Updated on"),
    ),
    reading=Reading(
        "issues.json",
        "issues",
        ChangeRead.MODIFIED_SINCE,
        since_parameter="updated_on",
        # By number, not by change: an issue changed while the list is read would leave its page and hide its neighbour.
        parameters={"status_id": "*", "sort": "id"},
        paging=_PAGING,
        overlap_seconds=2,
        one_path="issues/{key}.json",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Task id"),
        MappingLine("project", "project.identifier", required=True, label="Project"),
        MappingLine("code", "id", label="Task code"),
        MappingLine("name", "subject", required=True, label="Name"),
        MappingLine("estimate_hours", "estimated_hours", label="Estimate in hours"),
        MappingLine("starts", "start_date", label="Starts"),
        MappingLine("ends", "due_date", label="Ends"),
        MappingLine("updated_at", "updated_on", label="Last changed"),
    ),
)

MANIFEST = SystemManifest(
    slug="redmine",
    name="Redmine",
    category="PSA",
    summary="Open project management: time entries, issues, projects and people, read over its REST interface.",
    proof=ProofLabel.REAL_SYSTEM,
    documentation="docs/connect/redmine.md",
    auth=AuthSpec(AuthScheme.HEADER_KEY, header="X-Redmine-API-Key"),
    objects=(TIME_ENTRY, PROJECT, PERSON, TASK),
    secrets=(
        SecretSpec(
            "api_key",
            "API access key",
            "Shown to an administrator under My account, on the right. Redmine lists people to administrators only.",
        ),
    ),
    settings=(
        FieldSpec(
            "approval_field",
            ValueKind.TEXT,
            "Custom field of time entries that holds the approval (empty: all time is final)",
        ),
        FieldSpec(
            "employee_field",
            ValueKind.TEXT,
            "Custom field of users that holds the employee number (empty: people go by e-mail)",
        ),
        FieldSpec("rescan_days", ValueKind.WHOLE, f"Days read again for changes ({RESCAN_DAYS} when empty)"),
    ),
    rights=(
        "An administrator’s account: Redmine lists people to administrators only. Nothing is written.",
        "Under Administration, Settings, API: the REST interface is switched on.",
    ),
    test_path="users/current.json",
    identity_path="user.login",
    limits=Limits(at_once=4),
    error_shape=ErrorShape(message_path="errors"),
    error_rules=(
        ErrorRule(
            FailureKind.MISCONFIGURED,
            BusinessClass.PERMISSION,
            (403,),
            sentence="The key's owner may not read this in Redmine, or the REST interface is switched off. Use an "
            "administrator's key and switch REST on under Administration, Settings, API.",
        ),
        ErrorRule(
            FailureKind.REJECTED, BusinessClass.VALIDATION, (422,), sentence="Redmine refuses the record: {message}"
        ),
    ),
    deletes="absent",
    filters_strict=False,
    formats=Formats(hours=TimeForm.HOURS),
)
