"""OData v2 against a service of that version: wrappings, pages within pages, sessions that end, two hands at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.contract import Connector, UndoState, Write
from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError
from apps.connectors.protocols.odata_v2 import plain_v2
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog import sap_stand_in as sap
from tests.connectors.catalog.stand_in import Row

PARTNERS = "business-partners"
PLAIN = {
    "a version": ({"__metadata": {"etag": 'W/"1"', "uri": "x"}, "Name": "A"}, {"@odata.etag": 'W/"1"', "Name": "A"}),
    "a list that hangs on it": (
        {"to_Address": {"results": [{"__metadata": {"etag": "x"}, "City": "Bonn"}]}},
        {"to_Address": [{"City": "Bonn"}]},
    ),
    "a mere link": ({"to_Address": {"__deferred": {"uri": "x"}}, "Name": "A"}, {"Name": "A"}),
    "a group of values": ({"Size": {"__metadata": {}, "Width": "7"}}, {"Size": {"Width": "7"}}),
    "no wrapping": ({"Name": None}, {"Name": None}),
}


@pytest.fixture
async def service() -> AsyncIterator[sap.SapStandIn]:
    made = sap.SapStandIn()
    for number in range(1, 13):
        made.enter(PARTNERS, Customer=f"{number}", OrganizationBPName1=f"Client {number}", SearchTerm1="S")
    yield made
    assert made.violations == []


@pytest.mark.parametrize(("values", "told"), PLAIN.values(), ids=PLAIN.keys())
def test_a_record_is_freed_of_its_wrappings(values: dict[str, Any], told: dict[str, Any]) -> None:
    assert plain_v2(values) == told


async def test_pages_that_come_in_pieces_are_read_whole(service: sap.SapStandIn) -> None:
    async with _opened(service) as connector:
        pages = [page async for page in connector.read(PARTNERS, None)]
    assert [len(page.records) for page in pages] == [12]
    assert [path for method, path in service.asked if "skiptoken" in path]


async def test_pieces_that_go_round_in_a_circle_stop_the_reading(
    service: sap.SapStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = service._list

    def circle(request: Any, name: str) -> Row:
        return {**listed(request, name), "__next": f"http://{request.host}{request.rel_url.raw_path}?$skiptoken=0"}

    monkeypatch.setattr(service, "_list", circle)
    async with _opened(service) as connector:
        with pytest.raises(MisconfiguredError, match="again and again"):
            [page async for page in connector.read(PARTNERS, None)]


async def test_a_session_that_ended_is_begun_anew(service: sap.SapStandIn) -> None:
    key = service.rows[PARTNERS][0]["id"]
    async with _opened(service) as connector:
        (first,) = await connector.upsert(PARTNERS, [_change(key, OrganizationBPName1="First")])
        service.csrf_token = "another-token-of-the-stage-02"
        (second,) = await connector.upsert(PARTNERS, [_change(key, OrganizationBPName1="Second")])
    assert (first.error, second.error) == (None, None)
    assert service.rows[PARTNERS][0]["OrganizationBPName1"] == "Second"


@pytest.mark.parametrize(
    "field", ["OrganizationBPName2", "OrganizationBPName1"], ids=["another field", "the same field"]
)
async def test_two_hands_at_once_are_told_where_they_touch(service: sap.SapStandIn, field: str) -> None:
    row, left = service.rows[PARTNERS][0], [1]

    def another_hand(held: Row) -> None:
        if left:
            left.pop()
            held[field] = "Theirs"
            service.stamp(PARTNERS, held)

    service.before_change = another_hand
    async with _opened(service) as connector:
        (outcome,) = await connector.upsert(PARTNERS, [_change(row["id"], OrganizationBPName1="Ours")])
    if field == "OrganizationBPName2":
        assert (outcome.error, row["OrganizationBPName1"], row[field]) == (None, "Ours", "Theirs")
    else:
        assert isinstance(outcome.error, RejectedError)
        assert (outcome.error.problems[0].business_class, row[field]) == (BusinessClass.CONFLICT, "Theirs")


async def test_what_a_record_was_made_with_is_never_sent_again(service: sap.SapStandIn) -> None:
    made = {
        "BusinessPartnerIDByExtSystem": "K-1", "BusinessPartnerCategory": "2", "OrganizationBPName1": "Okafor Bank",
        "to_BusinessPartnerRole": [{"BusinessPartnerRole": "FLCU01"}],
        "to_BusinessPartnerAddress": [{"Country": "DE", "CityName": "Bonn"}],
    }  # fmt: skip
    async with _opened(service) as connector:
        (first,) = await connector.upsert(PARTNERS, [Write(0, made, "c", "k")])
        (again,) = await connector.upsert(PARTNERS, [Write(0, {**made, "OrganizationBPName1": "Okafor"}, "c", "k2")])
        assert (first.created, again.created, again.error, again.target_key) == (True, False, None, first.target_key)
        assert service.row(PARTNERS, str(first.target_key))["OrganizationBPName1"] == "Okafor"
        assert (await connector.undo(PARTNERS, "77", idempotency_key="u")).state is UndoState.ALREADY_GONE


def _change(key: str, **values: str) -> Write:
    return Write(0, values, "c", "k", key)


@asynccontextmanager
async def _opened(service: sap.SapStandIn) -> AsyncIterator[Connector]:
    async with service.serve() as address:
        connector = registry.open_system(
            registry.manifest("sap_s4hana"),
            base_url=address,
            settings={},
            secrets={"username": sap.USER, "password": sap.PASSWORD},
            allow=(address.partition("://")[2],),
            budget=NoBudget(),
        )
        async with connector:
            yield connector
