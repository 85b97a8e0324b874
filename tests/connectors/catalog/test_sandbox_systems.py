"""Approved time from the sandbox PSA into the sandbox ERP, over real HTTP, with every fault switch."""

import asyncio
import time
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from apps.connectors.contract import Connector, SourceRecord, Write, WriteOutcome
from apps.connectors.errors import (
    BusinessClass,
    FailureKind,
    MisconfiguredError,
    RateLimitedError,
    RejectedError,
    RemoteError,
)
from apps.connectors.sandbox.client import SandboxClient, SandboxError
from apps.connectors.sandbox.firm import amount_of
from apps.connectors.webhook_signatures import new_secret
from tests.connectors.conftest import Town, read_request, reply, wire

K, B = FailureKind, BusinessClass
COMPANIES = {"EMEA": "100", "AMER": "200", "APAC": "300"}


async def read_all(connector: Connector, kind: str = "time-entries", checkpoint: Any = None) -> list[SourceRecord]:
    async with connector:
        return [record async for page in connector.read(kind, checkpoint) for record in page.records]


def line_of(entry: dict[str, Any]) -> dict[str, Any]:
    hours = entry["hours"]
    return {
        "external_id": entry["id"],
        "company": COMPANIES[entry["custom"]["region"]],
        "project": entry["project_code"],
        "employee": entry["person_id"],
        "posting_date": f"{datetime.fromisoformat(entry['approved_at']):%d.%m.%Y}",
        "quantity": hours,
        "unit_price": entry["rate"],
        "amount": amount_of(hours, entry["rate"]) if not isinstance(hours, str) else "0",
        "currency": entry["currency"],
        "cost_center": entry["cost_center"] or "CC-000",
        "description": entry["task_name"],
        "po_number": entry["custom"]["po_number"],
    }


async def approved_writes(town: Town) -> list[Write]:
    records = [r for r in await read_all(town.connector("psa")) if r.values["status"] == "approved"]
    return [Write(n, line_of(r.values), r.key, f"key-{r.key}-{r.version}") for n, r in enumerate(records)]


async def deliver(town: Town, writes: list[Write]) -> list[WriteOutcome]:
    async with town.connector("erp") as erp:
        return sorted(await erp.upsert("time-lines", writes), key=lambda outcome: outcome.position)


async def test_the_entries_arrive_once_with_the_right_sum_and_the_seven_problems_are_told_apart(town: Town) -> None:
    writes = await approved_writes(town)
    outcomes = await deliver(town, writes)
    refused = {writes[o.position].business_key: o.error for o in outcomes if o.error}
    lines = await town.client.records("erp", town.name, "time-lines")
    assert len(lines) == len(writes) - 7
    expected = sum(
        (Decimal(str(w.values["amount"])) for w, o in zip(writes, outcomes, strict=True) if o.error is None), Decimal(0)
    )
    assert sum(Decimal(str(line["amount"])) for line in lines) == expected
    assert [(e.business_class, e.problems[0].field) for e in refused.values() if isinstance(e, RejectedError)] == [
        (B.VALIDATION, "hours"),
        (B.PARSE, "hours"),
        (B.MISSING_REFERENCE, "resource"),
        (B.CLOSED_PERIOD, "approved_at"),
        (B.VALIDATION, "project"),
        (B.INVALID_DIMENSION, "cost_center"),
        (B.INACTIVE_PROJECT, "project"),
    ]
    for error in refused.values():
        assert error.message[0].isupper() or error.message[0].isdigit()
        assert error.message.endswith(".")


async def test_repeating_a_delivery_changes_nothing(town: Town) -> None:
    writes = (await approved_writes(town))[:5]
    first = await deliver(town, writes)
    effects = await town.client.effects("erp", town.name)
    again = await deliver(town, writes)
    assert [o.target_key for o in again] == [o.target_key for o in first]
    assert await town.client.effects("erp", town.name) == effects
    assert [e["idempotency_key"] for e in effects] == [w.idempotency_key for w in writes]


async def test_a_key_used_for_another_record_is_a_conflict(town: Town) -> None:
    writes = (await approved_writes(town))[:2]
    await deliver(town, writes[:1])
    (outcome,) = await deliver(town, [Write(0, writes[1].values, writes[1].business_key, writes[0].idempotency_key)])
    assert outcome.error is not None
    assert outcome.error.business_class is B.CONFLICT


async def test_an_edited_entry_becomes_one_update(town: Town) -> None:
    writes = (await approved_writes(town))[:1]
    (made,) = await deliver(town, writes)
    values = {**writes[0].values, "quantity": "1.25", "amount": amount_of("1.25", writes[0].values["unit_price"])}
    (changed,) = await deliver(town, [Write(0, values, writes[0].business_key, "key-2", target_key=made.target_key)])
    assert (changed.error, changed.created) == (None, False)
    (line,) = await town.client.records("erp", town.name, "time-lines")
    assert line["quantity"] == "1.25"
    assert [e["action"] for e in await town.client.effects("erp", town.name)] == ["create", "change"]


