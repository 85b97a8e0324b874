"""The catalogue is complete, and every manifest keeps what it promises."""

import re
from dataclasses import replace

import pytest

from apps.connectors import registry
from apps.connectors.access_tokens import Borrowed
from apps.connectors.auth import REFRESH_TOKEN
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.capabilities import capability_sheet, object_capabilities
from apps.connectors.catalog import SYSTEMS
from apps.connectors.entered_secrets import PAIR
from apps.connectors.errors import MisconfiguredError
from apps.connectors.manifest import SystemManifest
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.odata import ODataConnector
from apps.connectors.protocols.odata_v2 import ODataV2Connector
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.rate_budget import NoBudget
from tests.connectors.authority import client_pair

# Systems whose records have no place for a number of ours, and that tell repeats by nothing else: a delivery in doubt waits
# for a person there, and the catalogue says so.
NOTHING_TELLS_REPEATS = {"adp", "smtp"}
MANIFESTS = [pytest.param(manifest, id=manifest.slug) for manifest in registry.all_manifests()]


def test_every_listed_system_has_a_manifest_of_its_own_name() -> None:
    assert [registry.manifest(slug).slug for slug in SYSTEMS] == list(SYSTEMS)


@pytest.mark.parametrize("slug", ["", "nothing", "../tryton", "sandbox_psa.manifest", "__init__"])
def test_an_unknown_system_is_named(slug: str) -> None:
    with pytest.raises(KeyError, match="no system"):
        registry.manifest(slug)


class Untouched:
    """Keeps a refresh token that nobody may ask for: opening a connection exchanges nothing."""

    def borrow(self) -> Borrowed | None:
        raise AssertionError("borrowed")

    def keep(self, borrowed: Borrowed, new_token: str) -> None:
        raise AssertionError("kept")

    def give_back(self, borrowed: Borrowed) -> None:
        raise AssertionError("given back")

    def note_refused(self, borrowed: Borrowed, reason: str) -> None:
        raise AssertionError("refused")


def _open(slug: str, base_url: str, secrets: dict[str, str]) -> object:
    manifest = registry.manifest(slug)
    # A host key must be one; without it nothing is called.
    settings = {
        setting.name: "desk@example.com" if setting.name == "sender" else next(iter(setting.choices), "setting")
        for setting in manifest.settings
        if setting.name not in {"host_key", "authority"}
    }
    if manifest.auth.scheme is AuthScheme.OAUTH_CODE:
        secrets = {**secrets, REFRESH_TOKEN: "refresh-token"}
    return registry.open_system(
        manifest,
        base_url=base_url,
        settings=settings,
        secrets=secrets,
        allow=(),
        budget=NoBudget(),
        keeper=Untouched(),
    )


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_it_opens_a_connector_of_each_system(manifest: SystemManifest) -> None:
    connector = _open(
        manifest.slug,
        f"{manifest.transport}://system.example.com",
        {secret.name: "secret-value" for secret in manifest.secrets}
        | dict(zip(PAIR, client_pair() if manifest.auth.client_certificate else (), strict=False)),
    )
    for method in ("test", "read", "find", "upsert", "probe", "receive"):
        assert callable(getattr(connector, method))


def test_a_system_without_a_connector_of_its_own_is_served_by_its_manifest() -> None:
    assert type(_open("sandbox_erp", "https://erp.example.com", {"token": "x"})) is RestConnector


@pytest.mark.parametrize(
    ("odata", "connector"),
    [
        pytest.param(None, RestConnector, id="none"),
        pytest.param(ODataSpec(), ODataConnector, id="OData v4"),
        pytest.param(ODataSpec(version=2), ODataV2Connector, id="OData v2"),
    ],
)
def test_a_private_system_is_spoken_to_in_the_protocol_its_description_names(
    odata: ODataSpec | None, connector: type[RestConnector]
) -> None:
    described = replace(registry.manifest("sandbox_erp"), slug="private-tool", auth=AuthSpec(), odata=odata)

    opened = registry.open_system(
        described, base_url="https://tool.example.com", settings={}, secrets={}, allow=(), budget=NoBudget()
    )

    assert type(opened) is connector


@pytest.mark.parametrize(
    ("base_url", "secrets", "said"),
    [
        ("http://erp.example.com", {"token": "x"}, "https"),
        ("https://10.0.0.1", {"token": "x"}, "host name"),
        ("https://erp.example.com", {}, "no token"),
    ],
)
def test_a_connection_that_cannot_work_is_told_before_any_call(
    base_url: str, secrets: dict[str, str], said: str
) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        _open("sandbox_erp", base_url, secrets)


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_a_manifest_agrees_with_itself(manifest: SystemManifest) -> None:
    for spec in manifest.objects:
        names = {field.name for field in spec.fields}
        known = {field.name for field in canonical_type(spec.canonical_type).fields}
        assert {line.target for line in spec.reading_lines} <= known, spec.name
        assert {line.target for line in spec.writing_lines} <= names, spec.name
        assert {line.source for line in spec.writing_lines if line.source} <= known, spec.name
        if spec.writing:
            assert spec.writing_lines, spec.name


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_an_address_that_is_known_is_a_whole_one_or_its_form(manifest: SystemManifest) -> None:
    assert not manifest.address or re.fullmatch(r"https://[a-z0-9.<> _/-]+", manifest.address)
    assert manifest.address.count("<") == manifest.address.count(">") <= 1


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_every_system_has_a_sheet_in_whole_sentences(manifest: SystemManifest) -> None:
    sheet = capability_sheet(manifest)
    assert len({line.name for line in sheet}) == len(sheet)
    assert all(line.sentence.endswith((".", "refused.")) for line in sheet)
    for capability in object_capabilities(manifest):
        assert capability.reading.endswith(".")
        assert capability.writing.endswith(".")
    if any(spec.writing for spec in manifest.objects):
        assert {line.name: line for line in sheet}["write_key"].safe is (manifest.slug not in NOTHING_TELLS_REPEATS)


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_every_error_rule_speaks_in_a_sentence(manifest: SystemManifest) -> None:
    for rule in manifest.error_rules:
        told = rule.sentence.format_map({"message": "M.", "field": "F", "value": "V"})
        assert told.rstrip(")")[-1] in ".!", rule
