"""Milestone billing: what was accepted, or falls due by its day, becomes an invoice draft once somebody releases it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step, Undo
from apps.flows.engine.steps import DeliverOptions, MapOptions
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.engine.steps.decide import DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.wait import WaitOptions
from apps.flows.engine.steps.withdraw import WithdrawOptions
from apps.flows.templates_library.project_changes import find
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.settings import default_settings, number, settings_schema, whole
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_BY_DAY = 'has(r.condition) && r.condition == "date_reached" && has(r.due_on)'
_WORTH = "has(r.amount) ? r.amount : has(r.percent) ? r.percent * double(r.steps.project.budget_money) : settings.retainer_amount"
_NET = f"math.round(({_WORTH}) * 100.0) / 100.0"
_DAY = f"{_BY_DAY} ? r.due_on : has(r.accepted_at) ? r.accepted_at.substring(0, 10) : r.due_on"


def _own_or_projects(field: str) -> str:
    return f'has(r.{field}) ? r.{field} : has(r.steps.project.{field}) ? r.steps.project.{field} : ""'


_INVOICE = (
    MappingLine("id", "id"),
    MappingLine("kind", default="invoice"),
    MappingLine("state", default="draft"),
    MappingLine("legal_entity", expression=_own_or_projects("legal_entity")),
    MappingLine("client", "steps.project.client"),
    MappingLine("client_name", "client_name"),
    MappingLine("project", "project"),
    MappingLine("issue_date", expression=_DAY),
    MappingLine("posting_date", expression=_DAY),
    MappingLine("currency", expression=_own_or_projects("currency")),
    MappingLine("net", expression=_NET),
    MappingLine("po_number", expression=_own_or_projects("po_number")),
    MappingLine("note", "name"),
    MappingLine(
        "lines",
        expression=f'[{{"description": r.name, "quantity": 1.0, "price": {_NET}, "net": {_NET}, "project": r.project}}]',
    ),
)
_PROJECT_RULES = (
    Rule(
        "project_open",
        '!has(r.state) || r.state != "closed"',
        "Project {project} is closed, so “{name}” cannot be billed on it. Reopen the project in the ERP, or void the milestone.",
        business_class=BusinessClass.INACTIVE_PROJECT,
    ),
    Rule(
        "billed_by_milestone",
        '!has(r.billing_kind) || r.billing_kind != "time_material"',
        "Project {project} is billed by time in the ERP: “{name}” would bill the same work twice. Correct how the project is "
        "billed there, or void the milestone.",
    ),
    Rule(
        "client_known",
        "has(r.client)",
        "Project {project} has no client in the ERP, so nobody can be billed. Add the client there.",
        business_class=BusinessClass.MISSING_REFERENCE,
    ),
)
_RULES = (
    Rule(
        "says_how_much",
        'r.state == "void" || has(r.amount) || has(r.percent) || '
        '(has(r.kind) && r.kind == "retainer" && settings.retainer_amount > 0.0)',
        "The milestone says neither an amount nor a share of the contract. Fill in one of the two at {source}.",
        "amount",
        BusinessClass.MISSING_REFERENCE,
    ),
    Rule(
        "says_when",
        'r.state == "void" || has(r.due_on) || has(r.accepted_at)',
        "The milestone has neither a day nor an acceptance, so the period to bill it in is not known. Add one in {source}.",
        "due_on",
        BusinessClass.MISSING_REFERENCE,
    ),
)
_SETTINGS = settings_schema(
    approval_from=number(
        "Amounts need a release from",
        "Smaller amounts are drafted without asking; with 0 everything is released by somebody.",
        default=0,
        least=0,
        most=10**9,
    ),
    approval_hours=whole(
        "Hours to release",
        "Then the question goes to the customer's owner; half-way it is asked again.",
        default=48,
        least=1,
        most=24 * 90,
    ),
    retainer_amount=number(
        "Amount of a retainer",
        "What each period of a retainer is billed at where the schedule does not say it itself. With 0 it has to say it.",
        default=0,
        least=0,
        most=10**9,
    ),
)


def _definition(settings: Mapping[str, Any]) -> FlowDefinition:
    return FlowDefinition(
        canonical_type="BillingMilestone",
        # A planned step is walked only where its day decides; one that is void, so that its draft can be taken back.
        filter=Filter(expression=f'r.state in ["ready", "void"] || (r.state == "planned" && {_BY_DAY})'),
        steps=(
            Step("extract"),
            Step("check", CheckOptions(without=("amount_or_share",), rules=_RULES)),
            Step(
                "decide",
                name="wanted",
                title="Is it still to be billed?",
                options=DecideOptions('r.state != "void"', otherwise="taken_back"),
            ),
            Step(
                "wait",
                name="due",
                title="Its day",
                condition=_BY_DAY,
                options=WaitOptions(until="r.due_on", give_way=True),
            ),
            find(
                "project",
                "Financial rule of the project",
                into="Project",
                key="r.project",
                keep=("name", "client", "billing_kind", "budget_money", "currency", "legal_entity", "po_number"),
                rules=_PROJECT_RULES,
            ),
            Step(
                "approve",
                name="released",
                title="Release of the invoice",
                options=ApproveOptions(
                    question="Bill “{name}” of project {project}?",
                    role="finance_approver",
                    facts={
                        "Client": "{client_name}",
                        "Project": "{project}, {steps.project.name}",
                        "Billing": '=has(r.steps.project.billing_kind) ? r.steps.project.billing_kind : ""',
                        "Accepted": '=has(r.accepted_at) ? r.accepted_at.substring(0, 10) : ""',
                        "Accepted by": '=has(r.accepted_by) ? r.accepted_by : ""',
                        "Due": '=has(r.due_on) ? r.due_on : ""',
                        "Purchase order": f"={_own_or_projects('po_number')}",
                    },
                    free_below=Decimal(str(settings["approval_from"])),
                    due_hours=settings["approval_hours"],
                    remind_hours=max(1, settings["approval_hours"] // 2),
                    escalate_to="customer_owner",
                ),
            ),
            Step(
                "map",
                name="invoice",
                title="Invoice",
                options=MapOptions.build(canonical_type("BillingMilestone"), "Invoice", _INVOICE),
            ),
            Step(
                "deliver",
                name="drafted",
                title="Draft in the ERP",
                timeout_seconds=60,
                queue="finance",
                # A draft that finance may have worked on since goes only with their consent.
                undo=Undo.APPROVAL,
                options=DeliverOptions("Invoice", of="invoice"),
            ),
            Step(
                "emit",
                title="Tell the others",
                options=EmitOptions("invoice.requested", {"invoice": "r.steps.drafted.key"}, "r.project"),
            ),
            Step(
                "withdraw",
                name="taken_back",
                title="Take the draft back",
                condition='r.state == "void"',
                timeout_seconds=60,
                queue="finance",
                options=WithdrawOptions("Invoice"),
            ),
        ),
    )


_MILESTONE: dict[str, Any] = {
    "id": "MS-7",
    "name": "Concept accepted",
    "project": "PRJ-0042",
    "client_name": "Alder Brewery",
    "kind": "milestone",
    "condition": "milestone_accepted",
    "state": "ready",
    "accepted_at": "2026-11-19T10:00:00Z",
    "accepted_by": "Ann Archer",
    "amount": "12000.00",
    "currency": "EUR",
}
_PROJECT = {
    "found": True,
    "key": "4711",
    "client": "C-7",
    "billing_kind": "milestone",
    "budget_money": "50000.00",
    "currency": "EUR",
    "legal_entity": "100",
    "po_number": "PO-1",
}
_RELEASED: dict[str, Mapping[str, Any]] = {"project": _PROJECT, "released": {"approved": True}}
_RETAINER = {name: value for name, value in _MILESTONE.items() if not name.startswith(("accepted", "amount"))} | {
    "kind": "retainer",
    "condition": "date_reached",
    "state": "planned",
    "due_on": "2026-11-01",
}

MILESTONE_BILLING = FlowTemplate(
    slug="milestone-billing",
    name="Milestone and retainer billing",
    summary=(
        "Turns every accepted milestone, and every instalment or retainer whose day has come, into an invoice draft of the "
        "ERP, after the project's financial rule was checked and somebody has released it."
    ),
    needs=(
        "Milestones are accepted in the PSA, or carry the day on which they are billed; a retainer has one line a period.",
        "The project carries the same code in the ERP and has its client and its way of billing there.",
        "The accounting period of the invoice is open in the ERP.",
        "Somebody of the customer is its finance approver.",
    ),
    outcome="Every accepted milestone is drafted once, waits for somebody named here, or was refused with a reason.",
    records_word=gettext_noop("milestones"),
    record_word=gettext_noop("milestone"),
    done_word=gettext_noop("drafted as invoices"),
    expected_every_seconds=30 * DAY,
    schedule_seconds=900,
    definition=_definition(default_settings(_SETTINGS)),
    shaped_by=_definition,
    changes={1: "The first version."},
    workflow="W8",
    category="Finance",
    accelerator="billing-readiness",
    target_categories=frozenset({"ERP", "Database"}),
    settings=_SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=2 * DAY, resolve_within=DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.CLOSED_PERIOD),
    ),
    samples=(
        Sample(
            "An accepted milestone becomes an invoice draft of its project's client and company",
            _MILESTONE,
            Delivers(
                {
                    "drafted": {
                        "external_id": "MS-7",
                        "customer_number": "C-7",
                        "company": "100",
                        "project": "PRJ-0042",
                        "issued_on": "2026-11-19",
                        "net": 12_000,
                        "currency": "EUR",
                        "po_number": "PO-1",
                        "sort": "invoice",
                    }
                }
            ),
            results=_RELEASED,
        ),
        Sample(
            "A share is reckoned from what the contract is worth",
            {name: value for name, value in _MILESTONE.items() if name != "amount"} | {"percent": "0.3"},
            Delivers({"drafted": {"net": 15_000}}),
            results=_RELEASED,
        ),
        Sample("It waits to be released", _MILESTONE, Waits("released"), results={"project": _PROJECT}),
        Sample(
            "Small amounts go through where the customer wants it",
            _MILESTONE,
            Delivers({"drafted": {"net": 12_000}}),
            settings={"approval_from": 20_000},
            results={"project": _PROJECT},
        ),
        Sample(
            "A retainer is billed at the agreed amount of its period",
            _RETAINER,
            Delivers({"drafted": {"net": 4_000, "issued_on": "2026-11-01"}}),
            settings={"retainer_amount": 4_000},
            results=_RELEASED,
        ),
        Sample(
            "A retainer of the next month waits for its day",
            _RETAINER | {"due_on": "2026-12-01"},
            Waits("due"),
            settings={"retainer_amount": 4_000},
        ),
        Sample("A retainer without an amount is refused", _RETAINER, Refused("check", "says_how_much")),
        Sample(
            "A project that is billed by time is refused",
            _MILESTONE,
            Refused("project", "billed_by_milestone"),
            results={"project": _PROJECT | {"billing_kind": "time_material"}},
        ),
        Sample(
            "What nobody has accepted is refused",
            {name: value for name, value in _MILESTONE.items() if name != "accepted_at"},
            Refused("check", "not_accepted"),
        ),
        Sample(
            "A milestone that is only planned is left out",
            _MILESTONE | {"state": "planned"},
            LeftOut("filtered"),
        ),
        Sample("What became void is not drafted", _MILESTONE | {"state": "void"}, Delivers({"drafted": {"net": None}})),
    ),
    sample_systems={"target": "sandbox_erp"},
)
