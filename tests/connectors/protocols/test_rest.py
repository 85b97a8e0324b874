"""The manifest-driven connector reads, finds, delivers and probes, whatever the system answers."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from apps.connectors.contract import Page, SignatureError, UndoState, Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RemoteError
from apps.connectors.manifest import (
    AuthSpec,
    ChangeRead,
    ErrorRule,
    ErrorShape,
    Idempotency,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
    Writing,
)
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.webhook_signatures import new_secret, standard_headers
from apps.connectors.webhook_spec import WebhookSpec
from tests.connectors.conftest import door_to, read_request, reply, wire

Body = Any
Answering = Callable[[str, str, Mapping[str, str], Body], tuple[int, Body]]  # method, path, query, body -> status, body
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

READING = Reading(
    "things",
    records_path="records",
    change_read=ChangeRead.MODIFIED_SINCE,
    since_parameter="since",
    paging=Paging("page", 3, "size", "page"),
    one_path="things/{key}",
    since_sorted=True,
)
WRITING = Writing(
    "things",
    "things/{key}",
    idempotency=Idempotency.OWN_KEY_FIELD,
    idempotency_header="Idempotency-Key",
    own_key_field="ours",
)
BATCHED = dataclasses.replace(
    WRITING,
    batch_path="things/batch",
    batch_size=4,
    batch_position_path="position",
    batch_key_field="key",
    batch_target_field="id",
)
THINGS = ObjectManifest(
    "things",
    "Things",
    "TimeEntry",
    version_field="changed",
    natural_key="ours",
    find_parameter="ours",
    find_at_once=2,
    reading=READING,
    writing=WRITING,
    reading_lines=(MappingLine("id", "id", required=True),),
)
SYSTEM = SystemManifest(
    slug="thing_system",
    name="Thing system",
    category="ERP",
    summary="",
    proof=ProofLabel.DOCUMENTATION,
    documentation="",
    auth=AuthSpec(),
    objects=(THINGS,),
    test_path="whoami",
    limits=Limits(at_once=2),
    error_shape=ErrorShape(),
    error_rules=(
        ErrorRule(FailureKind.REJECTED, BusinessClass.DUPLICATE, code="duplicate", sentence="Already there."),
    ),
    webhook=WebhookSpec("standard"),
)


def system_with(*, writing: Writing | None = WRITING, **reading: Any) -> SystemManifest:
    spec = dataclasses.replace(THINGS, writing=writing, reading=dataclasses.replace(READING, **reading))
    return dataclasses.replace(SYSTEM, objects=(spec,))


@asynccontextmanager
async def opened(
    answering: Answering, manifest: SystemManifest = SYSTEM, **settings: Any
) -> AsyncIterator[RestConnector]:
    """A connector to a server that answers as `answering` says."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head, _, body = (await read_request(reader)).partition(b"\r\n\r\n")
            method, target, _ = head.decode().split("\r\n")[0].split(" ")
            query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
            status, said = answering(method, urlsplit(target).path, query, orjson.loads(body) if body else None)
            writer.write(reply(f"{status} X", orjson.dumps(said)))
            await writer.drain()

    async with (
        wire(script) as url,
        RestConnector(
            manifest, door_to(url, timeout=2, limits=manifest.limits), settings, clock=lambda: NOW
        ) as connector,
    ):
        yield connector


async def pages(
    connector: RestConnector, checkpoint: Mapping[str, Any] | None = None, keys: tuple[str, ...] = ()
) -> list[Page]:
    return [page async for page in connector.read("things", checkpoint, keys)]


def keys_of(read: list[Page]) -> list[str]:
    return [record.key for page in read for record in page.records]


class Shelf:
    """A list sorted by change, as a well-behaved system serves it."""

    def __init__(self, *changed: str) -> None:
        self.records = [{"id": f"r{n}", "changed": moment} for n, moment in enumerate(changed)]
        self.asked: list[Mapping[str, str]] = []

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        self.asked.append(query)
        records = sorted(self.records, key=lambda record: record["changed"])
        chosen = [record for record in records if record["changed"] >= query.get("since", "")]
        start = (int(query.get("page", 1)) - 1) * 3
        return 200, {"records": chosen[start : start + 3]}


DAYS = [f"2026-11-{day:02d}T08:00:00Z" for day in range(1, 9)]


