"""The sandbox systems, their manifests and their page of documentation say the same."""

from pathlib import Path

import pytest

from apps.connectors import registry
from apps.connectors.sandbox.desk import Desk
from apps.connectors.sandbox.faults import FAULTS, SETTINGS
from apps.connectors.sandbox.systems import SYSTEMS

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "sandbox.md").read_text()
DESKS = [pytest.param(desk, id=slug) for slug, desk in SYSTEMS.items()]


def test_every_sandbox_system_is_in_the_catalogue_and_no_other_calls_itself_one() -> None:
    listed = {manifest.slug for manifest in registry.all_manifests() if manifest.slug.startswith("sandbox_")}
    assert listed == {f"sandbox_{slug}" for slug in SYSTEMS}


@pytest.mark.parametrize("desk", DESKS)
def test_a_manifest_reads_what_the_system_holds_by_the_name_the_system_knows(desk: type[Desk]) -> None:
    manifest = registry.manifest(f"sandbox_{desk.slug}")
    for spec in manifest.objects:
        kind = desk.kinds[spec.name]
        assert spec.natural_key == kind.name
        assert spec.find_parameter == kind.name
        assert spec.reading is not None
        assert spec.reading.records_path == desk.list_name
        if spec.writing is not None:
            assert kind.writable
            assert (spec.writing.undo_method == "DELETE") == kind.removable
            assert spec.writing.own_key_field in (kind.own_key, kind.name)
            assert bool(spec.writing.idempotency_header) == desk.takes_keys
    assert (manifest.webhook is not None) == bool(desk.event)
    assert bool(manifest.auth.token_path) == desk.hands_out_tokens


@pytest.mark.parametrize("desk", DESKS)
def test_the_docs_name_every_kind_of_record_and_every_code(desk: type[Desk]) -> None:
    rules = registry.manifest(f"sandbox_{desk.slug}").error_rules
    names = [*desk.kinds, *(rule.code for rule in rules if rule.code != "no_company")]
    assert [name for name in names if f"`{name}`" not in DOCUMENT] == []
    assert f"/{desk.slug}/<company>/api/v1/" in DOCUMENT


def test_the_docs_name_every_fault() -> None:
    assert [name for name in (*FAULTS, *SETTINGS) if f"`{name}`" not in DOCUMENT] == []
