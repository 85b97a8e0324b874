"""Records through a manifest's own lines, as the engine does it: from outside into the canonical model, and back out."""

from functools import cache
from typing import Any

import jsonschema

from apps.connectors import registry
from apps.connectors.canonical.json_schema import build_schema
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.values import write_plain
from apps.connectors.errors import FieldProblem
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.rest_reading import source_record
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers


def canonical(slug: str, name: str, values: dict[str, Any]) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    """Return the canonical record, and what could not be read of it."""
    return _extracted(registry.manifest(slug).object_named(name), values)


def read_canonical(spec: ObjectManifest, values: dict[str, Any]) -> dict[str, Any]:
    """Return the canonical record; every value must be usable, and be what the type's schema promises."""
    record, problems = _extracted(spec, values)
    assert problems == ()
    assert [error.message for error in _schema_of(spec.canonical_type).iter_errors(write_plain(record))] == []
    return record


@cache
def _schema_of(name: str) -> jsonschema.Draft202012Validator:
    # What is missing is for the type's rules to say: some records lack on purpose.
    return jsonschema.Draft202012Validator({**build_schema(canonical_type(name)), "required": []})


def write_outside(spec: ObjectManifest, values: dict[str, Any]) -> dict[str, Any]:
    """Return what is sent for a canonical record; what is missing in it is left out."""
    described = canonical_type(spec.canonical_type)
    compiled = compile_mapping(
        merge_layers(spec.writing_lines), source_fields=described.fields, target_fields=spec.fields, outgoing=True
    )
    return compiled.apply(values).values


def _extracted(spec: ObjectManifest, values: dict[str, Any]) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    described = canonical_type(spec.canonical_type)
    lines = merge_layers(spec.reading_lines)
    reading = compile_mapping(lines, source_fields=spec.fields, target_fields=described.fields)
    return ExtractStep(described, reading).plan(source_record(spec, values))
