"""Lead to project: a deal that is won becomes a project that people can book on, with a workspace beside it."""

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.flows.engine.definition import Filter, FlowDefinition, Step
from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.milestone import MilestoneOptions
from apps.flows.engine.steps.write_back import WriteBackOptions
from apps.flows.templates_library.deal_records import (
    PROJECT_PREFIX,
    WON_AND_NEW,
    WON_DEAL,
    client_of_deal,
    project_code,
    project_of_deal,
    workspace_of_deal,
)
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import settings_schema
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

SAMPLES = (
    Sample(
        "A deal that is won becomes a project and a workspace",
        WON_DEAL,
        Delivers(
            {
                "project_in_psa": {"code": "P-D-100", "name": "Website relaunch"},
                "workspace_made": {"project": "P-D-100"},
                "write_back": {"exported": True, "project_code": "P-D-100"},
                "emit": {"project": "P-D-100"},
            }
        ),
    ),
    Sample(
        "Project codes begin as the customer wants it",
        WON_DEAL,
        Delivers({"project_in_psa": {"code": "2026-D-100"}, "write_back": {"project_code": "2026-D-100"}}),
        settings={"project_prefix": "2026-"},
    ),
    Sample("A deal that is still open is left alone", WON_DEAL | {"stage": "proposal"}, LeftOut("filtered")),
    Sample("A deal that was handed over is left alone", WON_DEAL | {"exported": True}, LeftOut("filtered")),
    Sample(
        "A deal that was won without a legal entity is refused",
        {name: value for name, value in WON_DEAL.items() if name != "legal_entity"},
        Refused("check", field="legal_entity"),
    ),
)

LEAD_TO_PROJECT = FlowTemplate(
    slug="lead-to-project",
    name="Lead to project",
    summary=(
        "Turns every deal that is won in the CRM into a project of the PSA, with its client and a workspace, so that the "
        "team can begin the same day."
    ),
    needs=(
        "Deals are set to won in the CRM, with amount, legal entity and service line.",
        "The CRM knows the client's account.",
        "The workspace system is connected.",
    ),
    outcome="Every won deal has exactly one project and one workspace, or a reason, an owner and an amount.",
    records_word=gettext_noop("deals"),
    record_word=gettext_noop("deal"),
    done_word=gettext_noop("ready to book on"),
    expected_every_seconds=7 * 24 * 3_600,
    schedule_seconds=900,
    roles={"workspace": gettext_noop("Workspaces")},
    version=2,
    changes={1: "The first version.", 2: "Project codes may begin as the customer wants it."},
    workflow="W2",
    category="Delivery",
    accelerator="project-setup",
    settings=settings_schema(project_prefix=PROJECT_PREFIX),
    sla=(
        SlaSuggestion(deliver_within=HOUR, resolve_within=DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.MAPPING_GAP),
    ),
    samples=SAMPLES,
    sample_systems={"target": "sandbox_psa", "workspace": "sandbox_workspace"},
    definition=FlowDefinition(
        canonical_type="Opportunity",
        filter=Filter(expression=WON_AND_NEW),
        steps=(
            Step("extract"),
            Step("check"),
            client_of_deal(),
            Step(
                "deliver",
                name="client_in_psa",
                title="Client in the PSA",
                options=DeliverOptions("Customer", of="client"),
            ),
            project_of_deal("steps.client_in_psa.key"),
            Step(
                "deliver",
                name="project_in_psa",
                title="Project in the PSA",
                options=DeliverOptions("Project", of="project"),
            ),
            workspace_of_deal(),
            Step(
                "deliver",
                name="workspace_made",
                title="Workspace",
                options=DeliverOptions("Workspace", role="workspace", of="workspace"),
            ),
            Step("milestone", name="ready", title="Project ready", options=MilestoneOptions("project_ready")),
            Step(
                "write_back",
                title="Mark the deal",
                options=WriteBackOptions({"exported": "true", "project_code": project_code()}),
            ),
            Step("emit", title="Tell the others", options=EmitOptions("project.ready", {"project": project_code()})),
        ),
    ),
)
