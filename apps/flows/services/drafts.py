"""The draft of a flow: changed by whoever may, kept with every change, published as one version.

Each change says which node its author looked at. Where the draft went on meanwhile both changes are merged, and what both
changed differently is told to the second author instead of being lost; the same happens when another version went live.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.flows.engine.content import STEPS, FlowContent, merge_contents, read_content, same_content, step_name
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.edits import Edit, EditError
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.rebase import Choice, PlacedConflict
from apps.flows.models import DraftNode, Flow, FlowDraft, FlowVersion
from apps.flows.services.bases import own_lines, pinned_base, with_own_steps
from apps.flows.services.publish import find_problems, hold_flow, place_lines, propose, publish
from apps.flows.services.walk_session import MissingRoleError

MOST_NODES = 200
_ONE_CHANGE = timedelta(seconds=10)  # what one person types within it is undone as one
_CANNOT_BE = (LayerError, DefinitionError, MissingRoleError, ValidationError, KeyError)

Choices = Mapping[str, Choice]


class NothingToUndoError(ValueError):
    """There is no change to take back, or none to bring back."""


class DraftConflictError(ValueError):
    """Two people changed the same thing differently; `conflicts` are all of them, theirs by `by` at `at`. Nothing is changed."""

    def __init__(self, conflicts: tuple[PlacedConflict, ...], by: str, at: datetime | None) -> None:
        super().__init__(_("%(person)s has changed the same meanwhile: choose what is to hold.") % {"person": by})
        self.conflicts, self.by, self.at = conflicts, by, at


@dataclass(frozen=True, slots=True)
class DraftProblem:
    """Why a draft cannot be published. `place` is a place of lines with `target`, or "steps" with the step's name and its `key`."""

    place: str
    target: str
    key: str
    message: str
    column: int | None = None


@dataclass(frozen=True, slots=True)
class OpenedDraft:
    """A draft as it stands: `node` with its content, what can be undone and redone, and how many changes are not live."""

    draft: FlowDraft
    node: DraftNode
    can_undo: bool
    can_redo: bool

    @property
    def content(self) -> FlowContent:
        """The definition and the customer's lines."""
        return read_content(self.node.content)

    @property
    def seen(self) -> int:
        """What the next change says that it was made from."""
        return self.draft.standing


def open_draft(flow: Flow, *, by: str) -> OpenedDraft:
    """Return a flow's draft, begun from what is live where there is none.

    Raises:
        EditError: nothing is live yet.

    """
    with transaction.atomic():
        return _opened(_held(flow, by))


def find_draft(flow: Flow) -> OpenedDraft | None:
    """Return a flow's draft where one was begun."""
    draft = FlowDraft.objects.filter(flow=flow).select_related("started_from").first()
    if draft is None:
        return None
    draft.flow = flow
    return _opened(draft)


def edit_draft(flow: Flow, edit: Edit, *, seen: int, by: str, choices: Choices | None = None) -> OpenedDraft:
    """Make one change to a draft that was looked at as node `seen`. `choices` decide conflicts by their names.

    Raises:
        EditError: the change cannot be; nothing is changed.
        DraftConflictError: somebody changed the same meanwhile; nothing is changed.

    """
    with transaction.atomic():
        draft = _held(flow, by)
        now = _node(draft, draft.standing)
        current, looked_at = read_content(now.content), DraftNode.objects.filter(draft=draft, number=seen).first()
        if looked_at is None:
            raise EditError(_("The draft was begun anew or went on for long: load the page again, then change it."))
        start = read_content(looked_at.content)
        ours = edit.apply(start)
        if same_content(ours, start):
            return _opened(draft)
        merged = merge_contents(start, ours, current, choices)
        if merged.conflicts:
            raise DraftConflictError(merged.conflicts, now.made_by, now.made_at)
        _add(draft, now, merged.content, edit.words, by)
        return _opened(draft)


