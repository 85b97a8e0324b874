"""Lists are read whole and then only what changed, whatever moves meanwhile; records are found by name and by key."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ChangeRead, ErrorRule, InstantForm, Paging
from apps.connectors.protocols.calls import Calls
from tests.connectors.protocols.things import (
    DAYS,
    READING,
    SYSTEM,
    THINGS,
    Body,
    Shelf,
    keys_of,
    opened,
    pages,
    system_with,
)


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


async def test_times_are_read_and_asked_for_in_the_systems_own_forms() -> None:
    asked: list[Mapping[str, str]] = []

    def answering(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        asked.append(query)
        return 200, {"records": [{"id": "r1", "meta": {"changed": 1795256130}}]}

    spec = dataclasses.replace(
        THINGS,
        version_field="meta.changed",
        version_form=InstantForm.SECONDS,
        reading=dataclasses.replace(
            READING, paging=Paging(), since_form=InstantForm.SPACED, since_default="2000-01-01 00:00:00"
        ),
    )
    async with opened(answering, dataclasses.replace(SYSTEM, objects=(spec,))) as connector:
        (first,) = await pages(connector)
        await pages(connector, first.checkpoint)
    assert first.records[0].version == "2026-11-21T10:15:30.000Z"
    assert [query["since"] for query in asked] == ["2000-01-01 00:00:00", "2026-11-21 10:15:30"]


async def test_a_time_can_be_asked_for_in_a_header_beside_headers_of_the_systems_own() -> None:
    shelf, heard = Shelf(*DAYS[:2]), list[tuple[str, ...]]()

    class Noting(Calls):
        async def call(self, method: str, path: str, **wanted: Any) -> Answer:
            heard.append(tuple(f"{name}: {value}" for name, value in (wanted.get("headers") or {}).items()))
            return await super().call(method, path, **wanted)

    manifest = dataclasses.replace(
        system_with(since_in_header=True, since_parameter="If-Modified-Since", since_form=InstantForm.HTTP_DATE),
        headers={"X-Tenant": "{tenant}"},
    )
    async with opened(shelf, manifest, tenant="t-7") as connector:
        connector._calls = Noting(manifest, connector._door, {"tenant": "t-7"})
        first = await pages(connector)
        await pages(connector, first[-1].checkpoint)
        assert connector._calls._fixed_headers() == {"X-Tenant": "t-7"}
    assert heard[-1] == ("If-Modified-Since: Mon, 02 Nov 2026 08:00:00 GMT",)
    assert all("If-Modified-Since" not in query for query in shelf.asked)


@pytest.mark.parametrize("value", ["", "a\r\nb", "\u00e9"])
async def test_a_setting_that_cannot_stand_in_a_header_is_told_by_its_name(value: str) -> None:
    manifest = dataclasses.replace(SYSTEM, headers={"X-Tenant": "{tenant}"})
    async with opened(Shelf(*DAYS), manifest, tenant=value) as connector:
        with pytest.raises(MisconfiguredError, match="'tenant'"):
            await pages(connector)


async def test_one_record_is_found_where_the_answer_holds_it() -> None:
    manifest = system_with(one_record_path="Things.0")
    async with opened(lambda *_: (200, {"Things": [{"id": "r1", "changed": "x"}]}), manifest) as connector:
        (page,) = await pages(connector, keys=("r1",))
    assert [(record.key, record.version) for record in page.records] == [("r1", "x")]


async def test_names_are_asked_for_as_the_template_says_with_quotes_escaped() -> None:
    asked: list[str] = []

    def answering(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        asked.append(query["q"])
        return 200, {"records": [{"id": "r1", "p": {"name": 'a"b'}, "changed": "x"}]}

    spec = dataclasses.replace(
        THINGS, natural_key="p.name", find_parameter="q", find_template='name eq "{key}"', find_joiner=" or "
    )
    async with opened(answering, dataclasses.replace(SYSTEM, objects=(spec,))) as connector:
        found = await connector.find("things", ['a"b', "c\\d", "x or y"])
    assert asked == ['name eq "a\\"b" or name eq "c\\\\d"', 'name eq "x or y"']
    assert {name: record.key for name, record in found.items()} == {'a"b': "r1"}


async def test_a_system_that_wants_a_condition_gets_one_from_the_beginning() -> None:
    asked: list[str] = []

    def answer(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        if path != "/whoami":
            asked.append(query["search"])
        return 200, {"records": [{"id": "r1", "changed": DAYS[0]}] if len(asked) == 1 else []}

    system = system_with(
        since_parameter="search", since_template='changed ge "{since}"', since_default="2000-01-01T00:00:00Z"
    )
    async with opened(answer, system) as connector:
        first = await pages(connector)
        await pages(connector, first[-1].checkpoint)
        assert (await connector.test()).ok
    beginning = 'changed ge "2000-01-01T00:00:00Z"'
    assert asked == [beginning, f'changed ge "{DAYS[0]}"', beginning]


async def test_a_record_that_is_gone_in_the_systems_own_words_is_left_out() -> None:
    def answer(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        return 400, {"code": "NO_SUCH_THING" if path == "/things/r1" else "OTHER"}

    rule = ErrorRule(FailureKind.REJECTED, BusinessClass.MISSING_REFERENCE, code="NO_SUCH_THING")
    async with opened(answer, dataclasses.replace(SYSTEM, error_rules=(rule,))) as connector:
        assert keys_of(await pages(connector, None, ("r1",))) == []
        with pytest.raises(MisconfiguredError):
            await pages(connector, None, ("r2",))


async def test_a_name_is_found_on_a_page_that_only_a_link_leads_to() -> None:
    def linked(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        if query.get("cursor") == "2":
            return 200, {"records": [{"id": "r4", "ours": "o4", "changed": "x"}], "next": None}
        return 200, {"records": [{"id": "r1", "ours": "o1", "changed": "x"}], "next": "/things?cursor=2"}

    manifest = system_with(since_sorted=False, paging=Paging("link", 1, next_path="next"))
    async with opened(linked, manifest) as connector:
        found = await connector.find("things", ["o4", "nobody"])
    assert {name: record.key for name, record in found.items()} == {"o4": "r4"}
