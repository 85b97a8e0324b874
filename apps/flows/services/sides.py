"""A version compiled with all its places, ready to judge recorded records with writes off."""

from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.verdict import Side
from apps.flows.mapping.places import read_places
from apps.flows.models import Flow, FlowVersion
from apps.flows.services.session import compile_version
from apps.flows.services.walk_session import compile_delivery, object_of, systems_of


def side_of(flow: Flow, version: FlowVersion) -> Side:
    """Return a version ready to judge records. Raises MappingError, LayerError, DefinitionError, MissingRoleError, KeyError."""
    compiled = compile_version(version, flow.source, flow.target).compiled
    if not compiled.definition.walks:
        return Side(compiled)
    systems, places = systems_of(flow), read_places(version.layers)
    deliveries = {}
    for step in compiled.definition.walk:
        if isinstance(step.options, DeliverOptions):
            stored = places[step.name]
            kind = stored.writes(object_of(systems[step.options.role], step.options.type, stored.object))
            deliveries[step.name] = compile_delivery(
                step.options.type, kind, stored.layers, compiled.definition.settings
            )
    return Side(compiled, deliveries)