def undo_draft(flow: Flow, *, by: str) -> OpenedDraft:
    """Take the last change of a draft back, whoever made it. Raises NothingToUndoError."""
    with transaction.atomic():
        draft = _held(flow, by)
        node = _node(draft, draft.standing)
        if node.before is None or not _can_undo(node):
            raise NothingToUndoError(_("There is no change to take back."))
        draft.standing = node.before
        draft.save(update_fields=["standing"])
        return _opened(draft)


def redo_draft(flow: Flow, *, by: str) -> OpenedDraft:
    """Bring the change back that was taken back last. Raises NothingToUndoError."""
    with transaction.atomic():
        draft = _held(flow, by)
        node = _next(draft)
        if node is None:
            raise NothingToUndoError(_("There is no change to bring back."))
        draft.standing = node.number
        draft.save(update_fields=["standing"])
        return _opened(draft)


def discard_draft(flow: Flow) -> None:
    """Throw a flow's draft away, with its history."""
    FlowDraft.objects.filter(flow=flow).delete()


def bring_up_to_date(flow: Flow, *, by: str, choices: Choices | None = None) -> OpenedDraft:
    """Put a draft's changes onto what is live now, where another version went live since it was begun.

    Raises:
        DraftConflictError: both changed the same; nothing is changed.

    """
    with transaction.atomic():
        draft = _held(flow, by)
        live = draft.flow.live_version
        if live is None or draft.started_from_id == live.id:
            return _opened(draft)
        node = _node(draft, draft.standing)
        start, ours, theirs = content_of(draft.started_from), read_content(node.content), content_of(live)
        merged = merge_contents(start, ours, theirs, choices)
        if merged.conflicts:
            raise DraftConflictError(merged.conflicts, live.published_by, live.published_at)
        draft.started_from = live
        draft.save(update_fields=["started_from"])
        # What was before stood on another version: going back to it would take that version's changes back too.
        _add(draft, node, merged.content, f"Brought onto version {live.number}", by, first=True)
        return _opened(draft)


def publish_draft(flow: Flow, *, by: str, note: str = "", live: bool = True, despite: str = "") -> FlowVersion:
    """Make a version of a draft, live at once or only proposed, and end the draft; `despite` as for `publish`.

    Raises:
        EditError: there is no draft, or it changes nothing.
        DraftConflictError: another version went live meanwhile and changed the same.
        MappingError, LayerError, DefinitionError, MissingRoleError, ValidationError: see `draft_problems`; nothing is made.

    """
    with transaction.atomic():
        if not FlowDraft.objects.filter(flow=flow).exists():
            raise EditError(_("There is no draft to publish."))
        content = bring_up_to_date(flow, by=by).content
        held = hold_flow(flow)
        if held.live_version is not None and same_content(content, content_of(held.live_version)):
            raise EditError(_("The draft changes nothing: there is nothing to publish."))
        parts: dict[str, Any] = {"note": note, "own": content.lines, "definition": content.definition}
        made = publish(flow, published_by=by, despite=despite, **parts) if live else propose(flow, made_by=by, **parts)
        discard_draft(flow)
    return made


def draft_version(opened: OpenedDraft) -> FlowVersion:
    """Return the version that a draft would become, unsaved, for looking at and trying.

    Raises LayerError, DefinitionError, MissingRoleError, ValidationError where it cannot be made.
    """
    draft, content = opened.draft, opened.content
    started = draft.started_from
    base = with_own_steps(draft.flow, pinned_base(started), content.definition, started)
    return FlowVersion(
        flow=draft.flow,
        customer_id=draft.customer_id,
        number=started.number + 1,
        definition=dict(content.definition),
        layers=place_lines(base, content.lines),
        template_version=started.template_version,
        made_at=opened.node.made_at,
    )


