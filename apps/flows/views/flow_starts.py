"""Setting what else starts a flow, and when nothing does."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.flows.queries import flows as queries
from apps.flows.triggers.listening import listen_to_event
from apps.flows.triggers.quiet import keep_quiet
from apps.flows.triggers.schedule import run_before_cut_offs
from apps.flows.views.flow_tabs import form_of_starts, render_settings


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_starts(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Set quiet times, minutes before a cut-off, and the event that starts the flow."""
    flow = queries.get_flow(flow_id)
    form = form_of_starts(flow, request.POST)
    if not form.is_valid():
        return render_settings(request, flow, starts=form, status=400)
    if form.has_changed():
        changed = set(form.changed_data)
        if changed & {"first_span", "first_days", "second_span", "second_days", "quiet_zone"}:
            keep_quiet(flow, form.blackouts)
        if "before_cut_off" in changed:
            run_before_cut_offs(flow, minutes=form.cleaned_data["before_cut_off"] or None)
        if "event_name" in changed:
            listen_to_event(flow, form.cleaned_data["event_name"])
    messages.success(request, _("Saved: what starts %(flow)s, and when nothing does.") % {"flow": flow.name})
    return redirect("flows:flow-settings", flow.id)
