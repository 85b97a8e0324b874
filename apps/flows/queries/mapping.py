"""Reading a flow's mapping: every line with its origin and what it makes of the latest record, and trying a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.connectors.canonical.values import plain_text
from apps.connectors.contract import SourceRecord
from apps.connectors.manifest import FieldSpec, MappingLine
from apps.flows.engine.definition import DefinitionError, parse_definition
from apps.flows.engine.flow import merge_delivery
from apps.flows.mapping.compile import CompiledLine, LineProblem, MappingError
from apps.flows.mapping.explain import ExplainedLine, explain
from apps.flows.mapping.layers import LayerError, LineChange, build_difference, parse_layer, write_layer
from apps.flows.mapping.places import DELIVERY, read_places, write_places
from apps.flows.models import Flow, FlowVersion, Operation
from apps.flows.queries.unknown_values import NO_GAPS, ValueGaps, list_value_gaps
from apps.flows.services.bases import own_lines
from apps.flows.services.evidence import records_of
from apps.flows.services.publish import layered_lines
from apps.flows.services.session import PinnedFlow, compile_version, objects_of

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
class MappingTable:
    """A published mapping. `problems` are sentences when it does not compile any more; `unfilled` no line fills."""

    rows: list[MappingRow]
    reading: list[MappingRow]
    values: list[ValueTable]
    unfilled: list[FieldSpec]
    sample: Operation | None
    problems: list[str]


@dataclass(frozen=True, slots=True)
class EditedLine:
    """A line as it is in `version`, below the customer's layer (None: there is none), and what it may be filled from."""

    line: MappingLine
    lower: MappingLine | None
    origin: str
    label: str
    sources: list[tuple[str, str]]
    kind: str
    choices: tuple[str, ...]
    version: int

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
        pinned = compile_version(version, flow.source, flow.target)
    except (MappingError, DefinitionError, KeyError) as error:
        return MappingTable([], [], [], [], None, _sentences(error))
    sample, record = latest_sample(flow)
    canonical = _canonical(pinned, record)
    lines = {line.target: line for line in pinned.compiled.delivery.lines}
    filled = {line.target for line in pinned.compiled.delivery.lines}
    gaps = list_value_gaps(flow, pinned) if with_gaps else {}
    return MappingTable(
        rows=[
            _row(row, lines[row.target].line, pinned, sample) for row in explain(pinned.compiled.delivery, canonical)
        ],
        reading=_reading_rows(pinned, record, sample),
        values=[
            _table(line, gaps.get(line.target, NO_GAPS))
            for line in pinned.compiled.delivery.lines
            if line.line.value_map is not None
        ],
        unfilled=[spec for spec in pinned.target_object.fields if spec.name not in filled],
        sample=sample,
        problems=[],
    )


def latest_sample(flow: Flow) -> tuple[Operation | None, SourceRecord | None]:
    """Return the newest ledger line of a flow with its record as read; (None, None) before the first run."""
    # By customer and time, because that is what the ledger is indexed by.
    newest = Operation.objects.filter(customer_id=flow.customer_id, flow_id=flow.id).order_by("-id")[:5]
    lines = list(newest)
    records = records_of(lines[:1]) or records_of(lines)
    chosen = next((line for line in lines if line.id in records), None)
    return (chosen, records[chosen.id]) if chosen else (None, None)


def _canonical(pinned: PinnedFlow, record: SourceRecord | None) -> Mapping[str, Any]:
    return pinned.compiled.extract.plan(record).canonical if record else {}


def _row(row: ExplainedLine, line: MappingLine, pinned: PinnedFlow, sample: Operation | None) -> MappingRow:
    described = pinned.compiled.described.field_named(line.source.partition(".")[0]) if line.source else None
    return MappingRow(
        target=row.target,
        label=row.label,
        source=described.label if described else ("Expression" if line.expression else ""),
        how=row.how,
        origin=row.origin,
        sample=_shown(row.value) if sample else "",
        problem=row.problem.message if sample and row.problem else "",
        required=row.required,
        write_mode=line.write_mode.value,
    )


def _reading_rows(pinned: PinnedFlow, record: SourceRecord | None, sample: Operation | None) -> list[MappingRow]:
    explained = explain(pinned.compiled.reading, record.values if record else {})
    return [
        MappingRow(
            row.target, row.label, "", row.how, row.origin, _shown(row.value) if sample else "", "", row.required, ""
        )
        for row in explained
    ]


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


def get_edited_line(flow: Flow, target: str) -> EditedLine | None:
    """Return a line to be edited; None when the target has no such field, or nothing is published."""
    version = flow.live_version
    if version is None:
        return None
    version.flow = flow
    definition = parse_definition(version.definition)
    _, target_object = objects_of(definition, version.layers, flow.source.system, flow.target.system)
    merged = {layered.line.target: layered for layered in layered_lines(version)}
    spec = next((spec for spec in target_object.fields if spec.name == target), None)
    layered = merged.get(target)
    if layered is None and spec is None:
        return None
    below = read_places(version.layers)[DELIVERY].with_customer(()).layers
    lower = {one.line.target: one.line for one in merge_delivery(target_object, below)}.get(target)
    fields = compile_version(version, flow.source, flow.target).compiled.described.fields
    return EditedLine(
        line=layered.line if layered else MappingLine(target=target),
        lower=lower,
        origin=layered.origin if layered else "",
        label=(layered.line.label if layered else "") or (spec.label if spec else "") or target,
        sources=[(known.name, known.label) for known in fields],
        kind=spec.kind.value.replace("_", " ") if spec else "",
        choices=spec.choices if spec else (),
        version=version.number,
    )


def changes_for(edited: EditedLine, wanted: MappingLine) -> dict[str, Any]:
    """Return what the customer's layer must store so that the line becomes `wanted`; {} when it is as below."""
    lower = [edited.lower] if edited.lower else []
    difference = build_difference(lower, [wanted])
    if not difference:
        return {}
    return {key: value for key, value in write_layer(difference)[0].items() if key != "target"}


def try_line(flow: Flow, target: str, changes: Mapping[str, Any]) -> TriedLine:
    """Compile the flow as if the line were changed, and apply it to the latest record.

    Raises:
        MappingError, LayerError: the line cannot be.

    """
    pinned = compile_version(trial_version(flow, target, changes), flow.source, flow.target)
    sample, record = latest_sample(flow)
    if sample is None:
        return TriedLine("", "", "")
    explained = explain(pinned.compiled.delivery, _canonical(pinned, record))
    row = next((one for one in explained if one.target == target), None)
    if row is None:
        return TriedLine("", "", str(sample))
    problem = row.problem.message.replace("{source}", flow.source.name) if row.problem else ""
    return TriedLine(_shown(row.value), problem, str(sample))


def trial_version(flow: Flow, target: str, changes: Mapping[str, Any]) -> FlowVersion:
    """Return the version that a changed line would make, not stored. Raises LayerError."""
    live = flow.live_version
    if live is None:
        raise LayerError("Nothing is published yet.")
    places = read_places(live.layers)
    kept = [line for line in own_lines(live).get(DELIVERY, ()) if line["target"] != target]
    lines = [*kept, *write_layer([LineChange(target, dict(changes))])] if changes else kept
    parse_layer(lines)
    return FlowVersion(
        flow=flow,
        customer_id=flow.customer_id,
        number=live.number + 1,
        definition=live.definition,
        template_version=live.template_version,
        layers=write_places({**places, DELIVERY: places[DELIVERY].with_customer(lines)}),
    )
