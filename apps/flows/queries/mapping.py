"""Reading a flow's mapping: every line with its origin and what it makes of the latest record, and trying a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.connectors.canonical.values import plain_text
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import DefinitionError
from apps.flows.mapping.compile import Field, line_words
from apps.flows.mapping.compiled import CompiledLine, LineProblem, MappingError
from apps.flows.mapping.explain import ExplainedLine, explain
from apps.flows.mapping.layers import LayeredLine, LayerError, LineChange, parse_layer, write_layer
from apps.flows.mapping.line_plan import stored_changes
from apps.flows.mapping.places import DELIVERY, read_places, write_places
from apps.flows.models import Flow, FlowVersion
from apps.flows.queries.mapped_places import MappedPlace, get_place, list_places
from apps.flows.queries.studio_samples import Sample, SampleChoice
from apps.flows.queries.studio_samples import latest_sample as latest_kept
from apps.flows.queries.unknown_values import NO_GAPS, ValueGaps, list_value_gaps
from apps.flows.services.bases import own_lines
from apps.flows.services.session import compile_version
from apps.flows.services.walk_session import MissingRoleError

SAMPLE_LENGTH = 120


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One line of the mapping table. `sample` is "" without a sample; `source` is the canonical field in words."""

    target: str
    label: str
    source: str
    how: str
    origin: str
    sample: str
    problem: str
    required: bool
    write_mode: str


@dataclass(frozen=True, slots=True)
class ValueTable:
    """The translations of one line, as (from, to); `otherwise` is what unknown values become, "" : they are refused."""

    target: str
    label: str
    pairs: list[tuple[str, str]]
    otherwise: str
    gaps: ValueGaps = NO_GAPS


@dataclass(frozen=True, slots=True)
class StepTable:
    """The mapping that one step of a walking flow delivers with. `mapped_by` titles the step that makes its records."""

    name: str
    label: str
    system: str
    rows: list[MappingRow]
    unfilled: list[Field]
    mapped_by: str = ""


@dataclass(frozen=True, slots=True)
class MappingTable:
    """A published mapping. `problems` are sentences when it does not compile any more; `unfilled` no line fills."""

    rows: list[MappingRow]
    reading: list[MappingRow]
    values: list[ValueTable]
    unfilled: list[Field]
    sample: SampleChoice | None
    problems: list[str]
    steps: list[StepTable] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EditedLine:
    """A line as it is in `version`, below the customer's layer (None: there is none), and what it may be filled from.

    `writes` False: it makes a canonical record of what was read.
    """

    line: MappingLine
    lower: MappingLine | None
    origin: str
    label: str
    sources: list[tuple[str, str]]
    kind: str
    choices: tuple[str, ...]
    version: int
    place: str = DELIVERY
    writes: bool = True

    @property
    def is_changed_here(self) -> bool:
        """True when the customer's layer touches the line, so that it can be reset."""
        return self.origin == "customer"


@dataclass(frozen=True, slots=True)
class TriedLine:
    """What a changed line would make of the sample: `value` or `problem`; `sample` "" when nothing was read yet."""

    value: str
    problem: str
    sample: str
    others: tuple[str, ...] = ()


def get_mapping_table(flow: Flow, *, with_gaps: bool = False) -> MappingTable:
    """Return the live version's mapping with samples of the latest record, and with what its tables do not know."""
    version = flow.live_version
    if version is None:
        return MappingTable([], [], [], [], None, ["Nothing is published yet."])
    version.flow = flow
    try:
        reading, *writing = list_places(version)
    except (DefinitionError, LayerError, KeyError, MissingRoleError) as error:
        return MappingTable([], [], [], [], None, _sentences(error))
    sample = latest_kept(flow)
    problems = [one for place in (reading, *writing) for some in place.survey.problems.values() for one in some]
    delivery = next((place for place in writing if place.name == DELIVERY), None)
    gaps = (
        list_value_gaps(flow, compile_version(version, flow.source, flow.target)) if with_gaps and not problems else {}
    )
    return MappingTable(
        rows=_rows(delivery, reading, sample) if delivery else [],
        reading=_rows(reading, reading, sample),
        values=_tables(delivery, gaps) if delivery else [],
        unfilled=unfilled_fields(delivery) if delivery else [],
        sample=sample.choice if sample else None,
        problems=problem_sentences(problems),
        steps=[_step_table(place, reading, sample) for place in writing if place.step],
    )


def _step_table(place: MappedPlace, reading: MappedPlace, sample: Sample | None) -> StepTable:
    rows = _rows(place, reading, sample)
    return StepTable(place.name, place.label, place.connection.name, rows, unfilled_fields(place), place.mapped_by)


def unfilled_fields(place: MappedPlace) -> list[Field]:
    """Return the fields of a place that no line fills."""
    filled = {layered.line.target for layered in place.lines}
    return [spec for spec in place.targets if spec.name not in filled]


def _tables(delivery: MappedPlace, gaps: Mapping[str, ValueGaps]) -> list[ValueTable]:
    compiled = delivery.survey.compiled.lines
    return [_table(line, gaps.get(line.target, NO_GAPS)) for line in compiled if line.line.value_map is not None]


def _rows(place: MappedPlace, reading: MappedPlace, sample: Sample | None) -> list[MappingRow]:
    """Return one row for each line: what it makes of the sample, or what is wrong with it."""
    values = sample.values_at(reading, place) if sample else {}
    explained = {row.target: row for row in explain(place.survey.compiled, values)}
    return [_row(place, layered, explained.get(layered.line.target), tried=bool(values)) for layered in place.lines]


