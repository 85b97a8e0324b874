"""OData against a strict service: keys, pages, versions, and what happens when two hands change one record."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest

from apps.connectors.auth import Signer
from apps.connectors.catalog.business_central.manifest import MANIFEST
from apps.connectors.contract import UndoState, Write
from apps.connectors.egress import EgressRefusedError
from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError
from apps.connectors.manifest import SystemManifest
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.odata import ODataConnector
from apps.connectors.protocols.odata_calls import ODataCalls
from apps.connectors.protocols.odata_writing import conditions_of
from tests.connectors.catalog import business_central_stand_in as bc
from tests.connectors.catalog.business_central_stand_in import BusinessCentralStandIn, Row
from tests.connectors.conftest import door_to, read_request, reply, wire

GUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
SIGNED = Signer(headers={"Authorization": f"Bearer {bc.TOKEN}"})


@pytest.fixture
async def service() -> AsyncIterator[BusinessCentralStandIn]:
    made = BusinessCentralStandIn()
    for number in range(1, 6):
        made.enter("customers", number=f"C-{number}", displayName=f"Client {number}", city="Leeds")
    yield made
    assert made.violations == []


@asynccontextmanager
async def opened(service: BusinessCentralStandIn, manifest: SystemManifest = MANIFEST) -> AsyncIterator[ODataConnector]:
    async with bc.serve(service) as port:
        door = door_to(f"http://127.0.0.1:{port}", auth=SIGNED)
        async with ODataConnector(manifest, door, bc.SETTINGS) as connector:
            yield connector


def change(service: BusinessCentralStandIn, **values: Any) -> Write:
    return Write(1, values, "Customer:1", "key-1", service.rows["customers"][0]["id"])


# --- versions ---------------------------------------------------------------------------------------------------------
async def test_a_change_is_made_on_the_version_that_was_read(service: BusinessCentralStandIn) -> None:
    async with opened(service) as connector:
        (outcome,) = await connector.upsert("customers", [change(service, displayName="Okafor Group")])
    assert (outcome.error, outcome.created) == (None, False)
    assert service.rows["customers"][0]["displayName"] == "Okafor Group"


@pytest.mark.parametrize("status", [409, 412])
async def test_a_change_of_other_fields_by_another_hand_stays_and_ours_is_made_on_top(
    service: BusinessCentralStandIn, status: int
) -> None:
    service.conflict_status = status
    service.before_change = _once(service, city="York")
    async with opened(service) as connector:
        (outcome,) = await connector.upsert("customers", [change(service, displayName="Okafor Group")])
    row = service.rows["customers"][0]
    assert outcome.error is None
    assert (row["displayName"], row["city"]) == ("Okafor Group", "York")


@pytest.mark.parametrize("status", [409, 412])
async def test_a_change_of_the_same_field_by_another_hand_is_a_conflict_and_stays(
    service: BusinessCentralStandIn, status: int
) -> None:
    service.conflict_status = status
    service.before_change = _once(service, displayName="By hand")
    async with opened(service) as connector:
        (outcome,) = await connector.upsert("customers", [change(service, displayName="Okafor Group")])
    assert isinstance(outcome.error, RejectedError)
    assert outcome.error.business_class is BusinessClass.CONFLICT
    assert "compare both" in outcome.error.message
    assert service.rows["customers"][0]["displayName"] == "By hand"


async def test_another_hand_that_entered_the_same_is_no_conflict(service: BusinessCentralStandIn) -> None:
    service.before_change = _once(service, displayName="Okafor Group")
    async with opened(service) as connector:
        (outcome,) = await connector.upsert("customers", [change(service, displayName="Okafor Group")])
    assert outcome.error is None


async def test_a_record_that_never_rests_is_a_conflict_after_the_second_try(service: BusinessCentralStandIn) -> None:
    service.before_change = service.stamp
    async with opened(service) as connector:
        (outcome,) = await connector.upsert("customers", [change(service, displayName="Okafor Group")])
    assert isinstance(outcome.error, RejectedError)
    assert outcome.error.business_class is BusinessClass.CONFLICT
    assert [method for method, *_ in service.asked].count("PATCH") == 2


async def test_a_record_that_is_gone_is_told_as_missing(service: BusinessCentralStandIn) -> None:
    write = change(service, displayName="Okafor Group")
    service.rows["customers"].pop(0)
    async with opened(service) as connector:
        (outcome,) = await connector.upsert("customers", [write])
    assert isinstance(outcome.error, RejectedError)
    assert outcome.error.business_class is BusinessClass.MISSING_REFERENCE


async def test_nothing_is_changed_where_a_record_comes_without_a_version(service: BusinessCentralStandIn) -> None:
    service.rows["customers"][0]["@odata.etag"] = ""
    async with opened(service) as connector:
        with pytest.raises(MisconfiguredError, match="without a version mark"):
            await connector.upsert("customers", [change(service, displayName="Okafor Group")])
    assert "PATCH" not in [method for method, *_ in service.asked]


def test_a_record_without_a_version_is_changed_as_it_is_where_versions_vary() -> None:
    spec, varying = MANIFEST.object_named("customers"), ODataSpec(etags_vary=True)

    assert conditions_of(varying, spec, {"id": "1"}) == {}
    assert conditions_of(varying, spec, {"@odata.etag": 'W/"7"'}) == {"If-Match": 'W/"7"'}
    with pytest.raises(MisconfiguredError, match="without a version mark"):
        conditions_of(ODataSpec(), spec, {"id": "1"})


async def test_taking_back_what_somebody_changes_at_that_moment_is_refused(service: BusinessCentralStandIn) -> None:
    key = service.rows["customers"][0]["id"]
    service.before_change = service.stamp
    async with opened(service) as connector:
        outcome = await connector.undo("customers", key, idempotency_key="u")
    assert outcome.state is UndoState.REFUSED
    assert outcome.error is not None
    assert outcome.error.business_class is BusinessClass.CONFLICT
    assert len(service.rows["customers"]) == 5


def _once(service: BusinessCentralStandIn, **values: Any) -> Any:
    def meddle(row: Row) -> None:
        row |= values
        service.stamp(row)
        service.before_change = None

    return meddle


# --- lists ------------------------------------------------------------------------------------------------------------
async def test_names_are_found_over_as_many_pages_as_the_service_makes(service: BusinessCentralStandIn) -> None:
    service.largest_page = 2
    async with opened(service) as connector:
        found = await connector.find("customers", ["C-1", "C-3", "C-4", "C-5", "O'Neil"])
    assert sorted(found) == ["C-1", "C-3", "C-4", "C-5"]
    assert not any(name.startswith("@") for record in found.values() for name in record.values)


async def test_only_the_properties_of_the_manifest_are_asked_for(service: BusinessCentralStandIn) -> None:
    async with opened(service) as connector:
        (page,) = [page async for page in connector.read("customers", None)]
    wanted = {field.name for field in MANIFEST.object_named("customers").fields}
    assert {name for record in page.records for name in record.values} == wanted


async def test_a_connection_test_asks_each_list_for_one_record(service: BusinessCentralStandIn) -> None:
    async with opened(service) as connector:
        report = await connector.test()
    assert report.ok, report
    assert service.page_sizes == [1, 1, 1]


ENDLESS = {
    "the same page for ever": lambda origin, place: f"{origin}/customers?$skiptoken=1",
    "ever another page": lambda origin, place: f"{origin}/customers?$skiptoken={place}",
    "a path from the root": lambda origin, place: "/customers?$skiptoken=1",
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_links_that_never_end_stop_the_search(what: str) -> None:
    async with _linked(ENDLESS[what]) as connector:
        with pytest.raises(MisconfiguredError, match="again and again"):
            await connector.find("customers", ["C-1", "C-2"])


async def test_a_link_to_another_host_is_not_followed() -> None:
    async with _linked(lambda origin, place: "http://10.0.0.1/customers?$skiptoken=1") as connector:
        with pytest.raises(EgressRefusedError, match="another host"):
            await connector.find("customers", ["C-1", "C-2"])


@asynccontextmanager
async def _linked(link: Any) -> AsyncIterator[ODataConnector]:
    """A service whose every page is empty and names a next one."""
    asked, origin = 0, ""

    async def play(reader: Any, writer: Any) -> None:
        nonlocal asked
        while True:
            await read_request(reader)
            asked += 1
            writer.write(reply("200 OK", orjson.dumps({"value": [], "@odata.nextLink": link(origin, asked)})))
            await writer.drain()

    async with wire(play) as url:
        origin = url
        async with ODataConnector(MANIFEST, door_to(url), bc.SETTINGS) as connector:
            yield connector


# --- keys and headers -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("template", "key", "path"),
    [
        ("a({key})", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "a(3f2504e0-4f89-11d3-9a0c-0305e82c3301)"),
        ("a({key})", "17", "a(17)"),
        ("a('{key}')", "O'Neil / Söhne", "a('O''Neil%20%2F%20S%C3%B6hne')"),
        ("a('{key}')", "..", "a('..')"),
    ],
)
def test_a_key_is_written_as_its_type_wants(template: str, key: str, path: str) -> None:
    manifest = replace(MANIFEST, odata=ODataSpec(whole_keys=True))
    assert ODataCalls(manifest, door_to("http://127.0.0.1:9"), {}).path_of(template, key) == path


@pytest.mark.parametrize(
    ("template", "key", "fits"),
    [
        ("v1/Projects({key})", GUID, True),
        ("v1/Projects({key})", "17", False),
        ("Entries({key})", "17", True),
        ("Entries({key})", GUID, False),
        ("Others({key})", GUID, True),
    ],
)
def test_a_set_whose_key_type_is_known_takes_keys_of_that_type_only(template: str, key: str, fits: bool) -> None:
    manifest = replace(MANIFEST, odata=ODataSpec(types={"Projects": "Edm.Guid", "Entries": "Edm.Int64"}))
    calls = ODataCalls(manifest, door_to("http://127.0.0.1:9"), {})

    if fits:
        assert key in calls.path_of(template, key)
    else:
        with pytest.raises(RejectedError, match="cannot be the number"):
            calls.path_of(template, key)


@pytest.mark.parametrize(("template", "key"), [("a({key})", "17"), ("a({key})", "x) or (1"), ("a('{key}')", "")])
def test_a_key_that_cannot_be_one_is_refused(template: str, key: str) -> None:
    with pytest.raises(RejectedError, match="cannot be the number"):
        ODataCalls(MANIFEST, door_to("http://127.0.0.1:9"), {}).path_of(template, key)


@pytest.mark.parametrize("exact", [True, False])
async def test_decimals_are_asked_for_as_text_where_the_sheet_says_so(exact: bool) -> None:
    heard: list[bytes] = []

    async def play(reader: Any, writer: Any) -> None:
        heard.append(await read_request(reader))
        writer.write(reply("200 OK", b'{"value": []}'))
        await writer.drain()

    manifest = replace(MANIFEST, odata=ODataSpec(exact_numbers=exact))
    async with wire(play) as url, ODataConnector(manifest, door_to(url), bc.SETTINGS) as connector:
        assert [page.records async for page in connector.read("projects", None)] == [()]
    assert (b"IEEE754Compatible=true" in heard[0]) is exact
    assert b"Prefer: odata.maxpagesize=1000" in heard[0]
