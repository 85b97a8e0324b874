"""The page that lists runs, newest first: of all customers for the team, their own for a customer's people."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import Option, choices, csv_of, page_of, read_list
from apps.accounts.page_filters import acting_person, asked_id
from apps.flows.models import Run
from apps.flows.queries.flows import flows, list_customers_to_choose
from apps.flows.queries.run_list import OWN_RUNS, RUNS, fitting_runs
from apps.flows.queries.runs import RunRow, run_row


@requires(Action.VIEW_RUNS)
@require_safe
def run_list(request: HttpRequest) -> HttpResponseBase:
    """List runs, newest first."""
    is_customer = acting_person(request).is_customer
    options = {"flow": _asked_flow(request)}
    if not is_customer:
        options["customer"] = choices(list_customers_to_choose())
    state = read_list(request, OWN_RUNS if is_customer else RUNS, options)
    fitting = fitting_runs(state)
    if state.wants_csv:
        return csv_of(state, fitting, _rows)
    context = {"list": page_of(request, state, fitting, _rows), "is_customer": is_customer}
    return render(request, "flows/run_list.html", context)


def _rows(shown: Sequence[Run]) -> list[RunRow]:
    return [run_row(run) for run in shown]


def _asked_flow(request: HttpRequest) -> list[Option]:
    """Return the flow that a link leads here for, so that its name can be shown; nothing for one out of sight."""
    asked = asked_id(request, "flow")
    found = flows().filter(id=asked).first() if asked else None
    return [Option(str(found.id), f"{found.name}, {found.customer.name}")] if found else []
