"""The exception queue: saved queues, causes and cases, what is new meanwhile; the open case stands beside them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.list_specs import ListState, Option, read_state
from apps.accounts.listing import ListPage, csv_of, page_of, page_of_rows, read_list
from apps.accounts.page_filters import Chip, acting_person, asked_id
from apps.monitoring import bulk
from apps.monitoring.blame import WorkQueue
from apps.monitoring.case_words import queue_words
from apps.monitoring.models import ExceptionCase
from apps.monitoring.queries import bulk_jobs, case_queue
from apps.monitoring.queries import cases as queries
from apps.monitoring.queries.case_queue import CASES
from apps.monitoring.queries.case_rows import with_names
from apps.monitoring.views.case_frame import case_context
from apps.monitoring.views.customer_cases import customer_case_list

VIEW_LABELS = {
    "open": (gettext_lazy("All open"), "inbox"),
    "mine": (gettext_lazy("Mine"), "user"),
    "watched": (gettext_lazy("Watched by me"), "eye"),
    "unassigned": (gettext_lazy("Unassigned"), "user-question"),
    "overdue": (gettext_lazy("Overdue"), "alert-circle"),
    "due_soon": (gettext_lazy("Due in 4 h"), "clock"),
    "customer": (gettext_lazy("Waiting on customer"), "building"),
    "snoozed": (gettext_lazy("Resting"), "player-pause"),
    "closed": (gettext_lazy("Closed"), "circle-check"),
}
_SORTS = (
    ("due", gettext_lazy("Most urgent first")),
    ("priority", gettext_lazy("Highest priority first")),
    ("-money", gettext_lazy("Most money first")),
    ("age", gettext_lazy("Oldest first")),
    ("-age", gettext_lazy("Newest first")),
)
_FILTERS = ("customer", "flow", "severity", "priority", "owner", "team", "tag", "age", "proposal")
_CHIPS = ("q", "cause", "class", *_FILTERS)
MOST_OPEN = 10  # causes that stay unfolded when the list is read again


@requires(Action.VIEW_CASES)
@require_safe
def case_list(request: HttpRequest) -> HttpResponseBase:
    """Show the queue, the most urgent first; a customer's people read theirs in their own words."""
    who, now = acting_person(request), timezone.now()
    if who.is_customer:
        return customer_case_list(request)
    state = read_queue(request)
    if state.wants_csv:
        found = with_names(case_queue.fitting(state, who=who, now=now))
        return csv_of(state, found, lambda cases: case_queue.build_rows(cases, now))
    case = _selected(request)
    context = _queue(request, state, who, now, case)
    if request.headers.get("HX-Target") == "queue-list":
        return render(request, "monitoring/exceptions/_list_answer.html", context)
    if case is not None:
        context |= case_context(request, case, came_from=context["query"])
    return render(request, "monitoring/exceptions/queue.html", context)


def read_queue(request: HttpRequest, asked: QueryDict | None = None) -> ListState:
    """Return what is asked of the queue by the address, or by `asked`."""
    given = request.GET if asked is None else asked
    cause = given.get("cause", "")
    options = {
        "customer": [Option(str(key), name) for key, name in list_customer_names().items()],
        "flow": [Option(str(key), name) for key, name in case_queue.list_flows()],
        "owner": [
            Option("nobody", _("Nobody")),
            *(Option(str(key), name) for key, name in queries.list_workers()),
        ],
        "team": [Option(str(key), name) for key, name in case_queue.list_teams()],
        "tag": [Option(tag, tag) for tag in case_queue.list_tags()],
        "cause": [Option(cause, case_queue.cause_title(cause))] if case_queue.parse_cause(cause) else [],
    }
    state = read_list(request, CASES, options) if asked is None else read_state(asked, CASES, options)
    if state.value("view") == "closed" and "sort" not in given:
        return replace(state, sort="closed", descending=True)
    return state


def _selected(request: HttpRequest) -> ExceptionCase | None:
    case_id = asked_id(request, "case")
    if case_id is None:
        return None
    try:
        return queries.get_case(case_id)
    except Http404:
        return None


def _queue(
    request: HttpRequest, state: ListState, who: Actor, now: datetime, case: ExceptionCase | None
) -> dict[str, Any]:
    """Return what the list and the saved queues show; `query` is the queue as an address carries it."""
    counts = case_queue.count_cases(state, who=who, now=now)
    grouped = not (state.value("by") or state.value("cause") or state.value("view") == "closed")
    page = _page(request, state, who, now, _open_keys(request, case) if grouped else None)
    total = sum(group.cases for group in page.rows) if grouped else page.total
    return {
        "list": page,
        "grouped": grouped,
        "total": total,
        "query": state.query(page=page.page),
        "queues": _queues(state, counts.by_view),
        "work_queues": _work_queues(state, counts.by_queue),
        "heading": _heading(state),
        "chips": _active_chips(state),
        "filters": [control for control in page.controls if control.name in _FILTERS],
        "sorts": [(value, words, value == _sort(state)) for value, words in _SORTS],
        "by_cause_url": state.address({"by": "", "cause": ""}),
        "by_list_url": state.address({"by": "list"}),
        "groupable": state.value("view") != "closed",
        "read_at": now,
        "selected_id": case.id if case else None,
        "can_bulk": who.can(Action.WORK_CASES),
        "can_pick": who.can(Action.WORK_CASES) and state.value("view") != "closed",
        "can_translate": who.can(Action.EDIT_FLOWS),
        "is_filtered": any(state.value(name) for name in _CHIPS),
        "most": bulk.MOST_CASES,
        "jobs": bulk_jobs.list_under_way(who),
    }


