"""The suite covers the catalogue: a connector without a stage is not listed, and a stage without a connector is a leftover."""

from apps.connectors.catalog import SYSTEMS
from apps.connectors.manifest import ChangeRead, Reading
from tests.conformance.stages import STAGES


def test_every_system_of_the_catalogue_has_a_stage_and_every_stage_a_system() -> None:
    assert set(STAGES) == set(SYSTEMS)


def test_a_stage_stands_under_the_name_of_its_system() -> None:
    assert {name: stage.slug for name, stage in STAGES.items()} == {name: name for name in STAGES}


def test_a_stage_reads_and_writes_only_what_its_sheet_declares() -> None:
    for stage in (made() for made in STAGES.values()):
        listed = {spec.name for spec in stage.manifest.objects if spec.reading and _is_listed(spec.reading)}
        assert bool(stage.lists) is bool(listed), stage.slug
        assert stage.level in (*stage.lists, ""), stage.slug
        assert set(stage.lists) <= listed, stage.slug
        written = {spec.name for spec in stage.manifest.objects if spec.writing}
        assert set(stage.writes) == written, stage.slug
        assert set(stage.refusals) == set(stage.changed) == set(stage.texts) == written, stage.slug


def _is_listed(reading: Reading) -> bool:
    return reading.change_read is not ChangeRead.BY_NAME
