"""Client onboarding: from a won deal through tax, approval and contract into every system the work needs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.flows.engine.definition import Filter, FlowDefinition, Step, Undo
from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.steps.approve import ApproveOptions, Threshold
from apps.flows.engine.steps.decide import DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.lookup import LookupOptions
from apps.flows.engine.steps.milestone import MilestoneOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.wait import WaitOptions
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
from apps.flows.templates_library.samples import Delivers, LeftOut, Sample, Waits
from apps.flows.templates_library.settings import default_settings, number, settings_schema, whole
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_DEAL = {"Deal": "{name}", "Client": "{client_name}", "Billing": "{billing_kind}", "Legal entity": "{legal_entity}"}
_TAX_IS_FINE = '!has(r.client_tax_id) || (has(r.steps.tax.status) && r.steps.tax.status == "valid")'
_CONTRACT_FROM = "r.amount >= settings.contract_from"


def _deliver(name: str, title: str, kind: str, of: str, role: str = "target", *, undo: str = Undo.SAFE) -> Step:
    return Step("deliver", name=name, title=title, options=DeliverOptions(kind, role=role, of=of), undo=undo)


def _enter(name: str, title: str, state: str) -> Step:
    return Step("milestone", name=name, title=title, options=MilestoneOptions(state))


_SETTINGS = settings_schema(
    approval_from=number(
        "Deals need an approval from", "Smaller deals go through by themselves.", default=10_000, least=0, most=10**9
    ),
    owner_from=number(
        "The owner approves from",
        "Deals of this amount and more are asked of the customer's owner, smaller ones of the finance approver.",
        default=250_000,
        least=0,
        most=10**9,
    ),
    approval_hours=whole(
        "Hours to approve", "Then the question goes to the next role; half-way it is asked again.",
        default=48, least=1, most=24 * 90,
    ),
    contract_from=number(
        "Deals need a signed contract from", "Larger deals wait for the contract before work begins.",
        default=25_000, least=0, most=10**9,
    ),
    contract_days=whole("Days to sign", "After that somebody is asked to act.", default=14, least=1, most=365),
    project_prefix=PROJECT_PREFIX,
)  # fmt: skip


def _definition(settings: Mapping[str, Any]) -> FlowDefinition:
    return FlowDefinition(
        canonical_type="Opportunity",
        filter=Filter(expression=WON_AND_NEW),
        steps=(
            Step("extract"),
            Step("check"),
            _enter("deal", "Deal closed", "deal_closed"),
            Step(
                "lookup",
                name="tax",
                title="Tax number",
                condition="has(r.client_tax_id)",
                options=LookupOptions("tax", "numbers", "r.client_tax_id", keep=("status", "name", "evidence")),
            ),
            Step(
                "decide",
                name="tax_fine",
                title="Is the tax number fine?",
                options=DecideOptions(_TAX_IS_FINE, "deal_agreed"),
            ),
            Step(
                "approve",
                name="tax_agreed",
                title="Onboard without a valid tax number?",
                options=ApproveOptions(
                    question="Onboard {client_name} although the tax number {client_tax_id} is not valid?",
                    role="finance",
                    facts=_DEAL,
                    due_hours=48,
                    remind_hours=24,
                    escalate_to="owner",
                ),
            ),
            Step(
                "approve",
                name="deal_agreed",
                title="Approval of the deal",
                options=ApproveOptions(
                    question="Set up {name} for {client_name}?",
                    role="finance_approver",
                    facts=_DEAL,
                    thresholds=(Threshold(Decimal(str(settings["owner_from"])), "customer_owner"),),
                    free_below=Decimal(str(settings["approval_from"])),
                    due_hours=48,
                    remind_hours=24,
                    escalate_to="customer_owner",
                ),
            ),
            client_of_deal(),
            _deliver("client_in_erp", "Client in the ERP", "Customer", "client", undo=Undo.APPROVAL),
            _deliver("client_in_psa", "Client in the PSA", "Customer", "client", "psa"),
            _enter("activated", "Client activated", "client_activated"),
            project_of_deal("steps.client_in_psa.key", "psa_project", "Project as the PSA knows it"),
            _deliver("project_in_psa", "Project in the PSA", "Project", "psa_project", "psa"),
            project_of_deal("steps.client_in_erp.key", "erp_project", "Project as the ERP knows it"),
            _deliver("project_in_erp", "Project in the ERP", "Project", "erp_project"),
            Step(
                "wait",
                name="contract",
                title="Signed contract",
                condition=_CONTRACT_FROM,
                options=WaitOptions(
                    event="contract.signed", about="r.id", at_most_hours=24 * settings["contract_days"]
                ),
            ),
            _enter("contract_approved", "Contract approved", "contract_approved"),
            workspace_of_deal(),
            _deliver("workspace_made", "Workspace", "Workspace", "workspace", "workspace"),
            _enter("ready", "Project ready", "project_ready"),
            Step(
                "write_back",
                title="Mark the deal",
                options=WriteBackOptions({"exported": "true", "project_code": project_code()}),
            ),
            Step(
                "notify",
                title="Tell the delivery lead",
                options=NotifyOptions(
                    subject="{client_name} is set up",
                    text="{name} can begin: client, project and workspace are in place.",
                    role="delivery_lead",
                ),
            ),
            Step("emit", title="Tell the others", options=EmitOptions("client.onboarded", {"project": project_code()})),
        ),
    )


_SAMPLES = (
    Sample(
        "A small deal is set up everywhere at once",
        WON_DEAL | {"amount": "9000.00"},
        Delivers(
            {
                "client_in_erp": {"name": "Alder Brewery"},
                "project_in_psa": {"code": "P-D-100"},
                "project_in_erp": {"code": "P-D-100"},
                "workspace_made": {"project": "P-D-100"},
                "write_back": {"exported": True, "project_code": "P-D-100"},
            }
        ),
    ),
    Sample("A deal of some size waits for its approval", WON_DEAL, Waits("deal_agreed")),
    Sample(
        "From which amount people are asked is the customer's choice",
        WON_DEAL,
        Delivers({"project_in_erp": {"code": "P-D-100"}}),
        settings={"approval_from": 25_000},
    ),
    Sample(
        "A large deal waits for its contract",
        WON_DEAL | {"amount": "40000.00"},
        Waits("contract"),
        results={"deal_agreed": {"approved": True}},
    ),
    Sample(
        "A tax number that is not valid is asked about",
        WON_DEAL | {"client_tax_id": "DE000000000"},
        Waits("tax_agreed"),
        results={"tax": {"found": True, "key": "DE000000000", "status": "invalid"}},
    ),
    Sample("A deal that is still open is left alone", WON_DEAL | {"stage": "proposal"}, LeftOut("filtered")),
)

CLIENT_ONBOARDING = FlowTemplate(
    slug="client-onboarding",
    name="Client onboarding",
    summary=(
        "Walks every won deal through tax check, approval and contract, and sets client, project and workspace up in all "
        "systems, so that nobody works before everything is right and nothing is forgotten."
    ),
    needs=(
        "Deals are set to won in the CRM, with amount, legal entity and service line.",
        "Somebody of the customer is its finance approver.",
        "The event contract.signed is told for deals that wait for it: by the signing service, through the API.",
        "PSA, workspace system and tax service are connected.",
    ),
    outcome="Every won deal is set up everywhere, waits for somebody named here, or was taken back.",
    records_word=gettext_noop("deals"),
    record_word=gettext_noop("deal"),
    done_word=gettext_noop("set up everywhere"),
    expected_every_seconds=7 * 24 * 3_600,
    schedule_seconds=900,
    roles={
        "psa": gettext_noop("Projects and clients of the PSA"),
        "workspace": gettext_noop("Workspaces"),
        "tax": gettext_noop("Tax numbers"),
    },
    definition=_definition(default_settings(_SETTINGS)),
    shaped_by=_definition,
    version=2,
    changes={
        1: "The first version.",
        2: "Amounts, times and project codes are settings of each customer.",
    },
    workflow="W1",
    category="Sales",
    accelerator="client-onboarding",
    settings=_SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=3 * DAY, resolve_within=DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.MISSING_REFERENCE),
    ),
    samples=_SAMPLES,
    sample_systems={
        "target": "sandbox_erp", "psa": "sandbox_psa", "workspace": "sandbox_workspace", "tax": "sandbox_tax",
    },
)  # fmt: skip
