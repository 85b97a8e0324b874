"""A flow compiled for running: both mappings, the checks and the names, built once per run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.manifest import MappingLine, ObjectManifest
from apps.flows.engine.definition import CheckOptions, FlowDefinition
from apps.flows.engine.steps.check import CheckStep
from apps.flows.engine.steps.deliver import DeliverStep
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.engine.steps.map import MapStep
from apps.flows.engine.stored import Settings
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import CompiledMapping, LineProblem, MappingError
from apps.flows.mapping.layers import NO_LAYERS, Layer, LayeredLine, Layers, LineChange, merge_layers
from apps.flows.mapping.orphans import find_orphans


@dataclass(frozen=True, slots=True)
class CompiledFlow:
    """Everything `plan_batch` needs about a flow, ready to run. `source_label` names the source in sentences."""

    definition: FlowDefinition
    described: CanonicalType
    source_system: str
    source_label: str
    reading: CompiledMapping
    delivery: CompiledMapping
    extract: ExtractStep
    check: CheckStep
    map: MapStep
    deliver: DeliverStep


def compile_flow(  # noqa: PLR0913  the signature the services are written against
    definition: FlowDefinition,
    source: ObjectManifest,
    target: ObjectManifest,
    layers: Layers = NO_LAYERS,
    *,
    source_system: str,
    source_label: str = "",
    reading_layers: Layers = NO_LAYERS,
) -> CompiledFlow:
    """Compile a flow between two objects.

    A walking flow delivers by its steps: what is compiled here for it is the reading alone.

    `layers` change how the canonical record is written to the target, `reading_layers` how the source is read.
    Raises MappingError with every problem of both mappings.
    """
    described = canonical_type(definition.canonical_type)
    if definition.walks:
        target = replace(source, fields=(), writing_lines=())
    _require_type(described, source, target)
    reading, delivery = _compile_both(described, source, target, layers, reading_layers, definition.settings)
    step = definition.step("check")
    return CompiledFlow(
        definition=definition,
        described=described,
        source_system=source_system,
        source_label=source_label or source.label,
        reading=reading,
        delivery=delivery,
        extract=ExtractStep(described, reading),
        check=CheckStep(described, definition.filter, step.check if step else CheckOptions(), definition.settings),
        map=MapStep(delivery),
        deliver=DeliverStep(),
    )


def merge_reading(source: ObjectManifest, layers: Layers = NO_LAYERS) -> list[LayeredLine]:
    """Return the lines that read the source, with their origins."""
    return merge_layers(source.reading_lines, layers.template, layers.partner, layers.customer)


def merge_delivery(target: ObjectManifest, layers: Layers = NO_LAYERS) -> list[LayeredLine]:
    """Return the lines that write to the target, with their origins.

    A template's lines are written for many targets: those for fields this target does not have are left out, and so
    are changes to lines it does not have.
    """
    template = _template_for(target, layers)
    return merge_layers(target.writing_lines, template, layers.partner, layers.customer)


def _template_for(target: ObjectManifest, layers: Layers) -> Layer:
    return tuple(entry for entry in layers.template if _is_for(entry, target))


def _is_for(entry: LineChange | MappingLine, target: ObjectManifest) -> bool:
    if isinstance(entry, MappingLine) or {"source", "expression", "default"} & set(entry.changes):
        return any(spec.name == entry.target for spec in target.fields)
    return any(line.target == entry.target for line in target.writing_lines)


def _require_type(described: CanonicalType, source: ObjectManifest, target: ObjectManifest) -> None:
    for side, chosen in (("source", source), ("target", target)):
        if chosen.canonical_type != described.name:
            message = f"the {side} {chosen.label!r} holds {chosen.canonical_type}, but the flow moves {described.name}"
            raise MappingError([LineProblem("", message)])


def _compile_both(
    described: CanonicalType,
    source: ObjectManifest,
    target: ObjectManifest,
    layers: Layers,
    reading_layers: Layers,
    settings: Settings,
) -> tuple[CompiledMapping, CompiledMapping]:
    problems: list[LineProblem] = []
    reading = delivery = None
    try:
        reading = compile_reading(described, source, reading_layers, settings)
    except MappingError as wrong:
        problems += wrong.problems
    try:
        delivery = compile_writing(described, target, layers, settings)
    except MappingError as wrong:
        problems += wrong.problems
    if reading is None or delivery is None:
        raise MappingError(problems)
    return reading, delivery


def compile_reading(
    described: CanonicalType, source: ObjectManifest, layers: Layers = NO_LAYERS, settings: Settings | None = None
) -> CompiledMapping:
    """Compile the lines that make a canonical record of an outside one. Raises MappingError with every problem."""
    orphans = find_orphans(source.reading_lines, layers.template, layers.partner, layers.customer)
    lines = merge_reading(source, layers)
    return _compiled(
        orphans,
        lambda: compile_mapping(lines, source_fields=source.fields, target_fields=described.fields, settings=settings),
    )


def compile_writing(
    described: CanonicalType, target: ObjectManifest, layers: Layers = NO_LAYERS, settings: Settings | None = None
) -> CompiledMapping:
    """Compile the lines that write a canonical record to an object. Raises MappingError with every problem."""
    orphans = find_orphans(target.writing_lines, _template_for(target, layers), layers.partner, layers.customer)
    delivery = _compiled(
        orphans,
        lambda: compile_mapping(
            merge_delivery(target, layers),
            source_fields=described.fields,
            target_fields=target.fields,
            outgoing=True,
            settings=settings,
        ),
    )
    if circles := _references_to_itself(described, delivery):
        raise MappingError(circles)
    return delivery


def _compiled(orphans: Mapping[str, str], build: Callable[[], CompiledMapping]) -> CompiledMapping:
    """Compile, with changes of lines that are gone told as such and not as lines of nothing."""
    told = [LineProblem(target, sentence) for target, sentence in orphans.items()]
    try:
        compiled = build()
    except MappingError as wrong:
        raise MappingError([*told, *(one for one in wrong.problems if one.target not in orphans)]) from None
    if told:
        raise MappingError(told)
    return compiled


def _references_to_itself(described: CanonicalType, delivery: CompiledMapping) -> list[LineProblem]:
    """Find lines that need the record's own target id before the record can be written: a circle of one."""
    return [
        LineProblem(
            line.target,
            f"the line refers to the {described.label} that is just being written, by its own {line.line.source}: choose "
            "the field that names the other record",
        )
        for line in delivery.lines
        if line.line.reference == described.name and described.key_fields == (line.line.source,)
    ]
