"""The mapping studio: three columns with the lines between them, and one line in its panel, saved to the draft as it is typed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.engine.edits import Edit, EditError, SetLines, SetManyLines
from apps.flows.mapping.bulk import BulkError, Deed, bulk_changes
from apps.flows.mapping.compiled import LineProblem
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.line_checks import LINE_CHECKS
from apps.flows.mapping.line_plan import Changes, stored_changes
from apps.flows.mapping.rebase import Choice
from apps.flows.mapping.transforms import TRANSFORMS, TransformError
from apps.flows.models import DryRun, Flow
from apps.flows.queries import studio_samples
from apps.flows.queries.flows import get_flow
from apps.flows.queries.mapped_places import MappedPlace
from apps.flows.queries.mapping import EditedLine
from apps.flows.queries.studio import build_columns, suggestions_for
from apps.flows.queries.studio_page import (
    Studio,
    UnreadableError,
    chosen_lines,
    open_studio,
    sample_of,
    try_changes,
)
from apps.flows.services.drafts import (
    DraftConflictError,
    NothingToUndoError,
    OpenedDraft,
    edit_draft,
    open_draft,
    redo_draft,
    undo_draft,
)
from apps.flows.services.dry_run import DryRunError, request_dry_run
from apps.flows.studio_forms import BulkForm, StudioLineForm
from apps.flows.views.flow_frame import Tab, crumbs

_FORM_FIELDS = {"value_map_default": "otherwise", "reference": "source", "": "source"}
_KEYS = ("source", "expression", "default", "transforms", "value_map", "otherwise", "checks", "write_mode", "required")


@requires(Action.EDIT_FLOWS)
@require_safe
def flow_mapping_studio(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show where each field of a place comes from and what it makes of one record, and one line to be changed."""
    flow = get_flow(flow_id)
    try:
        studio = open_studio(flow)
    except UnreadableError as wrong:
        messages.error(request, str(wrong))
        return redirect("flows:flow-mapping", flow.id)
    context = page_context(request, studio)
    named, _colon, target = request.GET.get("line", "").partition(":")
    place = studio.place(named)
    edited = studio.edited(place, target) if place and target else None
    if place and edited:
        context |= _panel(request, studio, place, edited)
    typed = request.GET.get("key", "").replace("\x00", "").strip()[:200]
    context |= {
        "typed": typed,
        "recorded": studio_samples.list_recorded(flow, typed),
        "read": studio_samples.list_read(flow),
        "dry_run": studio_samples.latest_dry_run(flow),
        "bulk": BulkForm(),
        "transforms": [transform for _name, transform in sorted(TRANSFORMS.items())],
        "crumbs": crumbs(flow, _("Mapping studio")),
    }
    return render(request, "flows/studio.html", context)


def page_context(request: HttpRequest, studio: Studio) -> dict[str, Any]:
    """Return what every part of the studio is drawn from: the chosen place and sample, the columns, the draft."""
    writing = _chosen_place(request, studio)
    token = request.GET.get("sample", "")
    sample = sample_of(studio.flow, token)
    query = {key: value for key, value in (("place", writing.name), ("sample", token)) if value}
    path = reverse("flows:flow-mapping-studio", args=[studio.flow.id])
    tabs = [
        Tab(place.label, f"{path}?{urlencode({**query, 'place': place.name})}", place is writing)
        for place in studio.writing
    ]
    return {
        "flow": studio.flow,
        "studio": studio,
        "writing": writing,
        "tabs": tabs if len(tabs) > 1 else [],
        "columns": build_columns(studio.places, writing, sample, studio.version, studio.live),
        "sample": sample.choice if sample else None,
        "is_sample_gone": bool(token) and sample is None,
        "query": urlencode(query),
        "may_see": acting_person(request).can(Action.VIEW_PAYLOADS),
    }


