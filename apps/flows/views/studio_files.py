"""The lines of one place as a file: downloaded, and brought back as a plan that is looked at before it is applied."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.flows.engine.edits import EditError, SetLines
from apps.flows.mapping.line_files import HEADER, line_rows, lines_document
from apps.flows.mapping.line_plan import LinePlan, plan_lines
from apps.flows.mapping.places import READING
from apps.flows.queries.mapped_places import MappedPlace
from apps.flows.queries.studio_page import Studio, hold_against_compiler
from apps.flows.services.drafts import DraftConflictError
from apps.flows.studio_forms import LineFileForm
from apps.flows.views.flow_frame import crumbs
from apps.flows.views.studio import change_draft, studio_or_404


@requires(Action.EDIT_FLOWS)
@require_safe
def flow_studio_export(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Download the lines of one place as they stand in the draft, as CSV or JSON."""
    studio = studio_or_404(flow_id)
    place = _place(request, studio)
    if request.GET.get("form") == "json":
        content = lines_document(place.name, place.lines)
        response = HttpResponse(content, content_type="application/json; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="lines-{place.name}.json"'
        return response
    return csv_response(f"lines-{place.name}.csv", HEADER, line_rows(place.lines))


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_studio_import(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show what an uploaded file of lines would change, then take it into the draft as one change."""
    studio = studio_or_404(flow_id)
    place = _place(request, studio)
    form, plan = LineFileForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        plan = _plan(studio, place, form)
        if "apply" in request.POST and plan.lines:
            try:
                return _applied(request, studio, place, plan, form)
            except (EditError, DraftConflictError) as wrong:
                form.add_error(None, str(wrong))
    path = reverse("flows:flow-studio-import", args=[studio.flow.id])
    context = {
        "flow": studio.flow,
        "studio": studio,
        "place": place,
        "places": [(one.name, one.label, f"{path}?place={one.name}") for one in studio.places],
        "form": form,
        "plan": plan,
        "writes_to": _writes_to(studio, place),
        "crumbs": crumbs(studio.flow, _("Lines as a file")),
    }
    return render(request, "flows/studio_import.html", context, status=400 if form.errors else 200)


def _place(request: HttpRequest, studio: Studio) -> MappedPlace:
    place = studio.place(request.GET.get("place", studio.writing[0].name if studio.writing else READING))
    if place is None:
        raise Http404("This flow maps nothing there.")
    return place


def _writes_to(studio: Studio, place: MappedPlace) -> str:
    """Return the place whose studio shows the lines: that of reading is shown beside each place that writes."""
    return studio.writing[0].name if place.is_reading and studio.writing else place.name


def _plan(studio: Studio, place: MappedPlace, form: LineFileForm) -> LinePlan:
    plan = plan_lines(
        place.lines,
        [layered.line for layered in place.lower],
        form.lines,
        known={spec.name for spec in place.targets},
        removes_others=form.cleaned_data["removes_others"],
    )
    return hold_against_compiler(studio, place, plan)


def _applied(
    request: HttpRequest, studio: Studio, place: MappedPlace, plan: LinePlan, form: LineFileForm
) -> HttpResponse:
    """Take the plan into the draft. Raises EditError, DraftConflictError."""
    change_draft(request, studio.flow, SetLines(place.name, plan.edit()), form.cleaned_data)
    number = len(plan.lines)
    sentence = ngettext(
        "%(number)s line of the file is in the draft.", "%(number)s lines of the file are in the draft.", number
    )
    messages.success(request, sentence % {"number": number})
    path = reverse("flows:flow-mapping-studio", args=[studio.flow.id])
    return redirect(f"{path}?place={_writes_to(studio, place)}")
