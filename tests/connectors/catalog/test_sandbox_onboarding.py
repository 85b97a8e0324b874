"""The systems an onboarding crosses, over real HTTP: what they have of their own beside what tests/conformance asks of all."""

import asyncio
import dataclasses
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from apps.connectors import registry
from apps.connectors.auth import build_signer
from apps.connectors.contract import Connector, SourceRecord, UndoState, Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RemoteError
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.sandbox.client import SandboxError
from apps.connectors.webhook_signatures import new_secret
from tests.connectors.conftest import Town, door_to, read_request, reply, wire

K, B = FailureKind, BusinessClass


@dataclass(frozen=True)
class Kind:
    """One kind of record that an onboarding makes."""

    system: str
    name: str
    values: dict[str, Any]
    honours_keys: bool = True


PSA_CLIENT = {"external_id": "AC-0001", "name": "Okafor Bank", "country": "DE", "currency": "EUR"}
PSA_PROJECT = {"external_id": "OP-0001", "code": "PRJ-OP-1", "name": "Cloud move", "client_id": "C-001"}
CUSTOMER = {"external_id": "AC-0001", "number": "K-1", "name": "Okafor Bank", "country": "DE", "currency": "EUR"}
ERP_PROJECT = {"external_id": "OP-0001", "code": "PRJ-OP-1", "name": "Cloud move", "company": "100"}
WORKSPACE = {"project": "PRJ-OP-1", "name": "Cloud move", "kind": "team", "owner": "person0001@firm.example"}
KINDS = [
    pytest.param(Kind("psa", "clients", PSA_CLIENT, honours_keys=False), id="client of the PSA"),
    pytest.param(Kind("psa", "projects", PSA_PROJECT, honours_keys=False), id="project of the PSA"),
    pytest.param(Kind("erp", "customers", CUSTOMER), id="customer of the ERP"),
    pytest.param(Kind("erp", "projects", ERP_PROJECT), id="project of the ERP"),
    pytest.param(Kind("workspace", "workspaces", WORKSPACE), id="workspace"),
]


async def found(town: Town, system: str, **wishes: Any) -> None:
    if system not in town.tokens or wishes:
        await town.found(system, **wishes)


async def send(town: Town, kind: Kind, *writes: Write) -> list[WriteOutcome]:
    async with town.connector(kind.system) as connector:
        return await connector.upsert(kind.name, writes)


def written(kind: Kind, key: str = "key-1") -> Write:
    return Write(0, kind.values, "Ours:1", key)


async def actions(town: Town, kind: Kind) -> list[str]:
    return [e["action"] for e in await town.client.effects(kind.system, town.name) if e["object"] == kind.name]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_record_five_times_at_once_becomes_one(town: Town, kind: Kind) -> None:
    await found(town, kind.system)
    answers = await asyncio.gather(*(send(town, kind, written(kind)) for _ in range(5)))
    assert len({outcome.target_key for (outcome,) in answers if outcome.error is None}) == 1
    assert all(outcome.error is None for (outcome,) in answers)
    assert (await actions(town, kind)).count("create") == 1


@pytest.mark.parametrize("kind", [k for k in KINDS if k.values[0].honours_keys])
async def test_a_repeat_after_the_record_was_taken_back_is_no_silent_success(town: Town, kind: Kind) -> None:
    await found(town, kind.system)
    (made,) = await send(town, kind, written(kind))
    async with town.connector(kind.system) as connector:
        await connector.undo(kind.name, str(made.target_key), idempotency_key="undo-1")
    (repeated,) = await send(town, kind, written(kind))
    assert repeated.error is not None
    assert repeated.error.business_class is B.CONFLICT
    (anew,) = await send(town, kind, written(kind, "key-2"))
    assert (anew.error, anew.created) == (None, True)
    assert anew.target_key != made.target_key or kind.name == "customers"  # a customer's number is its id


async def test_what_others_refer_to_is_kept_and_the_reason_told(town: Town) -> None:
    async with town.connector("erp") as erp:
        refused = await erp.undo("customers", "C-001", idempotency_key="undo-1")
    assert refused.state is UndoState.REFUSED
    assert refused.error is not None
    assert "others already refer to it" in refused.error.message


async def test_a_customer_that_is_blocked_gets_no_project(town: Town) -> None:
    await town.client.change_record("erp", town.name, "customers", "C-001", state="blocked")
    async with town.connector("erp") as erp:
        values = {**ERP_PROJECT, "customer_number": "C-001"}
        (outcome,) = await erp.upsert("projects", [Write(0, values, "Ours:1", "key-1")])
    assert outcome.error is not None
    assert "blocked in the ERP" in outcome.error.message


DRIFT = [("crm", "opportunities", "stage"), ("tax", "numbers", "status"), ("workspace", "workspaces", "project")]


