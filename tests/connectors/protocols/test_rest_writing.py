"""Records are written one by one and in batches, each answered for itself, and a write in doubt is probed."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from apps.connectors.contract import Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FailureKind, RemoteError
from apps.connectors.manifest import Idempotency, Writing
from tests.connectors.protocols.things import BATCHED, SYSTEM, THINGS, WRITING, Answering, Body, opened, system_with


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


async def test_what_belongs_to_the_creation_is_not_sent_with_a_change() -> None:
    seen: list[tuple[str, Body]] = []

    def take(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        seen.append((method, body))
        return (201 if method == "POST" else 200), {"id": "t1"}

    writing = dataclasses.replace(WRITING, only_at_creation=("kind",))
    values = {"ours": "o1", "kind": "a", "n": 1}
    async with opened(take, system_with(writing=writing)) as connector:
        await connector.upsert("things", [Write(0, values, "b1", "k1")])
        await connector.upsert("things", [Write(0, values, "b1", "k2", target_key="t1")])
    assert seen == [("POST", values), ("PATCH", {"ours": "o1", "n": 1})]


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


async def test_a_record_goes_out_nested_where_the_body_wants_it() -> None:
    seen: list[tuple[str, Body]] = []

    def take(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        seen.append((method, body))
        return 200, {"Things": [{"id": "t1"}]}

    writing = dataclasses.replace(
        WRITING, create_method="PUT", created_statuses=(200,), record_path="Things.0", key_path="Things.id"
    )
    write = Write(0, {"ours": "o1", "p.name": "x", "p.city": "York"}, "b", "k")
    async with opened(take, system_with(writing=writing)) as connector:
        (outcome,) = await connector.upsert("things", [write])
    assert seen == [("PUT", {"Things": [{"ours": "o1", "p": {"name": "x", "city": "York"}}]})]
    assert (outcome.target_key, outcome.created) == ("t1", True)


async def test_a_change_repeats_the_version_it_is_made_on_and_is_made_again_when_that_is_old() -> None:
    version, sent = [7], list[Body]()

    def take(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        if method == "GET":
            version[0] += 1
            return 200, {"id": "t1", "meta": {"version": version[0]}}
        sent.append(body)
        return (200, {"id": "t1"}) if body["meta"]["version"] == 9 else (409, {"message": "stale"})

    writing = dataclasses.replace(WRITING, repeat_fields=("meta.version",))
    async with opened(take, system_with(writing=writing)) as connector:
        (outcome,) = await connector.upsert("things", [Write(0, {"n": 1}, "b", "k", "t1")])
    assert outcome.error is None
    assert sent == [{"n": 1, "meta": {"version": 8}}, {"n": 1, "meta": {"version": 9}}]


async def test_a_change_of_a_record_that_is_gone_is_refused_and_not_sent() -> None:
    calls: list[str] = []

    def take(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        calls.append(method)
        return 404, {"message": "none"}

    writing = dataclasses.replace(WRITING, repeat_fields=("version",))
    async with opened(take, system_with(writing=writing)) as connector:
        (outcome,) = await connector.upsert("things", [Write(0, {"n": 1}, "b", "k", "t1")])
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.business_class) == (FailureKind.REJECTED, BusinessClass.MISSING_REFERENCE)
    assert calls == ["GET"]


SEARCHED = dataclasses.replace(WRITING, idempotency=Idempotency.SEARCH_BEFORE_CREATE)


@pytest.mark.parametrize("changeable", [True, False], ids=["with changes", "without changes"])
async def test_a_record_is_looked_for_before_it_is_made_where_nothing_else_tells_a_repeat(changeable: bool) -> None:
    held = [{"id": "t0", "ours": "o0", "n": 0}, {"id": "t1", "ours": "o1", "n": 99}]
    calls: list[tuple[str, str, Body]] = []

    def take(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        if method == "GET":
            return 200, {"records": [record for record in held if record["ours"] in query["ours"].split(",")]}
        calls.append((method, path, body))
        return (201 if method == "POST" else 200), {"id": f"t{body['n']}"}

    writing = SEARCHED if changeable else dataclasses.replace(SEARCHED, update_path="")
    async with opened(take, system_with(writing=writing)) as connector:
        outcomes = by_position(await connector.upsert("things", writes(3)))
    assert [(o.target_key, o.created, o.error) for o in outcomes] == [
        ("t0", False, None),
        ("t1", False, None),
        ("t2", True, None),
    ]
    changed = [("PATCH", "/things/t1", {"ours": "o1", "n": 1})] if changeable else []
    assert sorted(calls) == [*changed, ("POST", "/things", {"ours": "o2", "n": 2})]
