"""BambooHR: people as the canonical model has them, deleted ones, and changes in pages."""

from typing import Any

import pytest
from aiohttp import web

from apps.connectors.auth import build_signer
from apps.connectors.catalog.bamboohr.connector import CONNECTOR
from apps.connectors.catalog.bamboohr.manifest import EMPLOYEES, MANIFEST
from apps.connectors.errors import MisconfiguredError
from tests.connectors.catalog import bamboohr_stand_in as bamboo
from tests.connectors.catalog.canonical_reading import read_canonical
from tests.connectors.conftest import door_to

SECRETS = {"username": bamboo.KEY, "password": "anything"}


async def _read(system: bamboo.BambooStandIn, *keys: str) -> list[dict[str, Any]]:
    async with (
        system.serve() as url,
        CONNECTOR(MANIFEST, door_to(f"{url}{bamboo.BASE}", auth=build_signer(MANIFEST.auth, SECRETS)), {}) as connector,
    ):
        pages = [page async for page in connector.read("employees", None, keys)]
    assert system.violations == []
    return [record.values for page in pages for record in page.records]


READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "somebody who works there": (
        {}, {"employee_no": "0017", "name": "Robin Vale 17", "active": True, "left": None, "email": "robin17@brightforge.example"},
    ),
    "somebody who left": (
        {"terminationDate": "2026-10-31", "status": "Inactive"}, {"active": False, "left": "2026-10-31"},
    ),
    "somebody without a day of hiring": ({"hireDate": "0000-00-00"}, {"hired": None}),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("named", [False, True], ids=["in the list", "by id"])
async def test_a_person_is_read(changes: dict[str, Any], told: dict[str, Any], named: bool) -> None:
    system = bamboo.BambooStandIn()
    row = system.enter("employees", **{**bamboo.entry(17), **changes})
    (values,) = await _read(system, *([row["id"]] if named else []))
    canonical = read_canonical(EMPLOYEES, values)
    shown = {
        field: value if isinstance(value := canonical.get(field), str | bool | None) else str(value) for field in told
    }
    assert shown == told


async def test_who_was_deleted_and_who_is_gone_meanwhile_are_left_out() -> None:
    system = bamboo.BambooStandIn()
    for number in range(1, 4):
        system.enter("employees", **bamboo.entry(number))
    system.delete(system.rows["employees"][0])
    system.gone["77"] = system.written(system.clock)
    assert [values["employeeNumber"] for values in await _read(system)] == ["0002", "0003"]


async def test_a_company_without_changes_is_an_empty_reading() -> None:
    assert await _read(bamboo.BambooStandIn()) == []


async def test_changes_that_no_longer_say_when_are_told() -> None:
    class Changed(bamboo.BambooStandIn):
        def _changed(self, request: web.Request) -> web.Response:
            return web.json_response({"latest": "2026-11-21T10:15:30Z", "employees": {"1": {"id": "1"}}})

    with pytest.raises(MisconfiguredError, match="who changed and when"):
        await _read(Changed())
