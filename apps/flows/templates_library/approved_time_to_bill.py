"""Approved time to bill: approved, billable time entries of any time system become time lines of any ERP."""

from django.utils.translation import gettext_noop

from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Step
from apps.flows.mapping.layers import LineChange
from apps.flows.templates_library.template import FlowTemplate

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
    definition=FlowDefinition(
        canonical_type="TimeEntry",
        filter=Filter(conditions=("approved", "billable")),
        steps=(Step("extract"), Step("check", CheckOptions(library=_BEFORE_POSTING)), Step("map"), Step("deliver")),
    ),
    lines=(
        # Changes reach only those targets that have the field; what they do not mention stays as the target wants it.
        LineChange("description", {"label": "Text on the invoice"}),
    ),
)
