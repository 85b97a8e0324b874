"""A flow's draft as its editor shows it: every step with what is wrong in it, what is chosen, and how much is not live yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.flows.engine.content import FlowContent, read_content, step_name
from apps.flows.engine.definition import FlowDefinition, is_straight
from apps.flows.engine.definition_problems import StepProblem, examine
from apps.flows.engine.edits import PARTS
from apps.flows.engine.step_forms.fields import CHECK, KIND_SENTENCES, OPTIONS, fields_of, fields_of_whole
from apps.flows.engine.step_forms.shapes import StepField
from apps.flows.models import DraftNode, Flow, FlowVersion
from apps.flows.queries.flow_picture import PicturedStep, ways_of
from apps.flows.queries.step_changes import step_changes
from apps.flows.queries.step_choices import StepChoices
from apps.flows.queries.step_words import kind_title, step_icon, step_words
from apps.flows.services.drafts import OpenedDraft, content_of, draft_problems, find_draft

READING_STEP, CHECK_STEP = "extract", "check"  # what every flow begins with
_FIXED = (READING_STEP, CHECK_STEP)
_STILL_THERE = timedelta(minutes=10)
Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DraftStanding:
    """A draft, or what is live where nobody has begun one, with what the page says about it."""

    content: FlowContent
    seen: int
    live: FlowVersion
    opened: OpenedDraft | None
    changes: int
    other: str  # who else is at it, "" for nobody

    @property
    def is_behind(self) -> bool:
        """True when another version went live since the draft was begun."""
        return self.opened is not None and self.opened.draft.started_from_id != self.live.id

    @property
    def key(self) -> str:
        """Which draft it is, "" where nobody has begun one: its nodes count from 0 anew when another is begun."""
        return str(self.opened.draft.id) if self.opened else ""

    @property
    def saved_at(self) -> datetime | None:
        """When the last change was kept, None without a draft."""
        return self.opened.node.made_at if self.opened else None


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A kind of step that can be added."""

    kind: str
    title: str
    sentence: str
    icon: str


@dataclass(frozen=True, slots=True)
class ChosenStep:
    """The step whose form is shown. `note` says what it is where there is nothing, or little, to fill in."""

    name: str
    title: str
    icon: str
    sentence: str
    note: str
    fields: Sequence[StepField]
    stored: Mapping[str, Any]
    can_move_up: bool = False
    can_move_down: bool = False
    is_own: bool = False  # it can be moved, copied and taken away
    maps: bool = False  # what it fills is in the mapping


