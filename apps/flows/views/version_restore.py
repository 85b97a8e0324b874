"""Going back to an earlier version: what would be as it was, what comes of the samples, and the act."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.models import Flow, FlowVersion
from apps.flows.queries.flows import get_flow
from apps.flows.queries.sample_results import report_of_change
from apps.flows.queries.versions import changes_towards, get_version
from apps.flows.services.restore_version import restore_version
from apps.flows.services.samples import SamplesFailError
from apps.flows.views.change_asked import led_to_change
from apps.flows.views.flow_frame import crumbs
from apps.flows.views.mapping_refusals import refusals_told
from apps.flows.views.sample_consent import asked_despite


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_version_restore(request: HttpRequest, flow_id: UUID, number: int) -> HttpResponse:
    """Show what an earlier version would bring back, and publish it again."""
    flow = get_flow(flow_id)
    version = get_version(flow, number)
    if version is None:
        raise Http404("There is no such version.")
    failed = False
    if request.method == "POST":
        by, despite = acting_person(request).name, asked_despite(request)
        with refusals_told(request):
            try:
                new = restore_version(flow, version, made_by=by, despite=despite)
            except SamplesFailError as error:
                messages.error(request, " ".join(error.messages))
                failed = True
            else:
                if (asked := led_to_change(request, new)) is not None:
                    return asked
                words = {"new": new.number, "old": number}
                messages.success(request, _("Version %(new)s is live: everything is as in version %(old)s.") % words)
        if not failed:
            return redirect("flows:flow-versions", flow.id)
    elif version.published_at is None or version.id == flow.live_version_id:
        return redirect("flows:flow-versions", flow.id)
    return render(request, "flows/version_restore.html", _context(flow, version), status=400 if failed else 200)


def _context(flow: Flow, version: FlowVersion) -> dict[str, object]:
    live = flow.live_version
    return {
        "flow": flow,
        "version": version,
        "compared": changes_towards(live, version) if live else None,
        "samples": report_of_change(live, version),
        "crumbs": crumbs(flow, _("Version %(number)s") % {"number": version.number}),
    }
