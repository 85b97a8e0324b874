"""A connection test says step by step, in sentences, what holds and what does not."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tests.connectors.protocols.things import NOW, READING, SYSTEM, THINGS, Body, opened


async def test_a_connection_test_says_each_step_in_a_sentence() -> None:
    def fine(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        return 200, {"rights": ["read"]} if path == "/whoami" else {"records": []}

    async with opened(fine) as connector:
        assert (await connector.test()).ok
    async with opened(fine, dataclasses.replace(SYSTEM, rights_path="rights")) as connector:
        report = await connector.test()
    assert [(step.name, step.ok) for step in report.steps] == [
        ("reachable", True),
        ("allowed", True),
        ("can read", True),
        ("can write", False),
        ("limits", True),
    ]
    assert all(step.sentence.endswith(".") for step in report.steps)


@pytest.mark.parametrize(
    ("status", "body", "steps"),
    [
        (401, {}, [True, False, None, None, None]),
        (403, {}, [True, False, None, None, None]),
        (503, {}, [False, None, None, None, None]),
        (404, {}, [False, None, None, None, None]),
    ],
)
async def test_a_failed_step_leaves_the_later_ones_untried(status: int, body: Body, steps: list[bool | None]) -> None:
    async with opened(lambda *_: (status, body)) as connector:
        report = await connector.test()
    assert [step.ok for step in report.steps] == steps
    assert not report.ok


async def test_it_says_who_is_signed_in_and_what_may_be_written() -> None:
    def fine(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        return 200, {"me": {"login": "integration"}, "rights": ["write"]} if path == "/whoami" else {"records": []}

    told = dataclasses.replace(SYSTEM, identity_path="me.login", rights_path="rights")
    async with opened(fine, told) as connector:
        report = await connector.test()
    sentences = {step.name: step.sentence for step in report.steps}
    assert sentences["allowed"] == "The sign-in is accepted, as integration."
    assert sentences["can write"] == "May be written: Things."


READABLE = {
    "all": ((), True, "Can be read: Things, others."),
    "some": (("/others",), True, "Can be read: Things. Cannot be read: Others. The sign-in works but lacks"),
    "none": (("/things", "/others"), False, "The sign-in works but lacks a permission"),
}


@pytest.mark.parametrize(("closed", "ok", "begins"), READABLE.values(), ids=READABLE.keys())
async def test_it_says_which_lists_can_be_read(closed: tuple[str, ...], begins: str, *, ok: bool) -> None:
    others = dataclasses.replace(
        THINGS, name="others", label="Others", reading=dataclasses.replace(READING, path="others")
    )

    def some(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        return (403, {}) if path in closed else (200, {"records": []})

    async with opened(some, dataclasses.replace(SYSTEM, objects=(THINGS, others))) as connector:
        report = await connector.test()
    (step,) = [step for step in report.steps if step.name == "can read"]
    assert step.ok is ok
    assert step.sentence.startswith(begins)


CLOCKS = {
    "the same": (timedelta(seconds=-40), "Its clock agrees with ours."),
    "behind": (timedelta(minutes=-7), "Its clock is 7 minutes behind ours"),
    "ahead": (timedelta(hours=1), "Its clock is 60 minutes ahead of ours"),
}


@pytest.mark.parametrize(("apart", "begins"), CLOCKS.values(), ids=CLOCKS.keys())
async def test_it_compares_the_systems_clock_with_ours(apart: timedelta, begins: str) -> None:
    date = format_datetime(NOW + apart, usegmt=True)
    async with opened(lambda *_: (200, {"records": []}), headers={"Date": date}) as connector:
        report = await connector.test()
    assert (report.steps[-1].name, report.steps[-1].ok) == ("clock", True)
    assert report.steps[-1].sentence.startswith(begins)


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 32 Nov 2026 99:00:00 GMT"])
async def test_an_answer_without_a_time_says_nothing_of_the_clock(date: str) -> None:
    async with opened(lambda *_: (200, {"records": []}), headers={"Date": date}) as connector:
        report = await connector.test()
    assert "clock" not in [step.name for step in report.steps]
