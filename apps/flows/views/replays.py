"""Replays as jobs: what one would mean, its confirmation, and how far it is."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.listing import read_selection
from apps.accounts.page_filters import acting_person
from apps.flows.forms import ReplayForm
from apps.flows.models import Operation, ReplayJob
from apps.flows.queries import replay_jobs as queries
from apps.flows.queries.operation_list import OPERATIONS, fitting_operations
from apps.flows.queries.operations import get_operation
from apps.flows.services import replay_job as services
from apps.flows.services.replay_job import ReplayError, ask_replay
from apps.flows.services.replay_trial import request_trial


@requires(Action.WORK_CASES)
@require_POST
def replay_ask(request: HttpRequest) -> HttpResponse:
    """Put down a replay of chosen records, or of all that fit the list of records; nothing happens until it is confirmed."""
    who, selection = acting_person(request), read_selection(request, OPERATIONS)
    fitting = fitting_operations(selection.state, None)
    if flow_id := selection.state.id_of("flow"):
        fitting = fitting.filter(flow_id=flow_id)
    chosen = fitting if selection.everything else fitting.filter(id__in=selection.ids)
    wanted = {"kind": "filter" if selection.everything else "selection", "query": selection.state.query()}
    try:
        job = ask_replay(chosen, by=who, wanted=wanted)
    except ReplayError as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('flows:operation-list')}?{selection.state.query()}")
    return redirect("flows:replay-detail", job.id)


@requires(Action.WORK_CASES)
@require_POST
def operation_replay_ask(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Put down a replay of one record, so that version, beginning and a trial can be chosen."""
    operation = get_operation(operation_id)
    job = ask_replay(
        Operation.objects.filter(id=operation.id),
        by=acting_person(request),
        wanted={"kind": "one", "operation": str(operation.id)},
    )
    return redirect("flows:replay-detail", job.id)


@requires(Action.WORK_CASES)
@require_safe
def replay_list(request: HttpRequest) -> HttpResponse:
    """List the latest replays."""
    context = {"jobs": queries.list_jobs(), "crumbs": _crumbs()}
    return render(request, "flows/replay_list.html", context)


@requires(Action.WORK_CASES)
@require_safe
def replay_detail(request: HttpRequest, replay_id: UUID) -> HttpResponse:
    """Show a replay: what it would mean as long as it is not confirmed, then how far it is."""
    who = acting_person(request)
    job = queries.get_job(replay_id, who=who)
    if request.headers.get("HX-Request") and job.state == ReplayJob.State.ASKED:
        return render(request, "flows/_replay_trial.html", {"job": job, "trial": _trial(job)})
    if request.headers.get("HX-Request"):
        page = queries.get_replay_counts(job, who=who)
        response = render(request, "flows/_replay_live.html", {"page": page, "is_live_answer": True})
        if not page.is_under_way:
            response["HX-Refresh"] = "true"  # the whole page has more to say now
        return response
    return render(request, "flows/replay_detail.html", _context(job, who, ReplayForm()))


def _context(job: ReplayJob, who: Actor, form: ReplayForm) -> dict[str, Any]:
    page = queries.get_replay_page(job, who=who)
    return {
        "page": page,
        "form": form,
        "job": job,
        "trial": _trial(job),
        "refused": [(entry, queries.reason_words(entry)) for entry in page.refused],
        "origin": _origin(job),
        "back_url": _back_url(job),
        "crumbs": [*_crumbs(), {"label": page.title, "url": ""}],
    }


def _trial(job: ReplayJob) -> dict[str, Any] | None:
    """Return what trying it out found, with its counts in words; None when nobody did."""
    if job.trial is None:
        return None
    words = {
        "creates": (_("Would create"), "success"),
        "updates": (_("Would change"), "progress"),
        "unchanged": (_("Held already"), "neutral"),
        "skipped": (_("Left out"), "neutral"),
        "waiting": (_("Would begin their walk"), "progress"),
        "rejected": (_("Would be refused"), "danger"),
    }
    counts = job.trial.get("counts", {})
    tiles = [(label, counts[name], tone) for name, (label, tone) in words.items() if counts.get(name)]
    return {**job.trial, "tiles": tiles, "is_under_way": job.trial["state"] == "queued"}


