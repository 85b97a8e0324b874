"""The Redmine connector against a stand-in with the real one's answers, as `make real` saw them in 5.0.4."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.auth import build_signer
from apps.connectors.catalog.redmine.connector import RedmineConnector
from apps.connectors.contract import Page, SourceRecord
from apps.connectors.errors import MisconfiguredError
from apps.connectors.http import Door
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog.redmine_stand_in import KEY, RedmineStandIn, serve

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@asynccontextmanager
async def opened(redmine: RedmineStandIn, *, key: str = KEY, **settings: str) -> AsyncIterator[RedmineConnector]:
    """Serve the stand-in and open a connector to it whose clock stands still."""
    manifest = registry.manifest("redmine")
    wanted = {"approval_field": "Approval", "employee_field": "Employee number", **settings}
    async with serve(redmine) as port:
        door = Door(
            base_url=f"http://127.0.0.1:{port}", auth=build_signer(manifest.auth, {"api_key": key}),
            limits=manifest.limits, allow=(f"127.0.0.1:{port}",), budget=NoBudget(),
        )  # fmt: skip
        async with RedmineConnector(manifest, door, wanted, clock=lambda: NOW) as connector:
            yield connector


async def pages_of(connector: RedmineConnector, kind: str, checkpoint: Any = None, keys: Any = ()) -> list[Page]:
    return [page async for page in connector.read(kind, checkpoint, keys)]


async def entry_of(redmine: RedmineStandIn, **settings: str) -> SourceRecord:
    async with opened(redmine, **settings) as connector:
        return (await pages_of(connector, "time_entries"))[0].records[0]


@pytest.fixture
def redmine() -> RedmineStandIn:
    made = RedmineStandIn()
    made.book(1, "2026-11-20")
    return made


async def test_an_entry_comes_with_the_names_behind_its_numbers(redmine: RedmineStandIn) -> None:
    entry = (await entry_of(redmine)).values
    assert entry["person"]["key"] == "HR-002"
    assert entry["project"]["identifier"] == "nw-101"
    assert entry["issue"]["subject"] == "Build"
    assert entry["approval"] == "approved"
    assert entry["hours"] == 2.5


@pytest.mark.parametrize(
    ("settings", "key", "approval"),
    [
        ({}, "HR-002", "open"),
        ({"employee_field": ""}, "b@x.example", "open"),
        ({"approval_field": ""}, "HR-002", "approved"),
    ],
    ids=["by custom fields", "people by e-mail", "time is final once entered"],
)
async def test_settings_say_what_a_house_does_with_custom_fields(
    settings: dict[str, str], key: str, approval: str
) -> None:
    redmine = RedmineStandIn()
    redmine.book(1, "2026-11-20", approval="open")
    entry = (await entry_of(redmine, **settings)).values
    assert (entry["person"]["key"], entry["approval"]) == (key, approval)


async def test_the_first_reading_takes_everything_a_hundred_at_a_time(redmine: RedmineStandIn) -> None:
    for number in range(2, 251):
        redmine.book(number, "2025-01-15")
    async with opened(redmine) as connector:
        pages = await pages_of(connector, "time_entries")
    assert [len(page.records) for page in pages] == [100, 100, 50]
    assert [page.last for page in pages] == [False, False, True]
    assert pages[-1].checkpoint == {"read_at": "2026-11-21T09:30:00Z"}


async def test_a_reading_goes_on_where_it_stopped(redmine: RedmineStandIn) -> None:
    for number in range(2, 151):
        redmine.book(number, "2026-11-20")
    async with opened(redmine) as connector:
        first = (await pages_of(connector, "time_entries"))[0]
        rest = await pages_of(connector, "time_entries", first.checkpoint)
    assert [record.key for page in rest for record in page.records] == [str(number) for number in range(101, 151)]


@pytest.mark.parametrize(
    ("read_at", "days", "since"),
    [
        ("2026-11-21T08:00:00Z", "", "2026-09-20"),
        ("2026-11-21T08:00:00Z", "10", "2026-11-11"),
        ("2026-08-01T08:00:00Z", "10", "2026-07-22"),
    ],
    ids=["two months back", "as the setting says", "from the last reading when that is long ago"],
)
async def test_later_readings_go_through_the_window_again(
    redmine: RedmineStandIn, read_at: str, days: str, since: str
) -> None:
    async with opened(redmine, rescan_days=days) as connector:
        await pages_of(connector, "time_entries", {"read_at": read_at})
    assert next(query for path, query in redmine.asked if path == "time_entries.json")["from"] == since


async def test_two_edits_in_one_second_are_two_versions(redmine: RedmineStandIn) -> None:
    before = await entry_of(redmine)
    redmine.entries[0]["hours"] = 3.0
    after = await entry_of(redmine)
    assert before.values["updated_on"] == after.values["updated_on"]
    assert before.version != after.version


async def test_an_entry_whose_issue_moved_to_another_project_is_a_new_version(redmine: RedmineStandIn) -> None:
    before = await entry_of(redmine)
    redmine.entries[0]["project"] = {"id": 2, "name": "Alpen"}
    after = await entry_of(redmine)
    assert before.version != after.version
    assert after.values["project"]["identifier"] == "al-204"


async def test_records_named_but_gone_are_left_out(redmine: RedmineStandIn) -> None:
    async with opened(redmine) as connector:
        pages = await pages_of(connector, "time_entries", {"read_at": "x"}, ["1", "99"])
    assert [record.key for record in pages[0].records] == ["1"]
    assert pages[0].checkpoint == {"read_at": "x"}


async def test_a_personal_access_key_never_reaches_a_record(redmine: RedmineStandIn) -> None:
    async with opened(redmine) as connector:
        person = (await pages_of(connector, "users", None, ["6"]))[0].records[0]
    assert person.values["name"] == "Bruno Keller"
    assert "personal-secret-key" not in str(person.values)


async def test_people_who_left_are_read_too(redmine: RedmineStandIn) -> None:
    async with opened(redmine) as connector:
        await pages_of(connector, "users")
    assert dict(redmine.asked)["users.json"]["status"] == ""


async def test_it_finds_records_by_the_names_people_use(redmine: RedmineStandIn) -> None:
    async with opened(redmine) as connector:
        people = await connector.find("users", ["HR-002", "e@x.example", "nobody"])
        projects = await connector.find("projects", ["al-204", "none"])
        entries = await connector.find("time_entries", ["1", "99"])
    assert {key: found.key for key, found in people.items()} == {"HR-002": "6", "e@x.example": "7"}
    assert {key: found.values["state"] for key, found in projects.items()} == {"al-204": "closed"}
    assert list(entries) == ["1"]


async def test_a_key_that_may_not_list_people_is_a_clear_sentence(redmine: RedmineStandIn) -> None:
    redmine.lists_people = False
    async with opened(redmine) as connector:
        with pytest.raises(MisconfiguredError, match="administrator's key"):
            await pages_of(connector, "time_entries")


@pytest.mark.parametrize(
    ("settings", "lists_people", "failed", "words"),
    [
        ({"key": "wrong"}, True, "allowed", "enter valid credentials"),
        ({}, False, "can read", "administrator's key"),
        ({"approval_field": "Freigabe"}, True, "can read", "no custom field “Freigabe” for time entries"),
        ({"employee_field": "Nummer"}, True, "can read", "no custom field “Nummer” for users"),
    ],
    ids=["wrong key", "a plain person's key", "approval field misspelt", "number field misspelt"],
)
async def test_the_connection_test_names_the_step_that_fails(
    redmine: RedmineStandIn, settings: dict[str, str], lists_people: bool, failed: str, words: str
) -> None:
    redmine.lists_people = lists_people
    async with opened(redmine, **settings) as connector:
        report = await connector.test()
    step = next(step for step in report.steps if step.ok is False)
    assert step.name == failed
    assert words in step.sentence
