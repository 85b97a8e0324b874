"""The flow editor: a flow's draft as a picture and a form, saved as people type, and what two people change at once."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.accounts.toasts import say_with_undo
from apps.flows.draft_forms import PartForm
from apps.flows.draft_reading import read_edit
from apps.flows.engine.content import FlowContent, step_name
from apps.flows.engine.definition import STEP_SLUG, is_straight
from apps.flows.engine.edits import AddStep, Edit, EditError, MoveStep, RemoveStep, free_name
from apps.flows.mapping.rebase import Choice
from apps.flows.models import Flow
from apps.flows.queries.draft_page import (
    READING_STEP,
    DraftStanding,
    Looked,
    choices_for,
    choose_step,
    content_seen,
    get_standing,
    list_draft_problems,
    list_kinds,
    picture_steps,
    step_titles_of,
)
from apps.flows.queries.flows import get_flow
from apps.flows.queries.problem_words import problem_words
from apps.flows.queries.upgrades import ConflictWords, conflict_words
from apps.flows.services.drafts import (
    DraftConflictError,
    NothingToUndoError,
    edit_draft,
    redo_draft,
    undo_draft,
)
from apps.flows.views.flow_frame import crumbs

CHOICE = "choice "
PART_HEADER = "X-Part"  # sent by static/js/flow_editor.js: only the editor itself is answered then


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_edit(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show a flow's draft with one step's form, and keep what is typed into it."""
    flow = get_flow(flow_id)
    if flow.live_version is None:
        messages.info(request, _("Nothing is published yet: publish the flow first, then change it here."))
        return redirect("flows:flow-detail", flow.id)
    if not STEP_SLUG.fullmatch(request.GET.get("step", READING_STEP)):
        return _no_such_step(request, flow)
    if request.method == "POST":
        return _saved(request, flow)
    return render_editor(request, flow)


def _no_such_step(request: HttpRequest, flow: Flow) -> HttpResponse:
    messages.error(request, _("This step is not there any more: choose one of those that are."))
    return redirect("flows:flow-edit", flow.id)


def _saved(request: HttpRequest, flow: Flow) -> HttpResponse:
    seen, name = _number(request, "seen"), request.GET.get("step", READING_STEP)
    start = content_seen(flow, _looked(request))
    if start is None:
        words = _("The draft was published or begun anew meanwhile. What you typed is still here: save it again.")
        return render_editor(request, flow, typed=True, refused=words)
    try:
        edit = read_edit(start, name, dict(request.POST.lists()))
        if edit is not None:
            edit_draft(flow, edit, seen=seen, by=acting_person(request).name, choices=chosen_sides(request))
    except DraftConflictError as conflict:
        rows = [conflict_words(one, step_titles_of(start)) for one in conflict.conflicts]
        return render_editor(request, flow, typed=True, conflicts=rows, refused=str(conflict), seen=seen)
    except EditError as wrong:
        return render_editor(request, flow, typed=True, refused=problem_words(str(wrong)))
    return answered(request, flow, name)


def answered(request: HttpRequest, flow: Flow, name: str) -> HttpResponse:
    """Answer a change that was kept: with the editor where a script asked, else by way of its page."""
    if PART_HEADER in request.headers:
        return render_editor(request, get_flow(flow.id), chosen=name)
    return redirect(f"{reverse('flows:flow-edit', args=[flow.id])}?{urlencode({'step': name})}")


def render_editor(  # noqa: PLR0913  each is one fact of what is answered, all by name
    request: HttpRequest,
    flow: Flow,
    *,
    chosen: str = "",
    typed: bool = False,
    conflicts: list[ConflictWords] | None = None,
    refused: str = "",
    seen: int | None = None,
) -> HttpResponse:
    """Answer the editor; with what was `typed` and `refused` where it could not be kept, as 409."""
    standing = get_standing(flow, by=acting_person(request).name, now=timezone.now())
    if standing is None:
        return redirect("flows:flow-detail", flow.id)
    name = chosen or request.GET.get("step", READING_STEP)
    is_page = request.method != "POST" and PART_HEADER not in request.headers
    if is_page and name not in map(step_name, standing.content.steps):
        return _no_such_step(request, flow)
    context = _context(request, flow, standing, name, typed=typed)
    context |= {"conflicts": conflicts or [], "refused": refused, "seen": standing.seen if seen is None else seen}
    template = "flows/edit/_editor.html" if PART_HEADER in request.headers else "flows/edit/flow_edit.html"
    return render(request, template, context, status=409 if refused else 200)