def _origin(job: ReplayJob) -> str:
    return {
        "filter": _("All records that fit a filter"),
        "selection": _("Records chosen in the list"),
        "run": _("Records of a run"),
        "one": _("One record"),
        "api": _("Records named through the API"),
        "again": _("What an earlier replay could not do"),
    }.get(str(job.wanted.get("kind")), _("Chosen records"))


def _back_url(job: ReplayJob) -> str:
    wanted = job.wanted
    if wanted.get("kind") == "run":
        return reverse("flows:run-detail", args=[wanted["run"]])
    if wanted.get("kind") == "one":
        return reverse("flows:operation-detail", args=[wanted["operation"]])
    if wanted.get("kind") == "again":
        return reverse("flows:replay-detail", args=[wanted["job"]])
    return f"{reverse('flows:operation-list')}?{wanted.get('query', '')}"


def _crumbs() -> list[dict[str, str]]:
    return [
        {"label": _("Records"), "url": reverse("flows:operation-list")},
        {"label": _("Replays"), "url": reverse("flows:replay-list")},
    ]


@requires(Action.WORK_CASES)
@require_POST
def replay_start(request: HttpRequest, replay_id: UUID) -> HttpResponse:
    """Let a replay begin."""
    who, form = acting_person(request), ReplayForm(request.POST)
    job = queries.get_job(replay_id, who=who)
    if form.is_valid():
        try:
            services.confirm_replay(job.id, by=who, begin=form.wanted_begin, version=form.wanted_version)
        except ReplayError as error:
            form.add_error(None, str(error))
        else:
            return redirect("flows:replay-detail", job.id)
    return render(request, "flows/replay_detail.html", _context(job, who, form), status=400)


@requires(Action.WORK_CASES)
@require_POST
def replay_try(request: HttpRequest, replay_id: UUID) -> HttpResponse:
    """Try some of its records without writing anything, before it begins."""
    who, form = acting_person(request), ReplayForm(request.POST)
    job = queries.get_job(replay_id, who=who)
    if not form.is_valid():
        return render(request, "flows/replay_detail.html", _context(job, who, form), status=400)
    try:
        request_trial(job.id, by=who, version=form.wanted_version)
    except ReplayError as error:
        messages.error(request, str(error))
    return redirect(f"{reverse('flows:replay-detail', args=[job.id])}#trial")


@requires(Action.WORK_CASES)
@require_POST
def replay_cancel(request: HttpRequest, replay_id: UUID) -> HttpResponse:
    """Stop a replay where it is, or forget one that was not confirmed."""
    who = acting_person(request)
    job = queries.get_job(replay_id, who=who)
    if job.state == ReplayJob.State.ASKED:
        services.drop_asked(job.id, by=who)
        return redirect(_back_url(job))
    try:
        services.cancel_replay(job.id, by=who)
        messages.success(request, _("Stopped: what is done stays done, the rest is left as it was."))
    except ReplayError as error:
        messages.info(request, str(error))
    return redirect("flows:replay-detail", job.id)


@requires(Action.WORK_CASES)
@require_POST
def replay_resume(request: HttpRequest, replay_id: UUID) -> HttpResponse:
    """Go on with a replay that was stopped."""
    job = queries.get_job(replay_id, who=acting_person(request))
    try:
        services.resume_replay(job.id)
    except ReplayError as error:
        messages.error(request, str(error))
    return redirect("flows:replay-detail", job.id)


@requires(Action.WORK_CASES)
@require_POST
def replay_again(request: HttpRequest, replay_id: UUID) -> HttpResponse:
    """Put down another replay of what this one could not do."""
    who = acting_person(request)
    job = queries.get_job(replay_id, who=who)
    try:
        again = ask_replay(queries.failed_operations(job), by=who, wanted={"kind": "again", "job": str(job.id)})
    except ReplayError as error:
        messages.error(request, str(error))
        return redirect("flows:replay-detail", job.id)
    return redirect("flows:replay-detail", again.id)
