"""A system that takes a record first: its receipt, the questions after it, and every way in which they may end."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.contract import LONGEST_PLACE, Receipt, Write, WriteOutcome
from apps.connectors.egress import parse_destination
from apps.connectors.errors import AuthExpiredError, BusinessClass, FailureKind
from apps.connectors.manifest import Idempotency, LateAnswer, SystemManifest
from apps.connectors.protocols.rest_late_answers import place_on_host
from tests.connectors.protocols.things import WRITING, Answering, Body, opened, system_with

LATE = LateAnswer(key_path="result.id", problem_path="problem")
WRITE = Write(0, {"ours": "o1", "n": 1}, "b1", "k1")


def slow(**changes: Any) -> SystemManifest:
    return system_with(writing=dataclasses.replace(WRITING, late_answer=dataclasses.replace(LATE, **changes)))


def said(status: int, body: Body = None) -> Answering:
    return lambda method, path, query, sent: (status, body)


async def sent(answering: Answering, manifest: SystemManifest, write: Write = WRITE, **headers: str) -> WriteOutcome:
    async with opened(answering, manifest, headers=headers) as connector:
        (outcome,) = await connector.upsert("things", [write])
    return outcome


async def asked(answering: Answering, *receipts: Receipt, late: SystemManifest | None = None) -> list[WriteOutcome]:
    async with opened(answering, late or slow()) as connector:
        return await connector.inquire("things", receipts or (Receipt("/ops/7", created=True),))


@pytest.mark.parametrize(
    ("late", "headers", "body", "place"),
    [
        pytest.param({}, {"Location": "/ops/7?x=1"}, None, "/ops/7?x=1", id="a header, from the host's root"),
        pytest.param({}, {"Location": "7"}, None, "/7", id="a header, from where it was sent to"),
        pytest.param({"place_path": "links.ask"}, {}, {"links": {"ask": "/ops/8"}}, "/ops/8", id="in the answer"),
        pytest.param({"place_path": "op", "ask_path": "ops/{key}"}, {}, {"op": "a b"}, "/ops/a%20b", id="a number"),
        pytest.param({"place_header": "Operation-Location"}, {"Operation-Location": "/o/1"}, None, "/o/1", id="Azure"),
    ],
)
async def test_what_is_taken_is_handed_a_receipt(
    late: dict[str, Any], headers: dict[str, str], body: Body, place: str
) -> None:
    outcome = await sent(said(202, body), slow(**late), **headers)
    assert (outcome.error, outcome.target_key) == (None, None)
    assert outcome.receipt == Receipt(place, created=True)


async def test_a_change_that_is_taken_keeps_the_record_it_names() -> None:
    write = dataclasses.replace(WRITE, target_key="t1")
    outcome = await sent(said(202), slow(), write, Location="/ops/7", **{"Retry-After": "90"})
    assert outcome.receipt == Receipt("/ops/7", target_key="t1", created=False, wait_seconds=90)


async def test_an_answer_at_once_needs_no_receipt() -> None:
    outcome = await sent(said(201, {"id": "t1"}), slow())
    assert (outcome.target_key, outcome.created, outcome.receipt) == ("t1", True, None)


@pytest.mark.parametrize(
    "location",
    [
        "https://elsewhere.example/ops/7",
        "//elsewhere.example/ops/7",
        "https://127.0.0.1/ops/7",
        "ftp://127.0.0.1/ops/7",
        "/ops/" + "7" * LONGEST_PLACE,
        "/ops/\\\\7",
        "",
    ],
)
async def test_a_place_that_is_not_on_its_host_is_never_asked_and_the_record_is_in_doubt(location: str) -> None:
    outcome = await sent(said(202), slow(), Location=location)
    assert outcome.receipt is None
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.ambiguous) == (FailureKind.RETRYABLE, True)
    assert "took the record" in outcome.error.message


@given(st.text(max_size=60) | st.from_regex(r"(https?:)?//[a-z@:.]{1,20}(/[a-z]{0,5})?", fullmatch=True))
def test_no_address_leads_off_the_host(told: str) -> None:
    place = place_on_host(parse_destination("https://a.example/v1"), told, asked="things")
    assert place == "" or (place.startswith("/") and not place.startswith("//") and len(place) <= LONGEST_PLACE)


@pytest.mark.parametrize(
    ("body", "created", "key"),
    [
        pytest.param({"status": "Succeeded", "result": {"id": "t9"}}, True, "t9", id="made, and told its number"),
        pytest.param({"status": "succeeded"}, False, "t1", id="changed, and its number is known"),
    ],
)
async def test_what_is_done_is_told_with_its_number(body: Body, created: bool, key: str) -> None:
    receipt = Receipt("/ops/7", target_key=None if created else "t1", created=created)
    (outcome,) = await asked(said(200, body), receipt)
    assert (outcome.target_key, outcome.created, outcome.error, outcome.receipt) == (key, created, None, None)


async def test_what_is_done_without_a_number_is_in_doubt() -> None:
    (outcome,) = await asked(said(200, {"status": "succeeded"}))
    assert outcome.error is not None
    assert (outcome.error.ambiguous, outcome.receipt) == (True, None)


async def test_what_is_refused_is_judged_by_the_rules_of_the_system() -> None:
    body = {"status": "failed", "problem": {"code": "duplicate", "message": "exists", "field": "ours"}}
    (outcome,) = await asked(said(200, body))
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.business_class) == (FailureKind.REJECTED, BusinessClass.DUPLICATE)
    assert (outcome.error.message, outcome.receipt) == ("Already there.", None)


WAITING: dict[str, tuple[int, Body, str]] = {
    "it runs": (200, {"status": "running"}, ""),
    "a word nobody knows": (200, {"status": "pondering"}, "pondering"),
    "no word": (200, {}, "says nothing"),
    "an outage": (503, {}, "not available"),
    "a missing right": (403, {}, "lacks a permission"),
    "a broken answer": (200, None, "says nothing"),
}


@pytest.mark.parametrize(("status", "body", "words"), WAITING.values(), ids=WAITING.keys())
async def test_a_question_that_decides_nothing_leaves_the_receipt(status: int, body: Body, words: str) -> None:
    (outcome,) = await asked(said(status, body))
    assert outcome.receipt is not None
    assert outcome.receipt.place == "/ops/7"
    assert words in (outcome.error.message if outcome.error else "")
    assert bool(outcome.error) is bool(words)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_delivery_that_the_system_has_forgotten_is_in_doubt(status: int) -> None:
    (outcome,) = await asked(said(status, {"message": "no such operation"}))
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.ambiguous, outcome.receipt) == (FailureKind.RETRYABLE, True, None)
    assert "no longer knows" in outcome.error.message


async def test_each_of_several_receipts_is_answered_in_its_place() -> None:
    def answering(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        assert (method, body) == ("GET", None)
        number = path.removeprefix("/ops/")
        told: Body = {"status": {"1": "running", "2": "succeeded", "3": "failed"}.get(number)}
        return (404, {}) if number == "4" else (200, {**told, "result": {"id": f"t{number}"}})

    outcomes = await asked(answering, *(Receipt(f"/ops/{number}") for number in (2, 1, 4, 3)))
    assert [outcome.position for outcome in outcomes] == [0, 1, 2, 3]
    assert [outcome.target_key for outcome in outcomes] == ["t2", None, None, None]
    assert [bool(outcome.receipt) for outcome in outcomes] == [False, True, False, False]


async def test_a_rate_limit_is_told_with_its_wait() -> None:
    async with opened(said(429), slow(), headers={"Retry-After": "40"}) as connector:
        (outcome,) = await connector.inquire("things", [Receipt("/ops/7")])
    assert outcome.receipt is not None
    assert outcome.receipt.wait_seconds == pytest.approx(40, abs=5)


async def test_a_refused_sign_in_concerns_every_question() -> None:
    with pytest.raises(AuthExpiredError):
        await asked(said(401), Receipt("/ops/1"), Receipt("/ops/2"))


@pytest.mark.parametrize(("status", "waits"), [(202, True), (200, False)])
async def test_a_system_may_tell_by_its_status_alone(status: int, waits: bool) -> None:
    (outcome,) = await asked(said(status, {"result": {"id": "t1"}}), late=slow(state_path=""))
    assert (outcome.error, bool(outcome.receipt), outcome.target_key) == (None, waits, None if waits else "t1")


@pytest.mark.parametrize(
    ("idempotency", "late", "tells"),
    [
        (Idempotency.KEY_HEADER, LATE, True),
        (Idempotency.OWN_KEY_FIELD, LATE, True),
        (Idempotency.SEARCH_BEFORE_CREATE, None, True),
        (Idempotency.SEARCH_BEFORE_CREATE, LATE, False),
        (Idempotency.NONE, None, False),
    ],
)
def test_what_is_still_worked_on_is_not_found_by_looking(
    idempotency: Idempotency, late: LateAnswer | None, tells: bool
) -> None:
    assert dataclasses.replace(WRITING, idempotency=idempotency, late_answer=late).tells_repeats is tells