def draft_problems(opened: OpenedDraft) -> list[DraftProblem]:
    """Return everything that keeps a draft from being published; [] when it can be."""
    try:
        version = draft_version(opened)
    except DefinitionError as wrong:
        return [_step_problem(opened.content, wrong)]
    except _CANNOT_BE as wrong:
        return [DraftProblem(STEPS, "", "", _sentence(wrong))]
    try:
        return [
            DraftProblem(place, problem.target, "", problem.message, problem.column)
            for place, problem in find_problems(opened.draft.flow, version)
        ]
    except (*_CANNOT_BE, MappingError) as wrong:
        return [DraftProblem(STEPS, "", "", _sentence(wrong))]


def content_of(version: FlowVersion) -> FlowContent:
    """Return what a person edits of a version."""
    return FlowContent(version.definition, {name: lines for name, lines in own_lines(version).items() if lines})


def _step_problem(content: FlowContent, wrong: DefinitionError) -> DraftProblem:
    root, _dot, rest = wrong.path.partition(".")
    number, _dot, key = rest.partition(".")
    if root == "steps" and number.isdigit() and int(number) < len(content.steps):
        return DraftProblem(STEPS, step_name(content.steps[int(number)]), key, wrong.message)
    return DraftProblem(STEPS, "", wrong.path, wrong.message)


def _sentence(wrong: Exception) -> str:
    if isinstance(wrong, ValidationError):
        return " ".join(wrong.messages)
    return str(wrong.args[0]) if wrong.args else str(wrong)


def _held(flow: Flow, by: str) -> FlowDraft:
    """Return the draft of a flow, begun where there is none; nobody else changes it until the transaction ends."""
    held = hold_flow(flow)
    held.source, held.target = flow.source, flow.target
    draft = FlowDraft.objects.select_related("started_from").filter(flow=held).first()
    if draft is None:
        live = held.live_version
        if live is None:
            raise EditError(_("Nothing is published yet: publish the flow first."))
        now = timezone.now()
        draft = FlowDraft.objects.create(
            flow=held, customer_id=held.customer_id, started_from=live, begun_at=now, begun_by=by[:200]
        )
        _save_node(draft, 0, None, content_of(live), "Begun", by)
    draft.flow = held
    draft.started_from.flow = held
    return draft


def _node(draft: FlowDraft, number: int) -> DraftNode:
    return DraftNode.objects.get(draft=draft, number=number)


def _next(draft: FlowDraft) -> DraftNode | None:
    return DraftNode.objects.filter(draft=draft, before=draft.standing).order_by("-number").first()


def _opened(draft: FlowDraft) -> OpenedDraft:
    node = _node(draft, draft.standing)
    return OpenedDraft(draft, node, can_undo=_can_undo(node), can_redo=_next(draft) is not None)


def _can_undo(node: DraftNode) -> bool:
    if node.before is None:
        return False
    return DraftNode.objects.filter(draft_id=node.draft_id, number=node.before).exists()


def _add(draft: FlowDraft, node: DraftNode, content: FlowContent, words: str, by: str, *, first: bool = False) -> None:
    """Put the draft onto a new node; what one person goes on typing is undone as one change."""
    last = DraftNode.objects.filter(draft=draft).order_by("-number").values_list("number", flat=True)[0]
    goes_on = (
        node.before is not None
        and node.number == last
        and (node.words, node.made_by) == (words[:300], by[:200])
        and timezone.now() - node.made_at < _ONE_CHANGE
    )
    before = None if first else node.before if goes_on else node.number
    _save_node(draft, last + 1, before, content, words, by)
    draft.standing = last + 1
    draft.save(update_fields=["standing"])
    DraftNode.objects.filter(draft=draft, number__lte=last + 1 - MOST_NODES).delete()


def _save_node(draft: FlowDraft, number: int, before: int | None, content: FlowContent, words: str, by: str) -> None:
    DraftNode.objects.create(
        draft=draft,
        customer_id=draft.customer_id,
        number=number,
        before=before,
        content=content.to_json(),
        words=words[:300],
        made_at=timezone.now(),
        made_by=by[:200],
    )
