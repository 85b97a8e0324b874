"""Contract change: a signed change order reaches the project, its budget and its billing, once the right people agree."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.templates_library.project_changes import change, changes_of, find
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.settings import default_settings, number, settings_schema, whole
from apps.flows.templates_library.template import DAY, FlowTemplate, SlaSuggestion

_ERP, _PSA = "r.steps.erp_project", "r.steps.psa_project"
_LESS_MONEY = f"has(r.amount) && has({_ERP}.budget_money) && r.amount < double({_ERP}.budget_money)"
_LESS_HOURS = f"has(r.cap_hours) && has({_PSA}.budget_hours) && r.cap_hours < double({_PSA}.budget_hours)"
_LESS_TIME = f"has(r.ends) && has({_PSA}.ends) && r.ends < {_PSA}.ends"
_LESS = f"({_LESS_MONEY}) || ({_LESS_HOURS}) || ({_LESS_TIME})"
# What the ERP does not know cannot be compared: then the whole value counts as new.
_BEFORE = f"(has({_ERP}.budget_money) ? double({_ERP}.budget_money) : 0.0)"
_MUCH_MORE = f"has(r.amount) && r.amount > {_BEFORE} && r.amount - {_BEFORE} >= settings.approval_from"


def _change(field: str, before: str, unit: str = '""', *, figure: bool = False) -> str:
    """Return what a field was and becomes, as a fact; nothing where the change order leaves it as it is."""
    was, becomes = (f"string(double({before}))", f"string(r.{field})") if figure else (before, f"r.{field}")
    return f'=has(r.{field}) ? (has({before}) ? {was} : "?") + " → " + {becomes} + {unit} : ""'


_BEFORE_AND_AFTER = {
    "Client": "{client_name}",
    "Project": "{project}, {steps.psa_project.name}",
    "Value": _change("amount", f"{_ERP}.budget_money", '" " + r.currency', figure=True),
    "Hours": _change("cap_hours", f"{_PSA}.budget_hours", figure=True),
    "End": _change("ends", f"{_PSA}.ends"),
    "Billing": _change("billing_kind", f"{_ERP}.billing_kind"),
    "Rate card": _change("rate_card", f"{_ERP}.rate_card"),
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
_SETTINGS = settings_schema(
    approval_from=number(
        "Extensions need an approval from",
        "A change order that adds less goes through by itself; one that takes something away is always asked about.",
        default=10_000,
        least=0,
        most=10**9,
    ),
    approval_hours=whole(
        "Hours to approve",
        "Then the question goes to the customer's owner; half-way it is asked again.",
        default=72,
        least=1,
        most=24 * 90,
    ),
)
_ORDER: dict[str, Any] = {
    "id": "AG-7",
    "name": "Change order 1",
    "kind": "change_order",
    "state": "signed",
    "signed_at": "2026-11-19T10:00:00Z",
    "project": "PRJ-0042",
    "client_name": "Alder Brewery",
    "amount": "54000.00",
    "currency": "EUR",
    "cap_hours": "430",
    "ends": "2027-06-30",
}
_THERE: dict[str, dict[str, Any]] = {
    "psa_project": {"found": True, "key": "P-42", "name": "Website", "budget_hours": "400", "ends": "2027-03-31"},
    "erp_project": {"found": True, "key": "4711", "budget_money": "50000.00", "billing_kind": "time_material"},
}


def _agree(name: str, title: str, question: str, condition: str, settings: Mapping[str, Any]) -> Step:
    return Step(
        "approve",
        name=name,
        title=title,
        condition=condition,
        options=ApproveOptions(
            question=question,
            role="finance_approver",
            facts=_BEFORE_AND_AFTER,
            due_hours=settings["approval_hours"],
            remind_hours=max(1, settings["approval_hours"] // 2),
            escalate_to="customer_owner",
        ),
    )


def _definition(settings: Mapping[str, Any]) -> FlowDefinition:
    return FlowDefinition(
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
            _agree(
                "less_agreed", "Approval of a reduction", "Reduce project {project} as {name} says?", _LESS, settings
            ),
            _agree(
                "more_agreed",
                "Approval of a large change",
                "Extend project {project} as {name} says?",
                f"!({_LESS}) && {_MUCH_MORE}",
                settings,
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
    expected_every_seconds=30 * DAY,
    schedule_seconds=900,
    roles={"psa": gettext_noop("Projects of the PSA"), "crm": gettext_noop("Deals of the CRM")},
    definition=_definition(default_settings(_SETTINGS)),
    shaped_by=_definition,
    changes={1: "The first version."},
    workflow="W6",
    category="Contracts",
    accelerator="contract-change",
    source_categories=frozenset({"Contracts", "CRM", "ERP", "Webhooks", "Database"}),
    target_categories=frozenset({"ERP", "Database"}),
    settings=_SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=DAY, resolve_within=2 * DAY),
        SlaSuggestion(resolve_within=DAY, business_class=BusinessClass.MISSING_REFERENCE),
    ),
    samples=(
        Sample(
            "A small extension is carried into billing and delivery, and nothing else of the project is touched",
            _ORDER,
            Delivers(
                {
                    "billing": {"budget_amount": 54_000, "ends": "2027-06-30", "name": None, "state": None},
                    "delivery": {"budget_hours": 430, "ends": "2027-06-30", "name": None, "client_id": None},
                }
            ),
            results=_THERE,
        ),
        Sample("A large extension is asked about", _ORDER | {"amount": "60000"}, Waits("more_agreed"), results=_THERE),
        Sample(
            "The customer says what is large",
            _ORDER,
            Waits("more_agreed"),
            settings={"approval_from": 4_000},
            results=_THERE,
        ),
        Sample(
            "A lower value is asked about, however little it is",
            _ORDER | {"amount": "49999.99"},
            Waits("less_agreed"),
            results=_THERE,
        ),
        Sample("Fewer hours are asked about", _ORDER | {"cap_hours": "399"}, Waits("less_agreed"), results=_THERE),
        Sample("An earlier end is asked about", _ORDER | {"ends": "2027-03-30"}, Waits("less_agreed"), results=_THERE),
        Sample("A change order that is not signed is left out", _ORDER | {"state": "sent"}, LeftOut("filtered")),
        Sample("Another contract is left out", _ORDER | {"kind": "sow"}, LeftOut("filtered")),
        Sample(
            "A change order without a project is refused",
            {name: value for name, value in _ORDER.items() if name != "project"},
            Refused("check", field="project"),
        ),
        Sample("A project that nobody knows is refused", _ORDER, Refused("psa_project", "missing_reference")),
    ),
    sample_systems={"target": "sandbox_erp", "psa": "sandbox_psa", "crm": "sandbox_crm"},
)
