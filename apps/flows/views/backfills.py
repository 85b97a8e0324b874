"""Backfills: choosing the days, and going on with one that stopped."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.forms import BackfillForm
from apps.flows.models import Flow, Run
from apps.flows.queries import flows as flow_queries
from apps.flows.queries import runs as run_queries
from apps.flows.services.backfill import BackfillError, resume_backfill, start_backfill
from apps.flows.services.start_run import FlowNotLiveError
from apps.flows.views.flow_frame import crumbs


@requires(Action.RUN_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_backfill(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Choose the days to be read, and start."""
    flow = flow_queries.get_flow(flow_id)
    form = BackfillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        run = _started(request, flow, form)
        if run is not None:
            return redirect("flows:run-detail", run.id)
    context = {"flow": flow, "form": form, "crumbs": crumbs(flow, _("Backfill"))}
    return render(request, "flows/backfill.html", context, status=400 if form.errors else 200)


def _started(request: HttpRequest, flow: Flow, form: BackfillForm) -> Run | None:
    try:
        return start_backfill(
            flow,
            first=form.cleaned_data["first"],
            last=form.cleaned_data["last"],
            started_by=acting_person(request).name,
        )
    except BackfillError as error:
        form.add_error(error.field or None, str(error))
    except FlowNotLiveError as error:
        form.add_error(None, str(error))
    return None


@requires(Action.RUN_FLOWS)
@require_POST
def backfill_resume(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Go on with a backfill that ended before its end."""
    run = run_queries.get_run(run_id)
    try:
        following = resume_backfill(run, started_by=acting_person(request).name)
    except (BackfillError, FlowNotLiveError) as error:
        messages.error(request, str(error))
        return redirect("flows:run-detail", run.id)
    return redirect("flows:run-detail", following.id)
