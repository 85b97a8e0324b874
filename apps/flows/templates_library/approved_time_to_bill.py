"""Approved time to bill: approved, billable time entries of any time system become time lines of any ERP."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Step
from apps.flows.mapping.layers import LineChange
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import day, default_settings, settings_schema, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_SETTINGS = settings_schema(
    carry_unbillable=yes_no(
        "Carry unbillable time as well",
        "The ERP then gets every approved hour, also those that no client pays.",
        default=False,
    ),
    first_day=day(
        "First day of work",
        "Work of earlier days is left out: the day from which this flow takes over. Empty for everything.",
    ),
)

_ENTRY: dict[str, Any] = {
    "id": "T-1",
    "resource": "E-17",
    "resource_name": "Ann Archer",
    "project": "PRJ-0042",
    "project_name": "Website relaunch",
    "task_name": "Design",
    "client_name": "Alder Brewery",
    "work_date": "2026-11-02",
    "hours": "7.5",
    "billable": True,
    "approval": "approved",
    "approved_at": "2026-11-05T09:00:00Z",
    "bill_rate": "120.00",
    "currency": "EUR",
    "cost_center": "CC-110",
    "region": "EMEA",
}


# Each is judged where the systems can tell; pages say which cannot be.
_BEFORE_POSTING = (
    "period_open",
    "project_open",
    "project_billable",
    "cost_center_mapped",
    "hours_of_day",
    "duplicate",
    "budget_left",
)


def _definition(settings: Mapping[str, Any]) -> FlowDefinition:
    return FlowDefinition(
        canonical_type="TimeEntry",
        steps=(Step("extract"), Step("check", CheckOptions(library=_BEFORE_POSTING)), Step("map"), Step("deliver")),
        filter=Filter(
            conditions=("approved",) if settings["carry_unbillable"] else ("approved", "billable"),
            # A condition that nobody wants is left away: it would cost time for every entry.
            expression="!has(r.work_date) || r.work_date >= settings.first_day" if settings["first_day"] else "",
        ),
    )


APPROVED_TIME_TO_BILL = FlowTemplate(
    slug="approved-time-to-bill",
    name="Approved time to bill",
    summary=(
        "Carries every approved, billable time entry from the time system into the ERP, once, with the right project, "
        "person, rate and period, so that invoices go out complete and on time."
    ),
    needs=(
        "Time is approved in the time system, or entered only once it is final.",
        "Projects carry the same code in both systems, or a value table translates them.",
        "People carry the same personnel number in both systems, or a value table translates them.",
        "The accounting period of the work is open in the ERP.",
    ),
    outcome="Every approved hour is in the ERP, and every one that is not has a reason, an owner and an amount.",
    records_word=gettext_noop("time entries"),
    record_word=gettext_noop("time entry"),
    done_word=gettext_noop("ready to bill"),
    expected_every_seconds=24 * 3_600,
    schedule_seconds=900,
    definition=_definition(default_settings(_SETTINGS)),
    shaped_by=_definition,
    lines=(
        # Changes reach only those targets that have the field; what they do not mention stays as the target wants it.
        LineChange("description", {"label": "Text on the invoice"}),
    ),
    version=2,
    changes={
        1: "The first version.",
        2: "Unbillable time can be carried as well, and work before a first day left out.",
    },
    workflow="W3",
    category="Finance",
    accelerator="time-posting",
    settings=_SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=4 * HOUR, resolve_within=DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.CLOSED_PERIOD),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.MAPPING_GAP),
    ),
    samples=(
        Sample(
            "An approved entry becomes a time line",
            _ENTRY,
            Delivers(
                {
                    "deliver": {
                        "external_id": "T-1",
                        "project": "PRJ-0042",
                        "employee": "E-17",
                        "quantity": 7.5,
                        "unit_price": 120,
                        "amount": 900,
                        "currency": "EUR",
                        "description": "Design - Ann Archer",
                    }
                }
            ),
        ),
        Sample(
            "Time that is not approved yet is left out", _ENTRY | {"approval": "submitted"}, LeftOut("not_approved")
        ),
        Sample("Unbillable time is left out", _ENTRY | {"billable": False}, LeftOut("not_billable")),
        Sample(
            "Unbillable time is carried where the customer wants it",
            _ENTRY | {"billable": False},
            Delivers({"deliver": {"quantity": 7.5}}),
            settings={"carry_unbillable": True},
        ),
        Sample(
            "Work before the first day is left out",
            _ENTRY,
            LeftOut("filtered"),
            settings={"first_day": "2026-11-03"},
        ),
        Sample(
            "Time without a project is refused",
            {name: value for name, value in _ENTRY.items() if name != "project"},
            Refused("check", field="project"),
        ),
        Sample(
            "A region that no company stands for is refused",
            _ENTRY | {"region": "Mars"},
            Refused("map", field="region"),
        ),
    ),
    sample_systems={"target": "sandbox_erp"},
)
