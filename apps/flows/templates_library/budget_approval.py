"""Budget approval: a budget that was raised in delivery reaches finance once somebody agrees, or goes back to what it was."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import Filter, FlowDefinition, Step
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.engine.steps.decide import END, DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.write_back import WriteBackOptions
from apps.flows.templates_library.project_changes import change, changes_of, find
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.settings import choice, number, settings_schema, text, whole
from apps.flows.templates_library.template import DAY, FlowTemplate, SlaSuggestion

_KNOWN = "(has(r.steps.known.budget_money) ? double(r.steps.known.budget_money) : 0.0)"
_CHANGED = f"!has(r.steps.known.budget_money) || r.budget_money != {_KNOWN}"
_RAISED_MUCH = f"r.budget_money - {_KNOWN} >= settings.approve_from && r.budget_money > {_KNOWN}"
_REFUSED = "has(r.steps.agreed.approved) && !r.steps.agreed.approved"
_AS_BEFORE = "The budget is as finance knows it."
_APPROVERS = {
    "finance_approver": "Finance approver",
    "customer_owner": "Customer owner",
    "finance": "Finance of the partner",
    "owner": "Owner of the partner",
}
_PROJECT = {
    "id": "P-1",
    "code": "PRJ-0001",
    "name": "Website relaunch",
    "client_name": "Okafor Bank",
    "budget_money": "60000",
    "currency": "EUR",
    "state": "active",
}
_FINANCE = {"found": True, "key": "pr-1", "budget_money": "50000.00"}

SETTINGS = settings_schema(
    approve_from=number(
        "Approval from", "A budget that is raised by this much or more needs somebody's agreement. Less is carried at once.",
        default=5_000, least=0, most=1_000_000_000,
    ),
    role=choice("Who is asked", "Who agrees to a larger budget.", _APPROVERS, default="finance_approver"),
    escalate_to=choice("Who is asked next", "Who is asked when nobody answers in time.", _APPROVERS,
                       default="customer_owner"),
    due_hours=whole("Hours to answer", "After these hours the next ones are asked, for as long again.",
                    default=48, least=1, most=720),
    budget_field=text(
        "Field for the budget", "How the source calls the field that a refused budget is put back into.",
        default="budget_amount", pattern="^[A-Za-z][A-Za-z0-9_.]*$",
    ),
)  # fmt: skip

SAMPLES = (
    Sample("A large rise waits for somebody", _PROJECT, Waits("agreed"), results={"known": _FINANCE}),
    Sample(
        "A rise that was agreed to reaches finance",
        _PROJECT,
        Delivers({"carried": {"budget_amount": 60000.0}, "said": {"project": "PRJ-0001"}}),
        results={"known": _FINANCE, "agreed": {"approved": True, "by": "Ann"}},
    ),
    Sample(
        "A rise that was refused goes back to what it was",
        _PROJECT,
        Delivers({"put_back": {"budget_amount": "50000.00"}}),
        results={"known": _FINANCE, "agreed": {"approved": False, "by": "Ann"}},
    ),
    Sample(
        "A small rise is carried at once",
        _PROJECT | {"budget_money": "51000"},
        Delivers({"carried": {"budget_amount": 51000.0}}),
        results={"known": _FINANCE},
    ),
    Sample("A budget that finance knows is left alone", _PROJECT | {"budget_money": "50000"}, LeftOut(_AS_BEFORE),
           results={"known": _FINANCE}),
    Sample("A closed project is left alone", _PROJECT | {"state": "closed"}, LeftOut("filtered")),
    Sample("A project that finance does not know is refused", _PROJECT, Refused("known")),
)  # fmt: skip


def _definition(settings: Mapping[str, Any]) -> FlowDefinition:
    return FlowDefinition(
        canonical_type="Project",
        filter=Filter(expression='has(r.budget_money) && !(has(r.state) && r.state == "closed")'),
        steps=(
            Step("extract"),
            Step("check"),
            find("known", "The budget as finance knows it", into="Project", key="r.code", keep=("budget_money",)),
            Step(
                "decide",
                name="changed",
                title="Does it differ?",
                options=DecideOptions(_CHANGED, otherwise=END, sentence=_AS_BEFORE),
            ),
            Step(
                "approve",
                name="agreed",
                title="Agreement to a larger budget",
                condition=_RAISED_MUCH,
                options=ApproveOptions(
                    question="Raise the budget of {code} {name}?",
                    role=settings["role"],
                    facts={
                        "Client": "{client_name}",
                        "Budget": "{steps.known.budget_money} → {budget_money} {currency}",
                    },
                    due_hours=settings["due_hours"],
                    remind_hours=24,
                    escalate_to=settings["escalate_to"],
                    go_on_refused=True,
                ),
            ),
            changes_of(
                "Project", "budget", "Budget", into="Project", lines=(MappingLine("budget_money", "budget_money"),)
            ),
            change(
                "carried",
                "Budget in the ERP",
                into="Project",
                of="budget",
                onto="known",
                queue="finance",
                condition=f"!({_REFUSED})",
            ),
            Step(
                "write_back",
                name="put_back",
                title="Put the budget back at the source",
                condition=f"({_REFUSED}) && has(r.steps.known.budget_money)",
                timeout_seconds=60,
                options=WriteBackOptions({settings["budget_field"]: "r.steps.known.budget_money"}),
            ),
            Step(
                "notify",
                name="told",
                title="Tell the delivery lead of the refusal",
                condition=_REFUSED,
                options=NotifyOptions(
                    subject="The budget of {name} was not raised",
                    text="{budget_money} {currency} for {code} was refused. It stays at {steps.known.budget_money}.",
                    role="delivery_lead",
                ),
            ),
            Step(
                "emit",
                name="said",
                title="Tell the others",
                condition=f"!({_REFUSED})",
                options=EmitOptions("project.budget_changed", {"project": "r.code"}),
            ),
        ),
    )


_DEFAULTS = {name: described["default"] for name, described in SETTINGS["properties"].items()}

BUDGET_APPROVAL = FlowTemplate(
    slug="budget-approval",
    name="Budget approval",
    summary=(
        "Holds a project's budget that was raised in delivery until the right person has agreed with the old and the new figure "
        "in view, then carries it to finance; a refusal puts it back to what it was."
    ),
    needs=(
        "Projects carry the same code in the PSA and in the ERP, and their budget in the same currency.",
        "Those who are asked have the role that the settings name.",
        "The PSA lets the budget be set from outside, under the name that the settings say.",
    ),
    outcome="Delivery and finance work with the same budget, and every rise above its amount was agreed to.",
    records_word=gettext_noop("budgets"),
    record_word=gettext_noop("budget"),
    done_word=gettext_noop("decided"),
    expected_every_seconds=30 * DAY,
    schedule_seconds=900,
    workflow="W17",
    category="Finance",
    accelerator="contract-change",
    changes={1: "The first version."},
    settings=SETTINGS,
    shaped_by=_definition,
    sla=(
        SlaSuggestion(deliver_within=4 * DAY, resolve_within=DAY),
        SlaSuggestion(resolve_within=DAY, business_class=BusinessClass.MISSING_APPROVAL),
    ),
    samples=SAMPLES,
    sample_systems={"target": "sandbox_erp"},
    source_categories=frozenset({"PSA", "Projects", "Resources", "Webhooks"}),
    target_categories=frozenset({"ERP"}),
    definition=_definition(_DEFAULTS),
)
