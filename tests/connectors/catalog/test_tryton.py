"""The Tryton connector as a whole, against a stand-in with the real one's answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.contract import Connector, Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RejectedError
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog.tryton_stand_in import KEY, TrytonStandIn, serve, time_line

Open = Callable[..., Awaitable[Connector]]


@dataclass
class Office:
    """A stand-in with two people and a project, and connectors to it."""

    tryton: TrytonStandIn
    port: int
    stack: AsyncExitStack

    async def open(self, *, key: str = KEY, **settings: str) -> Connector:
        connector = registry.open_system(
            registry.manifest("tryton"),
            base_url=f"http://127.0.0.1:{self.port}/firm",
            settings=settings,
            secrets={"token": key},
            allow=(f"127.0.0.1:{self.port}",),
            budget=NoBudget(),
        )
        return await self.stack.enter_async_context(connector)

    async def post(self, *writes: Write) -> dict[int, WriteOutcome]:
        connector = await self.open()
        return {outcome.position: outcome for outcome in await connector.upsert("timesheet.line", writes)}


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    tryton = TrytonStandIn()
    tryton.employ("HR-001", "Amara Okafor", "amara@x.example")
    tryton.employ("HR-002", "Bruno Keller", "bruno@x.example", left="2026-10-31")
    tryton.open_project("NW-101 Nordwind", "Build", "Discovery", ended={"Discovery": "2026-08-22"})
    async with AsyncExitStack() as stack:
        yield Office(tryton, await stack.enter_async_context(serve(tryton)), stack)


def _error(outcome: WriteOutcome) -> RejectedError:
    assert isinstance(outcome.error, RejectedError)
    return outcome.error


async def test_it_creates_many_lines_in_one_call_and_answers_for_each(office: Office) -> None:
    outcomes = await office.post(*(time_line(position, position) for position in range(30)))
    assert len(office.tryton.lines) == 30
    assert len(office.tryton.calls("POST")) == 1
    assert all(outcome.created and outcome.error is None for outcome in outcomes.values())
    by_key = {row["description"]: str(row["id"]) for row in office.tryton.lines}
    assert all(outcomes[n].target_key == by_key[f"Workshop [TimeEntry:redmine:{n}]"] for n in range(30))


async def test_a_repeat_without_a_kept_number_finds_its_line_and_writes_nothing(office: Office) -> None:
    await office.post(time_line(0, 1))
    outcome = (await office.post(time_line(0, 1)))[0]
    assert (outcome.target_key, outcome.created, outcome.error) == ("1", False, None)
    assert len(office.tryton.lines) == 1
    assert not office.tryton.calls("PUT")


async def test_a_repeat_with_other_content_changes_the_line_it_made(office: Office) -> None:
    await office.post(time_line(0, 1))
    await office.post(time_line(0, 1, duration="3"))
    assert [row["duration"]["seconds"] for row in office.tryton.lines] == [10800]


async def test_an_edit_changes_exactly_its_line(office: Office) -> None:
    await office.post(time_line(0, 1), time_line(1, 2))
    outcome = (await office.post(time_line(0, 2, "2", duration="4.35")))[0]
    assert outcome.error is None
    assert not outcome.created
    assert [row["duration"]["seconds"] for row in office.tryton.lines] == [9000, 15660]


async def test_an_edit_that_is_there_already_is_not_sent_again(office: Office) -> None:
    await office.post(time_line(0, 1))
    assert (await office.post(time_line(0, 1, "1")))[0].error is None
    assert not office.tryton.calls("PUT")


@pytest.mark.parametrize(
    ("changed", "field", "business_class", "words"),
    [
        (
            {"employee": "HR-099"}, "resource", BusinessClass.MISSING_REFERENCE,
            "Tryton knows no employee with the personnel number or e-mail “HR-099”",
        ),
        ({"project": "zz-9"}, "project", BusinessClass.MISSING_REFERENCE, "Tryton has no project “zz-9”"),
        ({"task": "Paint"}, "task", BusinessClass.MISSING_REFERENCE, "has no task “Paint” in Tryton"),
        ({"task": ""}, "task", BusinessClass.INACTIVE_PROJECT, "takes no time in Tryton"),
        (
            {"task": "Discovery"}, "task", BusinessClass.INACTIVE_PROJECT,
            "“Discovery” of “NW-101 Nordwind” is closed for time after 22 August 2026",
        ),
        (
            {"employee": "bruno@x.example"}, "resource", BusinessClass.MISSING_REFERENCE,
            "Bruno Keller left on 31 October 2026",
        ),
        ({"duration": "-1"}, "hours", BusinessClass.VALIDATION, "no negative hours"),
    ],
    ids=["unknown person", "unknown project", "unknown task", "no timesheets", "closed task", "who left", "negative"],
)  # fmt: skip
async def test_a_refused_line_says_what_would_mend_it_and_keeps_nobody_else_back(
    office: Office, changed: dict[str, Any], field: str, business_class: BusinessClass, words: str
) -> None:
    outcomes = await office.post(time_line(0, 1), time_line(1, 2, **changed), time_line(2, 3))
    problem = _error(outcomes[1]).problems[0]
    assert (problem.field, problem.business_class) == (field, business_class)
    assert words in problem.message
    assert outcomes[1].exchange is not None
    assert sorted(row["description"] for row in office.tryton.lines) == [
        "Workshop [TimeEntry:redmine:1]",
        "Workshop [TimeEntry:redmine:3]",
    ]


async def test_a_line_of_the_time_before_somebody_left_is_posted(office: Office) -> None:
    outcome = (await office.post(time_line(0, 1, employee="HR-002", date="2026-10-30")))[0]
    assert outcome.error is None
    assert all(context["active_test"] is False for context in office.tryton.contexts)


async def test_an_invoiced_line_is_left_alone_with_advice(office: Office) -> None:
    await office.post(time_line(0, 1))
    office.tryton.lines[0]["invoice_line"] = 5
    problem = _error((await office.post(time_line(0, 1, "1", duration="9")))[0]).problems[0]
    assert problem.business_class is BusinessClass.CONFLICT
    assert "already been invoiced" in problem.message


async def test_a_line_deleted_in_tryton_is_not_created_behind_peoples_backs(office: Office) -> None:
    problem = _error((await office.post(time_line(0, 1, "77")))[0]).problems[0]
    assert "was deleted in Tryton" in problem.message
    assert not office.tryton.lines


async def test_a_lost_answer_is_in_doubt_until_the_probe_finds_the_lines(office: Office) -> None:
    office.tryton.lose_answers = 1
    connector = await office.open()
    writes = [time_line(0, 1), time_line(1, 2)]
    outcomes = await connector.upsert("timesheet.line", writes)
    assert all(outcome.error is not None and outcome.error.ambiguous for outcome in outcomes)
    arrived = await connector.probe("timesheet.line", [*writes, time_line(2, 3, date="2026-11-03")])
    assert {position: record.key for position, record in arrived.items()} == {0: "1", 1: "2"}
    assert len(office.tryton.lines) == 2


async def test_a_line_that_somebody_saves_at_this_moment_is_tried_again_later(office: Office) -> None:
    await office.post(time_line(0, 1))
    office.tryton.locked = True
    error = (await office.post(time_line(0, 1, "1", duration="3")))[0].error
    assert error is not None
    assert (error.kind, error.business_class) == (FailureKind.RETRYABLE, BusinessClass.CONFLICT)
    assert not error.ambiguous


async def test_the_probe_finds_a_line_whose_day_was_edited_since(office: Office) -> None:
    await office.post(time_line(0, 1))
    connector = await office.open()
    assert (await connector.probe("timesheet.line", [time_line(0, 1, date="2026-11-05")]))[0].key == "1"


async def test_it_asks_for_english_so_that_refusals_can_be_read(office: Office) -> None:
    await office.post(time_line(0, 1))
    assert office.tryton.languages == {"en"}


async def test_people_and_projects_are_found_by_their_names(office: Office) -> None:
    connector = await office.open()
    people = await connector.find("company.employee", ["hr-001", "bruno@x.example", "nobody"])
    assert {key: record.key for key, record in people.items()} == {"hr-001": "1", "bruno@x.example": "2"}
    projects = await connector.find("project.work", ["NW-101", "none"])
    assert {key: record.key for key, record in projects.items()} == {"NW-101": "1"}


async def test_it_reads_rows_never_changed_and_rows_changed_and_then_only_news(office: Office) -> None:
    await office.post(*(time_line(position, position) for position in range(3)))
    await office.post(time_line(0, 1, "2", duration="8"))
    connector = await office.open()
    pages = [page async for page in connector.read("timesheet.line", None)]
    assert [record.key for page in pages for record in page.records] == ["1", "3", "2"]
    assert pages[-1].last
    office.tryton.lines[0]["write_date"] = {**office.tryton.lines[0]["create_date"], "year": 2027}
    news = [page async for page in connector.read("timesheet.line", pages[-1].checkpoint)]
    assert "1" in {record.key for page in news for record in page.records if record.version.startswith("2027")}


async def test_it_reads_just_the_named_records(office: Office) -> None:
    connector = await office.open()
    pages = [page async for page in connector.read("company.employee", {"write_date": "x"}, ["2", "9", "no number"])]
    assert [record.values["email"] for page in pages for record in page.records] == ["bruno@x.example"]
    assert pages[0].checkpoint == {"write_date": "x"}


@pytest.mark.parametrize(
    ("changed", "settings", "failed", "words"),
    [
        ({}, {"key": "wrong"}, "allowed", "enter valid credentials"),
        ({"may_write": False}, {}, "can write", "may not create or change timesheet lines"),
        ({}, {"company": "Nobody Ltd"}, "can read", "“Halden & Rowe Consulting”"),
        ({"companies": ["A", "B"]}, {}, "can read", "“A”, “B”"),
    ],
    ids=["wrong key", "may only read", "no such company", "two companies and none chosen"],
)
async def test_the_connection_test_names_the_step_that_fails(
    changed: dict[str, Any], settings: dict[str, str], failed: str, words: str
) -> None:
    tryton = TrytonStandIn(**changed)
    async with AsyncExitStack() as stack:
        office = Office(tryton, await stack.enter_async_context(serve(tryton)), stack)
        report = await (await office.open(**settings)).test()
    step = next(step for step in report.steps if step.ok is False)
    assert (step.name, not report.ok) == (failed, True)
    assert words in step.sentence
    assert [step.name for step in report.steps] == ["reachable", "allowed", "can read", "can write", "limits"]


async def test_the_connection_test_holds_and_changes_nothing(office: Office) -> None:
    report = await (await office.open()).test()
    assert report.ok
    assert {path for method, path, _ in office.tryton.asked if method == "POST"} == {
        "rest/model/ir.model.access/get_access"
    }


async def test_nothing_but_time_is_written(office: Office) -> None:
    connector = await office.open()
    with pytest.raises(MisconfiguredError, match="Only timesheet lines"):
        await connector.upsert("project.work", [time_line(0, 1)])
