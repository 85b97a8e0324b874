"""Assignments to the PSA: who is planned on what reaches the PSA and the time tool, and leaves them when it is called off."""

from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import Filter, FlowDefinition, Step
from apps.flows.engine.steps import DeliverOptions, MapOptions
from apps.flows.engine.steps.decide import END, DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.lookup import LookupOptions
from apps.flows.engine.steps.withdraw import WithdrawOptions
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import choice, day, settings_schema, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_STATUS = 'r.?status.orValue("hard")'  # a tool without a status tells only what is agreed
_FIRM = f'(has(r.resource) && ({_STATUS} in ["hard", "done"] || (settings.carry_tentative && {_STATUS} == "soft")))'
_CALLED_OFF = f"!{_FIRM}"
_WITHDRAWN = " || ".join(
    f"(has(r.steps.{step}.withdrawn) && r.steps.{step}.withdrawn)" for step in ("out_of_time", "out_of_psa")
)
_NOTHING_TO_DO = "Nobody is firmly planned by it yet, and nothing was set up for it elsewhere."
# A right to book that comes a little later harms nobody: the time tool may take its time.
_PATIENTLY = {FailureKind.RETRYABLE: (10, 60, 300, 900, 3_600)}

_SETTINGS = settings_schema(
    carry_tentative=yes_no(
        "Carry tentative assignments as well",
        "The PSA then also shows who is only pencilled in, and the person may book time.",
        default=False,
    ),
    time_people_by=choice(
        "The time tool knows people by",
        "Choose the number where time is booked in the PSA itself.",
        {"email": "E-mail", "number": "Personnel number"},
        default="email",
    ),
    first_day=day(
        "First day",
        "Assignments that ended on earlier days are left out. Empty for everything.",
    ),
)

_RIGHT = (
    MappingLine("id", "id"),
    MappingLine("project", "project"),
    MappingLine("resource", expression='settings.time_people_by == "email" ? r.steps.person.email : r.resource'),
    MappingLine("resource_name", "resource_name"),
    MappingLine("role", "role"),
    MappingLine("starts", "starts"),
    MappingLine("ends", "ends"),
    MappingLine("hours_per_day", "hours_per_day"),
    MappingLine("status", "status"),
    MappingLine("billable", "billable"),
    MappingLine("note", "note"),
)

_STEPS = (
    Step("extract"),
    Step("check"),
    Step(
        "lookup",
        name="person",
        title="The person in the PSA",
        condition=_FIRM,
        options=LookupOptions("target", "", "r.resource", keep=("email",), required=True, type="Resource"),
        queue="master_data",
    ),
    Step(
        "deliver",
        name="in_psa",
        title="Assignment in the PSA",
        condition=_FIRM,
        options=DeliverOptions("Assignment"),
        queue="delivery",
    ),
    Step(
        "map",
        name="right",
        title="Right to book",
        condition=_FIRM,
        options=MapOptions.build(canonical_type("Assignment"), "Assignment", _RIGHT),
    ),
    Step(
        "deliver",
        name="in_time",
        title="Right to book in the time tool",
        condition=_FIRM,
        options=DeliverOptions("Assignment", role="time", of="right"),
        queue="access",
        retry=_PATIENTLY,
    ),
    # Called off: nobody books on it any more before the plan forgets it.
    Step(
        "withdraw",
        name="out_of_time",
        title="No more right to book",
        condition=_CALLED_OFF,
        options=WithdrawOptions("Assignment", role="time"),
        queue="access",
        retry=_PATIENTLY,
    ),
    Step(
        "withdraw",
        name="out_of_psa",
        title="Assignment taken out of the PSA",
        condition=_CALLED_OFF,
        options=WithdrawOptions("Assignment"),
        queue="delivery",
    ),
    Step(
        "decide",
        name="anything",
        title="Has anything changed?",
        options=DecideOptions(f"{_FIRM} || {_WITHDRAWN}", otherwise=END, sentence=_NOTHING_TO_DO),
    ),
    Step(
        "emit",
        title="Tell the others",
        options=EmitOptions("assignment.changed", {"project": "r.project", "planned": _FIRM}),
    ),
)

