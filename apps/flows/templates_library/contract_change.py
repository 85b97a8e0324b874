"""Contract change: a signed change order reaches the project, its budget and its billing, once the right people agree."""

from dataclasses import replace

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.templates_library.project_changes import change, changes_of, find
from apps.flows.templates_library.template import FlowTemplate

APPROVE_FROM = "10000.0"
_ERP, _PSA = "r.steps.erp_project", "r.steps.psa_project"
_LESS_MONEY = f"has(r.amount) && has({_ERP}.budget_money) && r.amount < double({_ERP}.budget_money)"
_LESS_HOURS = f"has(r.cap_hours) && has({_PSA}.budget_hours) && r.cap_hours < double({_PSA}.budget_hours)"
_LESS_TIME = f"has(r.ends) && has({_PSA}.ends) && r.ends < {_PSA}.ends"
_LESS = f"({_LESS_MONEY}) || ({_LESS_HOURS}) || ({_LESS_TIME})"
# What the ERP does not know cannot be compared: then the whole value counts as new.
_BEFORE = f"(has({_ERP}.budget_money) ? double({_ERP}.budget_money) : 0.0)"
_MUCH_MORE = f"has(r.amount) && r.amount > {_BEFORE} && r.amount - {_BEFORE} >= {APPROVE_FROM}"
_BEFORE_AND_AFTER = {
    "Client": "{client_name}",
    "Project": "{project}, {steps.psa_project.name}",
    "Value": "{steps.erp_project.budget_money} → {amount} {currency}",
    "Hours": "{steps.psa_project.budget_hours} → {cap_hours}",
    "End": "{steps.psa_project.ends} → {ends}",
    "Billing": "{steps.erp_project.billing_kind} → {billing_kind}",
    "Rate card": "{steps.erp_project.rate_card} → {rate_card}",
}
_SAID = (
    '"Changed by " + r.name + (has(r.amount) && has(r.currency) ? ": " + string(r.amount) + " " + r.currency : "")'
    ' + (has(r.ends) ? ", until " + r.ends : "")'
)
_NOTE = (
    f"!has(r.steps.deal.note) ? {_SAID} : r.steps.deal.note.contains({_SAID}) ? r.steps.deal.note : "
    f'r.steps.deal.note + "\\n" + {_SAID}'
)
_HAS_DEAL = "has(r.opportunity)"
_CHANGES = (
    MappingLine("ends", "ends"),
    MappingLine("budget_hours", "cap_hours"),
    MappingLine("budget_money", "amount"),
    MappingLine("billing_kind", "billing_kind"),
    MappingLine("rate_card", "rate_card"),
    MappingLine("po_number", "po_number"),
)


def _agree(name: str, title: str, question: str, condition: str) -> Step:
    return Step(
        "approve",
        name=name,
        title=title,
        condition=condition,
        options=ApproveOptions(
            question=question,
            role="finance_approver",
            facts=_BEFORE_AND_AFTER,
            due_hours=72,
            remind_hours=24,
            escalate_to="customer_owner",
        ),
    )


CONTRACT_CHANGE = FlowTemplate(
    slug="contract-change",
    name="Contract change",
    summary=(
        "Carries every signed change order into the project and its billing: end, budget, hours, rates and way of billing, "
        "after somebody has agreed to a large change or a reduction with the old and the new figures in view."
    ),
    needs=(
        "A change order is signed in the contract system and names the project it changes.",
        "It states the whole new value, hours and end, not the difference; what it leaves out stays as it is.",
        "The project carries the same code in the PSA and in the ERP.",
        "Somebody of the customer is its finance approver.",
    ),
    outcome="Every signed change order is in project, billing and deal, waits for somebody named here, or was refused.",
    records_word=gettext_noop("change orders"),
    record_word=gettext_noop("change order"),
    done_word=gettext_noop("carried into project and billing"),
    expected_every_seconds=30 * 24 * 3_600,
    schedule_seconds=900,
    roles={"psa": gettext_noop("Projects of the PSA"), "crm": gettext_noop("Deals of the CRM")},
    definition=FlowDefinition(
        canonical_type="Contract",
        filter=Filter(expression='has(r.kind) && r.kind == "change_order" && r.state in ["signed", "active"]'),
        steps=(
            Step("extract"),
            Step(
                "check",
                CheckOptions(
                    rules=(
                        Rule(
                            "project_named",
                            "has(r.project)",
                            "The change order names no project, so nobody knows what it changes. Name it in {source}.",
                            "project",
                            BusinessClass.MISSING_REFERENCE,
                        ),
                        Rule(
                            "changes_something",
                            "has(r.amount) || has(r.cap_hours) || has(r.ends) || has(r.billing_kind) || has(r.rate_card)",
                            "The change order changes neither value, hours, end, billing nor rates. Complete it in {source}.",
                            "amount",
                        ),
                    )
                ),
            ),
            find(
                "psa_project",
                "Project in the PSA",
                into="Project",
                key="r.project",
                role="psa",
                keep=("name", "budget_hours", "ends", "state"),
            ),
            find(
                "erp_project",
                "Project in the ERP",
                into="Project",
                key="r.project",
                keep=("budget_money", "currency", "billing_kind", "rate_card"),
            ),
            _agree("less_agreed", "Approval of a reduction", "Reduce project {project} as {name} says?", _LESS),
            _agree(
                "more_agreed",
                "Approval of a large change",
                "Extend project {project} as {name} says?",
                f"!({_LESS}) && {_MUCH_MORE}",
            ),
            changes_of("Contract", "project", "What changes", into="Project", lines=_CHANGES),
            # The ERP comes first: it alone can refuse, and then the project goes on as it was sold.
            change("billing", "Billing in the ERP", into="Project", of="project", onto="erp_project", queue="finance"),
            change(
                "delivery",
                "Budget and end in the PSA",
                into="Project",
                of="project",
                onto="psa_project",
                role="psa",
                queue="delivery",
            ),
            find(
                "deal",
                "Deal in the CRM",
                into="Opportunity",
                key="r.opportunity",
                role="crm",
                keep=("note",),
                condition=_HAS_DEAL,
            ),
            replace(
                changes_of(
                    "Contract",
                    "news",
                    "News for sales",
                    into="Opportunity",
                    lines=(MappingLine("note", expression=_NOTE),),
                ),
                condition=_HAS_DEAL,
            ),
            change(
                "deal_told",
                "Tell the deal",
                into="Opportunity",
                of="news",
                onto="deal",
                role="crm",
                condition=_HAS_DEAL,
            ),
            Step(
                "notify",
                title="Tell the delivery lead",
                options=NotifyOptions(
                    subject="{project} was changed",
                    text="{name} is in force: hours {steps.psa_project.budget_hours} → {cap_hours}, "
                    "end {steps.psa_project.ends} → {ends}.",
                    role="delivery_lead",
                ),
            ),
            Step(
                "emit",
                title="Tell the others",
                options=EmitOptions("contract.amended", {"contract": "r.id"}, "r.project"),
            ),
        ),
    ),
)
