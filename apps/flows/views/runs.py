"""Pages about runs: one run live, and its end before its time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import Chip, acting_person, address, asked_id, asked_number, asked_words
from apps.flows.engine.states import RunState
from apps.flows.models import Run
from apps.flows.queries import runs as queries
from apps.flows.queries.runs import COUNTS, OperationFilter, RunOperations
from apps.flows.services.cancel_run import RunOverError, cancel_run
from apps.flows.services.replay import NothingToReplayError, replay_operations
from apps.flows.services.start_run import FlowNotLiveError

_TONES = {
    "written": "success",
    "unchanged": "neutral",
    "skipped": "neutral",
    "rejected": "danger",
    "waiting": "warning",
}
_HINTS = {
    "written": "delivered to the target",
    "unchanged": "the target held them already",
    "skipped": "not for this flow",
    "rejected": "somebody must act",
    "waiting": "tried again by themselves",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One count of a run with its rows behind it."""

    name: str
    label: str
    count: int
    hint: str
    tone: str
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class LiveRun:
    """The part of a run's page that keeps itself up to date."""

    run: Run
    is_over: bool
    tiles: list[Tile]
    sentence: str
    tone: str
    next_try_at: datetime | None
    progress_words: str
    read_url: str

    @property
    def is_active(self) -> bool:
        """True while the part asks for itself again."""
        return not self.is_over

    @property
    def progress_label(self) -> str:
        """Return what is going on."""
        if self.run.state == RunState.QUEUED:
            return "Waiting for its turn"
        if self.run.state == RunState.WAITING:
            return "Goes on by itself"
        return "Settling the last records" if self.run.reading_done else f"Reading {self.run.flow.source.name}"


@requires(Action.VIEW_RUNS)
@require_safe
def run_detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show one run; asked by itself every two seconds while it is under way."""
    run, who = queries.get_run(run_id), acting_person(request)
    wanted = OperationFilter(
        count=asked_words(request, "count") if request.GET.get("count") in COUNTS else "",
        words=asked_words(request, "q"),
        before=asked_id(request, "before"),
        repeats_from=asked_number(request, "repeats", 0),
    )
    live = _live(run, wanted.count)
    if request.headers.get("HX-Request"):
        response = render(request, "flows/_run_live.html", {"live": live, "live_url": _live_url(run, wanted)})
        if live.is_over:
            response["HX-Refresh"] = "true"  # the rows below have changed too
        return response
    shown = queries.list_run_operations(run, wanted)
    context = {
        "run": run,
        "row": queries.run_row(run),
        "live": live,
        "live_url": _live_url(run, wanted),
        "wanted": wanted,
        "shown": shown,
        "chips": _count_chips(request, run, wanted.count),
        "older_url": _older_url(request, shown),
        "newest_url": address(request) if wanted.before or wanted.repeats_from else "",
        "crumbs": _crumbs(run, is_customer=who.is_customer),
        "can_cancel": who.can(Action.RUN_FLOWS) and not live.is_over,
        "can_replay": who.can(Action.WORK_CASES) and live.is_over and run.rejected > 0,
        "is_customer": who.is_customer,
    }
    return render(request, "flows/run_detail.html", context)


def _live_url(run: Run, wanted: OperationFilter) -> str:
    here = reverse("flows:run-detail", args=[run.id])
    return f"{here}?count={wanted.count}" if wanted.count else here


def _live(run: Run, chosen: str) -> LiveRun:
    over = queries.is_over(run)
    at = queries.next_try_at(run)
    here = reverse("flows:run-detail", args=[run.id])
    return LiveRun(
        run=run,
        is_over=over,
        tiles=[
            Tile(
                name,
                name.capitalize(),
                getattr(run, name),
                _HINTS[name],
                _tone(run, name),
                f"{here}?count={name}#records",
                chosen == name,
            )
            for name in COUNTS
        ],
        sentence=_sentence(run),
        tone="danger" if run.state == RunState.FAILED else "warning" if run.error_message else "neutral",
        next_try_at=at,
        progress_words=_progress_words(run),
        read_url=f"{here}#records",
    )


def _tone(run: Run, name: str) -> str:
    return _TONES[name] if getattr(run, name) else "neutral"


def _progress_words(run: Run) -> str:
    if run.state == RunState.QUEUED:
        return "Starts in a moment"
    if run.state == RunState.WAITING:
        return "Waits"
    return f"{run.read - run.waiting:,} of {run.read:,} settled so far"


def _sentence(run: Run) -> str:
    if run.error_message:
        return run.error_message
    if run.state == RunState.EMPTY:
        return f"There was nothing new in {run.flow.source.name}."
    return ""


def _count_chips(request: HttpRequest, run: Run, chosen: str) -> list[Chip]:
    every = Chip("All read", f"{address(request, count=None)}#records", not chosen, run.read)
    counts = [
        Chip(name.capitalize(), f"{address(request, count=name)}#records", chosen == name, getattr(run, name))
        for name in COUNTS
    ]
    return [every, *counts]


def _older_url(request: HttpRequest, shown: RunOperations) -> str:
    if shown.older_before:
        return f"{address(request, before=shown.older_before)}#records"
    return f"{address(request, repeats=shown.more_repeats)}#records" if shown.more_repeats else ""


def _crumbs(run: Run, *, is_customer: bool) -> list[dict[str, str]]:
    if is_customer:
        return [{"label": "Activity", "url": reverse("flows:run-list")}, {"label": run.flow.name, "url": ""}]
    return [
        {"label": "Flows", "url": reverse("flows:flow-list")},
        {"label": run.customer.name, "url": f"{reverse('flows:flow-list')}?customer={run.customer_id}"},
        {"label": run.flow.name, "url": reverse("flows:flow-detail", args=[run.flow_id])},
        {"label": "Run", "url": ""},
    ]


@requires(Action.RUN_FLOWS)
@require_POST
def run_cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """End a run before its end."""
    run = queries.get_run(run_id)
    try:
        cancel_run(run, made_by=acting_person(request).name)
        messages.success(request, "The run is cancelled. What it has delivered stays; the next run reads the rest.")
    except RunOverError as error:
        messages.info(request, str(error))
    return redirect("flows:run-detail", run.id)


@requires(Action.WORK_CASES)
@require_POST
def run_replay(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Retry every record of a run that is still rejected."""
    run = queries.get_run(run_id)
    blocked = list(queries.run_operations(run).filter(state="rejected").values_list("id", flat=True)[:10_000])
    try:
        (retry,) = replay_operations(blocked, started_by=acting_person(request).name)
    except (NothingToReplayError, FlowNotLiveError) as error:
        messages.error(request, str(error))
        return redirect("flows:run-detail", run.id)
    messages.success(request, f"{len(blocked):,} records are tried again.")
    return redirect("flows:run-detail", retry.id)