async def test_it_reads_everything_once_then_only_what_changed() -> None:
    shelf = Shelf(*DAYS)
    async with opened(shelf) as connector:
        first = await pages(connector)
        again = await pages(connector, first[-1].checkpoint)
        shelf.records[2]["changed"] = "2026-11-20T08:00:00Z"
        changed = await pages(connector, again[-1].checkpoint)
    assert keys_of(first) == [f"r{n}" for n in range(8)]
    assert [page.last for page in first] == [False] * (len(first) - 1) + [True]
    assert keys_of(again) == []
    assert keys_of(changed) == ["r2"]


async def test_it_goes_on_after_any_page_where_it_was_interrupted() -> None:
    async with opened(Shelf(*DAYS)) as connector:
        whole = await pages(connector)
        for cut in range(len(whole) - 1):
            rest = await pages(connector, orjson.loads(orjson.dumps(whole[cut].checkpoint)))
            assert keys_of(whole[: cut + 1]) + keys_of(rest) == [f"r{n}" for n in range(8)]


async def test_a_record_that_moves_while_reading_hides_no_other() -> None:
    shelf = Shelf(*DAYS)
    async with opened(shelf) as connector:
        seen = []
        async for page in connector.read("things", None):
            seen += [record.key for record in page.records]
            if len(seen) == 3:
                shelf.records[0]["changed"] = "2026-11-20T08:00:00Z"  # leaves the first page, everything moves up
    assert set(seen) == {f"r{n}" for n in range(8)}
    assert seen.count("r0") == 2


async def test_many_changes_of_one_instant_are_read_in_full() -> None:
    async with opened(Shelf(*["2026-11-01T08:00:00Z"] * 8, *DAYS[1:4])) as connector:
        read = await pages(connector)
        again = await pages(connector, read[-1].checkpoint)
    assert sorted(set(keys_of(read))) == sorted(f"r{n}" for n in range(11))
    assert keys_of(again) == []


