"""Changing what a customer chose among the settings of a flow's template."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.models import Flow
from apps.flows.queries.flows import get_flow
from apps.flows.queries.sample_results import report_of_change, report_of_run
from apps.flows.services.flow_settings import change_settings, trial_version
from apps.flows.services.samples import SamplesFailError
from apps.flows.settings_forms import SettingsForm
from apps.flows.views.change_asked import led_to_change
from apps.flows.views.flow_tabs import form_of_settings, render_settings
from apps.flows.views.mapping_refusals import refusals_told
from apps.flows.views.sample_consent import asked_despite


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_settings_change(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Take other settings: see what comes of the samples, or publish a version with them."""
    flow = get_flow(flow_id)
    form = form_of_settings(flow, request.POST)
    if form is None:
        raise Http404("This flow has no settings.")
    if not form.is_valid():
        return render_settings(request, flow, chosen=form, status=400)
    answers: list[HttpResponse] = []
    with refusals_told(request):
        answers.append(_answered(request, flow, form))
    return answers[0] if answers else redirect("flows:flow-settings", flow.id)


def _answered(request: HttpRequest, flow: Flow, form: SettingsForm) -> HttpResponse:
    try:
        if "preview" in request.POST:
            report = report_of_change(flow.live_version, trial_version(flow, form.chosen))
            return render_settings(request, flow, chosen=form, samples=report)
        return _published(request, flow, form.chosen)
    except SamplesFailError as error:
        form.add_error(None, error)
        return render_settings(request, flow, chosen=form, samples=report_of_run(error.run), status=400)


def _published(request: HttpRequest, flow: Flow, chosen: dict[str, Any]) -> HttpResponse:
    by, despite = acting_person(request).name, asked_despite(request)
    version = change_settings(flow, settings=chosen, changed_by=by, despite=despite)
    back = redirect("flows:flow-settings", flow.id)
    if version is None:
        messages.info(request, _("Nothing was changed, so nothing was published."))
        return back
    if (asked := led_to_change(request, version)) is not None:
        return asked
    messages.success(request, _("Version %(number)s is live. Runs from now on use it.") % {"number": version.number})
    return back
