"""The Redmine connector against a stand-in with the real one's answers, as `make real` saw them in 5.0.4."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from apps.connectors import registry
from apps.connectors.auth import build_signer
from apps.connectors.catalog.redmine.connector import RedmineConnector
from apps.connectors.contract import Page, SourceRecord
from apps.connectors.errors import MisconfiguredError
from apps.connectors.http import Door
from apps.connectors.rate_budget import NoBudget

KEY = "a" * 40
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LISTS = {"time_entries", "users", "projects", "issues"}


@dataclass
class RedmineStandIn:
    """Records by list name. Filters it does not know are ignored, as the real one does."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    lists_people: bool = True
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    project: int = 1

    def book(self, number: int, spent_on: str, hours: float = 2.5, approval: str | None = "approved") -> None:
        self.entries.append(
            {
                "id": number,
                "project": {"id": self.project, "name": "Nordwind"},
                "issue": {"id": 4},
                "user": {"id": 6, "name": "Bruno Keller"},
                "activity": {"id": 9, "name": "Development"},
                "hours": hours,
                "comments": "Workshop",
                "spent_on": spent_on,
                "created_on": "2026-11-21T04:00:50Z",
                "updated_on": "2026-11-21T04:00:50Z",
                "custom_fields": [{"id": 1, "name": "Approval", "value": approval}],
            }
        )

    def records(self, kind: str) -> list[dict[str, Any]]:
        people = [
            {"id": 6, "login": "bruno", "firstname": "Bruno", "lastname": "Keller", "mail": "b@x.example",
             "custom_fields": [{"id": 2, "name": "Employee number", "value": "HR-002"}]},
            {"id": 7, "login": "eve", "firstname": "Eve", "lastname": "Gone", "mail": "e@x.example", "custom_fields": []},
        ]  # fmt: skip
        projects = [
            {"id": 1, "identifier": "nw-101", "name": "Nordwind", "status": 1},
            {"id": 2, "identifier": "al-204", "name": "Alpen", "status": 5},
        ]
        issues = [{"id": 4, "subject": "Build", "project": {"id": 1, "name": "Nordwind"}}]
        return {"time_entries": self.entries, "users": people, "projects": projects, "issues": issues}[kind]

    async def answer(self, request: web.Request) -> web.Response:
        path, query = request.match_info["rest"], dict(request.query)
        self.asked.append((path, query))
        if request.headers.get("X-Redmine-API-Key") != KEY:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Redmine API"'})
        if path == "users/current.json":
            return web.json_response({"user": {"id": 1, "api_key": KEY}})
        if path == "custom_fields.json":
            fields = [("time_entry", "Approval"), ("user", "Employee number")]
            return web.json_response({"custom_fields": [{"customized_type": t, "name": n} for t, n in fields]})
        kind, _, number = path.removesuffix(".json").partition("/")
        if kind == "users" and not self.lists_people:
            return web.Response(status=403)
        return self._one(kind, int(number)) if number else self._list(kind, query)

    def _one(self, kind: str, number: int) -> web.Response:
        row = next((row for row in self.records(kind) if row["id"] == number), None)
        if row is None:
            return web.Response(status=404)
        extra = {"api_key": "personal-secret-key"} if kind == "users" else {}
        return web.json_response(
            {{"time_entries": "time_entry"}.get(kind, kind[:-1]): {**row, **extra, "only_here": 1}}
        )

    def _list(self, kind: str, query: dict[str, str]) -> web.Response:
        rows = [row for row in self.records(kind) if row.get("spent_on", "9") >= query.get("from", "")]
        start, size = int(query.get("offset", 0)), int(query.get("limit", 25))
        found = {kind: rows[start : start + size], "total_count": len(rows), "offset": start, "limit": size}
        return web.json_response(found)


@asynccontextmanager
async def opened(redmine: RedmineStandIn, *, key: str = KEY, **settings: str) -> AsyncIterator[RedmineConnector]:
    """Serve the stand-in and open a connector to it whose clock stands still."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", redmine.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    manifest = registry.manifest("redmine")
    door = Door(
        base_url=f"http://127.0.0.1:{port}", auth=build_signer(manifest.auth, {"api_key": key}), limits=manifest.limits,
        allow=(f"127.0.0.1:{port}",), budget=NoBudget(),
    )  # fmt: skip
    wanted = {"approval_field": "Approval", "employee_field": "Employee number", **settings}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        yield await stack.enter_async_context(RedmineConnector(manifest, door, wanted, clock=lambda: NOW))


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


async def test_a_record_read_alone_has_the_version_it_has_in_a_list(redmine: RedmineStandIn) -> None:
    async with opened(redmine) as connector:
        for kind in sorted(LISTS):
            listed = (await pages_of(connector, kind))[0].records[0]
            alone = (await pages_of(connector, kind, None, [listed.key]))[0].records[0]
            assert alone.version == listed.version, kind


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


async def test_the_connection_test_holds(redmine: RedmineStandIn) -> None:
    async with opened(redmine) as connector:
        assert (await connector.test()).ok
