"""Runs the samples of a template through one version of a flow, on the flow's own systems."""

from apps.connectors import registry
from apps.connectors.models import Connection
from apps.flows.engine.definition import DefinitionError, FlowDefinition, parse_definition
from apps.flows.engine.flow import merge_delivery
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.layers import LayerError, Layers
from apps.flows.mapping.places import DELIVERY, READING, StoredPlace, read_places
from apps.flows.models import FlowVersion
from apps.flows.services.walk_session import MissingRoleError, systems_of
from apps.flows.templates_library import TEMPLATES, FlowTemplate, SettingsError
from apps.flows.templates_library.settings import known_settings
from apps.flows.templates_library.trying import Place, SampleResult, compare_samples

CANNOT_RUN = (LayerError, DefinitionError, SettingsError, MissingRoleError, KeyError)


def template_with_samples(version: FlowVersion) -> FlowTemplate | None:
    """Return the template whose samples a version can be tried with, None where there are none for it."""
    template = TEMPLATES.get(version.flow.template)
    if template is None or not template.samples or version.template_version != template.version:
        return None
    return template


def list_broken_samples(version: FlowVersion, live: FlowVersion) -> list[str] | None:
    """Return the samples that come to another end than with the live version: refused, left out or waiting, say.

    None without samples. Raises as `run_samples_of`.
    """
    template = template_with_samples(version)
    if template is None:
        return None
    results = run_samples_of(template, version, live)
    return [one.sample.name for one in results if any(not difference.where for difference in one.differences)]


def run_samples_of(
    template: FlowTemplate, version: FlowVersion, before: FlowVersion | None = None
) -> list[SampleResult]:
    """Run a template's samples through a version, compared with `before`, without one with the template itself.

    Raises:
        MappingError: its lines do not compile on these systems.
        LayerError, DefinitionError, SettingsError, MissingRoleError, KeyError: it cannot be read any more (CANNOT_RUN).

    """
    return compare_samples(
        template,
        before=_places(before, own=True) if before else _places(version, own=False),
        after=_places(version, own=True),
        settings_before=_settings(template, before) if before else {},
        settings_after=_settings(template, version),
        definition_before=_own_steps(template, before) if before else None,
        definition_after=_own_steps(template, version),
    )


def _settings(template: FlowTemplate, version: FlowVersion) -> dict[str, object]:
    return known_settings(template.settings, version.definition.get("settings", {}))


def _own_steps(template: FlowTemplate, version: FlowVersion) -> FlowDefinition | None:
    """Return the version's definition where it is not what the template makes of the same settings."""
    definition = parse_definition(version.definition)
    return None if definition == template.definition_with(_settings(template, version)) else definition


def _places(version: FlowVersion, *, own: bool) -> dict[str, Place]:
    """Return where a version delivers, by step; without `own` as if neither partner nor customer had changed a line."""
    definition, systems = parse_definition(version.definition), systems_of(version.flow)
    found = {}
    for name, stored in read_places(version.layers).items():
        if name == DELIVERY:
            found["deliver"] = _place(stored, systems["target"], definition.canonical_type, own=own)
        elif name != READING:
            step = definition.step_named(name)
            if step is not None and isinstance(step.options, DeliverOptions):
                found[name] = _place(stored, systems[step.options.role], step.options.type, own=own)
    return found


def _place(stored: StoredPlace, connection: Connection, type_name: str, *, own: bool) -> Place:
    system = registry.manifest(connection.system)
    kind = system.object_named(stored.object) if stored.object else system.object_for(type_name)
    if kind is None:
        raise KeyError(f"{connection.name} does not take {type_name} any more.")
    layers = stored.layers if own else Layers(template=stored.layers.template)
    return Place(kind, merge_delivery(stored.writes(kind), layers))
