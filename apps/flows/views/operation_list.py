"""The page that lists records over all runs: what the counts of other pages lead to, and the search by any id."""

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import BulkAction, Option, choices, csv_of, page_of, read_list
from apps.accounts.page_filters import acting_person, asked_id
from apps.flows.models import Flow
from apps.flows.queries.flow_picture import definition_of
from apps.flows.queries.flows import flows, list_customers_to_choose
from apps.flows.queries.operation_list import OPERATIONS, OWN_OPERATIONS, file_lines, fitting_operations, for_file
from apps.flows.queries.step_words import ledger_name, step_title


@requires(Action.VIEW_RUNS)
@require_safe
def operation_list(request: HttpRequest) -> HttpResponseBase:
    """List records, the newest first."""
    is_customer = acting_person(request).is_customer
    flow = _asked_flow(asked_id(request, "flow"))
    options = {"flow": [Option(str(flow.id), f"{flow.name}, {flow.customer.name}")] if flow else []}
    if not is_customer:
        options["customer"] = choices(list_customers_to_choose())
    definition = definition_of(flow) if flow else None
    if definition is not None:
        options["step"] = [Option(ledger_name(step), step_title(step)) for step in definition.steps]
    state = read_list(request, OWN_OPERATIONS if is_customer else OPERATIONS, options)
    fitting = fitting_operations(state, flow)
    if state.wants_csv:
        return csv_of(state, for_file(fitting), file_lines())
    can_replay = acting_person(request).can(Action.WORK_CASES)
    page = page_of(request, state, fitting, bulk=_bulk() if can_replay else ())
    context = {"list": page, "is_customer": is_customer, "flow": flow, "can_replay": can_replay}
    return render(request, "flows/operation_list.html", context)


def _bulk() -> tuple[BulkAction, ...]:
    text = _("What follows is shown first: how many can be tried, with which version, and what is left alone.")
    url = reverse("flows:replay-ask")
    return (BulkAction("retry", _("Retry…"), url, _("Retry the selected records?"), text, icon="refresh"),)


def _asked_flow(flow_id: UUID | None) -> Flow | None:
    return flows().filter(id=flow_id).first() if flow_id else None