@pytest.mark.parametrize(("system", "name", "field"), DRIFT)
async def test_a_renamed_field_stops_the_reading_with_its_name(town: Town, system: str, name: str, field: str) -> None:
    await found(town, system)
    if name == "workspaces":
        await town.client.create_record(system, town.name, name, **WORKSPACE)
    await town.faults(system, schema_change=1)
    with pytest.raises(MisconfiguredError, match=f"'{field}'") as caught:
        await read_all(town.connector(system), name)
    assert caught.value.business_class is B.SCHEMA_DRIFT


async def read_all(connector: Connector, name: str, checkpoint: Any = None) -> list[SourceRecord]:
    async with connector:
        return [record async for page in connector.read(name, checkpoint) for record in page.records]


LISTS = [
    ("crm", "opportunities"),
    ("crm", "accounts"),
    ("tax", "numbers"),
    ("workspace", "people"),
    ("erp", "customers"),
    ("psa", "clients"),
]


@pytest.mark.parametrize(("system", "name"), LISTS)
async def test_small_pages_that_repeat_the_one_before_bring_every_record_once(
    town: Town, system: str, name: str
) -> None:
    await found(town, system, people=30)
    manifest = registry.manifest(f"sandbox_{system}")
    spec = manifest.object_named(name)
    assert spec.reading is not None
    reading = dataclasses.replace(spec.reading, paging=dataclasses.replace(spec.reading.paging, size=2))
    small = dataclasses.replace(manifest, objects=(dataclasses.replace(spec, reading=reading),))
    await town.faults(system, duplicate_pages=1)
    signer = build_signer(manifest.auth, town.secrets(system))
    door = door_to(town.client.base_url(system, town.name), auth=signer, allow=(town.sandbox.host_and_port,))
    keys = [record.key for record in await read_all(RestConnector(small, door, {}), name)]
    assert sorted(keys) == sorted(r["id"] for r in await town.client.records(system, town.name, name))
    assert len(keys) > 4


async def test_the_tax_service_knows_valid_invalid_and_unknown_numbers(town: Town) -> None:
    await found(town, "crm")
    await found(town, "tax")
    accounts = {a["id"]: a for a in await town.client.records("crm", town.name, "accounts")}
    invalid, unknown, none, valid = (accounts[f"AC-000{n}"]["tax_id"] for n in (1, 2, 3, 4))
    assert none is None
    async with town.connector("tax") as tax:
        numbers = await tax.find("numbers", [invalid, unknown, valid])
    assert {number: record.values["status"] for number, record in numbers.items()} == {
        invalid: "invalid",
        valid: "valid",
    }
    assert numbers[valid].values["name"] == accounts["AC-0004"]["legal_name"]
    assert numbers[invalid].values["name"] is None


async def test_nobody_writes_to_the_tax_service(town: Town) -> None:
    await found(town, "tax")
    door = door_to(
        town.client.base_url("tax", town.name),
        auth=build_signer(registry.manifest("sandbox_tax").auth, town.secrets("tax")),
        allow=(town.sandbox.host_and_port,),
    )
    async with door:
        assert (await door.send("POST", "numbers", body={"number": "X1", "status": "valid"})).status == 405


# --- the CRM ---------------------------------------------------------------------------------------------------------


async def test_an_access_token_that_ends_in_the_middle_is_bought_anew(town: Town) -> None:
    await found(town, "crm")
    await town.faults("crm", token_seconds=0.2)
    async with town.connector("crm") as crm:
        assert await crm.find("opportunities", ["OP-0001"])
        await asyncio.sleep(0.3)
        assert await crm.find("opportunities", ["OP-0001"])


async def test_a_token_endpoint_sells_to_nobody_else(town: Town) -> None:
    await found(town, "crm")
    for attempt in ({"token": "wrong"}, {"fault": True}):
        if "fault" in attempt:
            await town.faults("crm", wrong_credentials=1)
        with pytest.raises(RemoteError) as caught:
            await read_all(town.connector("crm", token=str(attempt.get("token", ""))), "accounts")
        assert caught.value.kind is K.AUTH_EXPIRED


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"grant_type": "client_credentials", "client_id": "own", "client_secret": "own"}, 200),
        ({"grant_type": "password", "client_id": "own", "client_secret": "own"}, 400),
        ({"grant_type": "client_credentials", "client_id": "other", "client_secret": "own"}, 401),
        ({"grant_type": "client_credentials"}, 401),
    ],
    ids=["right", "another grant", "another client", "no client"],
)
async def test_a_token_request_is_judged(town: Town, form: dict[str, str], status: int) -> None:
    await found(town, "crm")
    own = {"client_id": town.name, "client_secret": town.tokens["crm"]}
    body = urlencode({name: own[name] if value == "own" else value for name, value in form.items()}).encode()
    answer = await town.browser.send("POST", f"crm/{town.name}/api/v1/oauth/token", body=body)
    assert answer.status == status
    if status == 200:
        assert answer.json()["expires_in"] == 3600
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert (await town.browser.send("GET", f"crm/{town.name}/api/v1/whoami", headers=token)).status == 200
        forged = {"Authorization": f"Bearer {answer.json()['access_token'][:-1]}x"}
        assert (await town.browser.send("GET", f"crm/{town.name}/api/v1/whoami", headers=forged)).status == 401