def _context(request: HttpRequest, flow: Flow, standing: DraftStanding, name: str, *, typed: bool) -> dict[str, Any]:
    content = standing.content
    chosen, problems = choose_step(content, name), list_draft_problems(standing)
    own = [one for one in problems if one.step == ("" if chosen.name == READING_STEP else chosen.name)]
    choices = choices_for(flow, content, chosen)
    return {
        "flow": flow,
        "standing": standing,
        "chosen": chosen,
        "form": PartForm(chosen.fields, chosen.stored, choices, own, request.POST if typed else None),
        "names": choices.names if chosen.fields else [],
        "steps": picture_steps(flow, content, problems, chosen.name),
        "problems": len(problems),
        "kinds": [] if is_straight(content.steps) else list_kinds(),
        "part": PART_HEADER in request.headers,
        "crumbs": crumbs(flow, _("Edit")),
    }


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_step_add(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Put a new step of a kind behind another one."""
    kind = request.POST.get("kind", "")[:40]

    def build(content: FlowContent) -> tuple[Edit, str]:
        name = free_name(content, kind)
        return AddStep(_step(request), {"kind": kind, "name": name}), name

    return _changed(request, get_flow(flow_id), build)


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_step_copy(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Put a copy of a step behind it."""

    def build(content: FlowContent) -> tuple[Edit, str]:
        step = content.steps[_place(content, _step(request))]
        name = free_name(content, str(step["kind"]))
        return AddStep(_step(request), {**step, "name": name}), name

    return _changed(request, get_flow(flow_id), build)


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_step_move(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Move a step up or down by one; at either end it stays."""
    up = request.POST.get("way") == "up"

    def build(content: FlowContent) -> tuple[Edit, str]:
        names, name = [step_name(step) for step in content.steps], _step(request)
        place = _place(content, name) + (-2 if up else 1)
        return MoveStep(name, names[place] if 0 <= place < len(names) else names[-1 if names[-1] != name else -2]), name

    return _changed(request, get_flow(flow_id), build)


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_step_remove(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Take a step away; it can be brought back at once."""
    flow = get_flow(flow_id)

    def build(content: FlowContent) -> tuple[Edit, str]:
        name = _step(request)
        return RemoveStep(name), step_name(content.steps[max(_place(content, name) - 1, 0)])

    undo_url = reverse("flows:draft-undo", args=[flow.id])
    return _changed(request, flow, build, said=_("The step was removed."), undo_url=undo_url)


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_undo(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Take the last change of the draft back."""
    return _stepped(request, flow_id, undo_draft)


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_redo(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Bring the change back that was taken back last."""
    return _stepped(request, flow_id, redo_draft)


def _stepped(request: HttpRequest, flow_id: UUID, step: Any) -> HttpResponse:
    flow = get_flow(flow_id)
    try:
        step(flow, by=acting_person(request).name)
    except (NothingToUndoError, EditError) as error:
        messages.info(request, str(error))
    return answered(request, flow, _step(request))


def _changed(
    request: HttpRequest,
    flow: Flow,
    build: Callable[[FlowContent], tuple[Edit, str]],
    *,
    said: str = "",
    undo_url: str = "",
) -> HttpResponse:
    """Change which steps there are, or their order, and show the step that `build` names; what cannot be is said."""
    try:
        edit, name = build(_looked_at(request, flow))
        edit_draft(flow, edit, seen=_number(request, "seen"), by=acting_person(request).name)
    except (DraftConflictError, EditError) as error:
        messages.error(request, problem_words(str(error)))
        return answered(request, flow, _step(request))
    if said:
        say_with_undo(request, said, undo_url=undo_url, fields={"step": _step(request)})
    return answered(request, flow, name)


def _looked_at(request: HttpRequest, flow: Flow) -> FlowContent:
    content = content_seen(flow, _looked(request))
    if content is None:
        raise EditError(_("The draft was published or begun anew meanwhile: look at it as it is now, then go on."))
    return content


def _looked(request: HttpRequest) -> Looked:
    return Looked(request.POST.get("draft", ""), _number(request, "seen"), _number(request, "live"))


def _place(content: FlowContent, name: str) -> int:
    names = [step_name(step) for step in content.steps]
    if name not in names:
        raise EditError(f"There is no step called {name!r} any more: somebody removed it.")
    return names.index(name)


def _step(request: HttpRequest) -> str:
    return request.POST.get("step", READING_STEP)[:40]


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def chosen_sides(request: HttpRequest) -> dict[str, Choice]:
    """Return what was chosen of two people's changes, by the names of the conflicts."""
    return {
        key.removeprefix(CHOICE): Choice(value)
        for key, value in request.POST.items()
        if key.startswith(CHOICE) and isinstance(value, str) and value in set(Choice)
    }
