"""The stand-in is strict: what the published contract does not hold is refused, and noted."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.connectors.catalog import business_central_stand_in as bc
from tests.connectors.catalog.business_central_stand_in import BusinessCentralStandIn

BASE = f"v2.0/{bc.TENANT}/{bc.ENVIRONMENT}/api/v2.0/companies({bc.COMPANY})"
UNKNOWN = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
BEYOND: dict[str, tuple[str, str, dict[str, Any]]] = {
    "another path": ("GET", "v2.0/elsewhere", {}),
    "an unknown resource": ("GET", f"{BASE}/jobs", {}),
    "an unknown method": ("PUT", f"{BASE}/customers", {}),
    "a change of a list": ("PATCH", f"{BASE}/customers", {}),
    "a query option of its own": ("GET", f"{BASE}/customers?modified=1", {}),
    "a list option on one record": ("GET", f"{BASE}/customers({UNKNOWN})?$filter=number eq 'x'", {}),
    "pages by $top and $skip": ("GET", f"{BASE}/customers?$top=2&$skip=2", {}),
    "an unknown property in $select": ("GET", f"{BASE}/customers?$select=id,name", {}),
    "an unknown property in $orderby": ("GET", f"{BASE}/customers?$orderby=changedAt", {}),
    "an unknown property in $filter": ("GET", f"{BASE}/customers?$filter=name eq 'x'", {}),
    "a GUID in quotes": ("GET", f"{BASE}/customers?$filter=id eq '{UNKNOWN}'", {}),
    "a text without quotes": ("GET", f"{BASE}/customers?$filter=number eq x", {}),
    "a time in quotes": ("GET", f"{BASE}/customers?$filter=lastModifiedDateTime ge '2026-11-21T00:00:00Z'", {}),
    "a filter with an open bracket": ("GET", f"{BASE}/customers?$filter=(number eq 'x'", {}),
    "a key that is no GUID": ("GET", f"{BASE}/customers(17)", {}),
    "a change without a version": ("PATCH", f"{BASE}/customers({UNKNOWN})", {"json": {"displayName": "x"}}),
    "a removal without a version": ("DELETE", f"{BASE}/customers({UNKNOWN})", {}),
    "an unknown property": ("POST", f"{BASE}/customers", {"json": {"name": "x"}}),
    "a property that is only read": ("POST", f"{BASE}/customers", {"json": {"id": UNKNOWN}}),
    "a property of another type": ("POST", f"{BASE}/customers", {"json": {"taxLiable": "yes"}}),
    "a list as the body": ("POST", f"{BASE}/customers", {"json": [{"displayName": "x"}]}),
    "a body that is not JSON": ("POST", f"{BASE}/customers", {"data": {"displayName": "x"}}),
}


@pytest.fixture
async def client() -> AsyncIterator[tuple[aiohttp.ClientSession, BusinessCentralStandIn]]:
    stand_in = BusinessCentralStandIn()
    async with (
        bc.serve(stand_in) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}/", headers={"Authorization": f"Bearer {bc.TOKEN}"}) as session,
    ):
        yield session, stand_in


@pytest.mark.parametrize("what", BEYOND)
async def test_a_request_beyond_the_contract_is_refused_and_noted(
    client: tuple[aiohttp.ClientSession, BusinessCentralStandIn], what: str
) -> None:
    session, stand_in = client
    method, path, sent = BEYOND[what]
    async with session.request(method, f"/{path}", **sent) as answer:
        assert answer.status == 400
        assert "Not in the contract" in (await answer.json())["error"]["message"]
    assert len(stand_in.violations) == 1
    assert stand_in.rows["customers"] == []


async def test_a_request_within_the_contract_leaves_no_note(
    client: tuple[aiohttp.ClientSession, BusinessCentralStandIn],
) -> None:
    session, stand_in = client
    async with session.post(f"/{BASE}/customers", json={"number": "k-1", "displayName": "Okafor"}) as answer:
        assert answer.status == 201
        made = await answer.json()
    async with session.patch(
        f"/{BASE}/customers({made['id']})", json={"city": "York"}, headers={"If-Match": made["@odata.etag"]}
    ) as answer:
        assert (answer.status, (await answer.json())["number"]) == (200, "K-1")
    async with session.get(f"/{BASE}/customers({UNKNOWN})") as answer:
        assert answer.status == 404
    assert stand_in.violations == []