def _page(
    request: HttpRequest, state: ListState, who: Actor, now: datetime, open_keys: frozenset[str] | None
) -> ListPage[Any]:
    """Return one page of causes, those of `open_keys` unfolded, or of cases where that is None."""
    chosen = case_queue.fitting(state, who=who, now=now)
    if open_keys is None:
        return page_of(request, state, with_names(chosen), lambda found: case_queue.build_rows(found, now))
    return page_of_rows(request, state, case_queue.list_causes(chosen, state, open_keys=open_keys, now=now))


def _sort(state: ListState) -> str:
    return f"{'-' if state.descending else ''}{state.sort}"


def _open_keys(request: HttpRequest, case: ExceptionCase | None) -> frozenset[str]:
    asked = [key for key in request.GET.getlist("open")[:MOST_OPEN] if case_queue.parse_cause(key)]
    return frozenset([*asked, *([case_queue.cause_of(case)] if case is not None else [])])


def _queues(state: ListState, counts: Any) -> list[dict[str, Any]]:
    now = case_queue.view_of(state)
    return [
        {
            "label": label,
            "icon": icon,
            "url": state.address({"view": "" if name == "open" else name, "queue": "", "cause": ""}),
            "active": now == name and not state.value("queue"),
            "count": counts[name],
            "tone": "danger" if name == "overdue" and counts[name] else "",
        }
        for name, (label, icon) in VIEW_LABELS.items()
    ]


def _work_queues(state: ListState, counts: Any) -> list[dict[str, Any]]:
    return [
        {
            "label": queue_words(queue),
            "url": state.address({"view": "", "queue": queue.value, "cause": ""}),
            "active": state.value("queue") == queue,
            "count": counts[queue.value],
        }
        for queue in WorkQueue
    ]


def _heading(state: ListState) -> str:
    if state.value("queue") in set(WorkQueue):
        return queue_words(state.value("queue"))
    return str(VIEW_LABELS[case_queue.view_of(state)][0])


def _active_chips(state: ListState) -> list[Chip]:
    """Return what narrows the queue, each with the address without it."""
    chips = []
    for name in _CHIPS:
        if value := state.value(name):
            words = next((str(o.label) for o in state.options.get(name, ()) if o.value == value), value)
            chips.append(Chip(words, state.address({name: ""}), active=True))
    return chips


@requires(Action.VIEW_CASES)
@require_safe
def case_cause(request: HttpRequest) -> HttpResponse:
    """Answer the first cases of one cause, for the list to unfold."""
    who, now = acting_person(request), timezone.now()
    if who.is_customer:
        return HttpResponse(status=204)  # their list has no causes
    key = request.GET.get("key", "")
    state = read_queue(request)
    chosen = case_queue.fitting(state, who=who, now=now)
    rows = case_queue.rows_of_cause(chosen, state, key, now)
    context = {
        "rows": rows,
        "query": state.query(page=state.page),
        "selected_id": asked_id(request, "case"),
        "can_pick": who.can(Action.WORK_CASES),
        "all_url": state.address({"cause": key}),
    }
    return render(request, "monitoring/exceptions/_cause_cases.html", context)


@requires(Action.VIEW_CASES)
@require_safe
def case_news(request: HttpRequest) -> HttpResponse:
    """Say how many cases came since the list was read, and which bulk jobs are over; nothing on the page moves."""
    who, now = acting_person(request), timezone.now()
    if who.is_customer:
        return HttpResponse(status=204)  # their list has a page of its own
    since = _moment(request.GET.get("since", ""), now)
    state = read_queue(request)
    new = case_queue.count_new(state, who=who, since=since, now=now) if state.value("view") != "closed" else 0
    for job in bulk.take_finished(who):
        messages.success(request, bulk_jobs.finished_words(job))
    context = {
        "new": new,
        "read_at": since,
        "query": state.query(page=state.page),
        "jobs": bulk_jobs.list_under_way(who),
    }
    return render(request, "monitoring/exceptions/_news_answer.html", context)


def _moment(text: str, now: datetime) -> datetime:
    try:
        asked = parse_datetime(text[:40])
    except ValueError:
        return now
    return asked if asked is not None and asked.tzinfo is not None else now
