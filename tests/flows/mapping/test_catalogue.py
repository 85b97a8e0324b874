"""Every mapping a system brings along compiles, so that publishing a flow with it never fails for the catalogue's sake."""

import pytest

from apps.connectors import registry
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.manifest import ObjectManifest
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers

OBJECTS = [
    pytest.param(spec, id=f"{manifest.slug} {spec.name}")
    for manifest in registry.all_manifests()
    for spec in manifest.objects
]


# Read only to find what was written there: no flow begins with it.
TARGETS_ONLY = {"tryton timesheet.line"}


@pytest.mark.parametrize("spec", [one for one in OBJECTS if one.values[0].reading_lines and one.id not in TARGETS_ONLY])
def test_what_is_read_becomes_a_canonical_record(spec: ObjectManifest) -> None:
    described = canonical_type(spec.canonical_type)
    compiled = compile_mapping(
        merge_layers(spec.reading_lines), source_fields=spec.fields, target_fields=described.fields
    )
    assert [line.line.target for line in compiled.lines] == [line.target for line in spec.reading_lines]


@pytest.mark.parametrize("spec", [one for one in OBJECTS if one.values[0].writing_lines])
def test_what_is_written_comes_from_a_canonical_record(spec: ObjectManifest) -> None:
    described = canonical_type(spec.canonical_type)
    compiled = compile_mapping(
        merge_layers(spec.writing_lines), source_fields=described.fields, target_fields=spec.fields, outgoing=True
    )
    assert [line.line.target for line in compiled.lines] == [line.target for line in spec.writing_lines]
