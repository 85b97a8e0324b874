"""One deed for many exceptions: what would follow, the confirmation, and how far it is."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.page_filters import acting_person
from apps.monitoring import bulk
from apps.monitoring.bulk import BulkError
from apps.monitoring.forms import BulkForm, RecordIdsField
from apps.monitoring.models import BulkJob, ExceptionCase
from apps.monitoring.queries import bulk_jobs, case_queue
from apps.monitoring.queries import cases as queries
from apps.monitoring.views.case_frame import came_from, queue_address
from apps.monitoring.views.case_queue import read_queue

DIALOG = "bulk-dialog-body"


@requires(Action.WORK_CASES)
@require_POST
def bulk_ask(request: HttpRequest) -> HttpResponse:
    """Show what a deed for the chosen cases would mean; nothing happens until it is confirmed."""
    who, kind = acting_person(request), request.POST.get("kind", "")
    if kind not in BulkJob.Kind.values:
        return _refused(request, _("Choose what is to be done."))
    try:
        job = bulk.ask_bulk(BulkJob.Kind(kind), _chosen(request, who), by=who)
    except BulkError as error:
        return _refused(request, str(error))
    if request.headers.get("HX-Target") == DIALOG:
        return render(
            request, "monitoring/exceptions/_bulk_ask.html", _context(request, job, BulkForm(**_choices(job, who)))
        )
    return redirect("monitoring:bulk-detail", job.id)


def _chosen(request: HttpRequest, who: Actor) -> QuerySet[ExceptionCase]:
    if request.POST.get("everything") == "1":
        state = read_queue(request, QueryDict(came_from(request)))
        return case_queue.fitting(state, who=who, now=timezone.now())
    ids = RecordIdsField().to_python(request.POST.getlist("ids")[: bulk.MOST_CASES])
    return queries.cases().filter(id__in=ids)


def _refused(request: HttpRequest, words: str) -> HttpResponse:
    if request.headers.get("HX-Target") == DIALOG:
        return render(request, "monitoring/exceptions/_bulk_refused.html", {"words": words})
    messages.error(request, words)
    return redirect(queue_address(came_from(request)))


def _choices(job: BulkJob, who: Actor) -> dict[str, Any]:
    """Return what the job's form offers: who can be given cases, the person who asks first, or the tables of values."""
    if job.kind == BulkJob.Kind.VALUE:
        return {"tables": bulk_jobs.list_tables(job)}
    return {"people": sorted(queries.list_workers(), key=lambda pair: pair[0] != who.user_id)}


def _context(request: HttpRequest, job: BulkJob, form: BulkForm) -> dict[str, object]:
    return {
        "page": bulk_jobs.get_bulk_page(job, who=acting_person(request)),
        "form": form,
        "crumbs": [
            {"label": _("Exceptions"), "url": reverse("monitoring:case-list")},
            {"label": _("Bulk jobs"), "url": reverse("monitoring:bulk-list")},
            {"label": job.get_kind_display(), "url": ""},
        ],
    }


@requires(Action.WORK_CASES)
@require_safe
def bulk_list(request: HttpRequest) -> HttpResponse:
    """List one's own latest bulk jobs."""
    context = {
        "jobs": bulk_jobs.list_jobs(acting_person(request)),
        "crumbs": [{"label": _("Exceptions"), "url": reverse("monitoring:case-list")}, {"label": _("Bulk jobs")}],
    }
    return render(request, "monitoring/exceptions/bulk_list.html", context)


def _seen(job_id: UUID, who: Actor) -> BulkJob:
    """Return a job this person may look at: what somebody else only thinks about is theirs."""
    job = bulk_jobs.get_job(job_id)
    if job.state == BulkJob.State.ASKED and job.asked_by_id != who.user_id:
        raise Http404("There is no such bulk job.")
    return job


@requires(Action.WORK_CASES)
@require_safe
def bulk_detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show a bulk job: what it would mean as long as it is not confirmed, then how far it is."""
    who = acting_person(request)
    job = _seen(job_id, who)
    context = _context(request, job, BulkForm(**_choices(job, who)))
    if request.headers.get("HX-Request"):
        return render(request, "monitoring/exceptions/_bulk_live.html", context)
    if not job.is_under_way and job.asked_by_id == who.user_id and job.state != BulkJob.State.ASKED:
        bulk.mark_told(job.id)
    return render(request, "monitoring/exceptions/bulk_detail.html", context)


@requires(Action.WORK_CASES)
@require_POST
def bulk_start(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Let a bulk job begin."""
    who = acting_person(request)
    job = _seen(job_id, who)
    form = BulkForm(request.POST, **_choices(job, who))
    if form.is_valid():
        try:
            given = form.cleaned_data
            bulk.confirm_bulk(job_id, by=who, reason=given["reason"], owner_id=given["owner"], wording=given)
        except BulkError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            return redirect("monitoring:bulk-detail", job_id)
    return render(request, "monitoring/exceptions/bulk_detail.html", _context(request, job, form), status=400)


@requires(Action.WORK_CASES)
@require_POST
def bulk_cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Stop a bulk job where it is, or drop one that was not confirmed."""
    job = _seen(job_id, acting_person(request))
    if job.state == BulkJob.State.ASKED:
        bulk.drop_asked(job_id, by=acting_person(request))
        return redirect("monitoring:case-list")
    bulk.cancel_bulk(job_id)
    messages.success(request, _("Cancelled: what is done stays done, the rest is left as it was."))
    return redirect("monitoring:bulk-detail", job_id)