async def test_an_edited_entry_is_the_only_one_read_again(town: Town) -> None:
    async with town.connector("psa") as psa:
        pages = [page async for page in psa.read("time-entries", None)]
        key = pages[0].records[0].key
        await town.client.change_record("psa", town.name, "time-entries", key, hours=2)
        again = [r async for page in psa.read("time-entries", pages[-1].checkpoint) for r in page.records]
    assert [r.key for r in again] == [key]
    assert again[0].values["hours"] == 2


async def test_a_mended_cause_lets_exactly_one_line_through(town: Town) -> None:
    writes = await approved_writes(town)
    outcomes = await deliver(town, writes)
    stuck = next(
        w for w, o in zip(writes, outcomes, strict=True) if o.error and o.error.business_class is B.CLOSED_PERIOD
    )
    _, number, year = stuck.values["posting_date"].split(".")
    await town.client.change_record("erp", town.name, "periods", f"pe-{year}-{number}", state="open")
    before = len(await town.client.records("erp", town.name, "time-lines"))
    (outcome,) = await deliver(town, [stuck])
    assert outcome.error is None
    assert len(await town.client.records("erp", town.name, "time-lines")) == before + 1


# fault -> kind, class, in doubt, what is left in the ERP after one delivery of one record
FAULTS = {
    "rate_limit": (K.RATE_LIMITED, B.PROVIDER_OUTAGE, False, 0),
    "error_before": (K.RETRYABLE, B.PROVIDER_OUTAGE, True, 0),
    "error_after": (K.RETRYABLE, B.PROVIDER_OUTAGE, True, 1),
    "drop_after": (K.RETRYABLE, B.CONNECTION, True, 1),
    "down": (K.RETRYABLE, B.PROVIDER_OUTAGE, True, 0),
    "html": (K.MISCONFIGURED, B.CONNECTION, False, 0),
    "wrong_credentials": (K.AUTH_EXPIRED, B.PERMISSION, False, 0),
    "forbidden": (K.MISCONFIGURED, B.PERMISSION, False, 0),
    "closed_period": (K.REJECTED, B.CLOSED_PERIOD, False, 0),
    "invalid_dimension": (K.REJECTED, B.INVALID_DIMENSION, False, 0),
    "schema_change": (K.MISCONFIGURED, B.SCHEMA_DRIFT, False, 0),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("count", [1, 3])
async def test_each_fault_of_the_erp_lands_in_its_kind(town: Town, fault: str, count: int) -> None:
    kind, business_class, ambiguous, left = FAULTS[fault]
    writes = (await approved_writes(town))[:count]
    await town.faults("erp", **{fault: 1})
    try:
        errors = [outcome.error for outcome in await deliver(town, writes)]
    except RemoteError as raised:
        errors = [raised]
    for error in errors:
        assert error is not None
        assert (error.kind, error.business_class, error.ambiguous) == (kind, business_class, ambiguous)
    assert len(await town.client.records("erp", town.name, "time-lines")) == left * count


@pytest.mark.parametrize("fault", ["error_after", "drop_after"])
async def test_what_arrived_in_doubt_is_found_and_a_repeat_doubles_nothing(town: Town, fault: str) -> None:
    writes = (await approved_writes(town))[:4]
    await town.faults("erp", **{fault: 1})
    outcomes = await deliver(town, writes)
    assert all(o.error and o.error.ambiguous for o in outcomes)
    await town.faults("erp")
    async with town.connector("erp") as erp:
        arrived = await erp.probe("time-lines", writes)
    assert set(arrived) == {0, 1, 2, 3}
    again = await deliver(town, writes)
    assert [o.target_key for o in again] == [arrived[n].key for n in range(4)]
    assert len(await town.client.effects("erp", town.name)) == 4


async def test_a_slow_answer_still_arrives_and_a_rate_limit_says_until_when(town: Town) -> None:
    await town.faults("psa", slow=1, slow_seconds=0.2)
    started = time.perf_counter()
    assert await read_all(town.connector("psa"), "clients")
    assert time.perf_counter() - started >= 0.2
    await town.faults("psa", rate_limit=1, retry_after_seconds=30)
    with pytest.raises(RateLimitedError) as caught:
        await read_all(town.connector("psa"))
    assert 25 < (caught.value.until - datetime.now(caught.value.until.tzinfo)).total_seconds() <= 30


async def test_repeated_pages_bring_every_entry_once(town: Town) -> None:
    await town.found("psa", people=20, weeks=3)
    plain = {r.key for r in await read_all(town.connector("psa"))}
    await town.faults("psa", duplicate_pages=1)
    repeated = [r.key for r in await read_all(town.connector("psa"))]
    assert set(repeated) == plain
    assert len(repeated) == len(plain) > 400


async def test_a_renamed_field_in_the_source_stops_the_reading_with_its_name(town: Town) -> None:
    await town.faults("psa", schema_change=1)
    with pytest.raises(MisconfiguredError, match="'hours'") as caught:
        await read_all(town.connector("psa"))
    assert caught.value.business_class is B.SCHEMA_DRIFT


@pytest.mark.parametrize(
    ("system", "fault"), [("psa", "html"), ("psa", "down"), ("erp", "wrong_credentials"), ("erp", "html")]
)
async def test_a_connection_test_tells_a_fault_in_words(town: Town, system: str, fault: str) -> None:
    async with town.connector(system) as connector:
        assert (await connector.test()).ok
        await town.faults(system, **{fault: 1})
        report = await connector.test()
    assert not report.ok
    assert next(step for step in report.steps if step.ok is False).sentence.endswith(".")


async def test_a_wrong_token_and_a_wrong_address_are_told_apart(town: Town) -> None:
    with pytest.raises(RemoteError) as caught:
        await read_all(town.connector("psa", token="wrong-token"))
    assert caught.value.kind is K.AUTH_EXPIRED
    town.name += "-else"
    with pytest.raises(MisconfiguredError, match="no such company"):
        await read_all(town.connector("psa"))


async def test_the_master_records_of_both_systems_agree(town: Town) -> None:
    people = {r.key for r in await read_all(town.connector("psa"), "resources")}
    async with town.connector("erp") as erp:
        assert set(await erp.find("employees", sorted(people))) == people
        assert set(await erp.find("projects", ["PRJ-0001", "PRJ-9999"])) == {"PRJ-0001"}


async def test_an_approval_is_announced_with_a_signature_that_holds(town: Town) -> None:
    secret, heard = new_secret(), asyncio.Queue[bytes]()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard.put(await read_request(reader))
        writer.write(reply("200 OK"))
        await writer.drain()

    async with wire(listen) as url:
        port = url.rsplit(":", 1)[1]
        await town.client.set_webhook(town.name, f"http://acme.localhost:{port}/in/abc?x=1", secret)
        await town.client.approve(town.name, "TE-000001")
        head, _, body = (await asyncio.wait_for(heard.get(), 5)).partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert lines[0] == "POST /in/abc?x=1 HTTP/1.1"
        headers = dict(line.split(": ", 1) for line in lines[1:])
        assert headers["Host"] == f"acme.localhost:{port}"
        (event,) = town.connector("psa").receive(headers, body, secret, time.time())
        assert (event.object_name, event.key) == ("time-entries", "TE-000001")
        sent = await town.client.announce(town.name, "TE-000002", copies=5)
        ids = {orjson.loads((await asyncio.wait_for(heard.get(), 5)).partition(b"\r\n\r\n")[2])["id"] for _ in range(5)}
    assert ids == {sent}


async def test_the_controls_open_with_the_sandboxs_own_token_only(town: Town) -> None:
    for token in ("", "wrong", town.tokens["erp"]):
        async with SandboxClient(town.sandbox.url, token) as stranger:
            with pytest.raises(SandboxError, match="401"):
                await stranger.effects("erp", town.name)


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"people": 0}, "people"),
        ({"people": 601}, "people"),
        ({"weeks": "x"}, ""),
        ({"hats": 3}, "hats"),
        ({"as_of": "soon"}, "soon"),
    ],
)
async def test_an_impossible_wish_is_named(town: Town, wishes: dict[str, Any], said: str) -> None:
    with pytest.raises(SandboxError, match=f"400.*{said}"):
        await town.client.found_company("psa", town.name, **wishes)


@pytest.mark.parametrize("shares", [{"earthquake": 1.0}, {"down": 2.0}, {"down": -1.0}])
async def test_an_impossible_fault_is_named(town: Town, shares: dict[str, float]) -> None:
    with pytest.raises(SandboxError, match=f"400.*{next(iter(shares))}"):
        await town.faults("erp", **shares)


async def test_with_the_clock_set_back_the_psa_shows_what_stood_there_then(town: Town) -> None:
    await town.found("psa", people=6, weeks=2, daily_approvals=True)
    every = await read_all(town.connector("psa"))
    moments = sorted(datetime.fromisoformat(str(record.values["modified_at"])) for record in every)
    middle = moments[len(moments) // 2]
    await town.client.set_clock(town.name, middle)
    shown = await read_all(town.connector("psa"))
    assert len(shown) == sum(moment <= middle for moment in moments) < len(every)
    await town.client.set_clock(town.name, None)
    assert len(await read_all(town.connector("psa"))) == len(every)


async def test_a_clock_that_is_no_instant_is_refused(town: Town) -> None:
    await town.found("psa")
    with pytest.raises(SandboxError, match="now must be an instant"):
        await town.client._do("PUT", f"sandbox/psa/{town.name}/clock", {"now": "yesterday"})
