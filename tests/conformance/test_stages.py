"""The suite covers the catalogue: a connector without a stage is not listed, and a stage without a connector is a leftover."""

from apps.connectors.catalog import SYSTEMS
from tests.conformance.stages import STAGES


def test_every_system_of_the_catalogue_has_a_stage_and_every_stage_a_system() -> None:
    assert set(STAGES) == set(SYSTEMS)


def test_a_stage_stands_under_the_name_of_its_system() -> None:
    assert {name: stage.slug for name, stage in STAGES.items()} == {name: name for name in STAGES}


def test_a_stage_reads_and_writes_only_what_its_sheet_declares() -> None:
    for stage in (made() for made in STAGES.values()):
        assert stage.lists
        assert stage.level in stage.lists
        assert all(stage.spec(name).reading for name in stage.lists)
        written = {spec.name for spec in stage.manifest.objects if spec.writing}
        assert set(stage.writes) == written, stage.slug
        assert set(stage.refusals) == set(stage.changed) == set(stage.texts) == written, stage.slug