def _row(place: MappedPlace, layered: LayeredLine, row: ExplainedLine | None, *, tried: bool) -> MappingRow:
    line, spec = layered.line, place.field_named(layered.line.target)
    wrong = [problem.message for problem in place.problems_of(line.target)]
    if row is not None and row.problem is not None and tried:
        wrong.append(row.problem.message.replace("{source}", place.connection.name))
    root = line.source.partition(".")[0]
    described = next((one for one in place.sources if one.name in (line.source, root)), None) if line.source else None
    return MappingRow(
        target=line.target,
        label=line.label or (spec.label if spec else "") or line.target,
        source=(described.label if described else "") or ("Expression" if line.expression else ""),
        how=line_words(line),
        origin=layered.origin,
        sample=_shown(row.value) if row and tried else "",
        problem=" ".join(wrong),
        required=line.required or bool(spec and spec.required),
        write_mode=line.write_mode.value,
    )


def get_value_table(flow: Flow, target: str, *, with_gaps: bool) -> ValueTable | None:
    """Return one table of the live version's mapping; None when the line has none, or nothing is published.

    Raises MappingError, DefinitionError, KeyError when the mapping cannot be read any more.
    """
    if flow.live_version is None:
        return None
    flow.live_version.flow = flow
    pinned = compile_version(flow.live_version, flow.source, flow.target)
    line = next((line for line in pinned.delivery.lines if line.target == target), None)
    if line is None or line.line.value_map is None:
        return None
    gaps = list_value_gaps(flow, pinned) if with_gaps else {}
    return _table(line, gaps.get(target, NO_GAPS))


def _table(line: CompiledLine, gaps: ValueGaps) -> ValueTable:
    pairs = sorted((plain_text(key), plain_text(value)) for key, value in (line.line.value_map or {}).items())
    return ValueTable(line.target, line.label, pairs, _plain(line.line.value_map_default), gaps)


def _plain(value: Any) -> str:
    return "" if value is None else plain_text(value)


def _shown(value: Any) -> str:
    text = _plain(value)
    return f"{text[:SAMPLE_LENGTH]}…" if len(text) > SAMPLE_LENGTH else text


def _sentences(error: Exception) -> list[str]:
    if isinstance(error, MappingError):
        return problem_sentences(error.problems)
    return [str(error.args[0]) if error.args else str(error)]


def problem_sentences(problems: Sequence[LineProblem]) -> list[str]:
    """Return the compiler's sentences as people read them: the field first, the place in an expression last."""
    return [
        f"{f'{problem.target}: ' if problem.target else ''}{problem.message}"
        + (f" (at character {problem.column})" if problem.column else "")
        for problem in problems
    ]


def get_edited_line(flow: Flow, target: str, place: str = DELIVERY) -> EditedLine | None:
    """Return a line of a place to be edited; None when there is no such place or field, or nothing is published.

    Raises DefinitionError, LayerError, KeyError, MissingRoleError when the version cannot be read any more.
    """
    version = flow.live_version
    if version is None:
        return None
    version.flow = flow
    here = get_place(version, place)
    return edited_line(here, target, version.number) if here else None


def edited_line(here: MappedPlace, target: str, seen: int) -> EditedLine | None:
    """Return one line of a place to be edited, None when there is neither a field nor a line of that name.

    `seen` is the number of what the line was looked at in.
    """
    layered, spec = here.line(target), here.field_named(target)
    if layered is None and spec is None:
        return None
    return EditedLine(
        line=layered.line if layered else MappingLine(target=target),
        lower=here.line_below(target),
        origin=layered.origin if layered else "",
        label=(layered.line.label if layered else "") or (spec.label if spec else "") or target,
        sources=[(known.name, known.label or known.name) for known in here.sources],
        kind=spec.kind.value.replace("_", " ") if spec else "",
        choices=spec.choices if spec else (),
        version=seen,
        place=here.name,
        writes=not here.is_reading,
    )


def changes_for(edited: EditedLine, wanted: MappingLine) -> dict[str, Any]:
    """Return what the customer's layer must store so that the line becomes `wanted`; {} when it is as below."""
    return stored_changes(edited.lower, wanted) or {}


def try_line(flow: Flow, target: str, changes: Mapping[str, Any], place: str = DELIVERY) -> TriedLine:
    """Compile the flow as if the line were changed, and apply it to the latest record.

    Raises:
        MappingError, LayerError: the line cannot be.

    """
    places = list_places(trial_version(flow, target, changes, place))
    problems = [problem for one in places for some in one.survey.problems.values() for problem in some]
    if problems:
        raise MappingError(problems)
    here = next((one for one in places if one.name == place), None)
    sample = latest_kept(flow)
    if sample is None or here is None:
        return TriedLine("", "", "")
    explained = explain(here.survey.compiled, sample.values_at(places[0], here))
    row = next((one for one in explained if one.target == target), None)
    if row is None:
        return TriedLine("", "", sample.choice.label)
    problem = row.problem.message.replace("{source}", flow.source.name) if row.problem else ""
    return TriedLine(_shown(row.value), problem, sample.choice.label)


def trial_version(flow: Flow, target: str, changes: Mapping[str, Any], place: str = DELIVERY) -> FlowVersion:
    """Return the version that a changed line of a place would make, not stored. Raises LayerError."""
    live = flow.live_version
    if live is None:
        raise LayerError("Nothing is published yet.")
    places = read_places(live.layers)
    if place not in places:
        raise LayerError(f"{place}: this flow maps nothing there")
    kept = [line for line in own_lines(live).get(place, ()) if line["target"] != target]
    lines = [*kept, *write_layer([LineChange(target, dict(changes))])] if changes else kept
    parse_layer(lines)
    return FlowVersion(
        flow=flow,
        customer_id=flow.customer_id,
        number=live.number + 1,
        definition=live.definition,
        template_version=live.template_version,
        layers=write_places({**places, place: places[place].with_customer(lines)}),
    )
