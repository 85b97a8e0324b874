"""Pages about monitors: all flows with what is found and what is off, and one monitor of a flow with its settings."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.listing import choices, csv_of, page_of, read_list
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on
from apps.flows.models import Flow
from apps.flows.queries.flows import get_flow
from apps.flows.views.flow_frame import crumbs
from apps.monitoring.models import Monitor
from apps.monitoring.monitor_forms import MonitorForm
from apps.monitoring.monitor_kinds import SHEETS, MonitorKind
from apps.monitoring.monitors import overview
from apps.monitoring.monitors.preview import preview
from apps.monitoring.monitors.switching import set_monitor, wanted_of

LOOK = "look"


@requires(Action.VIEW_FLOWS)
@require_safe
def monitor_list(request: HttpRequest) -> HttpResponseBase:
    """Show all flows with what their monitors find now, and which are off."""
    now = timezone.now()
    state = read_list(request, overview.MONITORS, {"customer": choices(list_customer_names().items())})
    found = overview.fitting(state, now)
    if state.wants_csv:
        return csv_of(state, found, lambda flows: overview.rows_of(flows, now))
    page = page_of(request, state, found, lambda flows: overview.rows_of(flows, now))
    return render(request, "monitoring/monitors/list.html", {"list": page})


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def monitor_edit(request: HttpRequest, flow_id: UUID, monitor: str) -> HttpResponse:
    """Change one monitor of a flow; with `step` look, only show what it would have told."""
    flow, kind, now = get_flow(flow_id), _kind(monitor), timezone.now()
    row = Monitor.objects.filter(flow=flow, kind=kind).first()
    form = MonitorForm(request.POST or None, kind=kind, now=wanted_of(row), zone=flow.customer.time_zone)
    limit = row.own_limit if row else None
    if request.method == "POST" and form.is_valid():
        limit = form.wanted.own_limit
        if request.POST.get("step") != LOOK:
            with refusals_on(form):
                set_monitor(flow, kind, form.wanted, by=acting_person(request).name, now=now)
                words = {"monitor": _(SHEETS[kind].title), "flow": flow.name}
                messages.success(request, _("Saved: “%(monitor)s” of %(flow)s.") % words)
                return redirect("flows:flow-monitors", flow.id)
    return _page(request, flow, kind, form, limit)


def _page(request: HttpRequest, flow: Flow, kind: MonitorKind, form: MonitorForm, limit: float | None) -> HttpResponse:
    seen = preview(flow, kind, limit, timezone.now())
    context = {
        "form": form,
        "flow": flow,
        "kind": kind,
        "title": _(SHEETS[kind].title),
        "rule": _(SHEETS[kind].rule),
        "chart": seen.chart,
        "preview": seen,
        "crumbs": [*crumbs(flow, _("Monitors"))[:-1], _up(flow)],
    }
    return render(request, "monitoring/monitors/edit.html", context, status=400 if form.errors else 200)


def _up(flow: Flow) -> dict[str, str]:
    return {"label": _("Monitors"), "url": reverse("flows:flow-monitors", args=[flow.id])}


def _kind(name: str) -> MonitorKind:
    if name not in set(MonitorKind):
        raise Http404("There is no such monitor.")
    return MonitorKind(name)
