"""Records say what stands behind their numbers; the lists behind are read as often as needed and no more."""

import dataclasses
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from apps.connectors.manifest import ChangeRead, ObjectManifest, Paging, Reading
from apps.connectors.protocols.rest_joins import Join, JoiningConnector
from tests.connectors.protocols.things import READING, SYSTEM, THINGS, Body, opened

PEOPLE = ObjectManifest(
    "people", "People", "Resource", key_field="number", reading=Reading("people", "people", ChangeRead.FULL)
)
UNPAGED = dataclasses.replace(THINGS, reading=dataclasses.replace(READING, paging=Paging(), since_sorted=False))
WITH_PEOPLE = dataclasses.replace(SYSTEM, objects=(UNPAGED, PEOPLE))


class Things(JoiningConnector):
    joins = {"things": (Join("person.id", PEOPLE, into="person", parts=("email", "team")),)}


class Firm:
    """Two lists; notes which was asked for."""

    def __init__(self) -> None:
        self.people: list[dict[str, Any]] = [{"number": 7, "email": "ann@x.example", "team": {"name": "Audit"}}]
        self.things: list[dict[str, Any]] = [{"id": "r1", "changed": "2026-11-01T08:00:00Z", "person": {"id": 7}}]
        self.asked: list[str] = []

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        self.asked.append(path)
        return 200, {"people": self.people} if path == "/people" else {"records": self.things}


@asynccontextmanager
async def connected(firm: Firm) -> AsyncIterator[Things]:
    async with opened(firm, WITH_PEOPLE) as plain:
        yield Things(WITH_PEOPLE, plain._door, {})


async def persons(connector: Things) -> list[Any]:
    return [record.values["person"] async for page in connector.read("things", None) for record in page.records]


async def test_the_parts_are_written_beside_what_the_record_says_itself() -> None:
    async with connected(Firm()) as connector:
        assert await persons(connector) == [{"id": 7, "email": "ann@x.example", "team": {"name": "Audit"}}]


async def test_the_list_behind_is_read_once_and_again_only_for_a_number_it_does_not_hold() -> None:
    firm = Firm()
    async with connected(firm) as connector:
        await persons(connector)
        await persons(connector)
        assert firm.asked.count("/people") == 1
        firm.people.append({"number": 8, "email": "bo@x.example"})
        firm.things.append({"id": "r2", "changed": "2026-11-02T08:00:00Z", "person": {"id": 8}})
        assert [person.get("email") for person in await persons(connector)] == ["ann@x.example", "bo@x.example"]
        assert firm.asked.count("/people") == 2


async def test_a_number_that_leads_nowhere_leaves_the_record_as_it_is() -> None:
    firm = Firm()
    firm.things = [
        {"id": "r1", "changed": "2026-11-01T08:00:00Z", "person": {"id": 99}},
        {"id": "r2", "changed": "2026-11-01T08:00:00Z", "person": None},
        {"id": "r3", "changed": "2026-11-01T08:00:00Z"},
    ]
    async with connected(firm) as connector:
        assert await persons(connector) == [{"id": 99}, {}, {}]
        assert await persons(connector) == [{"id": 99}, {}, {}]
    assert firm.asked.count("/people") == 1


async def test_a_list_without_joins_is_read_as_ever() -> None:
    async with connected(Firm()) as connector:
        read = [record async for page in connector.read("people", None) for record in page.records]
    assert [record.values for record in read] == [{"number": 7, "email": "ann@x.example", "team": {"name": "Audit"}}]
