"""Hours to payroll: approved hours of any time system become hours to pay, until payroll has settled their day."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step
from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.steps.decide import END, DecideOptions
from apps.flows.engine.steps.withdraw import WithdrawOptions
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import day, default_settings, settings_schema, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_SETTINGS = settings_schema(
    closed_until=day(
        "Settled until",
        "Payroll has paid everything up to this day: hours of these days go to a person instead. Move it on with each cut-off.",
    ),
    first_day=day(
        "First day",
        "Work of earlier days is left out: the day from which this flow takes over. Empty for everything.",
    ),
    billable_only=yes_no(
        "Only billable hours",
        "For people who are paid by what clients pay for. Otherwise every approved hour is handed in.",
        default=False,
    ),
)
_APPROVED = 'r.approval in ["approved", "locked"]'
_WITHDRAWN = "has(r.steps.out_of_payroll.withdrawn) && r.steps.out_of_payroll.withdrawn"
_SETTLED = Rule(
    name="pay_period_settled",
    expression="!has(r.work_date) || r.work_date > settings.closed_until",
    sentence="Payroll for this day is settled. Agree with payroll how the hours are made good, then leave this out.",
    field="work_date",
    business_class=BusinessClass.CLOSED_PERIOD,
)
_NEVER_HANDED_IN = "The hours were not approved, and payroll never had them."


def _about(settings: Mapping[str, Any]) -> str:
    parts = ['has(r.approval) && r.approval in ["approved", "locked", "rejected"]']
    if settings["first_day"]:
        parts.append("(!has(r.work_date) || r.work_date >= settings.first_day)")
    if settings["billable_only"]:
        parts.append("r.?billable.orValue(true)")
    return " && ".join(parts)


def _definition(settings: Mapping[str, Any]) -> FlowDefinition:
    rules = (_SETTLED,) if settings["closed_until"] else ()
    return FlowDefinition(
        canonical_type="TimeEntry",
        filter=Filter(expression=_about(settings)),
        steps=(
            Step("extract"),
            Step("check", CheckOptions(rules=rules)),
            Step(
                "deliver",
                name="in_payroll",
                title="Hours in payroll",
                condition=_APPROVED,
                options=DeliverOptions("TimeEntry"),
                queue="finance",
            ),
            # An approval that is taken back must not be paid.
            Step(
                "withdraw",
                name="out_of_payroll",
                title="Hours taken out of payroll",
                condition=f"!({_APPROVED})",
                options=WithdrawOptions("TimeEntry"),
                queue="finance",
            ),
            Step(
                "decide",
                name="anything",
                title="Has anything changed?",
                options=DecideOptions(f"{_APPROVED} || ({_WITHDRAWN})", otherwise=END, sentence=_NEVER_HANDED_IN),
            ),
        ),
    )


_ENTRY: dict[str, Any] = {
    "id": "T-1",
    "resource": "E-17",
    "resource_name": "Ann Archer",
    "project": "PRJ-0042",
    "project_name": "Website relaunch",
    "work_date": "2026-11-02",
    "hours": "7.5",
    "billable": False,
    "service_item": "CONS-DEV",
    "approval": "approved",
    "approved_at": "2026-11-05T09:00:00Z",
    "cost_center": "CC-110",
}

HOURS_TO_PAYROLL = FlowTemplate(
    slug="hours-to-payroll",
    name="Approved hours to payroll",
    summary=(
        "Hands every approved hour in to payroll, once, under the right pay code. What is rejected again is taken out, and "
        "what comes after the cut-off goes to a person instead of being paid wrongly."
    ),
    needs=(
        "Time is approved in the time system.",
        "People carry the same personnel number in both systems, or a value table translates them.",
        "Services that are paid otherwise than as regular hours have a line in the value table of the pay code.",
        "Somebody moves the day until which payroll is settled, unless payroll itself refuses closed periods.",
    ),
    outcome="Every approved hour is in payroll before its cut-off, and every one that is not has a reason and an owner.",
    records_word=gettext_noop("time entries"),
    record_word=gettext_noop("time entry"),
    done_word=gettext_noop("ready to pay"),
    expected_every_seconds=7 * DAY,
    schedule_seconds=6 * HOUR,
    definition=_definition(default_settings(_SETTINGS)),
    shaped_by=_definition,
    changes={1: "The first version."},
    workflow="W11",
    category="Finance",
    accelerator="time-posting",
    settings=_SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=DAY, resolve_within=DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.CLOSED_PERIOD),
        SlaSuggestion(resolve_within=8 * HOUR, business_class=BusinessClass.MISSING_REFERENCE),
    ),
    source_categories=frozenset({"Time", "PSA", "ERP", "Files", "Database", "Webhooks"}),
    target_categories=frozenset({"Payroll", "Files", "Database"}),
    samples=(
        Sample(
            "Approved hours are handed in as regular hours, billable or not",
            _ENTRY,
            Delivers(
                {
                    "in_payroll": {
                        "external_id": "T-1",
                        "employee": "E-17",
                        "day": "2026-11-02",
                        "hours": 7.5,
                        "earning": "regular",
                        "cost_center": "CC-110",
                    }
                }
            ),
        ),
        Sample(
            "Travel has a pay code of its own",
            _ENTRY | {"service_item": "TRAVEL"},
            Delivers({"in_payroll": {"earning": "travel"}}),
        ),
        Sample("Hours that nobody approved yet are left out", _ENTRY | {"approval": "submitted"}, LeftOut("filtered")),
        Sample("Rejected hours are not handed in", _ENTRY | {"approval": "rejected"}, LeftOut(_NEVER_HANDED_IN)),
        Sample(
            "Hours of a settled day go to a person",
            _ENTRY,
            Refused("check", "pay_period_settled"),
            settings={"closed_until": "2026-11-15"},
        ),
        Sample(
            "Hours after the settled days are handed in",
            _ENTRY,
            Delivers({"in_payroll": {"hours": 7.5}}),
            settings={"closed_until": "2026-11-01"},
        ),
        Sample(
            "Work before the first day is left out", _ENTRY, LeftOut("filtered"), settings={"first_day": "2026-11-03"}
        ),
        Sample(
            "Unbillable hours are left out where the customer wants it",
            _ENTRY,
            LeftOut("filtered"),
            settings={"billable_only": True},
        ),
    ),
    sample_systems={"target": "sandbox_payroll"},
)
