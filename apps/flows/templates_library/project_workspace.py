"""Project workspace: a project that is ready gets the place where its team works, and loses it when it is called off."""

from django.utils.translation import gettext_noop

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import Filter, FlowDefinition, Step, Undo
from apps.flows.engine.steps import DeliverOptions, MapOptions
from apps.flows.engine.steps.decide import DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.withdraw import WithdrawOptions
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import choice, settings_schema, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_GOES_AHEAD = 'r.state in ["ready", "active"] || (r.state == "planned" && settings.planned_too)'
# Closed before its first day: nobody has worked there. One that was closed later keeps its workspace, for what is in it.
_CALLED_OFF = (
    'r.state == "closed" && has(r.starts) && has(r.updated_at) '
    '&& timestamp(r.updated_at) < timestamp(r.starts + "T00:00:00Z")'
)
_IS_NEW = "has(r.steps.workspace_made.created) && r.steps.workspace_made.created"
_IS_GONE = "has(r.steps.workspace_gone.withdrawn) && r.steps.workspace_gone.withdrawn"
_PROJECT = {
    "id": "P-1",
    "code": "PRJ-0001",
    "name": "Website relaunch",
    "client_name": "Okafor Bank",
    "manager": "mara@firm.example",
    "starts": "2026-12-01",
    "state": "active",
    "updated_at": "2026-11-20T09:00:00Z",
}
_LINES = (
    MappingLine("project", "code"),
    MappingLine("project_name", "name"),
    MappingLine("name", expression='r.code + " " + r.name'),
    MappingLine("client_name", "client_name"),
    MappingLine("kind", expression="settings.kind"),
    MappingLine("owner", "manager"),
)

SETTINGS = settings_schema(
    kind=choice(
        "Kind of workspace",
        "What each project gets.",
        {"team": "Team", "site": "Site", "folder": "Folder", "portal": "Portal for the client"},
        default="team",
    ),
    planned_too=yes_no(
        "Planned projects too",
        "Also set the workspace up for projects that are only planned, so that proposals have a place.",
        default=False,
    ),
    tell_manager=yes_no("Write to the project manager", "Send the welcome to the manager's own address.", default=True),
)

SAMPLES = (
    Sample(
        "A project that has begun gets its team",
        _PROJECT,
        Delivers({
            "workspace_made": {"project": "PRJ-0001", "kind": "team", "owner": "mara@firm.example"},
            "ready": {"project": "PRJ-0001"},
        }),
        results={"workspace_made": {"key": "WS-1", "created": True}},
    ),
    Sample(
        "The customer wants folders",
        _PROJECT,
        Delivers({"workspace_made": {"kind": "folder"}}),
        settings={"kind": "folder"},
    ),
    Sample("A project that is only planned waits", _PROJECT | {"state": "planned"}, LeftOut("filtered")),
    Sample(
        "A planned project gets one where that is wanted",
        _PROJECT | {"state": "planned"},
        Delivers({"workspace_made": {"project": "PRJ-0001"}}),
        settings={"planned_too": True},
    ),
    Sample("A project that was closed after its work keeps it", _PROJECT | {"state": "closed", "starts": "2026-10-01"},
           LeftOut("filtered")),
    Sample(
        "A project without a name is refused",
        {name: value for name, value in _PROJECT.items() if name != "name"},
        Refused("check", field="name"),
    ),
)  # fmt: skip

PROJECT_WORKSPACE = FlowTemplate(
    slug="project-workspace",
    name="Project workspace",
    summary=(
        "Gives every project that is ready the place where its team works together, once, welcomes the people who lead it, "
        "and takes the place back when the project is called off before it begins."
    ),
    needs=(
        "Projects are set to active in the PSA when work may begin.",
        "The project manager is kept as an e-mail address that the workspace system knows.",
        "Projects that are called off are closed in the PSA, not deleted.",
    ),
    outcome="Every project that goes ahead has one workspace, and none stays behind for a project that never began.",
    records_word=gettext_noop("projects"),
    record_word=gettext_noop("project"),
    done_word=gettext_noop("ready to work in"),
    expected_every_seconds=7 * DAY,
    schedule_seconds=900,
    workflow="W14",
    category="Delivery",
    accelerator="project-setup",
    changes={1: "The first version."},
    settings=SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=HOUR, resolve_within=DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.MISSING_REFERENCE),
    ),
    samples=SAMPLES,
    sample_systems={"target": "sandbox_workspace"},
    definition=FlowDefinition(
        canonical_type="Project",
        filter=Filter(expression=f"has(r.state) && ({_GOES_AHEAD} || ({_CALLED_OFF}))"),
        steps=(
            Step("extract"),
            Step("check"),
            Step(
                "decide",
                name="goes_ahead",
                title="Does the project go ahead?",
                options=DecideOptions(_GOES_AHEAD, otherwise="workspace_gone"),
            ),
            Step(
                "map",
                name="workspace",
                title="Workspace",
                options=MapOptions.build(canonical_type("Project"), "Workspace", _LINES),
            ),
            Step(
                "deliver",
                name="workspace_made",
                title="Set the workspace up",
                options=DeliverOptions("Workspace", of="workspace"),
                # Setting a team up takes a while where it is more than a folder; and people may have begun to use it.
                retry={FailureKind.RETRYABLE: (5, 30, 120, 600, 3_600)},
                timeout_seconds=120,
                queue="delivery",
                undo=Undo.APPROVAL,
            ),
            Step(
                "notify",
                name="welcome",
                title="Welcome the delivery lead",
                condition=_IS_NEW,
                options=NotifyOptions(
                    subject="The workspace of {name} is ready",
                    text="The workspace of {code} {name} for {client_name} is set up: the team can begin.",
                    role="delivery_lead",
                ),
            ),
            Step(
                "notify",
                name="welcome_manager",
                title="Welcome the project manager",
                condition=f'settings.tell_manager && has(r.manager) && r.manager.contains("@") && {_IS_NEW}',
                options=NotifyOptions(
                    subject="Your workspace for {name} is ready",
                    text="Welcome to {code} {name} for {client_name}. Your workspace is set up, and you are its owner.",
                    address="r.manager",
                ),
            ),
            Step(
                "emit",
                name="ready",
                title="Tell the others",
                condition=_IS_NEW,
                options=EmitOptions("workspace.ready", {"project": "r.code"}),
            ),
            Step(
                "withdraw",
                name="workspace_gone",
                title="Take the workspace back",
                condition=_CALLED_OFF,
                options=WithdrawOptions("Workspace"),
                queue="delivery",
            ),
            Step(
                "notify",
                name="farewell",
                title="Tell the delivery lead",
                condition=_IS_GONE,
                options=NotifyOptions(
                    subject="The workspace of {name} was taken back",
                    text="{code} {name} was closed before it began, so its workspace was taken back.",
                    role="delivery_lead",
                ),
            ),
            Step(
                "emit",
                name="called_off",
                title="Tell the others that it is gone",
                condition=_IS_GONE,
                options=EmitOptions("workspace.withdrawn", {"project": "r.code"}),
            ),
        ),
    ),
)
