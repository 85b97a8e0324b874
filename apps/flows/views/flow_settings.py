"""Changing what a customer chose among the settings of a flow's template."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.queries.flows import get_flow
from apps.flows.services.flow_settings import change_settings
from apps.flows.views.change_asked import led_to_change
from apps.flows.views.flow_tabs import form_of_settings, render_settings
from apps.flows.views.mapping_refusals import refusals_told


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_settings_change(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Take other settings and publish a version with them."""
    flow = get_flow(flow_id)
    form = form_of_settings(flow, request.POST)
    if form is None:
        raise Http404("This flow has no settings.")
    if not form.is_valid():
        return render_settings(request, flow, chosen=form, status=400)
    with refusals_told(request):
        version = change_settings(flow, settings=form.chosen, changed_by=acting_person(request).name)
        if version is None:
            messages.info(request, _("Nothing was changed, so nothing was published."))
        elif (asked := led_to_change(request, version)) is not None:
            return asked
        else:
            words = _("Version %(number)s is live. Runs from now on use it.") % {"number": version.number}
            messages.success(request, words)
    return redirect("flows:flow-settings", flow.id)
