"""The suite covers the catalogue: a connector without a stage is not listed, and a stage without a connector is a leftover."""

from pathlib import Path

from apps.connectors import registry
from apps.connectors.catalog import SYSTEMS
from apps.connectors.sheet_terms import Transport
from tests.conformance.stages import STAGES

# Between a connector and its stage stands a front that speaks HTTP. What speaks something else is proven by a suite of its
# own, with the same checks where they apply; the system is named here, and that suite must be there.
PROVEN_ELSEWHERE = {
    "sftp_files": "tests/connectors/catalog/test_sftp_reading.py",
    "smtp": "tests/connectors/catalog/test_smtp.py",
    "webhooks": "tests/journeys/test_records_by_webhook.py",
}
# What a partner describes itself has no folder in the catalogue: one stage for each protocol that a description can name.
PRIVATE = {slug for slug in STAGES if slug.startswith("private_")}


def test_every_system_of_the_catalogue_has_a_stage_and_every_stage_a_system() -> None:
    assert (set(STAGES) - PRIVATE) | set(PROVEN_ELSEWHERE) == set(SYSTEMS)
    assert not set(STAGES) & set(PROVEN_ELSEWHERE)


def test_only_a_system_that_is_not_called_over_http_is_proven_elsewhere_and_by_a_suite_that_is_there() -> None:
    for slug, suite in PROVEN_ELSEWHERE.items():
        system = registry.manifest(slug)
        is_called = any(spec.writing or (spec.reading and spec.reading.is_list) for spec in system.objects)
        assert system.transport is not Transport.HTTP or not is_called
        assert Path(suite).is_file()


def test_a_stage_stands_under_the_name_of_its_system() -> None:
    assert {name: stage.slug.replace("-", "_") for name, stage in STAGES.items()} == {name: name for name in STAGES}


def test_a_stage_reads_and_writes_only_what_its_sheet_declares() -> None:
    for stage in (made() for made in STAGES.values()):
        listed = {spec.name for spec in stage.manifest.objects if spec.reading and spec.reading.is_list}
        assert bool(stage.lists) is bool(listed), stage.slug
        assert stage.level in (*stage.lists, ""), stage.slug
        assert set(stage.lists) <= listed, stage.slug
        written = {spec.name for spec in stage.manifest.objects if spec.writing}
        assert set(stage.writes) == written, stage.slug
        assert set(stage.refusals) == set(stage.changed) == set(stage.texts) == written, stage.slug