def _chosen_place(request: HttpRequest, studio: Studio) -> MappedPlace:
    wanted = studio.place(request.GET.get("place", ""))
    chosen = wanted if wanted in studio.writing else next(iter(studio.writing), None)
    if chosen is None:
        raise Http404("This flow writes nothing.")
    return chosen


class _NoFieldError(LookupError):
    """The address names no field of the flow's mapping."""


def _line_of(request: HttpRequest, studio: Studio) -> tuple[MappedPlace, EditedLine]:
    """Return the place and line that the address names ("line=place:target"). Raises _NoFieldError."""
    named, _colon, target = request.GET.get("line", "").partition(":")
    place = studio.place(named)
    edited = studio.edited(place, target) if place and target else None
    if place is None or edited is None:
        raise _NoFieldError
    return place, edited


def _with_line(view: Callable[[HttpRequest, Studio], HttpResponse]) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """Give a view the studio; an address that names no field leads back to all of them."""

    @wraps(view)
    def answer(request: HttpRequest, flow_id: UUID) -> HttpResponse:
        studio = studio_or_404(flow_id)
        try:
            return view(request, studio)
        except _NoFieldError:
            messages.error(request, _("There is no such field in this mapping: choose one of those below."))
            path = reverse("flows:flow-mapping-studio", args=[flow_id])
            return HttpResponse(headers={"HX-Redirect": path}) if _is_part(request) else redirect(path)

    return answer


def studio_or_404(flow_id: UUID) -> Studio:
    """Return a flow's studio. Raises Http404 where its mapping cannot be shown."""
    try:
        return open_studio(get_flow(flow_id))
    except UnreadableError as wrong:
        raise Http404(str(wrong)) from wrong


def _panel(
    request: HttpRequest, studio: Studio, place: MappedPlace, edited: EditedLine, form: StudioLineForm | None = None
) -> dict[str, Any]:
    """Return what the panel of one line is drawn from."""
    line = edited.line
    sample = sample_of(studio.flow, request.GET.get("sample", ""))
    return {
        "place": place,
        "edited": edited,
        "form": form or StudioLineForm(edited=edited, started=studio.started),
        "line_query": urlencode({**_kept(request), "line": f"{place.name}:{line.target}"}),
        "suggestions": suggestions_for(place).get(line.target, ()) if not edited.origin else (),
        "checks": [check for _name, check in sorted(LINE_CHECKS.items())],
        "tried": try_changes(studio, place.name, line.target, stored_changes(edited.lower, line), sample)
        if edited.origin
        else None,
        "keys": _errors(place.problems_of(line.target), form),
    }


def _kept(request: HttpRequest) -> dict[str, str]:
    return {key: request.GET[key] for key in ("place", "sample") if request.GET.get(key)}


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
@_with_line
def flow_studio_line(request: HttpRequest, studio: Studio) -> HttpResponse:
    """Show one line's panel, or save what was typed in it to the draft."""
    place, edited = _line_of(request, studio)
    if request.method != "POST":
        context = page_context(request, studio) | _panel(request, studio, place, edited)
        context["transforms"] = [transform for _name, transform in sorted(TRANSFORMS.items())]
        return render(request, "flows/_studio_panel.html", context)
    form = StudioLineForm(request.POST, edited=edited, started=studio.started)
    if not form.is_valid():
        return _answer(request, studio, place, edited, form)
    changes: Changes = stored_changes(edited.lower, form.wanted_line()) or None
    return _saved(request, studio, SetLines(place.name, {edited.line.target: changes}), form)


def _saved(request: HttpRequest, studio: Studio, edit: Edit, form: StudioLineForm) -> HttpResponse:
    flow = studio.flow
    try:
        change_draft(request, flow, edit, form.cleaned_data, _choices(request))
    except DraftConflictError as conflict:
        place, edited = _line_of(request, studio)
        return _answer(request, studio, place, edited, form, conflict=conflict)
    except EditError as wrong:
        form.add_error(None, str(wrong))
        place, edited = _line_of(request, studio)
        return _answer(request, studio, place, edited, form)
    if not _is_part(request) or "choice" in request.POST:
        return _to_line(request, flow)
    studio = studio_or_404(flow.id)
    place, edited = _line_of(request, studio)
    return _answer(request, studio, place, edited, form, is_saved=True)


