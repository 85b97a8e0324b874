"""What the engine makes of one record of a catalogue system, by the mapping of its manifest."""

from typing import Any

from apps.connectors import registry
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import FieldProblem
from apps.connectors.protocols.rest_reading import source_record
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers


def canonical(slug: str, name: str, values: dict[str, Any]) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    """Return the canonical record, and what could not be read of it."""
    spec = registry.manifest(slug).object_named(name)
    described = canonical_type(spec.canonical_type)
    lines = merge_layers(spec.reading_lines)
    reading = compile_mapping(lines, source_fields=spec.fields, target_fields=described.fields)
    return ExtractStep(described, reading).plan(source_record(spec, values))
