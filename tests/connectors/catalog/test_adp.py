"""ADP: people without their pay, hours as events, and what is left open where an answer does not tell."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.catalog.adp.connector import CONNECTOR, AdpConnector
from apps.connectors.catalog.adp.entries import EntryKey, duration_of, hours_of
from apps.connectors.catalog.adp.manifest import MANIFEST, WORKERS
from apps.connectors.catalog.adp.refusals import problems_of
from apps.connectors.contract import UndoState, Write
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, RejectedError
from tests.connectors.authority import Authority, demanding
from tests.connectors.catalog import adp_stand_in as adp
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.conftest import door_to, reply

B = BusinessClass
SETTINGS = {"project_category": adp.PROJECT_CATEGORY}
BEARER = build_signer(AuthSpec(AuthScheme.BEARER), {"token": adp.AdpStandIn.bearer})
HOURS = {"resource": "G3", "work_date": "2026-11-02", "hours": Decimal("7.25"), "project": "AL-1"}


@asynccontextmanager
async def company() -> AsyncIterator[tuple[adp.AdpStandIn, AdpConnector, str]]:
    """A company with one person, a connector to it, and that person's id."""
    system = adp.AdpStandIn()
    person = system.enter("workers", **adp.worker(17))["associateOID"]
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=BEARER), SETTINGS) as connector:
        yield system, connector, person
    assert system.violations == []


def _write(person: str, number: int = 1, **changes: Any) -> Write:
    values = {**write_outside(MANIFEST.object_named("time_entries"), HOURS), "worker": person, **changes}
    return Write(number, values, f"TimeEntry:{number}", f"key-{number}")


async def test_a_person_is_read_as_others_may_know_them() -> None:
    async with company() as (_, connector, person):
        (page,) = [page async for page in connector.read("workers", None)]
        (again,) = [page async for page in connector.read("workers", None, [person])]
    (record,) = page.records
    assert again.records == page.records
    told = read_canonical(WORKERS, record.values)
    assert {name: str(told[name]) for name in ("employee_no", "name", "email", "department", "job_title", "hired")} == {
        "employee_no": "E0017", "name": "Vale 17, Robin", "email": "robin17@brightforge.example",
        "department": "Consulting", "job_title": "Consultant", "hired": "2024-02-29",
    }  # fmt: skip
    assert told["active"] is True
    assert not {"78000", "1991", "1234"} & set(str(record.values).replace("-", " ").replace("'", " ").split())


async def test_somebody_who_has_left_is_not_active() -> None:
    async with company() as (system, connector, person):
        row = system.row("workers", person)
        row["workerStatus"]["statusCode"]["codeValue"] = "Terminated"
        row["workerDates"]["terminationDate"] = "2026-10-31"
        (page,) = [page async for page in connector.read("workers", None)]
    told = read_canonical(WORKERS, page.records[0].values)
    assert (told["active"], str(told["left"])) == (False, "2026-10-31")


async def test_hours_are_handed_in_for_the_primary_position() -> None:
    async with company() as (system, connector, person):
        (made,) = await connector.upsert("time_entries", [_write(person)])
    (row,) = system.rows["time_entries"]
    assert (row["workAssignmentID"], row["entryDate"], row["timeDuration"]) == ("1700", "2026-11-02", "PT7H15M")
    assert row["entryCode"] == {"codeValue": "REGULAR"}
    assert row["laborAllocations"][0]["allocationCode"] == {"codeValue": "AL-1"}
    assert (made.target_key, made.created, made.error) == (adp.key_of(row), True, None)


@pytest.mark.parametrize("there_already", [0, 1], ids=["the only one like it", "one like it was there"])
async def test_an_entry_whose_number_is_not_told_is_looked_for(there_already: int) -> None:
    async with company() as (system, connector, person):
        await connector.upsert("time_entries", [_write(person) for _ in range(there_already)])
        system.tells_numbers = False
        (made,) = await connector.upsert("time_entries", [_write(person, 7)])
        if not there_already:
            assert made.target_key == adp.key_of(system.rows["time_entries"][0])
        else:
            assert made.error is not None
            assert made.error.ambiguous


async def test_what_is_taken_for_later_is_in_doubt() -> None:
    async with company() as (system, connector, person):
        system.answers_later = True
        (made,) = await connector.upsert("time_entries", [_write(person)])
    assert made.error is not None
    assert made.error.ambiguous
    assert "has not said what became of it" in made.error.message


async def test_a_change_keeps_what_it_does_not_name_and_an_entry_that_is_gone_is_told() -> None:
    async with company() as (system, connector, person):
        (made,) = await connector.upsert("time_entries", [_write(person, pay_code="OVERTIME")])
        change = Write(1, {"hours": Decimal("2")}, "TimeEntry:1", "key-2", made.target_key)
        (done,) = await connector.upsert("time_entries", [change])
        (row,) = system.rows["time_entries"]
        assert (done.error, row["timeDuration"], row["entryCode"]) == (None, "PT2H", {"codeValue": "OVERTIME"})
        key = str(made.target_key)
        assert (await connector.undo("time_entries", key, idempotency_key="u")).state is UndoState.DONE
        (gone,) = await connector.upsert("time_entries", [change])
    assert isinstance(gone.error, RejectedError)
    assert gone.error.problems[0].business_class is B.MISSING_REFERENCE