def change_draft(
    request: HttpRequest, flow: Flow, edit: Edit, typed: Mapping[str, Any], choices: Mapping[str, Choice] | None = None
) -> OpenedDraft:
    """Make a change in the draft. Raises EditError, DraftConflictError."""
    by = acting_person(request).name
    opened = open_draft(flow, by=by)
    if opened.draft.started_from.number != typed["started"]:
        raise EditError(_("Another version went live meanwhile. Load the page again, then make your change."))
    return edit_draft(flow, edit, seen=typed["seen"], by=by, choices=choices)


def _choices(request: HttpRequest) -> dict[str, Choice]:
    """Return what was decided about a conflict: one button decides all of it."""
    chosen = request.POST.get("choice", "")
    if chosen not in set(Choice):
        return {}
    return {name[:400]: Choice(chosen) for name in request.POST.getlist("conflict")[:400]}


def _is_part(request: HttpRequest) -> bool:
    """Whether the page's script asks for a part of the page."""
    return bool(request.headers.get("HX-Request"))


def _to_line(request: HttpRequest, flow: Flow) -> HttpResponse:
    path = f"{reverse('flows:flow-mapping-studio', args=[flow.id])}?{request.GET.urlencode()}"
    if _is_part(request):
        return HttpResponse(headers={"HX-Redirect": path})
    return redirect(path)


def _answer(  # noqa: PLR0913  each is one fact of the answer
    request: HttpRequest,
    studio: Studio,
    place: MappedPlace,
    edited: EditedLine,
    form: StudioLineForm,
    *,
    is_saved: bool = False,
    conflict: DraftConflictError | None = None,
) -> HttpResponse:
    """Answer what was typed: the result on the sample, each error at its field, and once saved the columns anew."""
    tried, problems = None, form.errors
    if not problems:
        sample = sample_of(studio.flow, request.GET.get("sample", ""))
        changes = stored_changes(edited.lower, form.wanted_line())
        try:
            tried = try_changes(studio, place.name, edited.line.target, changes, sample)
        except LayerError as wrong:
            form.add_error(None, str(wrong))
    context = (page_context(request, studio) if is_saved or not _is_part(request) else {}) | {
        "flow": studio.flow,
        "studio": studio,
        "place": place,
        "edited": edited,
        "form": form,
        "tried": tried,
        "keys": _errors(tried.problems if tried else (), form),
        "is_saved": is_saved,
        "conflict": conflict,
        "line_query": urlencode({**_kept(request), "line": f"{place.name}:{edited.line.target}"}),
    }
    if not _is_part(request):
        context |= _panel(request, studio, place, edited, form) | {"conflict": conflict, "bulk": BulkForm()}
        context |= {"crumbs": crumbs(studio.flow, _("Mapping studio")), "recorded": [], "read": [], "typed": ""}
        return render(request, "flows/studio.html", context, status=400)
    return render(request, "flows/_studio_answer.html", context)


def _errors(problems: Sequence[LineProblem], form: StudioLineForm | None) -> list[tuple[str, list[str]]]:
    """Return every field of the panel with what is wrong in it, so that what was mended is emptied."""
    found: dict[str, list[str]] = {key: [] for key in _KEYS}
    for name, errors in form.errors.items() if form and form.is_bound else ():
        found.setdefault(name if name in found else "source", []).extend(str(error) for error in errors)
    for problem in problems:
        sentence = problem.message + (f" ({_('at character')} {problem.column})" if problem.column else "")
        found[_FORM_FIELDS.get(problem.key, problem.key)].append(sentence)
    return list(found.items())


