"""Project access: who is assigned to a project gets into its group in time, and loses access with the assignment."""

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass, FailureKind
from apps.flows.engine.definition import Filter, FlowDefinition, Step
from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.steps.decide import DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.wait import WaitOptions
from apps.flows.engine.steps.withdraw import WithdrawOptions
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.settings import settings_schema, whole, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_ASSIGNED = '(r.status == "hard" || (r.status == "soft" && settings.tentative_too)) && r.ends >= r.today'
_FROM = 'timestamp(r.starts + "T00:00:00Z") - duration(string(int(settings.days_before) * 24) + "h")'
_UNTIL = 'timestamp(r.ends + "T00:00:00Z") + duration(string((int(settings.days_after) + 1) * 24) + "h")'
_IS_GONE = "has(r.steps.access_ended.withdrawn) && r.steps.access_ended.withdrawn"
_ASSIGNMENT = {
    "id": "AS-1",
    "project": "PRJ-0001",
    "project_name": "Website relaunch",
    "resource": "E-0001",
    "resource_name": "Mara Vale",
    "role": "Analysis",
    "starts": "2026-11-16",
    "ends": "2026-12-31",
    "status": "hard",
}

SETTINGS = settings_schema(
    days_before=whole(
        "Days before the start", "How long before the first day people get access.", default=3, least=0, most=60
    ),
    days_after=whole(
        "Days after the end", "How long after the last day people keep access.", default=0, least=0, most=60
    ),
    tentative_too=yes_no(
        "Tentative assignments too", "Also give access for assignments that are not confirmed yet.", default=False
    ),
)

SAMPLES = (
    Sample(
        "Whoever is assigned belongs to the project's group until the end",
        _ASSIGNMENT,
        Waits("until_the_end"),
        results={"access": {"key": "GM-1", "created": True}},
    ),
    Sample("Access begins some days before the work", _ASSIGNMENT | {"starts": "2026-12-20"}, Waits("from_the_start")),
    Sample(
        "Whoever is released loses access",
        _ASSIGNMENT | {"status": "done"},
        Delivers({"ended": {"project": "PRJ-0001", "person": "E-0001"}}),
        results={"access_ended": {"withdrawn": True}},
    ),
    Sample("A role nobody fills yet is left alone", {k: v for k, v in _ASSIGNMENT.items() if k != "resource"},
           LeftOut("filtered")),
    Sample(
        "An assignment that ends before it begins is refused",
        _ASSIGNMENT | {"ends": "2026-11-01"},
        Refused("check", field="ends"),
    ),
)  # fmt: skip

PROJECT_ACCESS = FlowTemplate(
    slug="project-access",
    name="Project access",
    summary=(
        "Lets everybody who is assigned to a project into its group shortly before the work begins, and takes the access "
        "back when the assignment ends or is called off."
    ),
    needs=(
        "Assignments are confirmed in the resource planning, with first and last day.",
        "People carry the same personnel number in the planning and in the identity service.",
        "Groups of the identity service are named by project code.",
        "Assignments that fall away are set to done, or back to a request, not deleted.",
    ),
    outcome="Who works on a project has access while they do, and nobody has it longer than agreed.",
    records_word=gettext_noop("assignments"),
    record_word=gettext_noop("assignment"),
    done_word=gettext_noop("with the right access"),
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
    sample_systems={"target": "sandbox_identity"},
    source_categories=frozenset({"Resources", "PSA", "Time", "Webhooks"}),
    target_categories=frozenset({"Identity"}),
    definition=FlowDefinition(
        canonical_type="Assignment",
        filter=Filter(expression="has(r.resource) && has(r.status)"),
        steps=(
            Step("extract"),
            Step("check"),
            Step(
                "decide",
                name="assigned",
                title="Is the person assigned?",
                options=DecideOptions(_ASSIGNED, otherwise="access_ended"),
            ),
            Step(
                "wait",
                name="from_the_start",
                title="Until shortly before the first day",
                options=WaitOptions(until=_FROM, give_way=True),
            ),
            Step(
                "deliver",
                name="access",
                title="Let the person in",
                options=DeliverOptions("Assignment"),
                retry={FailureKind.RETRYABLE: (5, 30, 120, 600)},
                timeout_seconds=60,
                queue="access",
            ),
            Step(
                "wait",
                name="until_the_end",
                title="Until the assignment is over",
                options=WaitOptions(until=_UNTIL, give_way=True),
            ),
            Step(
                "withdraw",
                name="access_ended",
                title="Take the access back",
                options=WithdrawOptions("Assignment"),
                # Access that should be gone is tried for longer than anything else, then told to those who answer for it.
                retry={FailureKind.RETRYABLE: (5, 30, 120, 600, 3_600, 3_600, 3_600, 3_600)},
                timeout_seconds=60,
                queue="access",
            ),
            Step(
                "notify",
                name="told",
                title="Tell the delivery lead",
                condition=f"r.ends >= r.today && {_IS_GONE}",  # at its regular end nobody needs to be told
                options=NotifyOptions(
                    subject="{resource_name} has left {project_name}",
                    text="{resource_name} is no longer assigned to {project_name} and has lost access to it.",
                    role="delivery_lead",
                ),
            ),
            Step(
                "emit",
                name="ended",
                title="Tell the others",
                condition=_IS_GONE,
                options=EmitOptions("access.ended", {"project": "r.project", "person": "r.resource"}),
            ),
        ),
    ),
)
