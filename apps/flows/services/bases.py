"""What a flow's versions stand on: the template's steps and all lines below the customer's own.

A flow keeps the base of its live version until it is upgraded: a new release, a system's new lines or a partner's change
reach it by nobody's accident.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError

from apps.accounts.actions import Action, Role, allowed
from apps.connectors import registry
from apps.connectors.manifest import ObjectManifest
from apps.connectors.models import Connection
from apps.flows.engine.definition import FlowDefinition, Step, parse_definition
from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.mapping.filling import fill_only
from apps.flows.mapping.layers import write_layer
from apps.flows.mapping.places import DELIVERY, READING, StoredLines, StoredPlace, read_places
from apps.flows.models import Flow, FlowVersion, PartnerLayer
from apps.flows.services.definitions import definition_for
from apps.flows.services.walk_session import MissingRoleError, object_of, systems_of
from apps.flows.templates_library import flow_template

PartnerLines = Mapping[tuple[str, str], StoredLines]  # by place and system


@dataclass(frozen=True, slots=True)
class Base:
    """Steps and lines, as a version stores them; no place has lines of a customer."""

    definition: Mapping[str, Any]
    places: Mapping[str, StoredPlace]
    template_version: int


def pinned_base(version: FlowVersion) -> Base:
    """Return what a version stands on."""
    places = {name: place.with_customer(()) for name, place in read_places(version.layers).items()}
    return Base(version.base_definition or version.definition, places, version.template_version)


def own_definition(version: FlowVersion) -> dict[str, Any]:
    """Return the parts of a version's definition that are the customer's own: None where it went back to what is usual."""
    base = version.base_definition
    if base is None:
        return {}
    names = {*base, *version.definition}
    return {name: version.definition.get(name) for name in names if base.get(name) != version.definition.get(name)}


def with_own_definition(stored: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a base's definition with a customer's own parts, as `own_definition` gives them."""
    return {name: value for name, value in {**stored, **own}.items() if value is not None}


def with_own_steps(flow: Flow, base: Base, stored: Mapping[str, Any], live: FlowVersion | None) -> Base:
    """Return the base with the places that a customer's own definition maps at: a step of its own brings one, a removed none.

    What `live` has at the place of a step that still delivers the same is kept.

    Raises:
        DefinitionError: the definition cannot be read.
        ValidationError: a step asks people who may not answer.
        MissingRoleError: a step's system cannot take its records.

    """
    definition = parse_definition(stored)
    if not definition.walks:
        return base
    systems = systems_of(flow)
    known = [(base.definition, base.places)]
    if live is not None:
        known.append((live.definition, read_places(live.layers)))
    places = {READING: base.places[READING]} if READING in base.places else {}
    for step in definition.walk:
        require_roles_of_people(step)
        if isinstance(step.options, DeliverOptions):
            kept = next(filter(None, (_kept_place(step, *one) for one in known)), None)
            places[step.name] = kept.with_customer(()) if kept else _step_place(step.options, systems)
    return replace(base, places=places)


def _kept_place(step: Step, stored: Mapping[str, Any], places: Mapping[str, StoredPlace]) -> StoredPlace | None:
    known = parse_definition(stored).step_named(step.name)
    if known is None or not isinstance(known.options, DeliverOptions) or not isinstance(step.options, DeliverOptions):
        return None
    same = (known.options.role, known.options.type) == (step.options.role, step.options.type)
    return places.get(step.name) if same else None


def _step_place(options: DeliverOptions, systems: Mapping[str, Connection]) -> StoredPlace:
    connection = systems.get(options.role)
    if connection is None:
        raise MissingRoleError(
            f"The flow has no system for the role {options.role!r}: choose one of {', '.join(systems)}."
        )
    kind = object_of(connection, options.type)
    return StoredPlace(kind.name, write_layer(kind.writing_lines))


def newest_base(flow: Flow, partner: PartnerLines | None = None) -> Base:
    """Return what a version would stand on that is made from the template, the systems and the partner's lines of today.

    `partner` are those lines for who asks about many flows of one template; None: they are read.

    Raises:
        ValidationError: a system cannot give or take what the flow brings, or a setting is not allowed any more.
        MissingRoleError: a step's system cannot take its records.

    """
    template = flow_template(flow.template)
    definition = definition_for(template, flow.settings)
    if partner is None:
        partner = partner_lines(flow.template)
    places = {READING: _reading(flow, definition, partner)}
    places |= (
        _steps(flow, definition, partner) if definition.walks else {DELIVERY: _delivery(flow, definition, partner)}
    )
    return Base(definition.to_json(), places, template.version)


def own_lines(version: FlowVersion) -> dict[str, StoredLines]:
    """Return the customer's own lines in a version, by place."""
    return {name: place.customer for name, place in read_places(version.layers).items()}


def partner_lines(template: str) -> PartnerLines:
    """Return what the partner changed of a template for all customers, by place and system."""
    layers = PartnerLayer.objects.filter(template=template).values_list("place", "system", "lines")
    return {(place, system): tuple(lines) for place, system, lines in layers}


def _reading(flow: Flow, definition: FlowDefinition, partner: PartnerLines) -> StoredPlace:
    reads = _object_for(flow.source, definition.source_object, definition.canonical_type)
    if reads is None or reads.reading is None:
        kind = definition.canonical_type
        raise ValidationError({"source": f"{flow.source.name} cannot give records of the type {kind}."})
    lines = partner.get((READING, flow.source.system), ())
    return StoredPlace(reads.name, write_layer(reads.reading_lines), partner=lines)


def _delivery(flow: Flow, definition: FlowDefinition, partner: PartnerLines) -> StoredPlace:
    writes = _object_for(flow.target, definition.target_object, definition.canonical_type)
    if writes is None:
        raise ValidationError({"target": f"{flow.target.name} cannot take {definition.canonical_type}."})
    template = write_layer(flow_template(flow.template).lines)
    lines = partner.get((DELIVERY, flow.target.system), ())
    return StoredPlace(writes.name, write_layer(writes.writing_lines), template, lines)


def _object_for(connection: Connection, name: str, type_name: str) -> ObjectManifest | None:
    system = registry.manifest(connection.system)
    return system.object_named(name) if name else system.object_for(type_name)


def _steps(flow: Flow, definition: FlowDefinition, partner: PartnerLines) -> dict[str, StoredPlace]:
    systems, places, own = systems_of(flow), {}, flow_template(flow.template).fill_only
    for step in definition.walk:
        require_roles_of_people(step)
        if isinstance(step.options, DeliverOptions):
            connection = systems[step.options.role]
            kind = object_of(connection, step.options.type)
            lines = partner.get((step.name, connection.system), ())
            kept = fill_only(kind.writing_lines, own.get(step.name, frozenset()))
            places[step.name] = StoredPlace(kind.name, write_layer(kind.writing_lines), write_layer(kept), lines)
    return places


def require_roles_of_people(step: Step) -> None:
    """Refuse a step that asks a role which there is not, or which may not answer. Raises ValidationError."""
    for role in getattr(step.options, "roles", ()):
        if role not in set(Role):
            raise ValidationError({"template": f"The step {step.name!r} asks {role!r}, which is no role of people."})
        if isinstance(step.options, ApproveOptions) and not allowed(Role(role), Action.APPROVE):
            raise ValidationError({"template": f"The step {step.name!r} asks {role!r}, who may not approve."})