def get_standing(flow: Flow, *, by: str, now: datetime) -> DraftStanding | None:
    """Return how a flow's draft stands, None while nothing is live."""
    live, opened = flow.live_version, find_draft(flow)
    if live is None:
        return None
    if opened is None:
        return DraftStanding(content_of(live), 0, live, None, 0, "")
    node = opened.node
    other = node.made_by if node.before is not None and node.made_by != by and now - node.made_at < _STILL_THERE else ""
    content = opened.content
    return DraftStanding(content, opened.seen, live, opened, count_changes(content_of(live), content), other)


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody looked at: node `seen` of the draft `key`, while version `live` was live; "" no draft was begun then."""

    key: str
    seen: int
    live: int


def content_seen(flow: Flow, looked: Looked) -> FlowContent | None:
    """Return what somebody looked at; None when it is not kept any more, or belongs to another draft."""
    opened, live = find_draft(flow), flow.live_version
    if opened is None:
        unchanged = live is not None and not looked.key and looked.seen == 0 and live.number == looked.live
        return content_of(live) if live is not None and unchanged else None
    began = not looked.key and opened.draft.started_from.number == looked.live
    if not began and looked.key != str(opened.draft.id):
        return None
    node = DraftNode.objects.filter(draft=opened.draft, number=looked.seen).first()
    return read_content(node.content) if node else None


def count_changes(before: FlowContent, after: FlowContent) -> int:
    """Return how many things differ: keys of steps, steps, parts of the flow, lines."""
    lines = [
        {(place, line["target"]): line for place, kept in one.lines.items() for line in kept} for one in (before, after)
    ]
    parts = [key for key in PARTS if before.definition.get(key) != after.definition.get(key)]
    changed = [where for where in {**lines[0], **lines[1]} if lines[0].get(where) != lines[1].get(where)]
    return len(list(step_changes(before.steps, after.steps))) + len(parts) + len(changed)


def list_draft_problems(standing: DraftStanding) -> list[StepProblem]:
    """Return everything that keeps a draft from being published: in its steps first; in its lines once the steps are right."""
    problems, _definition = examine(standing.content.definition)
    if problems or standing.opened is None:
        return problems
    found = []
    for one in draft_problems(standing.opened):
        is_step = one.place == "steps"
        message = one.message if is_step else f"{one.target}: {one.message}"
        found.append(StepProblem(one.target if is_step else one.place, one.key, message))
    return found


def picture_steps(flow: Flow, content: FlowContent, problems: Sequence[StepProblem], chosen: str) -> list[PicturedStep]:
    """Return the steps of a draft as a picture in which each can be gone to."""
    _problems, definition = examine(content.definition)
    page = reverse("flows:flow-edit", args=[flow.id])
    pictured = []
    for step in content.steps:
        name = step_name(step)
        words, ways = _words(flow, step, definition)
        wrong = sum(problem.step == name or (name == READING_STEP and not problem.step) for problem in problems)
        pictured.append(
            PicturedStep(
                str(step.get("kind")),
                _title(step),
                words,
                step_icon(str(step.get("kind"))),
                [],
                None,
                name,
                ways,
                url=f"{page}?{urlencode({'step': name})}",
                is_current=name == chosen,
                problems=wrong,
            )
        )
    return pictured


def _words(flow: Flow, step: Stored, definition: FlowDefinition | None) -> tuple[str, list[Any]]:
    name = step_name(step)
    known = None
    if definition is not None:
        known = definition.step_named(name) or (
            definition.step(name) if name in _FIXED or not definition.walks else None
        )
    if known is None or definition is None or known.kind != step.get("kind"):
        return _("to be filled in"), []
    words = step_words(known, flow.source.name, flow.target.name, definition)
    return words, ways_of(known, definition)


def _title(step: Stored) -> str:
    return str(step.get("title") or kind_title(str(step.get("kind"))))


def choose_step(content: FlowContent, name: str) -> ChosenStep:
    """Return the step called `name`, the reading of records where there is none such."""
    steps, straight = content.steps, is_straight(content.steps)
    places = {step_name(step): place for place, step in enumerate(steps)}
    place = places.get(name, 0)
    step = steps[place]
    kind, found = str(step.get("kind")), step_name(step)
    if found == READING_STEP:
        return ChosenStep(
            found, _title(step), step_icon(kind), _("Which records this flow takes, and how."), _whole_note(straight=straight),
            fields_of_whole(walks=not straight), _whole(content),
        )  # fmt: skip
    if found == CHECK_STEP:
        sentence = _("What every record must hold before anything leaves.")
        return ChosenStep(found, _title(step), step_icon(kind), sentence, "", CHECK, step)
    if straight or kind not in OPTIONS:
        return ChosenStep(found, _title(step), step_icon(kind), "", _straight_note(), (), step, maps=True)
    return ChosenStep(
        found, _title(step), step_icon(kind), _(KIND_SENTENCES[kind]), "", fields_of(kind), step,
        can_move_up=place > len(_FIXED), can_move_down=place < len(steps) - 1, is_own=True, maps=kind == "deliver",
    )  # fmt: skip


def _whole(content: FlowContent) -> dict[str, Any]:
    definition = content.definition
    chosen = definition.get("filter")
    inner = {f"filter.{key}": value for key, value in chosen.items()} if isinstance(chosen, Mapping) else {}
    return {**inner, **{key: definition[key] for key in ("batch_size", "on_failure") if key in definition}}


def _whole_note(*, straight: bool) -> str:
    if not straight:
        return ""
    return _(
        "This flow moves its records in batches, always by the same four steps: so many at once need no more. "
        "What can be changed is which records it takes, how many at once, and what it checks."
    )


def _straight_note() -> str:
    return _("There is nothing to set here: what it fills, and how, is in the mapping.")


def choices_for(flow: Flow, content: FlowContent, chosen: ChosenStep) -> StepChoices:
    """Return what the chosen step's keys may be chosen from."""
    step = next((one for one in content.steps if step_name(one) == chosen.name), {})
    return StepChoices(flow, content, step)


def list_kinds() -> list[KindChoice]:
    """Return every kind of step that can be added, each with a sentence."""
    return [
        KindChoice(kind, kind_title(kind), _(sentence), step_icon(kind)) for kind, sentence in KIND_SENTENCES.items()
    ]


def step_titles_of(content: FlowContent) -> dict[str, str]:
    """Return what people call the steps of a draft, by name."""
    return {step_name(step): _title(step) for step in content.steps}