async def test_a_closed_period_lets_nothing_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async with company() as (system, connector, person):
        (made,) = await connector.upsert("time_entries", [_write(person)])
        monkeypatch.setattr(adp, "CLOSED_UNTIL", "2026-11-30")
        outcome = await connector.undo("time_entries", str(made.target_key), idempotency_key="u")
    assert len(system.rows["time_entries"]) == 1
    assert outcome.state is UndoState.REFUSED
    assert outcome.error is not None
    assert "time card is closed at ADP" in outcome.error.message


SAID = {
    "of the request as a whole": {"processMessages": [{"userMessage": {"codeValue": "X", "messageTxt": "The pay period is closed"}}]},
    "of the event in it": adp.confirmed("failed", "The pay period is closed", "X")["confirmMessage"],
    "with a title alone": {"resourceMessages": [{"processMessages": [{"userMessage": {"codeValue": "X", "title": "The pay period is closed"}}]}]},
}  # fmt: skip


@pytest.mark.parametrize("confirm", SAID.values(), ids=SAID.keys())
def test_a_complaint_is_read_wherever_it_stands(confirm: dict[str, Any]) -> None:
    assert problems_of({"confirmMessage": confirm}) == [
        {"code": "X", "message": "The pay period is closed", "field": ""}
    ]


async def test_a_good_status_with_a_failed_event_is_a_refusal() -> None:
    async with company() as (system, connector, person):
        system.fails_quietly = "Employee position not found"
        (outcome,) = await connector.upsert("time_entries", [_write(person)])
    assert isinstance(outcome.error, RejectedError)
    problem = outcome.error.problems[0]
    assert (problem.business_class, problem.field) == (B.MISSING_REFERENCE, "resource")


WORDS = {
    "Time card has been signed off": (B.CLOSED_PERIOD, "work_date"),
    "The pay period 2026-09-16 to 2026-09-30 is locked": (B.CLOSED_PERIOD, "work_date"),
    "Labor allocation code is invalid": (B.INVALID_DIMENSION, "project"),
    "Entry code HOL does not exist": (B.INVALID_DIMENSION, "service_item"),
    "Work assignment no longer active": (B.MISSING_REFERENCE, "resource"),
    "Something else": (B.VALIDATION, ""),
}


@pytest.mark.parametrize(("said", "told"), WORDS.items(), ids=WORDS)
def test_refusals_are_told_in_business_words(said: str, told: tuple[BusinessClass, str]) -> None:
    body = {"problems": problems_of(adp.confirmed("failed", said))}
    error = record_failure(MANIFEST, 400, body, spec=MANIFEST.object_named("time_entries"), sent={})
    assert isinstance(error, RejectedError)
    assert (error.problems[0].business_class, error.problems[0].field) == told


@given(st.decimals(min_value=0, max_value=1000, places=4))
def test_hours_come_back_as_they_were_sent(hours: Decimal) -> None:
    assert Decimal(hours_of(duration_of(hours))) == hours


DURATIONS = {"PT8H": "8", "PT43M": "0.716667", "PT8H30M": "8.5", "PT0H36S": "0.01", "PT": "", "8:30": "", "": ""}


@pytest.mark.parametrize(("written", "hours"), DURATIONS.items(), ids=[name or "nothing" for name in DURATIONS])
def test_durations_are_read(written: str, hours: str) -> None:
    assert hours_of(written) == hours


@pytest.mark.parametrize("text", ["", "7", "a:b:c", "a:b::d"])
def test_a_text_that_is_no_key_names_no_entry(text: str) -> None:
    assert EntryKey.read(text) is None


async def test_token_and_calls_show_the_certificate_over_real_tls(tmp_path: Path) -> None:
    authority, asked = Authority(), list[tuple[str, str]]()

    def answer(client: str, request: bytes) -> bytes:
        path = request.split(b" ")[1].decode().partition("?")[0]
        asked.append((client, path))
        if path == "/auth/oauth/v2/token":
            return reply("200 OK", b'{"access_token": "t-4711", "expires_in": 3600}')
        return reply("200 OK", orjson.dumps({"workers": [{"associateOID": "G3", **adp.worker(1)}]}))

    certificate, key = authority.issue("our project")
    secrets = {"client_id": "i", "client_secret": "a secret", "client_certificate": certificate, "client_key": key}
    with demanding(authority, tmp_path, answer) as url:
        signer = build_signer(replace(MANIFEST.auth, token_path=f"{url}/auth/oauth/v2/token"), secrets)
        async with CONNECTOR(MANIFEST, door_to(url, auth=signer, trusted=authority.pem), {}) as connector:
            (page,) = [page async for page in connector.read("workers", None)]
    assert [record.key for record in page.records] == ["G3"]
    assert asked == [("our project", "/auth/oauth/v2/token"), ("our project", "/hr/v2/workers")]
