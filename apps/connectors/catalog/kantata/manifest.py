"""Kantata OX, API v1: what it holds and how its records meet the canonical model.

https://developer.kantata.com/ (Response Format, Request by ID, Includes, Pagination, Errors; Time Entries, Expenses,
Workspaces, Users, Workspace Allocations, Workspace Resources). Names of fields besides: the schemas of
https://github.com/singer-io/tap-mavenlink. Written from these, never run against an account. A filter by time of change was not
found with certainty: time and expenses are read by their day, the rest whole, and compared. Kantata knows no numbers of other
systems and no way to tell a repeated creation, so nothing is written.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.manifest import (
    ChangeRead,
    ErrorShape,
    FieldSpec,
    InstantForm,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
)

RESCAN_DAYS = 62  # two months back: a month's time is corrected until the next one is billed
_CHANGED = "updated_at"
_APPROVAL = {"true": "approved", "false": "open"}
_PAGING = Paging(
    style="page", size=200, size_parameter="per_page", position_parameter="page", total_path="count"
)  # 200 is Kantata's own upper limit
_ONLY = 50  # numbers asked for at once


def _of_days(name: str, filter_name: str, **parameters: str) -> Reading:
    """Read what was done since a day: the filter takes two days, the last of which may be left out."""
    return Reading(
        path=f"{name}.json",
        change_read=ChangeRead.WINDOW_RESCAN,
        since_parameter=filter_name,
        since_template="{since}:",
        parameters=parameters,
        paging=_PAGING,
        rescan_days=RESCAN_DAYS,
    )


def _all_of(name: str, **parameters: str) -> Reading:
    return Reading(f"{name}.json", parameters=parameters, paging=_PAGING)


TIME_ENTRIES = ObjectManifest(
    name="time_entries",
    label="Time entries",
    canonical_type="TimeEntry",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="id",
    find_parameter="only",
    find_at_once=_ONLY,
    fields=(
        FieldSpec("id", label="Entry number"),
        FieldSpec("date_performed", ValueKind.DATE, "Day"),
        FieldSpec("time_in_minutes", ValueKind.WHOLE, "Minutes"),
        FieldSpec("notes", label="Notes"),
        FieldSpec("user.email_address", label="E-mail of the person"),
        FieldSpec("user.full_name", label="Name of the person"),
        FieldSpec("workspace_id", label="Project number"),
        FieldSpec("workspace.title", label="Name of the project"),
        FieldSpec("story_id", label="Task number"),
        FieldSpec("story.title", label="Name of the task"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("rate", ValueKind.MONEY, "Rate per hour"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("approved", ValueKind.YES_NO, "Approved"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_of_days(
        "time_entries", "date_performed_between", include="user,workspace,story", from_archived_workspaces="true"
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Entry number"),
        MappingLine("resource", "user.email_address", label="Person"),
        MappingLine("resource_name", "user.full_name", label="Name of the person"),
        MappingLine("project", "workspace_id", label="Project"),
        MappingLine("project_name", "workspace.title", label="Name of the project"),
        MappingLine("task", "story_id", label="Task"),
        MappingLine("task_name", "story.title", label="Name of the task"),
        MappingLine("work_date", "date_performed", required=True, label="Day of the work"),
        MappingLine("hours", "time_in_minutes", transforms=("minutes_to_hours",), required=True, label="Hours"),
        MappingLine("billable", "billable", label="Billable"),
        MappingLine("note", "notes", label="Note"),
        MappingLine("approval", "approved", value_map=_APPROVAL, label="Approval"),
        MappingLine("bill_rate", "rate", label="Rate per hour"),
        MappingLine("currency", "currency", label="Currency"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

EXPENSES = ObjectManifest(
    name="expenses",
    label="Expenses",
    canonical_type="Expense",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="id",
    find_parameter="only",
    find_at_once=_ONLY,
    fields=(
        FieldSpec("id", label="Expense number"),
        FieldSpec("date", ValueKind.DATE, "Spent on"),
        FieldSpec("amount", ValueKind.MONEY, "Amount"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("category", label="Category"),
        FieldSpec("notes", label="Notes"),
        FieldSpec("user.email_address", label="E-mail of the person"),
        FieldSpec("user.full_name", label="Name of the person"),
        FieldSpec("workspace_id", label="Project number"),
        FieldSpec("workspace.title", label="Name of the project"),
        FieldSpec("is_billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("reimbursable", ValueKind.YES_NO, "Paid back"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_of_days("expenses", "date_expensed_between", include="user,workspace"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Expense number"),
        MappingLine("resource", "user.email_address", label="Person"),
        MappingLine("resource_name", "user.full_name", label="Name of the person"),
        MappingLine("project", "workspace_id", label="Project"),
        MappingLine("project_name", "workspace.title", label="Name of the project"),
        MappingLine("category", "category", label="Category"),
        MappingLine("spent_on", "date", required=True, label="Spent on"),
        MappingLine("amount", "amount", label="Amount"),
        MappingLine("currency", "currency", label="Currency"),
        MappingLine("reimbursable", "reimbursable", label="Paid back"),
        MappingLine("billable", "is_billable", label="Billable"),
        MappingLine("note", "notes", label="Note"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

PROJECTS = ObjectManifest(
    name="workspaces",
    label="Projects",
    canonical_type="Project",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="id",
    find_parameter="only",
    find_at_once=_ONLY,
    fields=(
        FieldSpec("id", label="Project number"),
        FieldSpec("title", label="Name"),
        FieldSpec("start_date", label="Starts on"),
        FieldSpec("due_date", label="Ends on"),
        FieldSpec("budget", ValueKind.MONEY, "Price"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("archived", ValueKind.YES_NO, "Archived"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_all_of("workspaces", include_archived="true"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Project id"),
        MappingLine("code", "id", required=True, label="Project code"),
        MappingLine("name", "title", required=True, label="Name"),
        # A day, with or without a time behind it.
        MappingLine("starts", "start_date", transforms=("slice:0,10",), label="Starts"),
        MappingLine("ends", "due_date", transforms=("slice:0,10",), label="Ends"),
        MappingLine("budget_money", "budget", label="Budget"),
        MappingLine("currency", "currency", label="Currency"),
        MappingLine("state", "archived", value_map={"true": "closed", "false": "active"}, label="State"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

USERS = ObjectManifest(
    name="users",
    label="People",
    canonical_type="Resource",
    natural_key="email_address",
    fields=(
        FieldSpec("id", label="Person number"),
        FieldSpec("full_name", label="Name"),
        FieldSpec("email_address", label="E-mail"),
        FieldSpec("headline", label="Job title"),
    ),
    reading=_all_of("users"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("name", "full_name", required=True, label="Name"),
        MappingLine("email", "email_address", label="E-mail"),
        MappingLine("job_title", "headline", label="Job title"),
    ),
)

ALLOCATIONS = ObjectManifest(
    name="workspace_allocations",
    label="Allocations",
    canonical_type="Assignment",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="id",
    find_parameter="only",
    find_at_once=_ONLY,
    fields=(
        FieldSpec("id", label="Allocation number"),
        FieldSpec("workspace_id", label="Project number"),
        FieldSpec("workspace.title", label="Name of the project"),
        FieldSpec("user.email_address", label="E-mail of the person"),
        FieldSpec("user.full_name", label="Name of the person"),
        FieldSpec("resource.label", label="Name of the planned place"),
        FieldSpec("start_date", ValueKind.DATE, "First day"),
        FieldSpec("end_date", ValueKind.DATE, "Last day"),
        FieldSpec("minutes", ValueKind.WHOLE, "Minutes in all"),
        FieldSpec("percentage", ValueKind.DECIMAL, "Percent of the capacity"),
        FieldSpec("hard", ValueKind.YES_NO, "Hard"),
        FieldSpec("notes", label="Notes"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_all_of("workspace_allocations", include="workspace"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Allocation number"),
        MappingLine("project", "workspace_id", label="Project"),
        MappingLine("project_name", "workspace.title", label="Name of the project"),
        MappingLine("resource", "user.email_address", label="Person"),
        MappingLine("resource_name", "user.full_name", label="Name of the person"),
        MappingLine("role", "resource.label", label="Role"),
        MappingLine("starts", "start_date", required=True, label="Starts"),
        MappingLine("ends", "end_date", required=True, label="Ends"),
        MappingLine("hours", "minutes", transforms=("minutes_to_hours",), label="Hours in all"),
        MappingLine("percent", "percentage", transforms=("divided_by:100",), label="Share of the working time"),
        MappingLine("status", "hard", value_map={"true": "hard", "false": "soft"}, label="Status"),
        MappingLine("note", "notes", label="Note"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

# What an allocation is made on: somebody in a role, or a place still to be filled. It says whom, and is no record of its own.
RESOURCES = ObjectManifest(
    name="workspace_resources",
    label="Resources of projects",
    canonical_type="Resource",
    reading=_all_of("workspace_resources", include="user"),
)

MANIFEST = SystemManifest(
    slug="kantata",
    name="Kantata",
    category="PSA",
    summary="Kantata OX: projects, people, allocations, time and expenses are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/kantata.md",
    address="https://api.mavenlink.com/api/v1",
    auth=AuthSpec(AuthScheme.BEARER),
    secrets=(SecretSpec("token", "Access token", "An OAuth token of the account, from Settings, API."),),
    rights=(
        "An account administrator with reports over the whole account: what the access group of the token’s person does not "
        "show is missing without a word.",
    ),
    objects=(TIME_ENTRIES, EXPENSES, PROJECTS, USERS, ALLOCATIONS),
    test_path="users.json",
    limits=Limits(at_once=3),
    error_shape=ErrorShape(problems_path="errors", code_path="type"),
    filters_strict=False,
)