async def test_pages_by_number_drop_what_the_page_before_had() -> None:
    def repeating(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        page = int(query["page"])
        records = [{"id": f"r{n}", "changed": "x"} for n in range(max(0, page - 2) * 3, min(page * 3, 7))]
        return 200, {"records": records, "total": 7}

    manifest = system_with(since_sorted=False, paging=Paging("page", 3, "size", "page", total_path="total"))
    async with opened(repeating, manifest) as connector:
        assert keys_of(await pages(connector)) == [f"r{n}" for n in range(7)]


async def test_a_list_that_never_ends_is_stopped() -> None:
    async with opened(lambda *_: (200, {"records": [{"id": "r1", "changed": "x"}] * 3})) as connector:
        with pytest.raises(MisconfiguredError, match="again and again"):
            await pages(connector)


async def test_an_overlap_reads_a_little_again() -> None:
    shelf = Shelf(*DAYS[:2])
    async with opened(shelf, system_with(overlap_seconds=60)) as connector:
        await pages(connector, {"since": "2026-11-02T08:00:00Z"})
    assert shelf.asked[-1]["since"] == "2026-11-02T07:59:00Z"


async def test_a_window_is_read_again_each_time() -> None:
    shelf = Shelf(*DAYS[:2])
    async with opened(shelf, system_with(change_read=ChangeRead.WINDOW_RESCAN, rescan_days=30)) as connector:
        read = await pages(connector)
        assert keys_of(await pages(connector, read[-1].checkpoint)) == ["r0", "r1"]
    assert shelf.asked[0]["since"] == "2026-10-22"
    assert read[-1].checkpoint == {}


async def test_links_are_followed_on_the_same_host() -> None:
    def linked(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        second = path.endswith("/second")
        return 200, {
            "records": [{"id": "r2" if second else "r1", "changed": "x"}],
            "next": "" if second else "things/second",
        }

    manifest = system_with(since_sorted=False, paging=Paging("link", 3, "size", next_path="next"))
    async with opened(linked, manifest) as connector:
        assert keys_of(await pages(connector)) == ["r1", "r2"]


async def test_named_records_are_read_one_by_one_and_missing_ones_left_out() -> None:
    def one(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        key = path.rsplit("/", 1)[1]
        return (200, {"id": key, "changed": "v1"}) if key in {"r1", "r%2F2"} else (404, {"message": "gone"})

    async with opened(one) as connector:
        read = await pages(connector, keys=("r1", "r9", "r/2", "..", ""))
    assert keys_of(read) == ["r1", "r%2F2"]
    assert read[0].last


async def test_named_records_are_picked_from_the_list_where_none_can_be_asked_for_alone() -> None:
    async with opened(Shelf(*DAYS), system_with(one_path="")) as connector:
        assert keys_of(await pages(connector, keys=("r1", "r7", "r99"))) == ["r1", "r7"]


async def test_named_records_are_asked_for_together_where_the_list_takes_keys_and_the_rest_alone() -> None:
    asked: list[tuple[str, str]] = []

    def shelf(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        asked.append((path.rsplit("/", 1)[1], query.get("id", "")))
        if path.endswith("/things"):
            return 200, {
                "records": [{"id": key, "changed": "v1"} for key in query["id"].split(",") if key in {"r1", "r2"}]
            }
        return (200, {"id": "r3", "changed": "v1"}) if path.endswith("/r3") else (404, {"message": "gone"})

    spec = dataclasses.replace(THINGS, natural_key="id", find_parameter="id", find_at_once=50)
    manifest = dataclasses.replace(SYSTEM, objects=(spec,))
    async with opened(shelf, manifest) as connector:
        read = await pages(connector, keys=("r2", "r3", "r9", "r1"))
    assert keys_of(read) == ["r2", "r3", "r1"]
    assert asked[0] == ("things", "r2,r3,r9,r1")
    assert sorted(asked[1:]) == [("r3", ""), ("r9", "")]


async def test_a_record_without_number_or_version_goes_by_its_content() -> None:
    async with opened(lambda *_: (200, {"records": [{"id": None, "x": 1}, {"id": "r1", "x": 2}]})) as connector:
        first, second = (await pages(connector))[0].records
    assert first.key.startswith("unnumbered-")
    assert len(second.version) == 32


DRIFTS: dict[str, Body] = {
    "list moved": {"rows": []},
    "list became an object": {"records": {}},
    "records became texts": {"records": ["r1"]},
    "number renamed": {"records": [{"uid": "r1"}, {"uid": "r2"}]},
    "answer is a text": "hello",
    "answer is null": None,
}


@pytest.mark.parametrize("body", DRIFTS.values(), ids=DRIFTS.keys())
async def test_a_changed_format_is_told_as_such(body: Body) -> None:
    async with opened(lambda *_: (200, body)) as connector:
        with pytest.raises(MisconfiguredError) as caught:
            await pages(connector)
    assert caught.value.business_class is BusinessClass.SCHEMA_DRIFT


async def test_a_setting_fills_the_path_and_a_missing_one_is_named() -> None:
    seen: list[str] = []

    def note(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        seen.append(path)
        return 200, {"records": []}

    manifest = system_with(path="companies/{company}/things")
    async with opened(note, manifest, company="a/b") as connector:
        await pages(connector)
    assert seen == ["/companies/a%2Fb/things"]
    async with opened(note, manifest) as connector:
        with pytest.raises(MisconfiguredError, match="'company'"):
            await pages(connector)


async def test_it_finds_by_natural_key_in_chunks_and_trusts_no_filter() -> None:
    asked: list[str] = []

    def ignoring(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        asked.append(query["ours"])
        return 200, {
            "records": [{"id": "1", "ours": "a"}, {"id": "2", "ours": "b"}, {"id": "9", "ours": "z"}][
                : 3 if query["page"] == "1" else 0
            ]
        }

    async with opened(ignoring) as connector:
        found = await connector.find("things", ["a", "b", "c", "d,e"])
        assert await connector.find("things", []) == {}
    assert {name: record.key for name, record in found.items()} == {"a": "1", "b": "2"}
    assert asked[0] == "a,b"
    assert "d,e" in asked


def writes(count: int, **changes: Any) -> list[Write]:
    return [
        Write(
            **{
                "position": n,
                "values": {"ours": f"o{n}", "n": n},
                "business_key": f"b{n}",
                "idempotency_key": f"k{n}",
                **changes,
            }
        )
        for n in range(count)
    ]


def by_position(outcomes: list[WriteOutcome]) -> list[WriteOutcome]:
    return sorted(outcomes, key=lambda outcome: outcome.position)


async def test_single_writes_create_and_change_with_their_own_key() -> None:
    calls: list[tuple[str, str, Body]] = []

    def take(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        calls.append((method, path, body))
        return (201 if method == "POST" else 200), {"id": f"t{body['n']}"}

    async with opened(take) as connector:
        outcomes = await connector.upsert("things", [*writes(2), Write(2, {"n": 7}, "b2", "k2", target_key="t 7")])
    assert [(o.target_key, o.created, o.error) for o in by_position(outcomes)] == [
        ("t0", True, None),
        ("t1", True, None),
        ("t 7", False, None),
    ]
    assert ("PATCH", "/things/t%207", {"n": 7}) in calls  # it keeps the number it was created under


async def test_a_record_without_our_number_carries_its_business_key() -> None:
    seen: list[Body] = []

    def take(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        seen.append(body)
        return 201, {"id": "t1"}

    async with opened(take) as connector:
        await connector.upsert("things", writes(1, values={"n": 1}))
    assert seen == [{"n": 1, "ours": "b0"}]


def batch(results: Callable[[list[Body]], Any], status: int = 207) -> Answering:
    return lambda method, path, query, body: (status, {"results": results(body["records"])})


def good(place: int) -> Body:
    return {"position": place, "status": 201, "id": f"t{place}"}


async def test_a_batch_is_answered_record_by_record_in_any_order() -> None:
    def mixed(records: list[Body]) -> list[Body]:
        results = [good(n) for n in range(len(records))]
        results[1] = {"position": 1, "status": 422, "code": "bad", "message": "no", "field": "n"}
        return results[::-1]

    async with opened(batch(mixed), system_with(writing=BATCHED)) as connector:
        outcomes = by_position(await connector.upsert("things", writes(4)))
    assert [o.target_key for o in outcomes] == ["t0", None, "t2", "t3"]
    assert outcomes[1].error is not None
    assert outcomes[1].error.kind is FailureKind.REJECTED
    assert outcomes[1].exchange is not None
    assert '"n":1' in outcomes[1].exchange.request
    assert '"n":2' not in outcomes[1].exchange.request


async def test_a_batch_answer_that_leaves_records_out_leaves_them_in_doubt() -> None:
    async with opened(batch(lambda records: [good(0), good(2)]), system_with(writing=BATCHED)) as connector:
        outcomes = by_position(await connector.upsert("things", writes(4)))
    assert [o.error.ambiguous if o.error else None for o in outcomes] == [None, True, None, True]


async def test_batches_are_cut_to_size_and_updates_name_their_record() -> None:
    sizes: list[int] = []
    named: list[Any] = []

    def take(records: list[Body]) -> list[Body]:
        sizes.append(len(records))
        named.extend(record.get("id") for record in records)
        return [good(n) for n in range(len(records))]

    async with opened(batch(take), system_with(writing=BATCHED)) as connector:
        outcomes = await connector.upsert("things", [*writes(9), Write(9, {"n": 9}, "b9", "k9", target_key="old")])
    assert sorted(sizes) == [2, 4, 4]
    assert named.count("old") == 1
    assert len(outcomes) == 10


async def test_a_batch_refused_whole_is_halved_until_the_culprit_stands_alone() -> None:
    def picky(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        if any(record["n"] == 2 for record in body["records"]):
            return 422, {"code": "bad", "message": "one of them is bad"}
        return 200, {"results": [{**good(place), "id": f"t{r['n']}"} for place, r in enumerate(body["records"])]}

    async with opened(picky, system_with(writing=BATCHED)) as connector:
        outcomes = by_position(await connector.upsert("things", writes(4)))
    assert [o.target_key for o in outcomes] == ["t0", "t1", None, "t3"]
    assert outcomes[2].error is not None


@pytest.mark.parametrize("writing", [WRITING, BATCHED], ids=["single", "batch"])
async def test_an_answer_without_a_number_leaves_the_record_in_doubt(writing: Writing) -> None:
    def numberless(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        return 201, {"results": [{"position": 0, "status": 201}]}

    async with opened(numberless, system_with(writing=writing)) as connector:
        (outcome,) = await connector.upsert("things", writes(1))
    assert outcome.error is not None
    assert outcome.error.ambiguous


STOPS = {
    "sign-in refused": (401, FailureKind.AUTH_EXPIRED),
    "not permitted": (403, FailureKind.MISCONFIGURED),
    "too many calls": (429, FailureKind.RATE_LIMITED),
}


@pytest.mark.parametrize(("status", "kind"), STOPS.values(), ids=STOPS.keys())
async def test_a_system_that_says_no_to_everybody_is_not_asked_again_and_again(status: int, kind: FailureKind) -> None:
    calls = 0

    def refuse(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        nonlocal calls
        calls += 1
        return status, {}

    async with opened(refuse) as connector:
        with pytest.raises(RemoteError) as caught:
            await connector.upsert("things", writes(50))
    assert caught.value.kind is kind
    assert calls <= 2  # one per lane


async def test_an_outage_in_the_middle_keeps_what_arrived_and_stops_soon() -> None:
    calls = 0

    def failing(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        nonlocal calls
        calls += 1
        return (201, {"id": f"t{body['n']}"}) if body["n"] < 5 else (500, {})

    async with opened(failing) as connector:
        outcomes = by_position(await connector.upsert("things", writes(50)))
    assert [o.error for o in outcomes[:5]] == [None] * 5
    assert calls <= 5 + 4
    doubtful = [o for o in outcomes if o.error and o.error.ambiguous]
    assert 3 <= len(doubtful) <= 4  # only what was really sent is in doubt
    assert len(outcomes) == 50


async def test_a_record_already_there_under_our_number_is_brought_up_to_date() -> None:
    calls: list[tuple[str, str]] = []

    def twin(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        calls.append((method, path))
        if method == "POST":
            return 409, {"code": "duplicate", "message": "exists"}
        if method == "GET":
            return 200, {"records": [{"id": "t0", "ours": "o0"}]}
        return 200, {"id": "t0"}

    async with opened(twin) as connector:
        (outcome,) = await connector.upsert("things", writes(1))
    assert (outcome.target_key, outcome.created, outcome.error) == ("t0", False, None)
    assert calls[-1] == ("PATCH", "/things/t0")


async def test_a_duplicate_that_is_not_ours_stays_refused() -> None:
    def stranger(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        return (409, {"code": "duplicate"}) if method == "POST" else (200, {"records": []})

    async with opened(stranger) as connector:
        (outcome,) = await connector.upsert("things", writes(1))
    assert outcome.error is not None
    assert outcome.error.business_class is BusinessClass.DUPLICATE


async def test_an_impossible_target_key_is_refused_without_a_call() -> None:
    async with opened(lambda *_: (200, {})) as connector:
        (outcome,) = await connector.upsert("things", writes(1, target_key=".."))
    assert outcome.error is not None
    assert outcome.error.kind is FailureKind.REJECTED


async def test_a_probe_asks_for_our_own_number_by_its_own_parameter_where_there_is_one() -> None:
    asked: list[Mapping[str, str]] = []

    def there(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        asked.append(query)
        return 200, {"records": [{"id": "t0", "code": "PRJ-1", "ours": "o0"}]}

    writing = dataclasses.replace(WRITING, own_key_parameter="our_number")
    spec = dataclasses.replace(THINGS, natural_key="code", find_parameter="code", writing=writing)
    async with opened(there, dataclasses.replace(SYSTEM, objects=(spec,))) as connector:
        arrived = await connector.probe("things", writes(1))
        found = await connector.find("things", ["PRJ-1"])
    assert (arrived[0].key, found["PRJ-1"].key) == ("t0", "t0")
    assert [(query.get("our_number"), query.get("code")) for query in asked] == [("o0", None), (None, "PRJ-1")]


async def test_a_probe_tells_which_writes_arrived() -> None:
    def there(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        if path.startswith("/things/"):
            return 200, {"id": path[8:], "n": "7.0" if path.endswith("t7") else 1, "ours": "x"}
        return 200, {"records": [{"id": "t0", "ours": "o0"}]}

    asked = [
        *writes(2),
        Write(2, {"n": 7}, "b2", "k2", target_key="t7"),
        Write(3, {"n": 7}, "b3", "k3", target_key="t8"),
    ]
    async with opened(there) as connector:
        arrived = await connector.probe("things", asked)
    assert {place: record.key for place, record in arrived.items()} == {0: "t0", 2: "t7"}


async def test_a_probe_tells_amounts_apart_that_a_binary_fraction_would_not() -> None:
    def there(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        return 200, {"id": "t7", "amount": "12345678901234567.89"}

    async with opened(there) as connector:
        for amount, arrived in (("12345678901234567.89", True), ("12345678901234567.90", False), ("none", False)):
            write = Write(0, {"amount": amount}, "b0", "k0", target_key="t7")
            assert bool(await connector.probe("things", [write])) is arrived


async def test_nothing_to_write_is_no_call() -> None:
    async with opened(lambda *_: (500, {})) as connector:
        assert await connector.upsert("things", []) == []


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


def _connector() -> RestConnector:
    return RestConnector(SYSTEM, door_to("https://things.example.com"), {})


def _signed(body: bytes, secret: str, now: int) -> dict[str, str]:
    return standard_headers([secret], delivery_id="msg_1", timestamp=now, body=body)


def test_a_signed_event_is_received() -> None:
    secret, now = new_secret(), int(time.time())
    body = b'{"object": "TimeEntry", "key": "r1", "more": 1}'
    (event,) = _connector().receive(_signed(body, secret, now), body, secret, now)
    assert (event.delivery_id, event.object_name, event.key, event.payload["more"]) == ("msg_1", "things", "r1", 1)


def test_several_events_of_one_delivery_are_told_apart() -> None:
    secret, now = new_secret(), int(time.time())
    body = b'[{"object": "things", "key": "r1"}, {"object": "other", "key": 2}]'
    events = _connector().receive(_signed(body, secret, now), body, secret, now)
    assert [(e.delivery_id, e.object_name, e.key) for e in events] == [
        ("msg_1.0", "things", "r1"),
        ("msg_1.1", "other", "2"),
    ]


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff"])
def test_a_signed_delivery_without_json_is_refused(body: bytes) -> None:
    secret, now = new_secret(), int(time.time())
    with pytest.raises(SignatureError):
        _connector().receive(_signed(body, secret, now), body, secret, now)


def test_a_system_without_webhooks_receives_none() -> None:
    silent = RestConnector(dataclasses.replace(SYSTEM, webhook=None), door_to("https://things.example.com"), {})
    with pytest.raises(SignatureError, match="no webhooks"):
        silent.receive({}, b"{}", "", 0)


UNDONE = {
    "deleted": ({"undo_method": "DELETE"}, 200, {}, UndoState.DONE),
    "deleted before": ({"undo_method": "DELETE"}, 404, {"message": "no such thing"}, UndoState.ALREADY_GONE),
    "gone for good": ({"undo_method": "DELETE"}, 410, {}, UndoState.ALREADY_GONE),
    "archived by a value": ({"undo_method": "PATCH", "undo_values": {"archived": True}}, 200, {}, UndoState.DONE),
    "refused": ({"undo_method": "DELETE"}, 409, {"message": "It was paid."}, UndoState.REFUSED),
}


@pytest.mark.parametrize(("declared", "status", "said", "state"), UNDONE.values(), ids=UNDONE.keys())
async def test_a_record_is_taken_back_as_declared(
    declared: dict[str, Any], status: int, said: Body, state: UndoState
) -> None:
    calls = []

    def answering(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        calls.append((method, path, body))
        return status, said

    writing = dataclasses.replace(WRITING, undo_path="things/{key}", **declared)
    async with opened(answering, system_with(writing=writing)) as connector:
        outcome = await connector.undo("things", "a/7", idempotency_key="k")
    assert calls == [(declared["undo_method"], "/things/a%2F7", declared.get("undo_values"))]
    assert outcome.state is state
    assert (outcome.error is not None) == (state is UndoState.REFUSED)
    assert outcome.exchange is not None


async def test_what_cannot_be_taken_back_says_so_without_a_call() -> None:
    async with opened(lambda *_: (500, {})) as connector:
        outcome = await connector.undo("things", "7", idempotency_key="k")
    assert outcome.state is UndoState.REFUSED
    assert outcome.error is not None
    assert "a person must do it there" in outcome.error.message


@pytest.mark.parametrize(("status", "kind"), [(503, FailureKind.RETRYABLE), (401, FailureKind.AUTH_EXPIRED)])
async def test_taking_back_is_undecided_while_the_system_is_away(status: int, kind: FailureKind) -> None:
    writing = dataclasses.replace(WRITING, undo_method="DELETE", undo_path="things/{key}")
    async with opened(lambda *_: (status, {}), system_with(writing=writing)) as connector:
        with pytest.raises(RemoteError) as caught:
            await connector.undo("things", "7", idempotency_key="k")
    assert caught.value.kind is kind


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