_ASSIGNMENT: dict[str, Any] = {
    "id": "A-1",
    "project": "PRJ-0042",
    "project_name": "Website relaunch",
    "client_name": "Alder Brewery",
    "resource": "E-17",
    "resource_name": "Ann Archer",
    "role": "Design",
    "starts": "2026-11-02",
    "ends": "2026-12-18",
    "hours_per_day": "6",
    "status": "hard",
    "billable": True,
}
_PERSON = {"person": {"found": True, "key": "E-17", "email": "ann@firm.example"}}

ASSIGNMENTS_TO_PSA = FlowTemplate(
    slug="assignments-to-psa",
    name="Assignments to PSA and time tool",
    summary=(
        "Carries every firm assignment from resource planning into the PSA and lets the person book time on the project. "
        "What is called off is taken back in both, so that nobody works on a plan of yesterday."
    ),
    needs=(
        "Assignments are confirmed in resource planning, and set back there when they are called off.",
        "Projects carry the same code in all systems, or a value table translates them.",
        "People carry the same personnel number in resource planning and PSA, or a value table translates them.",
        "The PSA knows the e-mail of people where the time tool knows them by it.",
    ),
    outcome="PSA and time tool show the plan as it is now, or the assignment that is missing has a reason and an owner.",
    records_word=gettext_noop("assignments"),
    record_word=gettext_noop("assignment"),
    done_word=gettext_noop("planned everywhere"),
    expected_every_seconds=7 * DAY,
    schedule_seconds=900,
    roles={"time": gettext_noop("Time booking")},
    changes={1: "The first version."},
    workflow="W7",
    category="Delivery",
    accelerator="project-setup",
    settings=_SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=HOUR, resolve_within=DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.MISSING_REFERENCE),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.INACTIVE_PROJECT),
    ),
    source_categories=frozenset({"Resources", "PSA", "Webhooks"}),
    target_categories=frozenset({"PSA"}),
    definition=FlowDefinition(
        canonical_type="Assignment",
        filter=Filter(expression='settings.first_day == "" || !has(r.ends) || r.ends >= settings.first_day'),
        steps=_STEPS,
    ),
    samples=(
        Sample(
            "A firm assignment is planned in the PSA, and the person may book time",
            _ASSIGNMENT,
            Delivers(
                {
                    "in_psa": {
                        "external_id": "A-1",
                        "project_code": "PRJ-0042",
                        "person_id": "E-17",
                        "hours_per_day": 6,
                        "status": "confirmed",
                    },
                    "in_time": {"email": "ann@firm.example", "project_code": "PRJ-0042", "activity": "Design"},
                    "emit": {"project": "PRJ-0042", "planned": True},
                }
            ),
            results=_PERSON,
        ),
        Sample(
            "A tentative assignment is not planned elsewhere", _ASSIGNMENT | {"status": "soft"}, LeftOut(_NOTHING_TO_DO)
        ),
        Sample(
            "A tentative assignment is carried where the customer wants it",
            _ASSIGNMENT | {"status": "soft"},
            Delivers({"in_psa": {"status": "tentative"}}),
            settings={"carry_tentative": True},
            results=_PERSON,
        ),
        Sample(
            "A role that nobody fills yet is not planned elsewhere",
            {name: value for name, value in _ASSIGNMENT.items() if not name.startswith("resource")},
            LeftOut(_NOTHING_TO_DO),
        ),
        Sample("Somebody whom the PSA does not know is refused", _ASSIGNMENT, Refused("person")),
        Sample(
            "An assignment that ended before the first day is left out",
            _ASSIGNMENT,
            LeftOut("filtered"),
            settings={"first_day": "2027-01-01"},
        ),
        Sample(
            "Days in the wrong order are refused", _ASSIGNMENT | {"ends": "2026-11-01"}, Refused("check", field="ends")
        ),
    ),
    sample_systems={"target": "sandbox_psa", "time": "sandbox_time"},
)