@requires(Action.EDIT_FLOWS)
@require_POST
@_with_line
def flow_studio_try(request: HttpRequest, studio: Studio) -> HttpResponse:
    """Answer what a line makes of the sample as it is being typed. Nothing is saved."""
    place, edited = _line_of(request, studio)
    form = StudioLineForm(request.POST, edited=edited, started=studio.started)
    form.is_valid()
    return _answer(request, studio, place, edited, form)


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_studio_bulk(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Do one deed to the ticked lines, as one change of the draft."""
    studio, form = studio_or_404(flow_id), BulkForm(request.POST)
    with _refusals(request):
        if not form.is_valid():
            messages.error(request, _("Choose what is to be done to the ticked lines."))
        elif not request.POST.getlist("tick"):
            messages.error(request, _("Tick the lines first."))
        else:
            _done(request, studio, form)
    return _to_line(request, studio.flow)


def _done(request: HttpRequest, studio: Studio, form: BulkForm) -> None:
    """Do what was asked for. Raises BulkError, TransformError, EditError, DraftConflictError."""
    deed, places = Deed(form.cleaned_data["deed"]), {}
    for name, chosen in chosen_lines(studio, request.POST.getlist("tick")[:600]).items():
        judged = {one.target: bulk_changes(deed, form.asked_argument, one) for one in chosen}
        places[name] = {target: changes or None for target, (concerned, changes) in judged.items() if concerned}
    number = sum(len(changes) for changes in places.values())
    if not number:
        messages.info(request, _("None of the ticked lines needs that: nothing was changed."))
        return
    change_draft(request, studio.flow, SetManyLines(places), form.cleaned_data)
    sentence = ngettext(
        "%(number)s line was changed in the draft.", "%(number)s lines were changed in the draft.", number
    )
    messages.success(request, sentence % {"number": number})


@contextmanager
def _refusals(request: HttpRequest) -> Iterator[None]:
    try:
        yield
    except (BulkError, TransformError, EditError, DraftConflictError, NothingToUndoError) as wrong:
        messages.error(request, str(wrong))


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_studio_history(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Take the last change of the draft back, or bring it back."""
    flow = get_flow(flow_id)
    with _refusals(request):
        turn = redo_draft if request.POST.get("turn") == "redo" else undo_draft
        turn(flow, by=acting_person(request).name)
    return _to_line(request, flow)


@requires(Action.EDIT_FLOWS)
@require_POST
@_with_line
def flow_studio_change(request: HttpRequest, studio: Studio) -> HttpResponse:
    """Reset one line, remove it, or take a suggestion: what is one click in the panel."""
    form = BulkForm(request.POST)
    place, edited = _line_of(request, studio)
    with _refusals(request):
        if form.is_valid():
            (chosen,) = chosen_lines(studio, [f"{place.name}:{edited.line.target}"])[place.name]
            changes = bulk_changes(Deed(form.cleaned_data["deed"]), form.asked_argument, chosen)[1]
            source = form.cleaned_data["source"]
            if source and not edited.origin:
                changes = {"source": source, "expression": ""}
            change_draft(
                request, studio.flow, SetLines(place.name, {edited.line.target: changes or None}), form.cleaned_data
            )
    return _to_line(request, studio.flow)


@requires(Action.RUN_FLOWS)
@require_POST
def flow_studio_read(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Have a worker read some records of the source as they are now, to try the mapping on them. Nothing is written."""
    flow = get_flow(flow_id)
    try:
        asked = request_dry_run(flow, by=acting_person(request).name, sample=studio_samples.MOST_LISTED)
    except DryRunError as wrong:
        messages.error(request, str(wrong))
    else:
        if asked.state in (DryRun.State.QUEUED, DryRun.State.RUNNING):
            messages.info(request, _("Records are being read. They appear in the list of samples in a moment."))
    return _to_line(request, flow)
