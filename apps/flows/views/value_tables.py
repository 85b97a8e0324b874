"""Tables of values: one by itself with what it does not know, several rows at once, as a file, and what waits for them."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.page_filters import acting_person
from apps.flows.engine.definition import DefinitionError
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Flow, FlowVersion
from apps.flows.queries.flows import get_flow
from apps.flows.queries.mapping import ValueTable, get_value_table
from apps.flows.queries.unknown_values import ready_operations
from apps.flows.services.replay_job import ReplayError, ask_replay
from apps.flows.services.session import compile_version
from apps.flows.services.value_csv import HEADER
from apps.flows.services.value_maps import add_mapping_values, replace_mapping_values
from apps.flows.value_forms import REPLACE, ValueFileForm, typed_values
from apps.flows.views.change_asked import led_to_change
from apps.flows.views.flow_frame import crumbs
from apps.flows.views.mapping_refusals import refusals_told

MOST_SHOWN = 200


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_values(request: HttpRequest, flow_id: UUID, target: str) -> HttpResponse:
    """Show one table of values and what it does not know; take over a file."""
    flow = get_flow(flow_id)
    form = ValueFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        change = replace_mapping_values if form.cleaned_data["way"] == REPLACE else add_mapping_values
        with refusals_told(request):
            version = change(flow, target=target, values=form.rows, made_by=acting_person(request).name)
            if (asked := led_to_change(request, version)) is not None:
                return asked
            _say_done(request, version, len(form.rows))
        return redirect("flows:flow-values", flow.id, target)
    table = _table(request, flow, target)
    words = request.GET.get("q", "").strip()[:200]
    pairs = [pair for pair in table.pairs if words.casefold() in f"{pair[0]} {pair[1]}".casefold()]
    context = {
        "flow": flow,
        "table": table,
        "form": form,
        "words": words,
        "pairs": pairs[:MOST_SHOWN],
        "hidden": max(len(pairs) - MOST_SHOWN, 0),
        "can_retry": acting_person(request).can(Action.WORK_CASES),
        "crumbs": crumbs(flow, table.label),
    }
    return render(request, "flows/value_table.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_values_add(request: HttpRequest, flow_id: UUID, target: str) -> HttpResponse:
    """Add several values at once: those that were filled in."""
    flow, values = get_flow(flow_id), typed_values(request.POST)
    if not values:
        messages.error(request, _("Say for at least one value what it becomes."))
        return _back(request, flow, target)
    with refusals_told(request):
        version = add_mapping_values(flow, target=target, values=values, made_by=acting_person(request).name)
        if (asked := led_to_change(request, version)) is not None:
            return asked
        _say_done(request, version, len(values))
    return _back(request, flow, target)


@requires(Action.EDIT_FLOWS)
@require_safe
def flow_values_export(request: HttpRequest, flow_id: UUID, target: str) -> HttpResponse:
    """Download a table of values as it is live."""
    flow = get_flow(flow_id)
    table = _table(request, flow, target, with_gaps=False)
    return csv_response("values.csv", HEADER, table.pairs)


@requires(Action.WORK_CASES)
@require_POST
def flow_values_retry(request: HttpRequest, flow_id: UUID, target: str) -> HttpResponse:
    """Put down a replay of the records whose value has got a row since; nothing happens before it is confirmed."""
    flow = get_flow(flow_id)
    if flow.live_version is None:
        raise Http404("Nothing is published yet.")
    flow.live_version.flow = flow
    try:
        pinned = compile_version(flow.live_version, flow.source, flow.target)
        chosen = ready_operations(flow, pinned, target)
        wanted = {"kind": "filter", "query": f"flow={flow.id}&state=rejected&cause=mapping_gap"}
        job = ask_replay(chosen, by=acting_person(request), wanted=wanted)
    except (MappingError, DefinitionError, KeyError) as error:
        raise Http404("This flow's mapping cannot be read any more.") from error
    except ReplayError as error:
        messages.error(request, str(error))
        return redirect("flows:flow-mapping", flow.id)
    return redirect("flows:replay-detail", job.id)


def _table(request: HttpRequest, flow: Flow, target: str, *, with_gaps: bool = True) -> ValueTable:
    may_see = with_gaps and acting_person(request).can(Action.VIEW_PAYLOADS)
    try:
        table = get_value_table(flow, target, with_gaps=may_see)
    except (MappingError, DefinitionError, KeyError) as error:
        raise Http404("This flow's mapping cannot be read any more.") from error
    if table is None:
        raise Http404("This line has no table of values.")
    return table


def _say_done(request: HttpRequest, version: FlowVersion, number: int) -> None:
    sentence = ngettext(
        "%(number)s value is in the table. Version %(version)s is live.",
        "%(number)s values are in the table. Version %(version)s is live.",
        number,
    )
    messages.success(request, sentence % {"number": number, "version": version.number})


def _back(request: HttpRequest, flow: Flow, target: str) -> HttpResponse:
    if request.POST.get("back") == "mapping":
        return redirect(f"{reverse('flows:flow-mapping', args=[flow.id])}#values")
    return redirect("flows:flow-values", flow.id, target)
