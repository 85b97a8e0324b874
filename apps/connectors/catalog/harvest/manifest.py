"""Harvest, API v2: what it holds and how its records meet the canonical model.

Calls, limits and headers: https://help.getharvest.com/api-v2/introduction/overview/general/. Fields and filters: the pages
of each object below https://help.getharvest.com/api-v2/. Lists come newest first, in pages that name the next one
(links.next); page numbers are said to be outdated. Written from these pages, never run against a Harvest account: that
`updated_since` includes its own second, and that lists with and without a filter share one order, is not said there. What is
approved is told by `is_closed`, as documented; a finer `approval_status` is spoken of, but was not found there. Time is not
written: an entry names a task by a number that other systems' tasks do not lead to.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.harvest.refusals import RULES
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

_CHANGED = "updated_at"
# Lists are not sorted by change: what is changed behind the reading's back while it lasts must be met by the next one.
_LOOK_BACK_SECONDS = 900
_APPROVAL = {"true": "approved", "false": "open"}


def _changes_of(name: str, **parameters: str) -> Reading:
    return Reading(
        path=name,
        records_path=name,
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="updated_since",
        parameters=parameters,
        paging=Paging(style="link", size=500, size_parameter="per_page", next_path="links.next"),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path=f"{name}/{{key}}",
    )


def _written(name: str, own_key_field: str) -> Writing:
    """Write one by one, after looking for the record: Harvest takes a code twice. Deleting would delete the time with it."""
    return Writing(
        create_path=name,
        update_path=f"{name}/{{key}}",
        idempotency=Idempotency.SEARCH_BEFORE_CREATE,
        own_key_field=own_key_field,
        undo_method="PATCH",
        undo_path=f"{name}/{{key}}",
        undo_values={"is_active": False},
    )


TIME_ENTRIES = ObjectManifest(
    name="time_entries",
    label="Time entries",
    canonical_type="TimeEntry",
    version_field=_CHANGED,
    natural_key="id",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Entry number"),
        FieldSpec("spent_date", ValueKind.DATE, "Day"),
        FieldSpec("hours", ValueKind.HOURS, "Hours"),
        FieldSpec("notes", label="Notes"),
        FieldSpec("user.id", ValueKind.WHOLE, "Person number"),
        FieldSpec("user.name", label="Name of the person"),
        FieldSpec("user.email", label="E-mail of the person"),
        FieldSpec("project.code", label="Project code"),
        FieldSpec("project.name", label="Name of the project"),
        FieldSpec("task.id", ValueKind.WHOLE, "Task number"),
        FieldSpec("task.name", label="Name of the task"),
        FieldSpec("client.name", label="Name of the client"),
        FieldSpec("client.currency", label="Currency of the client"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("billable_rate", ValueKind.MONEY, "Billable rate"),
        FieldSpec("is_billed", ValueKind.YES_NO, "Invoiced"),
        FieldSpec("is_closed", ValueKind.YES_NO, "Approved"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    # A running timer has no final hours yet; stopping it counts as a change.
    reading=_changes_of("time_entries", is_running="false"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Entry number"),
        MappingLine("resource", "user.email", label="Person"),
        MappingLine("resource_name", "user.name", label="Name of the person"),
        MappingLine("project", "project.code", label="Project"),
        MappingLine("project_name", "project.name", label="Name of the project"),
        MappingLine("task", "task.id", label="Task"),
        MappingLine("task_name", "task.name", label="Name of the task"),
        MappingLine("client_name", "client.name", label="Name of the client"),
        MappingLine("work_date", "spent_date", required=True, label="Day of the work"),
        MappingLine("hours", "hours", required=True, label="Hours"),
        MappingLine("billable", "billable", label="Billable"),
        MappingLine("note", "notes", label="Note"),
        MappingLine("approval", "is_closed", value_map=_APPROVAL, label="Approval"),
        MappingLine("bill_rate", "billable_rate", label="Rate per hour"),
        MappingLine("currency", "client.currency", label="Currency"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

EXPENSES = ObjectManifest(
    name="expenses",
    label="Expenses",
    canonical_type="Expense",
    version_field=_CHANGED,
    natural_key="id",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Expense number"),
        FieldSpec("spent_date", ValueKind.DATE, "Spent on"),
        FieldSpec("total_cost", ValueKind.MONEY, "Total cost"),
        FieldSpec("notes", label="Notes"),
        FieldSpec("user.name", label="Name of the person"),
        FieldSpec("user.email", label="E-mail of the person"),
        FieldSpec("project.code", label="Project code"),
        FieldSpec("project.name", label="Name of the project"),
        FieldSpec("client.name", label="Name of the client"),
        FieldSpec("client.currency", label="Currency of the client"),
        FieldSpec("expense_category.name", label="Category"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("is_closed", ValueKind.YES_NO, "Approved"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("expenses"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Expense number"),
        MappingLine("resource", "user.email", label="Person"),
        MappingLine("resource_name", "user.name", label="Name of the person"),
        MappingLine("project", "project.code", label="Project"),
        MappingLine("project_name", "project.name", label="Name of the project"),
        MappingLine("client_name", "client.name", label="Name of the client"),
        MappingLine("category", "expense_category.name", label="Category"),
        MappingLine("spent_on", "spent_date", required=True, label="Spent on"),
        MappingLine("amount", "total_cost", required=True, label="Amount"),
        MappingLine("currency", "client.currency", label="Currency"),
        MappingLine("billable", "billable", label="Billable"),
        MappingLine("note", "notes", label="Note"),
        MappingLine("approval", "is_closed", value_map=_APPROVAL, label="Approval"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    version_field=_CHANGED,
    natural_key="code",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Project number"),
        FieldSpec("code", label="Project code"),
        FieldSpec("name", label="Name"),
        FieldSpec("client.name", label="Name of the client"),
        FieldSpec("client.currency", label="Currency of the client"),
        FieldSpec("client_id", ValueKind.WHOLE, "Client number, as it is written"),
        FieldSpec("is_active", ValueKind.YES_NO, "Active"),
        FieldSpec("is_billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("bill_by", ValueKind.CHOICE, "Billed by", choices=("Project", "Tasks", "People", "none")),
        FieldSpec("budget_by", label="Budgeted by"),
        FieldSpec("notes", label="Notes"),
        FieldSpec("budget", ValueKind.HOURS, "Budget in hours"),
        FieldSpec("cost_budget", ValueKind.MONEY, "Budget in money"),
        FieldSpec("starts_on", ValueKind.DATE, "Starts on"),
        FieldSpec("ends_on", ValueKind.DATE, "Ends on"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("projects"),
    writing=_written("projects", "code"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Project id"),
        MappingLine("code", "code", label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client_name", "client.name", label="Name of the client"),
        MappingLine("starts", "starts_on", label="Starts"),
        MappingLine("ends", "ends_on", label="Ends"),
        MappingLine("currency", "client.currency", label="Currency"),
        MappingLine("budget_hours", "budget", label="Budget in hours"),
        MappingLine("budget_money", "cost_budget", label="Budget"),
        MappingLine("billable", "is_billable", label="Billable"),
        MappingLine("state", "is_active", value_map={"true": "active", "false": "closed"}, label="State"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("code", "code", required=True, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client_id", "client", reference="Customer", required=True, label="Client"),
        MappingLine("is_billable", "billable", default="true", label="Billable"),
        # How it is billed and budgeted is set up by people in Harvest; it must be said when the project is made.
        MappingLine("bill_by", default="none", write_mode=WriteMode.SET_ON_CREATE, label="Billed by"),
        MappingLine("budget_by", default="none", write_mode=WriteMode.SET_ON_CREATE, label="Budgeted by"),
        MappingLine("starts_on", "starts", label="Starts on"),
        MappingLine("ends_on", "ends", label="Ends on"),
    ),
)

# Tasks are common to the whole account; what a project has of them are its task assignments.
TASKS = ObjectManifest(
    name="task_assignments",
    label="Tasks of projects",
    canonical_type="Task",
    version_field=_CHANGED,
    natural_key="id",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Number of the assignment"),
        FieldSpec("project.code", label="Project code"),
        FieldSpec("task.id", ValueKind.WHOLE, "Task number"),
        FieldSpec("task.name", label="Name of the task"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("is_active", ValueKind.YES_NO, "Active"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("task_assignments"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Task id"),
        MappingLine("project", "project.code", label="Project"),
        MappingLine("code", "task.id", label="Task code"),
        MappingLine("name", "task.name", required=True, label="Name"),
        MappingLine("billable", "billable", label="Billable"),
        MappingLine("open_for_time", "is_active", label="Open for time"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

USERS = ObjectManifest(
    name="users",
    label="People",
    canonical_type="Resource",
    version_field=_CHANGED,
    natural_key="email",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Person number"),
        FieldSpec("first_name", label="Given name"),
        FieldSpec("last_name", label="Family name"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("is_contractor", ValueKind.YES_NO, "Contractor"),
        FieldSpec("is_active", ValueKind.YES_NO, "Active"),
        FieldSpec("weekly_capacity", ValueKind.WHOLE, "Working time of a week, in seconds"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("users"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("name", expression='r.first_name + " " + r.last_name', label="Name"),
        MappingLine("given", "first_name", label="Given name"),
        MappingLine("family", "last_name", label="Family name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("kind", "is_contractor", value_map={"true": "contractor", "false": "employee"}, label="Kind"),
        MappingLine("capacity_hours_week", "weekly_capacity", transforms=("seconds_to_hours",), label="Hours a week"),
        MappingLine("active", "is_active", label="Active"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

CLIENTS = ObjectManifest(
    name="clients",
    label="Clients",
    canonical_type="Customer",
    version_field=_CHANGED,
    natural_key="name",
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Client number"),
        FieldSpec("name", label="Name"),
        FieldSpec("address", label="Address"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("is_active", ValueKind.YES_NO, "Active"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("clients"),
    writing=_written("clients", "name"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Client id"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("street", "address", transforms=("one_line",), label="Address"),
        MappingLine("currency", "currency", label="Currency"),
        MappingLine("state", "is_active", value_map={"true": "active", "false": "closed"}, label="State"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("address", "street", label="Address"),
        MappingLine("currency", "currency", label="Currency"),
    ),
)

MANIFEST = SystemManifest(
    slug="harvest",
    name="Harvest",
    category="Time",
    summary="Harvest: time, expenses, projects, tasks, people and clients are read, projects and clients are written.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/harvest.md",
    address="https://api.harvestapp.com/v2",
    auth=AuthSpec(AuthScheme.BEARER),
    secrets=(
        SecretSpec("token", "Personal access token", "Of an administrator, made at id.getharvest.com/developers."),
    ),
    settings=(
        FieldSpec("account", label="Account id", required=True),
        FieldSpec("contact", label="E-mail that Harvest may write to about this connection", required=True),
    ),
    # Without a User-Agent that names somebody to write to, Harvest answers 400.
    headers={"Harvest-Account-Id": "{account}", "User-Agent": "Integration ({contact})"},
    rights=(
        "To read everybody’s time, expenses and people, and to make projects and clients: the permission level Administrator.",
        "A manager’s token reads the assigned projects and teammates only, and the rest is missing without a word.",
    ),
    objects=(TIME_ENTRIES, EXPENSES, PROJECTS, TASKS, USERS, CLIENTS),
    test_path="users/me",
    identity_path="email",
    limits=Limits(calls=100, seconds=15, at_once=4),
    error_shape=ErrorShape(message_path="message"),
    error_rules=RULES,
    filters_strict=False,
)
