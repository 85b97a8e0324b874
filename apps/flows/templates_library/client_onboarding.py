"""Client onboarding: from a won deal through tax, approval and contract into every system the work needs."""

from decimal import Decimal

from django.utils.translation import gettext_noop

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
    WON_AND_NEW,
    client_of_deal,
    project_code,
    project_of_deal,
    workspace_of_deal,
)
from apps.flows.templates_library.template import FlowTemplate

_DEAL = {"Deal": "{name}", "Client": "{client_name}", "Billing": "{billing_kind}", "Legal entity": "{legal_entity}"}
_TAX_IS_FINE = '!has(r.client_tax_id) || (has(r.steps.tax.status) && r.steps.tax.status == "valid")'
_CONTRACT_FROM = "r.amount >= 25000.0"


def _deliver(name: str, title: str, kind: str, of: str, role: str = "target", *, undo: str = Undo.SAFE) -> Step:
    return Step("deliver", name=name, title=title, options=DeliverOptions(kind, role=role, of=of), undo=undo)


def _enter(name: str, title: str, state: str) -> Step:
    return Step("milestone", name=name, title=title, options=MilestoneOptions(state))


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
        "The event contract.signed is told for deals of 25,000 and more: by the signing service, through the API.",
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
    definition=FlowDefinition(
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
                    thresholds=(Threshold(Decimal(250_000), "customer_owner"),),
                    free_below=Decimal(10_000),
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
                options=WaitOptions(event="contract.signed", about="r.id", at_most_hours=14 * 24),
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
    ),
)
