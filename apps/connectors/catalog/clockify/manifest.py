"""Clockify, API v1: what it holds and how its records meet the canonical model.

Paths, parameters and properties: https://docs.clockify.me/. Time is read from each person's list of entries, which is
documented for every plan; the detailed report holds the same on another host, for at most a year at once. Nothing there says
when it was changed: the last weeks are read again each time and compared. The list of changed entities is called
experimental and is not used. Written from the documentation, never run against a workspace.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.clockify.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
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

RESCAN_DAYS = 62  # two months back: a month's time is corrected until the next one is billed
_WORKSPACE = "v1/workspaces/{workspace}"
_PAGING = Paging(style="page", size=200, size_parameter="page-size", position_parameter="page")
_STATE = {"true": "closed", "false": "active"}  # by "archived"


def _all_of(name: str, **parameters: str) -> Reading:
    return Reading(f"{_WORKSPACE}/{name}", parameters=parameters, paging=_PAGING)


def _written(name: str) -> Writing:
    """Write one by one, after looking for the name: nothing else of ours can be kept there."""
    return Writing(
        create_path=f"{_WORKSPACE}/{name}",
        update_path=f"{_WORKSPACE}/{name}/{{key}}",
        update_method="PUT",
        idempotency=Idempotency.SEARCH_BEFORE_CREATE,
        own_key_field="name",
    )


TIME_ENTRIES = ObjectManifest(
    name="time_entries",
    label="Time entries",
    canonical_type="TimeEntry",
    natural_key="id",
    fields=(
        FieldSpec("id", label="Entry id"),
        FieldSpec("description", label="Description"),
        FieldSpec("user.email", label="E-mail of the person"),
        FieldSpec("user.name", label="Name of the person"),
        FieldSpec("project.name", label="Name of the project"),
        FieldSpec("client.name", label="Name of the client"),
        FieldSpec("taskId", label="Task id"),
        FieldSpec("day", ValueKind.DATE, "Day on which it began, where the person is"),
        FieldSpec("seconds", ValueKind.WHOLE, "Length in seconds"),
        FieldSpec("timeInterval.start", ValueKind.INSTANT, "Start"),
        FieldSpec("timeInterval.end", ValueKind.INSTANT, "End"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("hourlyRate.amount", ValueKind.MONEY, "Rate per hour, in cents"),
        FieldSpec("hourlyRate.currency", label="Currency"),
        FieldSpec("isLocked", ValueKind.YES_NO, "Locked"),
    ),
    # {key} is the person whose entries are read.
    reading=Reading(
        path=f"{_WORKSPACE}/user/{{key}}/time-entries",
        change_read=ChangeRead.WINDOW_RESCAN,
        since_parameter="start",
        paging=_PAGING,
        rescan_days=RESCAN_DAYS,
        first_whole=True,
        one_path=f"{_WORKSPACE}/time-entries/{{key}}",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Entry id"),
        MappingLine("resource", "user.email", label="Person"),
        MappingLine("resource_name", "user.name", label="Name of the person"),
        MappingLine("project", "project.name", label="Project"),
        MappingLine("project_name", "project.name", label="Name of the project"),
        MappingLine("client_name", "client.name", label="Name of the client"),
        MappingLine("task", "taskId", label="Task"),
        MappingLine("work_date", "day", label="Day of the work"),
        MappingLine("start_at", "timeInterval.start", label="Start"),
        MappingLine("end_at", "timeInterval.end", label="End"),
        MappingLine("hours", "seconds", transforms=("seconds_to_hours",), label="Hours"),
        MappingLine("billable", "billable", label="Billable"),
        MappingLine("note", "description", label="Note"),
        MappingLine("approval", "isLocked", value_map={"true": "locked", "false": "open"}, label="Approval"),
        MappingLine("bill_rate", "hourlyRate.amount", transforms=("cents_to_money",), label="Rate per hour"),
        MappingLine("currency", "hourlyRate.currency", label="Currency"),
    ),
)

PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    natural_key="name",
    fields=(
        FieldSpec("id", label="Project id"),
        FieldSpec("name", label="Name"),
        FieldSpec("client.name", label="Name of the client"),
        FieldSpec("clientId", label="Client id"),
        FieldSpec("note", label="Note"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("archived", ValueKind.YES_NO, "Archived"),
    ),
    reading=_all_of("projects"),
    writing=_written("projects"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Project id"),
        MappingLine("code", "name", required=True, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client_name", "client.name", label="Name of the client"),
        MappingLine("billable", "billable", label="Billable"),
        MappingLine("state", "archived", value_map=_STATE, label="State"),
    ),
    writing_lines=(
        MappingLine("name", "code", required=True, label="Name"),
        MappingLine("note", "name", label="Note"),
        MappingLine("clientId", "client", reference="Customer", label="Client"),
        MappingLine("billable", "billable", label="Billable"),
    ),
)

USERS = ObjectManifest(
    name="users",
    label="People",
    canonical_type="Resource",
    natural_key="email",
    fields=(
        FieldSpec("id", label="Person id"),
        FieldSpec("name", label="Name"),
        FieldSpec("email", label="E-mail"),
    ),
    # Also those who left: their time is still to be billed.
    reading=_all_of("users", status="ALL"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("email", "email", label="E-mail"),
    ),
)

CLIENTS = ObjectManifest(
    name="clients",
    label="Clients",
    canonical_type="Customer",
    natural_key="name",
    fields=(
        FieldSpec("id", label="Client id"),
        FieldSpec("name", label="Name"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("address", label="Address"),
        FieldSpec("archived", ValueKind.YES_NO, "Archived"),
    ),
    reading=_all_of("clients"),
    writing=_written("clients"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Client id"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("invoice_email", "email", label="E-mail"),
        MappingLine("street", "address", transforms=("one_line",), label="Address"),
        MappingLine("state", "archived", value_map=_STATE, label="State"),
    ),
    writing_lines=(
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("email", "invoice_email", label="E-mail"),
        MappingLine("address", "street", label="Address"),
    ),
)

MANIFEST = SystemManifest(
    slug="clockify",
    name="Clockify",
    category="Time",
    summary="Clockify: time, projects, people and clients of a workspace are read, projects and clients are written.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/clockify.md",
    address="https://api.clockify.me/api",
    auth=AuthSpec(AuthScheme.HEADER_KEY, header="X-Api-Key"),
    secrets=(SecretSpec("api_key", "API key", "Of an administrator of the workspace, from Preferences, Advanced."),),
    settings=(
        FieldSpec("workspace", label="Workspace id", required=True),
        FieldSpec("rescan_days", ValueKind.WHOLE, "Days that are read again for changes (62 unless you say otherwise)"),
    ),
    rights=(
        "The role Owner or Administrator of the workspace: other people’s time is refused without it.",
        "A plan that allows a call for each person at each reading: a free workspace allows 30 calls an hour.",
    ),
    objects=(TIME_ENTRIES, PROJECTS, USERS, CLIENTS),
    test_path="v1/user",
    identity_path="email",
    limits=Limits(calls=50, seconds=1, at_once=4),
    error_rules=RULES,
)
