"""Pages about one run: live, its records, its end before its time, and another try of what it could not do."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.list_specs import ListState, read_state
from apps.accounts.listing import BulkAction, ListPage, Option, csv_of, page_of, read_list, read_selection
from apps.accounts.page_filters import acting_person, asked_number
from apps.flows.engine.states import OperationState
from apps.flows.forms import ReplayForm
from apps.flows.models import Operation, Run
from apps.flows.queries import runs as queries
from apps.flows.queries.operation_list import RUN_OPERATIONS
from apps.flows.queries.run_steps import steps_of
from apps.flows.queries.runs import COUNTS, Repeats
from apps.flows.queries.step_words import ledger_name, step_title
from apps.flows.services.backfill import can_resume
from apps.flows.services.cancel_run import RunOverError, cancel_run
from apps.flows.services.replay_job import ReplayError, ask_replay, confirm_replay
from apps.flows.views.run_live import LiveRun, live_run


@dataclass(frozen=True, slots=True)
class RunLine:
    """One row of a run's records: a ledger line, or a record that an earlier run settled."""

    line: Operation | None
    repeat: dict[str, Any] | None = None


@requires(Action.VIEW_RUNS)
@require_safe
def run_detail(request: HttpRequest, run_id: UUID) -> HttpResponseBase:
    """Show one run and its records."""
    run, who = queries.get_run(run_id), acting_person(request)
    state = _read(request, run)
    fitting = queries.fitting_of_run(run, state)
    if state.wants_csv:
        return csv_of(state, fitting)
    live = live_run(run)
    can_retry = who.can(Action.WORK_CASES) and live.is_over
    page = page_of(request, state, fitting, bulk=_bulk(run) if can_retry else ())
    repeats = _repeats(request, run, state, page)
    context = {
        "run": run,
        "row": queries.run_row(run),
        "live": live,
        "list": replace(page, rows=_lines(page, repeats), total=page.total + len(repeats.rows)),
        "lines": page.rows,
        "repeats": repeats,
        "count": state.value("count"),
        "crumbs": _crumbs(run, is_customer=who.is_customer),
        "is_customer": who.is_customer,
        **_actions(run, who, live, state, page),
    }
    return render(request, "flows/run_detail.html", context)


@requires(Action.VIEW_RUNS)
@require_safe
def run_live(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show how a run stands: asked by its page while it is under way."""
    run, who = queries.get_run(run_id), acting_person(request)
    live = live_run(run)
    context = {"run": run, "live": live, "is_live_answer": True, **_actions(run, who, live, None, None)}
    response = render(request, "flows/_run_live.html", context)
    if live.is_over:
        response["HX-Trigger"] = "run-over"  # the list of its records asks for itself once more
    return response


def _read(request: HttpRequest, run: Run) -> ListState:
    counts = {count: getattr(run, count) for count in COUNTS}
    return read_list(request, RUN_OPERATIONS, _options(run)).counted("count", {**counts, "": run.read})


def _options(run: Run) -> dict[str, list[Option]]:
    return {"step": [Option(ledger_name(step), step_title(step)) for step in steps_of(run)]}


def _repeats(request: HttpRequest, run: Run, state: ListState, page: ListPage[Any]) -> Repeats:
    narrower = any(state.value(name) for name in ("q", "step", "cause"))
    if narrower or page.page < page.pages:
        return queries.NO_REPEATS
    return queries.list_repeats(run, state.value("count"), page.total, asked_number(request, "repeats", 0))


def _lines(page: ListPage[Any], repeats: Repeats) -> list[RunLine]:
    return [*(RunLine(line) for line in page.rows), *(RunLine(None, repeat) for repeat in repeats.rows)]


def _actions(
    run: Run, who: Actor, live: LiveRun, state: ListState | None, page: ListPage[Any] | None
) -> dict[str, Any]:
    """Return what may be done with the run from here, and why not."""
    blocked = queries.count_rejected(run) if live.is_over else 0
    filtered = page is not None and page.is_filtered
    return {
        "can_cancel": who.can(Action.RUN_FLOWS) and not live.is_over,
        "can_replay": who.can(Action.WORK_CASES) and live.is_over and blocked > 0,
        "blocked": blocked,
        "matching": page.total if page is not None and filtered else 0,
        "query": state.query() if state is not None and filtered else "",
        "live_number": run.flow.live_version.number if run.flow.live_version else None,
        "cannot_replay": _cannot_replay(run),
        "can_resume": who.can(Action.RUN_FLOWS) and can_resume(run),
    }


def _cannot_replay(run: Run) -> str:
    if run.flow.state != "live":
        return _("The flow is not live: resume it first.")
    return ""


def _bulk(run: Run) -> tuple[BulkAction, ...]:
    url = reverse("flows:run-replay", args=[run.id])
    text = _("What follows is shown first: how many can be tried, with which version, and what is left alone.")
    return (BulkAction("retry", _("Retry…"), url, _("Retry the selected records?"), text, icon="refresh"),)


def _crumbs(run: Run, *, is_customer: bool) -> list[dict[str, str]]:
    if is_customer:
        return [{"label": _("Activity"), "url": reverse("flows:run-list")}, {"label": run.flow.name, "url": ""}]
    return [
        {"label": _("Flows"), "url": reverse("flows:flow-list")},
        {"label": run.customer.name, "url": f"{reverse('flows:flow-list')}?customer={run.customer_id}"},
        {"label": run.flow.name, "url": reverse("flows:flow-detail", args=[run.flow_id])},
        {"label": _("Run"), "url": ""},
    ]


@requires(Action.RUN_FLOWS)
@require_POST
def run_cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """End a run before its end."""
    run = queries.get_run(run_id)
    try:
        cancel_run(run, made_by=acting_person(request).name)
        messages.success(request, _("The run is cancelled. What it has delivered stays; the next run reads the rest."))
    except RunOverError as error:
        messages.info(request, str(error))
    return redirect("flows:run-detail", run.id)


@requires(Action.WORK_CASES)
@require_POST
def run_replay(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Retry records of a run as one job: all that are rejected, those selected, or all that match a filter."""
    run, who, form = queries.get_run(run_id), acting_person(request), ReplayForm(request.POST)
    chosen, is_picked = _asked(request, run)
    try:
        job = ask_replay(chosen, by=who, wanted={"kind": "run", "run": str(run.id)})
        if form.is_valid() and not is_picked and "look" not in request.POST:
            confirm_replay(job.id, by=who, begin=form.wanted_begin, version=form.wanted_version)
    except ReplayError as error:
        messages.error(request, str(error))
        return redirect("flows:run-detail", run.id)
    return redirect("flows:replay-detail", job.id)


def _asked(request: HttpRequest, run: Run) -> tuple[QuerySet[Operation], bool]:
    """Return which records are meant, and whether they were picked one by one: then what follows is shown first."""
    if request.POST.get("scope") == "filter":
        state = read_state(QueryDict(request.POST.get("query", "")[:2000]), RUN_OPERATIONS, _options(run))
        return queries.fitting_of_run(run, state), False
    selection = read_selection(request, RUN_OPERATIONS, _options(run))
    if selection.ids or selection.everything:
        fitting = queries.fitting_of_run(run, selection.state)
        return fitting if selection.everything else fitting.filter(id__in=selection.ids), True
    return queries.run_operations(run).filter(state=OperationState.REJECTED), False
