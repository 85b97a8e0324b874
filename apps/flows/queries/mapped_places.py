"""The places at which one version of a flow maps, each with its fields on both sides, its lines and what is wrong with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.manifest import MappingLine, ObjectManifest
from apps.connectors.models import Connection
from apps.flows.engine.definition import FlowDefinition, Step, parse_definition
from apps.flows.engine.flow import compile_reading, compile_writing, merge_delivery, merge_reading
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.compile import Field
from apps.flows.mapping.compiled import LineProblem, MappingError
from apps.flows.mapping.layers import NO_LAYERS, LayeredLine, Layers, LineChange
from apps.flows.mapping.places import DELIVERY, READING, StoredPlace, read_places
from apps.flows.mapping.survey import Survey, survey_mapping
from apps.flows.models import FlowVersion
from apps.flows.queries.step_words import step_title
from apps.flows.services.session import objects_of
from apps.flows.services.walk_session import MissingRoleError, object_of, systems_of


@dataclass(frozen=True, slots=True)
class MappedPlace:
    """One place. `lower` are the lines below the customer's own; `step` is the step that delivers here, None elsewhere.

    `described` is the canonical type on one side, `kind` the object of `connection` on the other.
    """

    name: str
    label: str
    described: CanonicalType
    connection: Connection
    kind: ObjectManifest
    lines: tuple[LayeredLine, ...]
    lower: tuple[LayeredLine, ...]
    survey: Survey
    settings: Mapping[str, Any]
    step: Step | None = None

    @property
    def is_reading(self) -> bool:
        """Whether outside records become canonical ones here."""
        return self.name == READING

    @property
    def sources(self) -> tuple[Field, ...]:
        """The fields that lines read."""
        return self.kind.fields if self.is_reading else self.described.fields

    @property
    def targets(self) -> tuple[Field, ...]:
        """The fields that lines fill."""
        return self.described.fields if self.is_reading else self.kind.fields

    @property
    def mapped_by(self) -> str:
        """The step whose result is delivered here, "" where it is the record itself."""
        return self.step.options.of if self.step and isinstance(self.step.options, DeliverOptions) else ""

    def line(self, target: str) -> LayeredLine | None:
        """Return the line that fills a field, None where there is none."""
        return next((one for one in self.lines if one.line.target == target), None)

    def line_below(self, target: str) -> MappingLine | None:
        """Return the line of a field below the customer's own, None where there is none."""
        return next((one.line for one in self.lower if one.line.target == target), None)

    def field_named(self, target: str) -> Field | None:
        """Return the field to be filled that is called so."""
        return next((one for one in self.targets if one.name == target), None)

    def problems_of(self, target: str) -> tuple[LineProblem, ...]:
        """Return what is wrong with one field's line."""
        return self.survey.problems.get(target, ())


def list_places(version: FlowVersion) -> list[MappedPlace]:
    """Return the places of a version in the order in which records come by, one that is not stored yet included.

    One query where records walk, none elsewhere.

    Raises:
        DefinitionError, LayerError, KeyError, MissingRoleError: the version cannot be read any more.

    """
    flow, stored = version.flow, read_places(version.layers)
    definition = parse_definition(version.definition)
    reads, writes = objects_of(definition, version.layers, flow.source.system, flow.target.system)
    places = [_reading(flow.source, reads, stored.get(READING), definition)]
    if not definition.walks:
        return [*places, _writing(DELIVERY, None, flow.target, writes, stored[DELIVERY], definition)]
    systems = systems_of(flow)
    for step in definition.walk:
        if isinstance(step.options, DeliverOptions) and step.name in stored:
            connection = systems.get(step.options.role)
            if connection is None:
                raise MissingRoleError(f"The flow has no system for the role {step.options.role!r}.")
            here = stored[step.name]
            kind = here.writes(object_of(connection, step.options.type, here.object))
            places.append(_writing(step.name, step, connection, kind, here, definition))
    return places


def get_place(version: FlowVersion, name: str) -> MappedPlace | None:
    """Return one place of a version, None where it maps nothing. Raises as `list_places` does."""
    return next((place for place in list_places(version) if place.name == name), None)


def _reading(
    connection: Connection, kind: ObjectManifest, stored: StoredPlace | None, definition: FlowDefinition
) -> MappedPlace:
    described = canonical_type(definition.canonical_type)
    layers = stored.layers if stored else NO_LAYERS
    lines = merge_reading(kind, layers)
    told = _problems(lambda: compile_reading(described, kind, layers, definition.settings))
    survey = survey_mapping(
        lines,
        told,
        source_fields=kind.fields,
        target_fields=described.fields,
        outgoing=False,
        settings=definition.settings,
    )
    return MappedPlace(
        name=READING,
        label=_("Reading %(system)s") % {"system": connection.name},
        described=described,
        connection=connection,
        kind=kind,
        lines=tuple(lines),
        lower=tuple(merge_reading(kind, _below(layers))),
        survey=survey,
        settings=definition.settings,
    )


def _problems(build: Callable[[], object]) -> tuple[LineProblem, ...]:
    try:
        build()
    except MappingError as wrong:
        return wrong.problems
    return ()


def _writing(
    name: str,
    step: Step | None,
    connection: Connection,
    kind: ObjectManifest,
    stored: StoredPlace,
    definition: FlowDefinition,
) -> MappedPlace:
    type_name = step.options.type if step and isinstance(step.options, DeliverOptions) else definition.canonical_type
    described, layers = canonical_type(type_name), stored.layers
    lines = merge_delivery(kind, layers)
    told = _problems(lambda: compile_writing(described, kind, layers, definition.settings))
    survey = survey_mapping(
        lines,
        told,
        source_fields=described.fields,
        target_fields=kind.fields,
        outgoing=True,
        settings=definition.settings,
    )
    label = step_title(step) if step else _("Writing %(system)s") % {"system": connection.name}
    lower = tuple(merge_delivery(kind, _below(layers)))
    return MappedPlace(name, label, described, connection, kind, tuple(lines), lower, survey, definition.settings, step)


def _below(layers: Layers) -> Layers:
    return Layers(layers.template, layers.partner, ())


def own_change(version: FlowVersion, place: str, target: str) -> LineChange | None:
    """Return what the customer's layer of a version says of one line, None where it says nothing. Raises LayerError."""
    stored = read_places(version.layers).get(place)
    changes = stored.layers.customer if stored else ()
    return next((one for one in changes if isinstance(one, LineChange) and one.target == target), None)
