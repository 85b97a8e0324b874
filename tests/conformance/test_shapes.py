"""What a system's records look like: as it says itself where it does, and never less than its manifest relies on."""

from apps.connectors.shapes import ShapeSource, differences, fingerprint
from tests.conformance.stage import Stage, not_applicable, records_of


async def test_every_object_is_described_with_the_fields_that_its_mapping_uses(stage: Stage) -> None:
    async with stage.connector() as connector:
        shapes = {shape.object_name: shape for shape in await connector.discover()}
    assert list(shapes) == [spec.name for spec in stage.manifest.objects]
    for spec in stage.manifest.objects:
        told = {field.name for field in shapes[spec.name].fields}
        missing = {field.name for field in spec.fields} - told
        assert not {name for name in missing if name.partition(".")[0] not in told}, spec.name
        if shapes[spec.name].source is ShapeSource.MANIFEST and spec.name in stage.lists:
            assert any(field.seen for field in shapes[spec.name].fields), spec.name


async def test_a_description_names_every_field_that_a_record_has_and_is_the_same_twice(stage: Stage) -> None:
    if not stage.lists:
        not_applicable("Nothing is listed by this system, so there is no record to compare with.")
    name = stage.level or stage.lists[0]
    async with stage.connector() as connector:
        (shape,) = await connector.discover([name])
        (again,) = await connector.discover([name])
    assert (fingerprint(again.fields), again.source) == (fingerprint(shape.fields), shape.source)
    assert differences(shape.fields, again.fields, shape.source) == ()
    told = {part for field in shape.fields for part in (field.name, field.name.partition(".")[0])}
    held = {name for record in records_of(await stage.read(name)) for name in record.values}
    assert held <= told
