"""Looking for deletions at a flow's source: when it happens by itself, and doing it now."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.comparison_forms import ComparisonForm
from apps.flows.queries import flows as queries
from apps.flows.services.start_run import FlowNotLiveError
from apps.flows.triggers.comparisons import ComparisonError, look_now, rule_of, set_rule
from apps.flows.views.flow_tabs import render_monitors


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_comparison_rule(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Set when all records are compared, and what is too much to be believed."""
    flow = queries.get_flow(flow_id)
    form = ComparisonForm(request.POST, rule=rule_of(flow))
    if not form.is_valid():
        return render_monitors(request, flow, comparison_form=form, status=400)
    set_rule(flow, **form.cleaned_data)
    messages.success(request, _("Saved: deletions of %(flow)s are looked for like this.") % {"flow": flow.name})
    return redirect("flows:flow-monitors", flow.id)


@requires(Action.RUN_FLOWS)
@require_POST
def flow_compare(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Compare all records now; a person may say beforehand that what is missing was really deleted."""
    flow = queries.get_flow(flow_id)
    try:
        run = look_now(flow, started_by=acting_person(request).name, agreed=request.POST.get("agreed") == "yes")
    except (ComparisonError, FlowNotLiveError) as error:
        messages.error(request, str(error))
        return redirect("flows:flow-monitors", flow.id)
    return redirect("flows:run-detail", run.id)
