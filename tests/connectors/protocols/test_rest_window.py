"""A span of time is read for backfills, and nothing outside it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.connectors.errors import MisconfiguredError
from apps.connectors.manifest import (
    ChangeRead,
)
from tests.connectors.protocols.things import Answering, Body, opened, system_with

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def _changed(*days: str) -> list[dict[str, Any]]:
    return [{"id": day, "changed": f"2026-{day}T10:00:00Z"} for day in days]


def _listing(rows: list[dict[str, Any]], asked: list[Mapping[str, str]]) -> Answering:
    """Answer as a system that lists by time of change, oldest first, from `since` on."""

    def answering(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        asked.append(query)
        fitting = [row for row in rows if row["changed"] >= query.get("since", "")]
        first = (int(query["page"]) - 1) * 3
        return 200, {"records": fitting[first : first + 3]}

    return answering


WINDOWS = {
    "oldest first": (True, 5),
    "in any order": (False, 8),
}


@pytest.mark.parametrize(("is_sorted", "most_pages"), WINDOWS.values(), ids=WINDOWS.keys())
async def test_a_window_holds_what_was_changed_in_it_and_nothing_else(*, is_sorted: bool, most_pages: int) -> None:
    rows = _changed(
        "01-10", "02-28", "03-01", "03-02", "03-15", "03-31", "04-01", "04-02", "05-01", "06-01", "07-01", "08-01",
        "09-01", "10-01", "11-01",
    )  # fmt: skip
    asked: list[Mapping[str, str]] = []
    async with opened(_listing(rows, asked), system_with(since_sorted=is_sorted)) as connector:
        pages = [page async for page in connector.read_window("things", SINCE, UNTIL)]
    assert [record.key for page in pages for record in page.records] == ["03-01", "03-02", "03-15", "03-31"]
    assert pages[-1].last
    assert asked[0]["since"] == "2026-03-01T00:00:00Z"
    assert len(asked) <= most_pages


async def test_a_window_goes_on_from_each_of_its_own_positions() -> None:
    rows = _changed("03-01", "03-02", "03-03", "03-04", "03-05", "03-06", "03-07", "04-02")
    async with opened(_listing(rows, []), system_with()) as connector:
        whole = [page async for page in connector.read_window("things", SINCE, UNTIL)]
        for place, page in enumerate(whole[:-1]):
            before = [record.key for earlier in whole[: place + 1] for record in earlier.records]
            rest = [p async for p in connector.read_window("things", SINCE, UNTIL, page.checkpoint)]
            after = [record.key for later in rest for record in later.records]
            assert sorted({*before, *after}) == [row["id"] for row in rows[:-1]]
            assert not set(before) & set(after)


async def test_a_record_without_an_instant_is_not_left_out_of_a_window() -> None:
    rows = [{"id": "1", "changed": "v7"}, {"id": "2", "changed": "2026-03-05 10:00"}]
    async with opened(lambda *_: (200, {"records": rows}), system_with(since_sorted=False)) as connector:
        pages = [page async for page in connector.read_window("things", SINCE, UNTIL)]
    assert [record.key for page in pages for record in page.records] == ["1", "2"]


@pytest.mark.parametrize("change_read", [ChangeRead.FULL, ChangeRead.WINDOW_RESCAN, ChangeRead.DELTA_TOKEN])
async def test_a_system_that_cannot_be_asked_for_a_window_says_so(change_read: ChangeRead) -> None:
    async with opened(lambda *_: (500, {}), system_with(change_read=change_read)) as connector:
        with pytest.raises(MisconfiguredError, match="span of time"):
            await anext(connector.read_window("things", SINCE, UNTIL))
