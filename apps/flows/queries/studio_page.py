"""What the mapping studio works on: the draft where one was begun, else what is live; the chosen place, sample and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import DefinitionError
from apps.flows.mapping.bulk import ChosenLine
from apps.flows.mapping.compiled import LineProblem
from apps.flows.mapping.explain import explain
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.line_plan import Changes, LinePlan
from apps.flows.mapping.places import READING, read_places, write_places
from apps.flows.mapping.suggest import Suggestion
from apps.flows.mapping.survey import Stage, trace_line
from apps.flows.models import Flow, FlowVersion
from apps.flows.queries.mapped_places import MappedPlace, list_places
from apps.flows.queries.mapping import EditedLine, edited_line
from apps.flows.queries.studio import suggestions_for
from apps.flows.queries.studio_samples import Sample, get_sample, latest_sample, shown
from apps.flows.services.bases import own_lines
from apps.flows.services.drafts import OpenedDraft, draft_version, find_draft
from apps.flows.services.walk_session import MissingRoleError


class UnreadableError(ValueError):
    """The mapping cannot be shown; the message says what to do first."""


@dataclass(frozen=True, slots=True)
class Studio:
    """A flow's mapping as it is being changed. `opened` None: no draft was begun, and `version` is the live one."""

    flow: Flow
    opened: OpenedDraft | None
    version: FlowVersion
    live: FlowVersion
    places: Sequence[MappedPlace]

    @property
    def seen(self) -> int:
        """The node of the draft that is looked at; 0 where none was begun."""
        return self.opened.seen if self.opened else 0

    @property
    def started(self) -> int:
        """The number of the version that the draft stands on."""
        return self.opened.draft.started_from.number if self.opened else self.live.number

    @property
    def writing(self) -> Sequence[MappedPlace]:
        """The places at which the flow writes."""
        return [place for place in self.places if place.name != READING]

    def place(self, name: str) -> MappedPlace | None:
        """Return a place by its name."""
        return next((place for place in self.places if place.name == name), None)

    def edited(self, place: MappedPlace, target: str) -> EditedLine | None:
        """Return a line to be edited; None when the place has neither such a field nor such a line."""
        return edited_line(place, target, self.seen)


@dataclass(frozen=True, slots=True)
class TriedStage:
    """One stage of a line on the sample, as it is shown."""

    words: str
    value: str
    problem: str


@dataclass(frozen=True, slots=True)
class TriedOne:
    """What a line makes of the sample as it is typed. `problems` are what is wrong with it, sample or not."""

    stages: Sequence[TriedStage]
    value: str
    problems: Sequence[LineProblem]
    refusal: str
    has_sample: bool


def open_studio(flow: Flow) -> Studio:
    """Return the draft of a flow, or what is live. Raises UnreadableError."""
    live = flow.live_version
    if live is None:
        raise UnreadableError(_("Nothing is published yet: publish the flow first."))
    live.flow = flow
    opened = find_draft(flow)
    try:
        if opened is not None:
            opened.draft.started_from.flow = flow
        version = draft_version(opened) if opened else live
        version.flow = flow
        return Studio(flow, opened, version, live, list_places(version))
    except (DefinitionError, LayerError, MissingRoleError, ValidationError, KeyError) as wrong:
        reason = str(wrong.args[0]) if wrong.args else str(wrong)
        sentence = _("The steps of this flow do not hold together just now, so its mapping cannot be shown: %(reason)s")
        raise UnreadableError(sentence % {"reason": reason}) from wrong


def sample_of(flow: Flow, token: str) -> Sample | None:
    """Return the chosen sample, the newest without a choice; None where there is none (any more)."""
    return get_sample(flow, token) if token else latest_sample(flow)


def version_with(studio: Studio, changes: Mapping[str, Mapping[str, Changes]]) -> FlowVersion:
    """Return the version with other own lines, by place and target, unsaved. Raises LayerError."""
    places, own = read_places(studio.version.layers), own_lines(studio.version)
    for name, lines in changes.items():
        kept = [line for line in own.get(name, ()) if line["target"] not in lines]
        kept += [{"target": target, **stored} for target, stored in lines.items() if stored is not None]
        places[name] = places[name].with_customer(kept)
    version = studio.version
    return FlowVersion(
        flow=studio.flow,
        customer_id=studio.flow.customer_id,
        number=version.number,
        definition=version.definition,
        template_version=version.template_version,
        layers=write_places(places),
    )


def try_changes(studio: Studio, place: str, target: str, changes: Changes, sample: Sample | None) -> TriedOne:
    """Return what a changed line makes of the sample, with everything that is wrong with it. Raises LayerError."""
    places = list_places(version_with(studio, {place: {target: changes}}))
    here = next(one for one in places if one.name == place)
    layered, problems = here.line(target), here.problems_of(target)
    if sample is None or layered is None:
        return TriedOne((), "", problems, "", has_sample=sample is not None)
    values = sample.values_at(places[0], here)
    stages = [_stage(stage, layered.line) for stage in trace_line(layered.line, values, here.settings)]
    row = next((one for one in explain(here.survey.compiled, values) if one.target == target), None)
    refusal = row.problem.message.replace("{source}", here.connection.name) if row and row.problem else ""
    return TriedOne(stages, shown(row.value) if row else "", problems, refusal, has_sample=True)


def _stage(stage: Stage, line: MappingLine) -> TriedStage:
    words = {"source": line.source or _("calculated"), "table": _("table of values")}.get(stage.written, stage.written)
    return TriedStage(str(words), shown(stage.value), stage.problem)


def chosen_lines(studio: Studio, ticked: Sequence[str]) -> dict[str, list[ChosenLine]]:
    """Return the ticked fields ("place:target") with their lines, by place; what is not there any more is left out."""
    chosen: dict[str, list[ChosenLine]] = {}
    suggestions: dict[str, Mapping[str, tuple[Suggestion, ...]]] = {}
    for entry in dict.fromkeys(ticked):
        name, _colon, target = entry.partition(":")
        place = studio.place(name)
        if place is None or (place.line(target) is None and place.field_named(target) is None):
            continue
        if name not in suggestions:
            suggestions[name] = suggestions_for(place)
        first = next(iter(suggestions[name].get(target, ())), None)
        layered = place.line(target)
        chosen.setdefault(name, []).append(
            ChosenLine(
                target, layered.line if layered else None, place.line_below(target), first.source if first else ""
            )
        )
    return chosen


def hold_against_compiler(studio: Studio, place: MappedPlace, plan: LinePlan) -> LinePlan:
    """Return a plan without the lines that would not compile; each is refused for the compiler's reason."""
    for _attempt in range(2):  # the second time for what only the refusal of others brought to light
        here = next(
            one for one in list_places(version_with(studio, {place.name: plan.edit()})) if one.name == place.name
        )
        planned = {line.target for line in plan.lines}
        reasons = {
            target: "; ".join(problem.message for problem in problems)
            for target, problems in here.survey.problems.items()
            if target in planned
        }
        if not reasons:
            break
        plan = plan.without(reasons)
    return plan
