"""Pages about what another version would change: asking for it, what was found, and making the version live."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.listing import csv_of_rows, page_of_rows, read_list
from apps.accounts.page_filters import acting_person
from apps.flows.engine.what_if import Kind
from apps.flows.models import Flow, WhatIf
from apps.flows.queries.flows import get_flow
from apps.flows.queries.sample_results import SampleReport, report_of_change
from apps.flows.queries.versions import get_version
from apps.flows.queries.what_ifs import (
    KIND_TONES,
    KIND_WORDS,
    WHAT_IF_ROWS,
    WhatIfPage,
    can_go_live,
    get_page,
    get_what_if,
    known_lines,
    narrow,
    options_of,
)
from apps.flows.services.publish import OvertakenError
from apps.flows.services.what_if import (
    LONGEST_REASON,
    SIZES,
    USUAL_SIZE,
    WhatIfError,
    make_live,
    request_what_if,
)
from apps.flows.views.change_asked import led_to_change
from apps.flows.views.flow_frame import crumbs
from apps.flows.views.mapping_refusals import refusals_told
from apps.flows.views.sample_consent import asked_despite


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_what_if(request: HttpRequest, flow_id: UUID, number: int) -> HttpResponse:
    """Ask what one version would change of the records that were read lately."""
    flow = get_flow(flow_id)
    version = get_version(flow, number)
    if version is None:
        raise Http404("The flow has no such version.")
    most = request.POST.get("most", "")
    size = next((size for size in SIZES if str(size) == most), USUAL_SIZE)
    try:
        asked = request_what_if(flow, version, by=acting_person(request).name, most=size)
    except WhatIfError as error:
        messages.error(request, str(error))
        return redirect("flows:flow-versions", flow.id)
    return redirect("flows:what-if-detail", asked.id)


@requires(Action.VIEW_FLOWS)
@require_safe
def what_if_detail(request: HttpRequest, what_if_id: UUID) -> HttpResponseBase:
    """Show what a version would change."""
    what_if, who = _get(what_if_id), acting_person(request)
    lost = what_if.is_lost(timezone.now())
    waits = not what_if.is_over and not lost
    page = get_page(what_if, can_see=who.can(Action.VIEW_PAYLOADS)) if what_if.state == WhatIf.State.DONE else None
    context = {"what_if": what_if, "flow": what_if.flow, "waits": waits, "is_lost": lost, "page": page}
    context["tiles"] = _tiles(what_if, page) if page else []
    if request.headers.get("HX-Request") and "HX-Boosted" not in request.headers:
        response = render(request, "flows/_what_if_live.html", context)
        if not waits:
            response["HX-Refresh"] = "true"  # what is below is there now
        return response
    if page is not None:
        state = read_list(request, WHAT_IF_ROWS, options_of(page))
        rows = narrow(page.rows, state)
        if state.wants_csv:
            return csv_of_rows(state, rows)
        shown = page_of_rows(request, state, rows)
        context |= {"list": shown, "known_lines": known_lines(shown.rows)}
    return render(
        request, "flows/what_if_detail.html", context | _may(what_if, who) | {"samples": _samples(what_if, who)}
    )


def _samples(what_if: WhatIf, who: Actor) -> SampleReport | None:
    """Return what comes of the samples while the version can still go live."""
    version, flow = what_if.version_after, what_if.flow
    if version.published_at is not None:
        return None
    version.flow = flow
    return report_of_change(what_if.version_before, version, can_see=who.can(Action.VIEW_PAYLOADS))


def _may(what_if: WhatIf, who: Actor) -> dict[str, object]:
    """Return where the page stands, and what may be done from it."""
    can_edit = who.can(Action.EDIT_FLOWS)
    return {
        "crumbs": [*crumbs(what_if.flow, "")[:-1], *_last_crumbs(what_if.flow)],
        "can_edit": can_edit,
        "can_go_live": can_edit and can_go_live(what_if),
        "is_overtaken": what_if.version_before_id != what_if.flow.live_version_id,
        "can_see_payloads": who.can(Action.VIEW_PAYLOADS),
        "sizes": SIZES,
        "longest_reason": LONGEST_REASON,
    }


def _last_crumbs(flow: Flow) -> list[dict[str, str]]:
    return [
        {"label": _("Versions"), "url": reverse("flows:flow-versions", args=[flow.id])},
        {"label": _("What would it change?"), "url": ""},
    ]


def _get(what_if_id: UUID) -> WhatIf:
    found = get_what_if(what_if_id)
    if found is None:
        raise Http404("There is no such comparison.")
    return found


def _tiles(what_if: WhatIf, page: WhatIfPage) -> list[dict[str, object]]:
    here = reverse("flows:what-if-detail", args=[what_if.id])
    always = {Kind.CHANGED, Kind.NOW_REFUSED, Kind.NOW_PASSES, Kind.SAME}
    return [
        {
            "label": KIND_WORDS[kind],
            "count": number,
            "tone": KIND_TONES[kind] if number else "neutral",
            "url": f"{here}?kind={kind.value}#records" if number and kind is not Kind.SAME else "",
        }
        for kind, number in page.counts.items()
        if number or kind in always
    ]


@requires(Action.EDIT_FLOWS)
@require_POST
def what_if_go_live(request: HttpRequest, what_if_id: UUID) -> HttpResponse:
    """Make the version that was looked at the live one, with the reason where one is needed."""
    what_if = _get(what_if_id)
    try:
        with refusals_told(request):
            version = make_live(
                what_if,
                by=acting_person(request).name,
                reason=request.POST.get("reason", ""),
                despite=asked_despite(request),
            )
            if (asked := led_to_change(request, version)) is not None:
                return asked
            messages.success(
                request, _("Version %(number)s is live. Runs from now on use it.") % {"number": version.number}
            )
            return redirect("flows:flow-versions", what_if.flow_id)
    except (WhatIfError, OvertakenError) as error:
        messages.error(request, str(error))
    return redirect("flows:what-if-detail", what_if.id)
