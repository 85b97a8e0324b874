"""Float, API v3: what it holds and how its records meet the canonical model.

https://developer.float.com/ (overview_authentication for the User-Agent and the limits, tutorial_exporting_the_schedule_data
for pages, filters and fields, tutorial_assigning_tasks_to_your_team for allocations, which the API calls tasks). Written from
these pages, never run against an account. Seen in other people's connectors only: the numbers of `status` and of
`repeat_state`, `people_ids`, `project_code`. That lists can be asked for by their time of change was not found: plans are read
from a day on, the rest whole.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.float.refusals import RULES
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
    Writing,
)

RESCAN_DAYS = 31
_PAGING = Paging(
    style="page",
    size=200,
    size_parameter="per-page",
    position_parameter="page",
    # Beyond the last page the last one comes again: the length must be known.
    total_header="X-Pagination-Total-Count",
)
_STATE = {"1": "active", "0": "closed"}  # by "active"

ALLOCATIONS = ObjectManifest(
    name="tasks",
    label="Allocations",
    canonical_type="Assignment",
    key_field="task_id",
    natural_key="task_id",
    fields=(
        FieldSpec("task_id", ValueKind.WHOLE, "Allocation number"),
        FieldSpec("name", label="Task"),
        FieldSpec("notes", label="Notes"),
        FieldSpec("person.email", label="E-mail of the person"),
        FieldSpec("person.name", label="Name of the person"),
        FieldSpec("project.project_code", label="Project code"),
        FieldSpec("project.name", label="Name of the project"),
        FieldSpec("client.name", label="Name of the client"),
        FieldSpec("start_date", ValueKind.DATE, "First day"),
        FieldSpec("end_date", ValueKind.DATE, "Last day"),
        FieldSpec("hours", ValueKind.HOURS, "Hours a day"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("1", "2", "3")),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
    ),
    reading=Reading(
        path="tasks",
        change_read=ChangeRead.WINDOW_RESCAN,
        since_parameter="start_date",
        # A filter by days wants both ends; plans reach no further.
        parameters={"end_date": "2099-12-31"},
        paging=_PAGING,
        rescan_days=RESCAN_DAYS,
        one_path="tasks/{key}",
    ),
    reading_lines=(
        MappingLine("id", "task_id", required=True, label="Allocation number"),
        MappingLine("project", "project.project_code", label="Project"),
        MappingLine("project_name", "project.name", label="Name of the project"),
        MappingLine("client_name", "client.name", label="Name of the client"),
        MappingLine("task_name", "name", label="Name of the task"),
        MappingLine("resource", "person.email", label="Person"),
        MappingLine("resource_name", "person.name", label="Name of the person"),
        MappingLine("starts", "start_date", required=True, label="Starts"),
        MappingLine("ends", "end_date", required=True, label="Ends"),
        MappingLine("hours_per_day", "hours", label="Hours a day"),
        MappingLine("status", "status", value_map={"1": "soft", "2": "hard", "3": "done"}, label="Status"),
        MappingLine("billable", "billable", label="Billable"),
        MappingLine("note", "notes", label="Note"),
    ),
)

PEOPLE = ObjectManifest(
    name="people",
    label="People",
    canonical_type="Resource",
    key_field="people_id",
    natural_key="email",
    fields=(
        FieldSpec("people_id", ValueKind.WHOLE, "Person number"),
        FieldSpec("name", label="Name"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("job_title", label="Job title"),
        FieldSpec("department.name", label="Department"),
        FieldSpec("start_date", ValueKind.DATE, "Hired on"),
        FieldSpec("end_date", ValueKind.DATE, "Left on"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
    ),
    reading=Reading(path="people", paging=_PAGING, one_path="people/{key}"),
    reading_lines=(
        MappingLine("id", "people_id", required=True, label="Person id"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("job_title", "job_title", label="Job title"),
        MappingLine("department", "department.name", label="Department"),
        MappingLine("hired", "start_date", label="Hired on"),
        MappingLine("left", "end_date", label="Left on"),
        MappingLine("active", "active", label="Active"),
    ),
)

PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    key_field="project_id",
    natural_key="project_code",
    fields=(
        FieldSpec("project_id", ValueKind.WHOLE, "Project number"),
        FieldSpec("project_code", label="Project code"),
        FieldSpec("name", label="Name"),
        FieldSpec("client.name", label="Name of the client"),
        FieldSpec("client_id", ValueKind.WHOLE, "Client number"),
        FieldSpec("non_billable", ValueKind.WHOLE, "1: not billable"),
        FieldSpec("notes", label="Notes"),
        FieldSpec("active", ValueKind.CHOICE, "Active", choices=tuple(_STATE)),
    ),
    reading=Reading(path="projects", paging=_PAGING, one_path="projects/{key}"),
    # Looked for by code before it is made. Deleting would delete the plans with it: taking back archives.
    writing=Writing(
        create_path="projects",
        update_path="projects/{key}",
        idempotency=Idempotency.SEARCH_BEFORE_CREATE,
        key_path="project_id",
        own_key_field="project_code",
        undo_method="PATCH",
        undo_path="projects/{key}",
        undo_values={"active": 0},
    ),
    reading_lines=(
        MappingLine("id", "project_id", required=True, label="Project id"),
        MappingLine("code", "project_code", label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client_name", "client.name", label="Name of the client"),
        MappingLine("billable", "non_billable", value_map={"0": True, "1": False}, label="Billable"),
        MappingLine("state", "active", value_map=_STATE, label="State"),
    ),
    writing_lines=(
        MappingLine("project_code", "code", required=True, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client_id", "client", reference="Customer", label="Client"),
        MappingLine("non_billable", "billable", value_map={"true": 0, "false": 1}, label="Billable"),
    ),
)

CLIENTS = ObjectManifest(
    name="clients",
    label="Clients",
    canonical_type="Customer",
    key_field="client_id",
    natural_key="name",
    fields=(FieldSpec("client_id", ValueKind.WHOLE, "Client number"), FieldSpec("name", label="Name")),
    reading=Reading(path="clients", paging=_PAGING, one_path="clients/{key}"),
    reading_lines=(
        MappingLine("id", "client_id", required=True, label="Client id"),
        MappingLine("name", "name", required=True, label="Name"),
    ),
)

MANIFEST = SystemManifest(
    slug="float",
    name="Float",
    category="Resources",
    summary="Float: who is planned on which project, people, projects and clients are read, projects are written.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/float.md",
    address="https://api.float.com/v3",
    auth=AuthSpec(AuthScheme.BEARER),
    secrets=(SecretSpec("token", "API token", "From Float's Account Settings, Integrations, as the account owner."),),
    settings=(FieldSpec("contact", label="E-mail that Float may write to about this connection", required=True),),
    headers={"User-Agent": "Integration ({contact})"},
    rights=("The account owner’s API token: Float has no token of fewer rights.",),
    objects=(ALLOCATIONS, PEOPLE, PROJECTS, CLIENTS),
    test_path="clients",
    limits=Limits(calls=100, seconds=60, at_once=4),  # what it allows for writing; reading may call twice as often
    error_shape=ErrorShape(message_path="message"),
    error_rules=RULES,
    filters_strict=False,
)
