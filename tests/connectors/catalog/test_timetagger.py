"""TimeTagger: what its records say, and that nothing is missed between two readings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.connectors import registry
from apps.connectors.catalog.timetagger.records import completed, counted
from apps.connectors.contract import Connector, Page
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog.timetagger_stand_in import TOKEN, TimeTaggerStandIn, serve

BERLIN = ZoneInfo("Europe/Berlin")
LATE = 1_790_029_800  # 2026-09-22 00:30 in Berlin, 22:30 of the day before in UTC
SETTINGS = {"person": "ann@firm.example", "time_zone": "Europe/Berlin"}

TEXTS = [
    pytest.param("Workshop #NW-101 #Consulting", ("nw-101", "consulting", "Workshop"), id="two tags"),
    pytest.param("#nw-101 Workshop  in Bern", ("nw-101", None, "Workshop in Bern"), id="a tag before the text"),
    pytest.param("#nw-101#design", ("nw-101", "design", ""), id="tags without a space between"),
    pytest.param("Call # 3", (None, None, "Call # 3"), id="a lone sign is no tag"),
    pytest.param("#küche/süd_2, x", ("küche/süd_2", None, ", x"), id="letters of all scripts"),
    pytest.param("", (None, None, ""), id="no text"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_the_tags_are_project_and_service(text: str, expected: tuple[str | None, str | None, str]) -> None:
    row = completed({"key": "k", "t1": LATE, "t2": LATE + 900, "ds": text, "st": 1.5}, "ann", BERLIN)
    assert (row["project"], row["service"], row["note"]) == expected


@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Berlin", "2026-09-22"), ("UTC", "2026-09-21"), ("Pacific/Auckland", "2026-09-22")]
)
def test_the_day_is_that_of_the_persons_zone(zone: str, day: str) -> None:
    row = completed({"key": "k", "t1": LATE, "t2": LATE + 900, "ds": "", "st": 1.5}, "ann", ZoneInfo(zone))
    assert (row["day"], row["seconds"], row["stored_at"]) == (day, 900, "1970-01-01T00:00:01.500000Z")


@pytest.mark.parametrize("start", [None, "now", 10**20, -(10**20)], ids=str)
def test_a_start_that_is_no_time_gives_no_day(start: Any) -> None:
    assert completed({"key": "k", "t1": start, "t2": LATE, "ds": "", "st": 1.5}, "ann", BERLIN)["day"] is None


def test_deleted_and_running_records_are_left_out_and_the_rest_comes_oldest_first() -> None:
    rows = [
        {"key": "b", "t1": 1, "t2": 2, "ds": "", "st": 9.0},
        {"key": "gone", "t1": 1, "t2": 2, "ds": "HIDDEN Call", "st": 2.0},
        {"key": "runs", "t1": 1, "t2": 1, "ds": "", "st": 3.0},
        {"key": "a", "t1": 1, "t2": 2, "ds": "", "st": 9.0},
        {"key": "c", "t1": 1, "t2": 2, "ds": "", "st": 1.0},
    ]
    assert [row["key"] for row in counted(rows, "ann", BERLIN)] == ["c", "a", "b"]


@asynccontextmanager
async def connected(system: TimeTaggerStandIn, **settings: str) -> AsyncIterator[Connector]:
    async with serve(system) as port:
        yield registry.open_system(
            registry.manifest("timetagger"),
            base_url=f"http://127.0.0.1:{port}/timetagger/api/v2",
            settings={**SETTINGS, **settings},
            secrets={"api_key": TOKEN},
            allow=(f"127.0.0.1:{port}",),
            budget=NoBudget(),
        )


async def test_after_a_reset_everything_comes_again() -> None:
    system = TimeTaggerStandIn()
    for number in range(3):
        system.put(f"r{number}", LATE, LATE + 900, "Call", st=1000.0 + number)
    async with connected(system) as connector, connector:
        first = [page async for page in connector.read("records", None)]
        assert await _keys(connector, first[-1]) == []
        system.reset_at = first[-1].checkpoint["since"] + 1
        system.stored_at = system.reset_at + 3600
        assert await _keys(connector, first[-1]) == ["r0", "r1", "r2"]


async def test_a_running_record_is_read_once_it_is_stopped() -> None:
    system = TimeTaggerStandIn()
    system.put("r0", LATE, LATE, "Call #nw-101")
    async with connected(system) as connector, connector:
        first = [page async for page in connector.read("records", None)]
        assert [record for page in first for record in page.records] == []
        system.put("r0", LATE, LATE + 1800, "Call #nw-101")
        assert await _keys(connector, first[-1]) == ["r0"]


@pytest.mark.parametrize("name", ["Berlin", "", "../etc/passwd", "Europe/Nowhere"])
async def test_a_time_zone_that_is_none_is_named_with_the_remedy(name: str) -> None:
    async with connected(TimeTaggerStandIn(), time_zone=name) as connector, connector:
        report = await connector.test()
        with pytest.raises(MisconfiguredError, match="Europe/Berlin") as caught:
            await anext(connector.read("records", None))
    assert caught.value.business_class is BusinessClass.VALIDATION
    assert [step.name for step in report.steps if step.ok is False] == ["can read"]


async def _keys(connector: Connector, after: Page) -> list[str]:
    pages = [page async for page in connector.read("records", after.checkpoint)]
    return [record.key for page in pages for record in page.records]