async def test_neither_the_client_secret_nor_another_companys_token_opens_the_crm(town: Town) -> None:
    await found(town, "crm")
    secret = {"Authorization": f"Bearer {town.tokens['crm']}"}
    assert (await town.browser.send("GET", f"crm/{town.name}/api/v1/whoami", headers=secret)).status == 401


async def test_a_deal_that_is_won_is_announced_five_times_at_once_under_one_number(town: Town) -> None:
    await found(town, "crm")
    secret, heard = new_secret(), asyncio.Queue[bytes]()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard.put(await read_request(reader))
        writer.write(reply("200 OK"))
        await writer.drain()

    async with wire(listen) as url, town.connector("crm") as crm:
        await town.client.set_webhook(town.name, f"{url}/in/won", secret, system="crm")
        await town.client.win(town.name, "OP-0004", copies=5)
        deliveries = [await asyncio.wait_for(heard.get(), 5) for _ in range(5)]
        events = []
        for delivery in deliveries:
            head, _, body = delivery.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            events += crm.receive(headers, body, secret, time.time())
        assert {(e.delivery_id, e.object_name, e.key) for e in events} == {
            (events[0].delivery_id, "opportunities", "OP-0004")
        }
        assert events[0].payload["type"] == "opportunity.won"
        ((deal,),) = [page.records async for page in crm.read("opportunities", None, ["OP-0004"])]
        assert (deal.values["stage"], deal.values["probability"]) == ("won", 1)
        assert deal.values["won_at"]
        await town.client.win(town.name, "OP-0004")  # won already: no news
        sent = await town.client.announce(town.name, "OP-0005", system="crm")
        assert orjson.loads((await asyncio.wait_for(heard.get(), 5)).partition(b"\r\n\r\n")[2])["id"] == sent


async def test_only_a_crm_has_deals_to_win_and_only_some_systems_announce(town: Town) -> None:
    with pytest.raises(SandboxError, match="won in a CRM only"):
        await town.client._do("POST", f"sandbox/erp/{town.name}/wins", {"ids": ["x"]})
    with pytest.raises(SandboxError, match="announces nothing"):
        await town.client.announce(town.name, "x", system="erp")
    await found(town, "crm")
    with pytest.raises(SandboxError, match="404"):
        await town.client.win(town.name, "OP-9999")
    with pytest.raises(SandboxError, match="copies"):
        await town.client._do("POST", f"sandbox/crm/{town.name}/wins", {"ids": ["OP-0001"], "copies": "many"})


async def test_a_hand_over_is_marked_at_the_deal_and_the_mark_can_be_lifted(town: Town) -> None:
    await found(town, "crm")
    mark = Write(0, {"exported": True, "project_code": "PRJ-1", "note": "Done."}, "Ours:1", "key-1", "OP-0004")
    async with town.connector("crm") as crm:
        checkpoint = [page async for page in crm.read("opportunities", None)][-1].checkpoint
        for _ in range(2):
            assert [outcome.error for outcome in await crm.upsert("opportunities", [mark])] == [None]
        changed = [r async for page in crm.read("opportunities", checkpoint) for r in page.records]
        assert [r.key for r in changed] == ["OP-0004"]
        assert changed[0].values["exported_at"]
        assert (await crm.undo("opportunities", "OP-0004", idempotency_key="undo-1")).state is UndoState.DONE
        deal = (await crm.find("opportunities", ["OP-0004"]))["OP-0004"].values
    assert (deal["exported"], deal["exported_at"], deal["project_code"]) == (False, None, None)


async def test_a_corrected_account_changes_its_deal(town: Town) -> None:
    await found(town, "crm")
    async with town.connector("crm") as crm:
        checkpoint = [page async for page in crm.read("opportunities", None)][-1].checkpoint
        await town.client.change_record("crm", town.name, "accounts", "AC-0001", tax_id="DE999999999", name="New name")
        changed = [r async for page in crm.read("opportunities", checkpoint) for r in page.records]
    assert [(r.key, r.values["account"]["tax_id"], r.values["account_name"]) for r in changed] == [
        ("OP-0001", "DE999999999", "New name")
    ]


async def test_a_deal_needs_an_account_that_is_there(town: Town) -> None:
    await found(town, "crm")
    with pytest.raises(SandboxError, match="unknown_account"):
        await town.client.create_record("crm", town.name, "opportunities", name="New", account_id="AC-9999")
    made = await town.client.create_record("crm", town.name, "opportunities", name="New", account_id="AC-0001")
    assert (made["stage"], made["account"]["id"], made["exported"]) == ("qualification", "AC-0001", False)
