"""The page that lists the flows, and what can be done with many of them at once."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import BulkAction, Option, Selection, choices, csv_of, page_of, read_list, read_selection
from apps.accounts.page_filters import acting_person
from apps.flows.models import Flow
from apps.flows.queries.flow_list import FLOWS, count_by_state, fitting_flows, flow_rows
from apps.flows.queries.flows import list_customers_to_choose
from apps.flows.services.flow_state import pause_flow, resume_flow
from apps.flows.services.start_run import FlowNotLiveError, run_now
from apps.flows.templates_library import list_templates


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_list(request: HttpRequest) -> HttpResponseBase:
    """List the flows."""
    state = read_list(request, FLOWS, _options())
    fitting = fitting_flows(state)
    rows = partial(flow_rows, today=timezone.now().date())
    if state.wants_csv:
        return csv_of(state, fitting, rows)
    who = acting_person(request)
    bulk = _bulk_actions() if who.can(Action.RUN_FLOWS) else ()
    context = {
        "list": page_of(request, state.counted("state", count_by_state(state)), fitting, rows, bulk=bulk),
        "can_edit": who.can(Action.EDIT_FLOWS),
    }
    return render(request, "flows/flow_list.html", context)


@requires(Action.RUN_FLOWS)
@require_POST
def flow_run_many(request: HttpRequest) -> HttpResponse:
    """Start a run of each selected flow that is live; those of paused flows are queued until they are resumed."""
    chosen, who, queued = _selection(request), acting_person(request).name, 0

    def start(flow: Flow) -> bool:
        nonlocal queued
        try:
            run_now(flow, started_by=who)
        except FlowNotLiveError:
            return False
        queued += flow.state == Flow.State.PAUSED
        return True

    done, left = _carry_out(chosen, start)
    words = ngettext("%(number)s flow is started.", "%(number)s flows are started.", done - queued)
    if queued:
        waits = ngettext(
            "%(number)s is paused: its run is queued until it is resumed.",
            "%(number)s are paused: their runs are queued until they are resumed.",
            queued,
        )
        messages.warning(request, waits % {"number": queued})
    started = words % {"number": done - queued} if done > queued else ""
    return _answer(request, chosen, started, _left_words(left), silent=bool(queued))


@requires(Action.RUN_FLOWS)
@require_POST
def flow_pause_many(request: HttpRequest) -> HttpResponse:
    """Pause each selected flow that is live, with one reason for all."""
    chosen, who = _selection(request), acting_person(request).name
    if not chosen.reason:
        messages.error(request, _("Say why the flows are paused: nothing was changed."))
        return redirect(_list_address(chosen))

    def pause(flow: Flow) -> bool:
        if flow.state != Flow.State.LIVE:
            return False
        pause_flow(flow, reason=chosen.reason, made_by=who)
        return True

    done, left = _carry_out(chosen, pause)
    words = ngettext("%(number)s flow is paused.", "%(number)s flows are paused.", done)
    return _answer(request, chosen, words % {"number": done} if done else "", _left_words(left))


@requires(Action.RUN_FLOWS)
@require_POST
def flow_resume_many(request: HttpRequest) -> HttpResponse:
    """Let each selected flow that is paused run again."""
    chosen = _selection(request)

    def resume(flow: Flow) -> bool:
        if flow.state != Flow.State.PAUSED:
            return False
        try:
            resume_flow(flow)
        except ValidationError as error:
            messages.error(request, f"{flow.name}: {' '.join(error.messages)}")
            return False
        return True

    done, left = _carry_out(chosen, resume)
    words = ngettext("%(number)s flow is live again.", "%(number)s flows are live again.", done)
    left_words = ngettext(
        "%(number)s was not paused and stays as it is.", "%(number)s were not paused and stay as they are.", left
    )
    return _answer(
        request, chosen, words % {"number": done} if done else "", left_words % {"number": left} if left else ""
    )


def _selection(request: HttpRequest) -> Selection:
    return read_selection(request, FLOWS, _options())


def _options() -> dict[str, list[Option]]:
    templates = [(one.slug, _(one.name)) for one in list_templates()]
    return {"customer": choices(list_customers_to_choose()), "template": choices(templates)}


def _carry_out(chosen: Selection, change: Callable[[Flow], bool]) -> tuple[int, int]:
    """Return how many of the selected flows were changed, and how many were left as they are."""
    told = [change(flow) for flow in chosen.narrow(fitting_flows(chosen.state))]
    return sum(told), len(told) - sum(told)


def _left_words(number: int) -> str:
    words = ngettext(
        "%(number)s is not live and was left as it is.", "%(number)s are not live and were left as they are.", number
    )
    return words % {"number": number} if number else ""


def _answer(request: HttpRequest, chosen: Selection, done: str, left: str, *, silent: bool = False) -> HttpResponse:
    """Tell what was done and what was left; `silent` when that is not all that was said."""
    if done:
        messages.success(request, done)
    if left:
        messages.warning(request, left)
    if not done and not left and not silent:
        messages.error(request, _("None of the selected flows is here any more: nothing was changed."))
    return redirect(_list_address(chosen))


def _list_address(chosen: Selection) -> str:
    return f"{reverse('flows:flow-list')}{chosen.state.address()}"


def _bulk_actions() -> tuple[BulkAction, ...]:
    return (
        BulkAction(
            name="run",
            label=gettext_lazy("Run now"),
            url=reverse("flows:flow-run-many"),
            question=gettext_lazy("Run these flows now?"),
            text=gettext_lazy(
                "Each live flow reads what is new and delivers it. The run of a paused flow waits until it is resumed; drafts are left out."
            ),
            icon="player-play",
        ),
        BulkAction(
            name="pause",
            label=gettext_lazy("Pause"),
            url=reverse("flows:flow-pause-many"),
            question=gettext_lazy("Pause these flows?"),
            text=gettext_lazy("Runs under way finish; nothing new starts until they are resumed. Nothing is lost."),
            icon="player-pause",
            tone="danger",
            reason_label=gettext_lazy("Reason"),
        ),
        BulkAction(
            name="resume",
            label=gettext_lazy("Resume"),
            url=reverse("flows:flow-resume-many"),
            question=gettext_lazy("Resume these flows?"),
            text=gettext_lazy("Paused flows go on where they stopped. Others stay as they are."),
            icon="player-play",
        ),
    )
