"""Clockify: what its entries mean, whose they are, and that none is missed when a reading is interrupted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from apps.connectors import registry
from apps.connectors.contract import Connector, Exchange
from apps.connectors.error_adapter import failure_of
from apps.connectors.errors import BusinessClass, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog.canonical_reading import canonical
from tests.connectors.catalog.clockify_stand_in import KEY, WORKSPACE, ClockifyStandIn
from tests.connectors.catalog.stand_in import Row

B = BusinessClass


@asynccontextmanager
async def connected(system: ClockifyStandIn, **settings: str) -> AsyncIterator[Connector]:
    async with system.serve() as address:
        opened = registry.open_system(
            registry.manifest("clockify"),
            base_url=address,
            settings={"workspace": WORKSPACE, **settings},
            secrets={"api_key": KEY},
            allow=(address.partition("://")[2],),
            budget=NoBudget(),
        )
        async with opened as connector:
            yield connector
    assert system.violations == []


def firm() -> ClockifyStandIn:
    """Two people in two zones, one project of a client."""
    system = ClockifyStandIn()
    client = system.enter("clients", name="Nordwind")
    system.enter("projects", name="NW-101", clientId=client["id"], archived=False)
    for name, zone in (("ann", "Europe/Berlin"), ("bo", "America/New_York")):
        system.enter("users", name=name.title(), email=f"{name}@firm.example", settings={"timeZone": zone})
    return system


def book(system: ClockifyStandIn, person: int, start: str, end: str | None, **more: Any) -> Row:
    users, projects = system.rows["users"], system.rows["projects"]
    values = {"userId": users[person]["id"], "projectId": projects[0]["id"], "type": "REGULAR", "isLocked": True,
              "billable": True, "hourlyRate": {"amount": 10500, "currency": "EUR"}, **more}  # fmt: skip
    return system.enter("time_entries", timeInterval={"start": start, "end": end}, **values)


async def everything(connector: Connector, checkpoint: Any = None) -> list[Row]:
    pages = [page async for page in connector.read("time_entries", checkpoint)]
    return [record.values for page in pages for record in page.records]


async def test_an_entry_is_read_canonically() -> None:
    system = firm()
    entry = book(system, 0, "2026-11-02T08:00:00Z", "2026-11-02T08:20:00Z", description="Workshop")
    async with connected(system) as connector:
        (row,) = await everything(connector)
    assert canonical("clockify", "time_entries", row) == (
        {
            "id": entry["id"], "resource": "ann@firm.example", "resource_name": "Ann", "project": "NW-101",
            "project_name": "NW-101", "client_name": "Nordwind", "work_date": date(2026, 11, 2),
            "start_at": datetime(2026, 11, 2, 8, tzinfo=UTC), "end_at": datetime(2026, 11, 2, 8, 20, tzinfo=UTC),
            "hours": Decimal("0.3333"), "billable": True, "note": "Workshop", "approval": "locked",
            "bill_rate": Decimal("105.00"), "bill_amount": Decimal("35.00"), "currency": "EUR",
        },
        (),
    )  # fmt: skip
    assert "settings" not in row["user"]


@pytest.mark.parametrize(
    ("person", "day"), [(0, date(2026, 11, 3)), (1, date(2026, 11, 2))], ids=["Berlin", "New York"]
)
async def test_the_day_is_that_of_where_the_person_is(person: int, day: date) -> None:
    system = firm()
    book(system, person, "2026-11-02T23:30:00Z", "2026-11-03T00:30:00Z")
    async with connected(system) as connector:
        (row,) = await everything(connector)
    assert row["day"] == day.isoformat()


async def test_running_timers_breaks_and_absences_are_left_out() -> None:
    system = firm()
    worked = book(system, 0, "2026-11-02T08:00:00Z", "2026-11-02T09:00:00Z")
    book(system, 0, "2026-11-02T10:00:00Z", None)
    for kind in ("BREAK", "HOLIDAY", "TIME_OFF"):
        book(system, 0, "2026-11-02T11:00:00Z", "2026-11-02T12:00:00Z", type=kind)
    async with connected(system) as connector:
        assert [row["id"] for row in await everything(connector)] == [worked["id"]]


async def test_the_first_reading_takes_all_and_the_next_only_the_last_weeks() -> None:
    system = firm()
    old = book(system, 0, "2020-01-02T08:00:00Z", "2020-01-02T09:00:00Z")
    async with connected(system, rescan_days="30") as connector:
        pages = [page async for page in connector.read("time_entries", None)]
        assert [record.key for page in pages for record in page.records] == [old["id"]]
        assert await everything(connector, orjson.loads(orjson.dumps(pages[-1].checkpoint))) == []


@pytest.mark.parametrize(("zone", "day"), [("Mars/Base", None), ("", None)], ids=["a zone nobody knows", "no zone"])
async def test_without_a_zone_the_entry_waits_for_its_day(zone: str, day: None) -> None:
    system = firm()
    system.rows["users"][0]["settings"]["timeZone"] = zone
    book(system, 0, "2026-11-02T08:00:00Z", "2026-11-02T09:00:00Z")
    async with connected(system) as connector:
        (row,) = await everything(connector)
    read, _ = canonical("clockify", "time_entries", row)
    assert "work_date" not in read


REFUSED = [
    pytest.param("Client doesn't belong to Workspace", B.MISSING_REFERENCE, "client", id="no such client"),
    pytest.param("TIMEENTRY with id 1 doesn't belong to WORKSPACE with id 2", B.MISSING_REFERENCE, "", id="gone"),
    pytest.param("NW-101 project already exists", B.DUPLICATE, "name", id="a name that is taken"),
    pytest.param("Name has to be between 2 and 250 characters long", B.VALIDATION, "name", id="a short name"),
    pytest.param("Something else", B.VALIDATION, "", id="words nobody knows"),
]


@pytest.mark.parametrize(("message", "business_class", "field"), REFUSED)
def test_a_refusal_has_its_class_and_field(message: str, business_class: BusinessClass, field: str) -> None:
    manifest, body = registry.manifest("clockify"), orjson.dumps({"message": message, "code": 501})
    answer = Answer(400, {"Content-Type": "application/json"}, body, 1, Exchange("POST", "u", 400, 1), writes=True)
    error = failure_of(manifest, answer, spec=manifest.object_named("projects"))
    assert isinstance(error, RejectedError)
    assert (error.problems[0].business_class, error.problems[0].field) == (business_class, field)


OTHERS = [
    pytest.param(
        "projects",
        {"id": "p1", "name": "NW-101", "client": {"name": "Nordwind"}, "billable": False, "archived": True},
        {
            "id": "p1",
            "code": "NW-101",
            "name": "NW-101",
            "client_name": "Nordwind",
            "billable": False,
            "state": "closed",
        },
        id="an archived project",
    ),
    pytest.param(
        "users",
        {"id": "u1", "name": "Ann", "email": "ann@firm.example"},
        {"id": "u1", "name": "Ann", "email": "ann@firm.example"},
        id="a person",
    ),
    pytest.param(
        "clients",
        {"id": "c1", "name": "Nordwind", "email": "", "address": "Hafen 1\nHamburg", "archived": False},
        {"id": "c1", "name": "Nordwind", "street": "Hafen 1 Hamburg", "state": "active"},
        id="a client",
    ),
]


@pytest.mark.parametrize(("name", "values", "expected"), OTHERS)
def test_a_record_is_read_canonically(name: str, values: Row, expected: dict[str, Any]) -> None:
    assert canonical("clockify", name, values) == (expected, ())
