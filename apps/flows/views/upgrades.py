"""Taking a newer version of the template, with the customer's own lines: what changes, what to decide, and the act."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.mapping.rebase import Choice
from apps.flows.models import Flow
from apps.flows.queries.flows import get_flow
from apps.flows.queries.sample_results import report_of_change
from apps.flows.queries.upgrades import UpgradePage, get_upgrade_page
from apps.flows.services.upgrades import UndecidedError, upgrade
from apps.flows.services.walk_session import MissingRoleError
from apps.flows.services.what_if import WhatIfError, ask_of_upgrade
from apps.flows.views.change_asked import led_to_change
from apps.flows.views.flow_frame import crumbs
from apps.flows.views.mapping_refusals import refusals_told
from apps.flows.views.sample_consent import asked_despite

_CHOICE = "choice "


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_upgrade(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show what a newer base changes for one flow, and take it."""
    flow = get_flow(flow_id)
    choices = _choices(request)
    page = _offered(request, flow, choices)
    if page is None:
        return redirect("flows:flow-versions", flow.id)
    undecided = False
    if request.method == "POST":
        try:
            with refusals_told(request):
                if "what_if" in request.POST:
                    return _asked(request, flow, choices)
                by, despite = acting_person(request).name, asked_despite(request)
                version = upgrade(flow, made_by=by, choices=choices, despite=despite)
                if version is not None and (asked := led_to_change(request, version)) is not None:
                    return asked
                if version is not None:
                    messages.success(request, _("Version %(number)s is live.") % {"number": version.number})
                return redirect("flows:flow-versions", flow.id)
        except UndecidedError:
            undecided = True
    context = {"flow": flow, "page": page, "undecided": undecided, "crumbs": crumbs(flow, _("Upgrade"))}
    context["samples"] = report_of_change(flow.live_version, page.upgrade.unsaved_version())
    return render(request, "flows/flow_upgrade.html", context, status=400 if request.method == "POST" else 200)


def _asked(request: HttpRequest, flow: Flow, choices: dict[str, Choice]) -> HttpResponse:
    try:
        asked = ask_of_upgrade(flow, by=acting_person(request).name, choices=choices)
    except WhatIfError as error:
        messages.error(request, str(error))
        return redirect("flows:flow-upgrade", flow.id)
    if asked is None:
        return redirect("flows:flow-versions", flow.id)
    return redirect("flows:what-if-detail", asked.id)


def _choices(request: HttpRequest) -> dict[str, Choice]:
    return {
        key.removeprefix(_CHOICE): Choice(value)
        for key, value in request.POST.items()
        if key.startswith(_CHOICE) and isinstance(value, str) and value in set(Choice)
    }


def _offered(request: HttpRequest, flow: Flow, choices: dict[str, Choice]) -> UpgradePage | None:
    try:
        page = get_upgrade_page(flow, choices)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except (MissingRoleError, KeyError) as error:
        messages.error(request, str(error.args[0]))
    else:
        if page is None:
            messages.info(request, _("%(flow)s stands on the newest version already.") % {"flow": flow.name})
        return page
    return None
