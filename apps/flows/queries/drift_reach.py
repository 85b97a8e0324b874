"""Whom changed fields of a system reach: the mapping lines of every customer that would break, by template and flow."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from apps.connectors import registry, shape_book, shape_words
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.manifest import ObjectManifest
from apps.connectors.models import Connection, ObjectShape
from apps.connectors.shape_book import StoredShape
from apps.connectors.shapes import Difference
from apps.flows.engine.definition import DefinitionError, FlowDefinition, parse_definition
from apps.flows.engine.flow import compile_reading, compile_writing
from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.steps.write_back import WriteBackOptions
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.drift import Drift, marking_drift, reading_drift, writing_drift
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.places import DELIVERY, READING, StoredPlace, read_places
from apps.flows.models import Flow, FlowRole
from apps.flows.queries.versions import place_words, step_titles
from apps.flows.templates_library import TEMPLATES

_CANNOT_READ = (MappingError, LayerError, DefinitionError, KeyError)
Changed = Mapping[str, tuple[Difference, ...]]  # harmful differences, by object


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """One line or step that trips over one change. `target` is the field to mend, "" where that is no line's; `line` "": none
    fills what is demanded now. `place` as versions name it.
    """

    flow: Flow
    template: str
    place: str
    place_words: str
    line: str
    target: str
    field: str
    change: str
    is_now: bool  # the flow uses this very connection: it stops; else it would, were its system changed alike


@dataclass(frozen=True, slots=True)
class DriftReach:
    """What is different about a connection's system, and whom that reaches; `untouched` flows use it and go on.

    `unreadable` flows cannot be judged: their mapping does not compile any more.
    """

    connection: Connection
    changes: list[tuple[str, list[str]]]
    broken: list[BrokenLine]
    untouched: list[Flow]
    unreadable: list[Flow]

    @property
    def customers(self) -> int:
        """How many customers have a flow that breaks."""
        return len({line.flow.customer_id for line in self.broken})

    @property
    def templates(self) -> list[tuple[str, int]]:
        """The templates whose flows break, each with how many of them."""
        flows = {line.flow.id: line.template for line in self.broken}
        return sorted(Counter(flows.values()).items())


def get_drift_reach(connection: Connection) -> DriftReach:
    """Return whom the changed fields of a connection's system reach, among all flows in scope with a system of this kind.

    The statements are the same in number however many customers there are; equal mappings are compiled once.
    """
    shapes = [shape_book.stored_shape(row) for row in ObjectShape.objects.filter(connection=connection)]
    changed = {shape.object_name: tuple(one for one in shape.differences if one.is_harmful) for shape in shapes}
    changed = {name: found for name, found in changed.items() if found}
    broken: list[BrokenLine] = []
    untouched, unreadable = [], []
    known: dict[bytes, list[tuple[str, str, Drift]]] = {}
    for flow in _flows_with(connection.system) if changed else ():
        try:
            found = list(_drifts(flow, connection, changed, known))
        except _CANNOT_READ:
            unreadable.append(flow)
            continue
        broken += found
        untouched += [] if found else [flow]
    told = [(_label(shape), _sentences(changed[shape.object_name])) for shape in shapes if shape.object_name in changed]
    return DriftReach(connection, told, sorted(broken, key=_order), untouched, unreadable)


def _order(line: BrokenLine) -> tuple[Any, ...]:
    return (
        not line.is_now,
        line.template,
        line.flow.customer.name.casefold(),
        line.flow.name,
        line.place_words,
        line.line,
    )


def _label(shape: StoredShape) -> str:
    return _(shape.label) if shape.label else shape.object_name


def _sentences(differences: Sequence[Difference]) -> list[str]:
    return [shape_words.change_words(asdict(one)) for one in differences]


def _flows_with(system: str) -> list[Flow]:
    """Return the flows that have something live and use a system of this kind. Two statements."""
    further = FlowRole.objects.filter(connection__system=system).values("flow_id")
    uses = Q(source__system=system) | Q(target__system=system) | Q(id__in=further)
    roles = Prefetch("roles", FlowRole.objects.select_related("connection"))
    live = Flow.objects.filter(uses, live_version__isnull=False).exclude(state=Flow.State.RETIRED)
    related = live.select_related("customer", "source", "target", "live_version").prefetch_related(roles)
    return list(related.order_by("customer__name", "name", "id"))


def _drifts(
    flow: Flow, drifted: Connection, changed: Changed, known: dict[bytes, list[tuple[str, str, Drift]]]
) -> Iterator[BrokenLine]:
    version = flow.live_version
    if version is None:
        return
    definition, titles = parse_definition(version.definition), step_titles(version)
    template = TEMPLATES.get(flow.template)
    for name, stored in read_places(version.layers).items():
        connection = _connection_at(flow, definition, name)
        if connection is None or connection.system != drifted.system:
            continue
        key = orjson.dumps([name, stored.to_json(), version.definition])
        if key not in known:
            known[key] = list(_judged(definition, name, stored, connection, changed))
        for label, target, drift in known[key]:
            yield BrokenLine(
                flow=flow,
                template=_(template.name) if template else flow.template,
                place=name,
                place_words=place_words(name, titles) or _("Delivery"),
                line=_(label) if label else "",
                target=target,
                field=drift.difference.field,
                change=shape_words.change_words(asdict(drift.difference)),
                is_now=connection.id == drifted.id,
            )


def _connection_at(flow: Flow, definition: FlowDefinition, place: str) -> Connection | None:
    """Return the system that a place reads or writes."""
    if place in {READING, DELIVERY}:
        return flow.source if place == READING else flow.target
    step = definition.step_named(place)
    if step is None or not isinstance(step.options, DeliverOptions):
        return None
    named = {"source": flow.source, "target": flow.target, **{one.role: one.connection for one in flow.roles.all()}}
    return named.get(step.options.role)


def _judged(
    definition: FlowDefinition, name: str, stored: StoredPlace, connection: Connection, changed: Changed
) -> Iterator[tuple[str, str, Drift]]:
    """Yield what trips over the changes at one place: what it is called, the target of its line, and the drift."""
    step = definition.step_named(name)
    is_step = step is not None and isinstance(step.options, DeliverOptions)
    type_name = step.options.type if step and isinstance(step.options, DeliverOptions) else definition.canonical_type
    spec = _object(connection, stored.object, type_name)
    found = changed.get(spec.name, ()) if spec else ()
    if spec is None or not found:
        return
    described, settings = canonical_type(type_name), definition.settings
    if name == READING and not is_step:
        lines = compile_reading(described, stored.reads(spec), stored.layers, settings).lines
        drifts = (*reading_drift(lines, spec, found), *marking_drift(_marks(definition), found))
    else:
        lines = compile_writing(described, stored.writes(spec), stored.layers, settings).lines
        drifts = writing_drift(lines, spec, found)
    targets = {line.label: line.target for line in lines}
    demanded = {field.name: field.name for field in spec.fields}
    for drift in dict.fromkeys(drifts):
        known = targets.get(drift.line, "") if drift.line else demanded.get(drift.difference.field, "")
        yield drift.line, "" if drift.is_step else known, drift


def _object(connection: Connection, name: str, type_name: str) -> ObjectManifest | None:
    system = registry.manifest(connection.system)
    return system.object_named(name) if name else system.object_for(type_name)


def _marks(definition: FlowDefinition) -> dict[str, str]:
    return {
        name: step.title or step.name
        for step in definition.walk
        if isinstance(step.options, WriteBackOptions)
        for name in step.options.values
    }
