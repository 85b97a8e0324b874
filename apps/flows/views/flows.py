"""What can be done with flows: a new one, run, pause, resume, and when it runs."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person, asked_id, asked_words
from apps.accounts.toasts import say_with_undo
from apps.connectors.models import WebhookEndpoint
from apps.connectors.queries import asked_key
from apps.connectors.subscriptions import spec_of
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.customers.queries import get_customer
from apps.flows import forms
from apps.flows.models import Flow
from apps.flows.queries import flows as queries
from apps.flows.queries.installing import Fit, fit_of, list_installable_connections
from apps.flows.schedule_forms import ExpectationForm, ScheduleForm
from apps.flows.services.flow_state import pause_flow, resume_flow
from apps.flows.services.start_run import FlowNotLiveError, run_now
from apps.flows.templates_library import list_templates
from apps.flows.triggers.calendar import calendar_words
from apps.flows.triggers.schedule import (
    expect_runs,
    schedule_flow,
    schedule_flow_by_calendar,
    schedule_words,
    unschedule_flow,
)
from apps.flows.triggers.webhook import listen
from apps.flows.views.flow_frame import crumbs
from apps.flows.views.flow_tabs import next_times_of, render_monitors, render_settings
from apps.flows.views.installing import install


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_install(request: HttpRequest) -> HttpResponse:
    """Install a template for one customer."""
    customer_id = asked_id(request, "customer")
    if customer_id is None:
        choice = {"customers": queries.list_customers_to_choose(), "template": asked_words(request, "template")}
        return render(request, "flows/flow_install_customer.html", choice)
    customer = get_customer(customer_id)
    connections = list_installable_connections(customer)
    fits = [fit_of(template, connections) for template in list_templates()]
    chosen = _chosen_fit(fits, request.POST.get("template", "") or asked_words(request, "template"))
    form = None
    if not chosen.lacking:
        form = forms.InstallForm(request.POST or None, initial={"name": _(chosen.template.name)}, fit=chosen)
    if form is not None and form.is_valid():
        flow = install(form, by=acting_person(request).name)
        if flow is not None:
            words = {"flow": flow.name, "customer": customer.name}
            messages.success(request, _("%(flow)s is installed and live for %(customer)s.") % words)
            return redirect("flows:flow-detail", flow.id)
    context = {"form": form, "customer": customer, "chosen": chosen, "fits": fits}
    return render(request, "flows/flow_install.html", context, status=400 if request.method == "POST" else 200)


def _chosen_fit(fits: list[Fit], slug: str) -> Fit:
    """Return the template that was asked for, else the first that everything is connected for."""
    asked = next((fit for fit in fits if fit.template.slug == slug), None)
    return asked or next((fit for fit in fits if not fit.lacking), fits[0])


@requires(Action.RUN_FLOWS)
@require_POST
def flow_run_now(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Start a run because a person asks."""
    flow = queries.get_flow(flow_id)
    try:
        run = run_now(flow, started_by=acting_person(request).name)
    except FlowNotLiveError as error:
        messages.error(request, str(error))
        return redirect("flows:flow-detail", flow.id)
    if flow.state == Flow.State.PAUSED:
        messages.warning(request, _("%(flow)s is paused: the run is queued until it is resumed.") % {"flow": flow.name})
    return redirect("flows:run-detail", run.id)


@requires(Action.RUN_FLOWS)
@require_POST
def flow_pause(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Stop a flow from starting runs."""
    flow, form = queries.get_flow(flow_id), forms.PauseForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors["reason"]))
    else:
        pause_flow(flow, reason=form.cleaned_data["reason"], made_by=acting_person(request).name)
        words = _("%(flow)s is paused. Runs that are under way finish.") % {"flow": flow.name}
        say_with_undo(request, words, undo_url=reverse("flows:flow-resume", args=[flow.id]))
    return redirect("flows:flow-detail", flow.id)


@requires(Action.RUN_FLOWS)
@require_POST
def flow_resume(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Let a paused flow run again."""
    flow = queries.get_flow(flow_id)
    try:
        resume_flow(flow)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(flow)s is live again and goes on where it stopped.") % {"flow": flow.name})
    return redirect("flows:flow-detail", flow.id)


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_schedule(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Set when a flow runs by itself."""
    flow = queries.get_flow(flow_id)
    form = ScheduleForm(request.POST, trigger=queries.schedule_of(flow), zone=flow.customer.time_zone)
    if not form.is_valid():
        return render_settings(request, flow, form, status=400)
    if form.calendar is not None:
        trigger = schedule_flow_by_calendar(flow, form.calendar)
    elif form.cleaned_data["way"] == "interval":
        trigger = schedule_flow(flow, every_seconds=form.cleaned_data["every_seconds"])
    else:
        unschedule_flow(flow)
        sentence = _("%(flow)s runs only when somebody or its source system asks.")
        messages.success(request, sentence % {"flow": flow.name})
        return redirect("flows:flow-settings", flow.id)
    words = {"flow": flow.name, "schedule": schedule_words(trigger)}
    messages.success(request, _("Set for %(flow)s: %(schedule)s.") % words)
    return redirect("flows:flow-settings", flow.id)


@requires(Action.EDIT_FLOWS)
@require_safe
def flow_schedule_preview(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Say what a schedule that is being typed means: in words, and the next three times."""
    flow = queries.get_flow(flow_id)
    form = ScheduleForm(request.GET, trigger=None, zone=flow.customer.time_zone)
    valid = form.is_valid()
    wrong = [] if valid else [str(error) for errors in form.errors.values() for error in errors]
    calendar = form.calendar if valid else None
    context = {
        "next_times": next_times_of(form) if valid else [],
        "words": calendar_words(calendar.cron, calendar.zone) if calendar else "",
        "wrong": wrong[:1],
    }
    return render(request, "flows/_schedule_preview.html", context)


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_expect(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Set after how long without a run somebody is told."""
    flow = queries.get_flow(flow_id)
    form = ExpectationForm(request.POST, now=flow.expected_every_seconds)
    if not form.is_valid():
        return render_monitors(request, flow, form, status=400)
    expect_runs(flow, every_seconds=form.cleaned_data["expected_every_seconds"])
    messages.success(request, _("Saved: silence of %(flow)s is watched like this from now on.") % {"flow": flow.name})
    return redirect("flows:flow-monitors", flow.id)


@requires(Action.EDIT_FLOWS)
@never_cache
@require_POST
def flow_webhook_create(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Open a webhook address for the flow's source and show it this once; some systems are told by ourselves."""
    flow = queries.get_flow(flow_id)
    spec, read = spec_of(flow.source.system), queries.object_read(flow)
    if spec and read and read not in spec.resources:
        messages.error(request, _("The system does not announce these records: the flow finds them by reading."))
        return redirect("flows:flow-settings", flow.id)
    endpoint, url, secret = create_webhook_endpoint(flow.source, objects=(read,) if read else ())
    listen(flow, WebhookEndpoint.objects.get(id=endpoint.id))
    if spec:
        messages.success(
            request, _("The address is open. The system is being told by ourselves: nothing to enter there.")
        )
        return redirect("flows:flow-settings", flow.id)
    key_label = asked_key(flow.source)
    context = {"flow": flow, "endpoint": endpoint, "url": url, "crumbs": crumbs(flow, _("Webhook address"))}
    context |= {"key_label": key_label, "secret": "" if key_label else secret}
    return render(request, "flows/webhook_created.html", context)
