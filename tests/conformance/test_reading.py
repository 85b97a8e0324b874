"""Reading: every record once whatever the pages are like, from every checkpoint, by key, by name, and by span of time."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from apps.connectors.contract import Page, SourceRecord
from apps.connectors.errors import MisconfiguredError
from apps.connectors.manifest import ChangeRead
from apps.connectors.protocols.rest_window import changed_at
from tests.conformance.stage import Stage, not_applicable, records_of

DELETES = {"tombstone", "event", "absent"}


@pytest.fixture(autouse=True)
def _listed(stage: Stage, request: pytest.FixtureRequest) -> None:
    if not stage.lists and request.function is not test_a_connection_test_passes_and_changes_nothing:
        not_applicable("Nothing is listed by this system: single records are looked up by name.")


async def test_paging_brings_every_record_once(stage: Stage) -> None:
    for name in stage.lists:
        truth = await stage.keys(name)
        assert len(truth) >= 6
        for size in (1, 2, 7, 0):
            pages = await stage.read(name, page_size=size)
            keys = Counter(record.key for record in records_of(pages))
            assert keys == Counter(truth), f"{name} in pages of {size or 'the usual size'}"
            assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


async def test_a_list_that_changes_while_it_is_read_loses_nothing(stage: Stage) -> None:
    for name in stage.lists:
        before, pages, touched = await stage.keys(name), list[Page](), list[str]()
        async with stage.connector(page_size=3) as connector:
            async for page in connector.read(name, None):
                pages.append(page)
                key = next((record.key for record in page.records), "")
                if key in before - set(touched) and len(touched) < 3:
                    touched.append(key)
                    await stage.touch(name, key)
        added = await stage.add(name)
        assert len(touched) >= 2
        seen = [(record.key, record.version) for record in records_of(pages)]
        assert before <= {key for key, _ in seen}, name
        assert len(set(seen)) == len(seen), name
        news = [(r.key, r.version) for r in records_of(await stage.read(name, pages[-1].checkpoint))]
        versions = {r.key: r.version for r in records_of(await stage.read(name))}
        for key in (added, *touched):
            assert (key, versions[key]) in seen + news, name


async def test_a_reading_goes_on_from_every_checkpoint(stage: Stage) -> None:
    for name in stage.lists:
        truth = await stage.keys(name)
        whole = await stage.read(name, page_size=4)
        for cut in range(len(whole) - 1):
            kept = orjson.loads(orjson.dumps(whole[cut].checkpoint))
            rest = records_of(await stage.read(name, kept, page_size=4))
            before = records_of(whole[: cut + 1])
            assert {record.key for record in [*before, *rest]} == truth, f"{name} after page {cut + 1}"
            if not stage.stamps_late:
                assert not set(_versions(before)) & set(_versions(rest)), f"{name} after page {cut + 1}"


async def test_records_changed_in_one_instant_are_all_read(stage: Stage) -> None:
    name = _stamped_list(stage)
    everything = records_of(await stage.read(name, page_size=2))
    moments = Counter(changed_at(record) for record in everything)
    shared, most = moments.most_common(1)[0]
    assert shared is not None
    assert most >= 6
    assert {record.key for record in everything} == await stage.keys(name)


async def test_the_next_reading_brings_only_news(stage: Stage) -> None:
    for name in stage.lists:
        first = await stage.read(name)
        known = set(_versions(records_of(first)))
        again = await stage.read(name, first[-1].checkpoint)
        assert set(_versions(records_of(again))) <= known, name
        await asyncio.sleep(0.002)  # so that no stamp to the millisecond falls together with the reading
        key = records_of(first)[0].key
        await stage.touch(name, key)
        added = await stage.add(name)
        news = set(_versions(records_of(await stage.read(name, again[-1].checkpoint)))) - known
        assert {key for key, _ in news} == {key, added}, name


async def test_a_record_that_becomes_visible_late_is_met_by_the_look_back(stage: Stage) -> None:
    reading = stage.spec(_stamped_list(stage)).reading
    assert reading is not None
    if not reading.overlap_seconds:
        not_applicable("Its sheet declares no look-back: the system stamps a record when it becomes visible.")
    checkpoint = (await stage.read(stage.level))[-1].checkpoint
    late = await stage.slip_in(stage.level, reading.overlap_seconds / 2)
    assert late in {record.key for record in records_of(await stage.read(stage.level, checkpoint))}


async def test_named_records_are_read_as_they_are_in_the_list(stage: Stage) -> None:
    for name in stage.lists:
        listed = records_of(await stage.read(name))[:3]
        pages = await stage.read(name, None, [*(record.key for record in listed), "999999", "..", "a/b"])
        assert {(r.key, r.version) for r in records_of(pages)} == {(r.key, r.version) for r in listed}, name
        assert pages[-1].last


async def test_records_are_found_in_lists_of_names(stage: Stage) -> None:
    for name in stage.lists:
        listed = records_of(await stage.read(name))
        wanted = {stage.natural(name, record.values): record.key for record in listed}
        wanted.pop("", None)
        strangers = [f"nobody-{number}" for number in range(60)] + ["a,b", "%", "\\"]
        async with stage.connector() as connector:
            found = await connector.find(name, [*strangers, *wanted])
            asked = len(stage.front.asked)
            assert await connector.find(name, []) == {}
        assert {natural: record.key for natural, record in found.items()} == wanted, name
        assert len(stage.front.asked) == asked


async def test_a_deletion_is_told_as_the_sheet_says(stage: Stage) -> None:
    assert stage.manifest.deletes in DELETES
    removed = False
    for name in stage.lists:
        checkpoint = (await stage.read(name))[-1].checkpoint
        gone = await stage.remove(name)
        if gone is None:
            continue
        removed = True
        left = await stage.keys(name)
        assert gone not in left
        assert {record.key for record in records_of(await stage.read(name))} == left
        assert gone not in {record.key for record in records_of(await stage.read(name, checkpoint))}
        kept = sorted(left)[0]
        assert [r.key for r in records_of(await stage.read(name, None, [gone, kept]))] == [kept]
    if not removed:
        not_applicable("Nothing can be removed from this system: records are closed or stay as they are.")


async def test_a_span_of_time_brings_what_was_changed_in_it(stage: Stage) -> None:
    for name in stage.lists:
        reading = stage.spec(name).reading
        assert reading is not None
        await asyncio.sleep(0.002)
        for key in sorted(await stage.keys(name))[:3]:
            await stage.touch(name, key)
        if not await _can_be_asked_for_a_span(stage, name):
            continue
        everything = records_of(await stage.read(name))
        moments = sorted({moment for record in everything if (moment := changed_at(record)) is not None})
        first, last = moments[0].replace(microsecond=0), moments[-1] + timedelta(seconds=1)
        middle = moments[len(moments) // 2]
        whole, early, late = [
            await _window(stage, name, *span) for span in ((first, last), (first, middle), (middle, last))
        ]
        undated = {record.key for record in everything if changed_at(record) is None}
        assert whole == {record.key for record in everything}, name
        assert early == {r.key for r in everything if (m := changed_at(r)) is not None and m < middle} | undated, name
        assert late == {r.key for r in everything if (m := changed_at(r)) is not None and m >= middle} | undated, name


async def test_a_connection_test_passes_and_changes_nothing(stage: Stage) -> None:
    before = [await stage.truth(name) for name in stage.lists]
    async with stage.connector() as connector:
        report = await connector.test()
    assert report.ok, report
    assert [step.name for step in report.steps][:3] == ["reachable", "allowed", "can read"]
    assert all(step.sentence.endswith(".") for step in report.steps)
    assert [await stage.truth(name) for name in stage.lists] == before


def _stamped_list(stage: Stage) -> str:
    """Return the list whose records say when they were changed."""
    if not stage.level:
        assert not [spec.name for spec in stage.manifest.objects if spec.version_field]
        not_applicable("None of its records says when it was changed: contents are compared.")
    return stage.level


def _versions(records: list[SourceRecord]) -> list[tuple[str, str]]:
    return [(record.key, record.version) for record in records]


async def _can_be_asked_for_a_span(stage: Stage, name: str) -> bool:
    """A system that cannot says so in a sentence, and its sheet does not claim otherwise."""
    reading, now = stage.spec(name).reading, datetime.now(UTC)
    assert reading is not None
    try:
        await _window(stage, name, now - timedelta(days=1), now)
    except MisconfiguredError as refusal:
        claims, words = reading.change_read is ChangeRead.MODIFIED_SINCE, refusal.message
    else:
        return True
    assert not claims
    assert "span of time" in words
    return False


async def _window(stage: Stage, name: str, since: datetime, until: datetime) -> set[str]:
    """Read a span whole, and again from each of its positions; both must bring the same."""
    async with stage.connector(page_size=4) as connector:
        pages = [page async for page in connector.read_window(name, since, until)]
        keys = {record.key for page in pages for record in page.records}
        for cut in range(len(pages) - 1):
            rest = [p async for p in connector.read_window(name, since, until, pages[cut].checkpoint)]
            assert {record.key for record in records_of(pages[: cut + 1]) + records_of(rest)} == keys
    return keys
