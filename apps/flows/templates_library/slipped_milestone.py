"""Slipped milestone: work that is past its day and not done becomes a ticket that somebody owns, until it is done."""

from django.utils.translation import gettext_noop

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import Filter, FlowDefinition, Step
from apps.flows.engine.steps import DeliverOptions, MapOptions
from apps.flows.engine.steps.decide import DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.wait import WaitOptions
from apps.flows.engine.steps.withdraw import WithdrawOptions
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.settings import settings_schema, whole, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_DONE = "has(r.done) && r.done >= 1.0"
_OPEN = f"!({_DONE})"
# It has slipped when the whole last day and the days of grace are over.
_SLIPS_AT = 'timestamp(r.ends + "T00:00:00Z") + duration(string((int(settings.grace_days) + 1) * 24) + "h")'
_LATE = f'{_OPEN} && {_SLIPS_AT} <= timestamp(r.today + "T00:00:00Z")'
_IS_NEW = "has(r.steps.escalated.new) && r.steps.escalated.new"  # a ticket that was settled and is opened again counts
_SETTLED = "has(r.steps.settled.withdrawn) && r.steps.settled.withdrawn"
_TASK = {
    "id": "T-1",
    "project": "PRJ-0001",
    "code": "M-1",
    "name": "Go live",
    "kind": "milestone",
    "ends": "2026-11-10",
    "done": "0.8",
}
_LINES = (
    MappingLine("id", "id"),
    MappingLine("project", "project"),
    MappingLine("code", "code"),
    MappingLine("name", expression='"Slipped: " + r.name + " (" + r.project + ", due " + r.ends + ")"'),
    MappingLine("kind", expression='"task"'),
    MappingLine("ends", "ends"),
)

SETTINGS = settings_schema(
    grace_days=whole(
        "Days of grace", "How many days after its day something may be late before anybody is told.",
        default=1, least=0, most=60,
    ),
    milestones_only=yes_no(
        "Milestones only", "Watch milestones alone. Without it every task with a last day is watched.", default=True
    ),
)  # fmt: skip

SAMPLES = (
    Sample(
        "A milestone past its day becomes a ticket",
        _TASK,
        Delivers({
            "escalated": {
                "subject": "Slipped: Go live (PRJ-0001, due 2026-11-10)", "project": "PRJ-0001", "priority": "high", "state": "open",
            },
            "slipped": {"task": "Go live"},
        }),
        results={"escalated": {"key": "ST-1", "created": True, "new": True}},
    ),
    Sample("A milestone to come is waited for", _TASK | {"ends": "2026-12-10"}, Waits("its_day")),
    Sample("A day late is within the grace", _TASK | {"ends": "2026-11-19"}, Waits("its_day")),
    Sample(
        "What is done is settled",
        _TASK | {"done": "1"},
        Delivers({"recovered": {"task": "Go live"}, "slipped": {"task": None}}),
        results={"settled": {"withdrawn": True}},
    ),
    Sample("A task is left alone where milestones are watched", _TASK | {"kind": "task"}, LeftOut("filtered")),
    Sample(
        "Tasks are watched where that is wanted",
        _TASK | {"kind": "task"},
        Delivers({"escalated": {"project": "PRJ-0001"}}),
        settings={"milestones_only": False},
    ),
    Sample("A milestone without a project is refused", {k: v for k, v in _TASK.items() if k != "project"},
           Refused("check", field="project")),
)  # fmt: skip

SLIPPED_MILESTONE = FlowTemplate(
    slug="slipped-milestone",
    name="Slipped milestone",
    summary=(
        "Watches the milestones of every project: one that is past its day and not done becomes a ticket, once, the account "
        "lead is told, and the ticket is settled when the milestone is done or gets a new day."
    ),
    needs=(
        "Milestones carry a last day and say how far they are in the system where delivery is planned.",
        "The support desk takes tickets from outside.",
        "Somebody of the customer is its delivery lead.",
    ),
    outcome="No milestone slips unseen: each has a ticket and an owner until it is done or planned anew.",
    records_word=gettext_noop("milestones"),
    record_word=gettext_noop("milestone"),
    done_word=gettext_noop("on time or in somebody's hands"),
    expected_every_seconds=7 * DAY,
    schedule_seconds=3_600,
    workflow="W16",
    category="Delivery",
    changes={1: "The first version."},
    settings=SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=4 * HOUR, resolve_within=DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.MISSING_REFERENCE),
    ),
    samples=SAMPLES,
    sample_systems={"target": "sandbox_support"},
    source_categories=frozenset({"PSA", "Projects", "Time", "ERP", "Webhooks"}),
    definition=FlowDefinition(
        canonical_type="Task",
        filter=Filter(
            expression='has(r.ends) && (!settings.milestones_only || (has(r.kind) && r.kind == "milestone"))'
        ),
        steps=(
            Step("extract"),
            Step("check"),
            Step(
                "decide",
                name="late",
                title="Is it past its day and not done?",
                options=DecideOptions(_LATE, then="ticket"),
            ),
            Step(
                "withdraw",
                name="settled",
                title="Settle the ticket",
                options=WithdrawOptions("Task"),
                retry={FailureKind.RETRYABLE: (5, 30, 120, 600)},
                timeout_seconds=60,
                queue="delivery",
            ),
            Step(
                "emit",
                name="recovered",
                title="Tell the others that it is settled",
                condition=_SETTLED,
                options=EmitOptions("milestone.recovered", {"task": "r.name", "project": "r.project"}, "r.id"),
            ),
            Step(
                "wait",
                name="its_day",
                title="Until its day and the grace are over",
                condition=_OPEN,
                options=WaitOptions(until=_SLIPS_AT, give_way=True),
            ),
            Step(
                "map",
                name="ticket",
                title="Ticket",
                condition=_OPEN,
                options=MapOptions.build(canonical_type("Task"), "Task", _LINES),
            ),
            Step(
                "deliver",
                name="escalated",
                title="Ticket at the support desk",
                condition=_OPEN,
                options=DeliverOptions("Task", of="ticket"),
                retry={FailureKind.RETRYABLE: (5, 30, 120, 600)},
                timeout_seconds=60,
                queue="delivery",
            ),
            Step(
                "notify",
                name="told",
                title="Tell the account lead",
                condition=f"{_OPEN} && {_IS_NEW}",
                options=NotifyOptions(
                    subject="{name} of {project} has slipped",
                    text="{name} was due on {ends} and is not done. The ticket is {steps.escalated.key}.",
                    role="delivery_lead",
                ),
            ),
            Step(
                "emit",
                name="slipped",
                title="Tell the others",
                condition=f"{_OPEN} && {_IS_NEW}",
                options=EmitOptions("milestone.slipped", {"task": "r.name", "project": "r.project"}, "r.id"),
            ),
        ),
    ),
)
