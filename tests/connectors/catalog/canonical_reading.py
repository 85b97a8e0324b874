"""Records through a manifest's own lines, as the engine does it: from outside into the canonical model, and back out."""

from typing import Any

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.contract import SourceRecord
from apps.connectors.manifest import ObjectManifest
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers


def read_canonical(spec: ObjectManifest, values: dict[str, Any]) -> dict[str, Any]:
    """Return the canonical record; every value must be usable."""
    described = canonical_type(spec.canonical_type)
    compiled = compile_mapping(
        merge_layers(spec.reading_lines), source_fields=spec.fields, target_fields=described.fields
    )
    canonical, problems = ExtractStep(described, compiled).plan(SourceRecord(spec.name, "1", "1", values))
    assert problems == ()
    return canonical


def write_outside(spec: ObjectManifest, values: dict[str, Any]) -> dict[str, Any]:
    """Return what is sent for a canonical record; what is missing in it is left out."""
    described = canonical_type(spec.canonical_type)
    compiled = compile_mapping(
        merge_layers(spec.writing_lines), source_fields=described.fields, target_fields=spec.fields, outgoing=True
    )
    return compiled.apply(values).values
