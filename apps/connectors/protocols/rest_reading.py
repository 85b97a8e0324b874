"""Reads lists of a REST system as pages: by time, by window or whole, and single records by number."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from apps.connectors.answers import at_path
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, SourceRecord
from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError, RemoteError
from apps.connectors.instants import UnreadableInstantError, read_instant, write_instant
from apps.connectors.manifest import ChangeRead, InstantForm, ObjectManifest, Reading
from apps.connectors.pagination import Position, following_position, page_parameters
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_shifts import ShiftWatch

_MOST_PAGES_WITHOUT_PROGRESS = 3
_MOST_SEEN = 500  # more changes of one instant than this are read again, which is harmless


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a reading stands: changes since `since`, page `position` of them, newest version met so far `high`.

    `seen` names the records met at exactly `high`: systems answer "since" inclusively, and those are no news.
    """

    since: str = ""
    position: Position = None
    high: str = ""
    seen: tuple[str, ...] = ()

    @classmethod
    def of(cls, checkpoint: Mapping[str, Any] | None) -> "_Place":
        kept = checkpoint or {}
        since = str(kept.get("since", ""))
        return cls(since, kept.get("position"), str(kept.get("high", since)), tuple(kept.get("seen", ())))

    def checkpoint(self) -> dict[str, Any]:
        parts = {"since": self.since, "position": self.position, "high": self.high, "seen": list(self.seen)}
        return {name: value for name, value in parts.items() if value}

    def known(self) -> frozenset[tuple[str, str]]:
        return frozenset((key, self.high) for key in self.seen)


async def read_changes(
    calls: Calls, spec: ObjectManifest, checkpoint: Mapping[str, Any] | None, now: datetime
) -> AsyncIterator[Page]:
    """Yield the changed records of one object, page by page, each with the checkpoint that holds after it."""
    reading, watch = _require_list(calls, spec), ShiftWatch()
    place, idle = _Place.of(checkpoint), 0
    before, marks = place.known(), set[tuple[str, ...]]()
    while True:
        answer, records = await _fetch_page(calls, spec, place, now)
        fresh = tuple(record for record in records if (record.key, record.version) not in before)
        mark = _mark(records)
        idle = 0 if fresh and mark not in marks else idle + 1
        marks.add(mark)
        _require_progress(calls, spec, idle)
        news = tuple(record for record in fresh if not watch.knows(record))
        if reading.since_sorted:
            watch.note(place.since, records, numbered=place.position is not None)
        following = following_position(reading.paging, place.position, answer, len(records))
        place, last = _advance(reading, place, records, following)
        before = place.known() | {(record.key, record.version) for record in records}
        kept = _Place(since=watch.since, high=watch.since) if watch.shifted else place
        if last and watch.turns_back():
            place, last, before = kept, False, frozenset()
            marks.clear()
        yield Page(_once(news), kept.checkpoint(), last)
        if last:
            return


async def _fetch_page(
    calls: Calls, spec: ObjectManifest, place: _Place, now: datetime
) -> tuple[Any, tuple[SourceRecord, ...]]:
    """Return the parsed answer for one page, and its records."""
    reading = require_reading(spec)
    change = _change_parameters(reading, place.since, now)
    headers, filters = (change, {}) if reading.since_in_header else ({}, change)
    answer, listed = await _list_page(calls, spec, place.position, {**reading.parameters, **filters}, headers)
    _require_known_form(calls, spec, listed)
    return answer, tuple(source_record(spec, values) for values in listed)


async def _list_page(
    calls: Calls,
    spec: ObjectManifest,
    position: Position,
    parameters: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
) -> tuple[Any, list[OutsideRecord]]:
    """Return the parsed answer for one page of a list, and what it lists. A link to a page carries its own parameters."""
    reading = require_reading(spec)
    if reading.paging.style in {"link", "link_header"} and position is not None:
        return await calls.list_records(spec, str(position), {}, headers=headers)
    asked = {**parameters, **page_parameters(reading.paging, position)}
    return await calls.list_records(spec, calls.path(reading.path), asked, headers=headers)


async def read_named(calls: Calls, spec: ObjectManifest, keys: Sequence[str], now: datetime) -> AsyncIterator[Page]:
    """Yield just the records called `keys`; those that are gone are left out. The checkpoint stays as it was.

    They are asked for together where the list takes keys, then side by side where one can be asked for alone.
    """
    one_path, listed = require_reading(spec).one_path, dict[str, OutsideRecord | None]()
    takes_keys = spec.natural_key == spec.key_field and spec.find_parameter
    if takes_keys and (len(keys) > 1 or not one_path):
        found = await find_records(calls, spec, spec.key_field, keys)
        listed.update((key, record.values) for key, record in found.items())
    if takes_keys or one_path:
        alone = [key for key in keys if key not in listed] if one_path else []
        answers = await asyncio.gather(*(read_one(calls, spec, key) for key in alone))
        listed.update(zip(alone, answers, strict=True))
        named = [values for key in keys if (values := listed.get(key)) is not None]
        yield Page(tuple(source_record(spec, values) for values in named), {}, last=True)
        return
    wanted, chosen = set(keys), list[SourceRecord]()
    async for page in read_changes(calls, spec, None, now):
        chosen.extend(record for record in page.records if record.key in wanted)
    yield Page(_once(tuple(chosen)), {}, last=True)


async def read_one(calls: Calls, spec: ObjectManifest, key: str) -> OutsideRecord | None:
    """Return the record called `key`, None when the system has no such record."""
    try:
        path = calls.path_of(require_reading(spec).one_path, key)
    except RejectedError:
        return None
    try:
        answer = await calls.call("GET", path, spec=spec)
    except (MisconfiguredError, RejectedError) as error:  # some systems say in their own words that there is none
        if error.status in {404, 410} or _says_it_is_gone(error):
            return None
        raise
    values = at_path(answer.json(), require_reading(spec).one_record_path)
    return calls.shaped(spec, values) if isinstance(values, dict) else None


def _says_it_is_gone(error: RemoteError) -> bool:
    """Some systems answer 400 with a code of their own, which their rules know."""
    return isinstance(error, RejectedError) and error.business_class is BusinessClass.MISSING_REFERENCE


async def find_records(
    calls: Calls, spec: ObjectManifest, field: str, keys: Sequence[str], *, parameter: str = ""
) -> dict[str, FoundRecord]:
    """Return the records whose `field` is among `keys`, asked for by `parameter` ("": the one for natural keys).

    Only what really carries one of the keys is kept: some systems ignore a filter they do not know.
    """
    wanted, found = set(keys), dict[str, FoundRecord]()
    reading = require_reading(spec)
    for asked in _questions(spec, keys, parameter or spec.find_parameter):
        position: Position = None
        while True:
            answer, listed = await _list_page(calls, spec, position, {**reading.parameters, **asked})
            for values in listed:
                name = _text(at_path(values, field))
                if name in wanted:
                    found[name] = FoundRecord(_text(at_path(values, spec.key_field)), values)
            position = following_position(reading.paging, position, answer, len(listed))
            if position is None or wanted <= found.keys():
                break
    return found


def source_record(spec: ObjectManifest, values: OutsideRecord) -> SourceRecord:
    """Return a record as read. One without a number of its own goes by its content, so that it can still be judged."""
    key = _text(at_path(values, spec.key_field)) or f"unnumbered-{fingerprint(values)[:16]}"
    return SourceRecord(spec.name, key, _version(spec, values) or fingerprint(values), values)


def _version(spec: ObjectManifest, values: OutsideRecord) -> str:
    text = _text(at_path(values, spec.version_field)) if spec.version_field else ""
    if not text or spec.version_form is InstantForm.AS_IS:
        return text
    try:
        return write_instant(read_instant(text, spec.version_form), InstantForm.ISO_MILLIS)
    except UnreadableInstantError:
        return ""  # then the content tells its changes


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def fingerprint(values: Mapping[str, Any]) -> str:
    """Return a short text that changes with any part of the content."""
    return hashlib.blake2b(orjson.dumps(values, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def require_reading(spec: ObjectManifest) -> Reading:
    """Return how an object is read. Raises MisconfiguredError when it is not."""
    if spec.reading is None:
        raise MisconfiguredError(
            f"{spec.label} cannot be read from this system.", business_class=BusinessClass.CONNECTION
        )
    return spec.reading


def _require_list(calls: Calls, spec: ObjectManifest) -> Reading:
    reading = require_reading(spec)
    if reading.change_read is ChangeRead.BY_NAME:
        sentence = f"{calls.manifest.name} lists no {spec.label.lower()}: a flow looks them up one by one."
        raise MisconfiguredError(sentence, business_class=BusinessClass.VALIDATION)
    return reading


def _change_parameters(reading: Reading, since: str, now: datetime) -> dict[str, str]:
    if reading.change_read is ChangeRead.WINDOW_RESCAN:
        return {
            reading.since_parameter: _since(reading, (now - timedelta(days=reading.rescan_days)).date().isoformat())
        }
    if reading.change_read is ChangeRead.FULL:
        return {}
    if not since:
        return first_question(reading)
    return {
        reading.since_parameter: _since(reading, _in_form(_earlier(since, reading.overlap_seconds), reading.since_form))
    }


def first_question(reading: Reading) -> dict[str, str]:
    """Return what asks for everything, at systems that demand a beginning; nothing at others."""
    if reading.change_read is not ChangeRead.MODIFIED_SINCE or not reading.since_default:
        return {}
    return {reading.since_parameter: _since(reading, reading.since_default)}


def _since(reading: Reading, text: str) -> str:
    return reading.since_template.replace("{since}", text)


def _in_form(since: str, form: InstantForm) -> str:
    if form is InstantForm.AS_IS:
        return since
    try:
        return write_instant(datetime.fromisoformat(since), form)
    except ValueError:
        return since


def _earlier(since: str, seconds: int) -> str:
    """Reading again a little of what was read costs nothing: the versions are known. Missing a late commit would cost."""
    if not seconds:
        return since
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        return since
    return (moment - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def _advance(
    reading: Reading, place: _Place, records: tuple[SourceRecord, ...], following: Position
) -> tuple[_Place, bool]:
    """Return the place after a page, and whether the reading has come to its end."""
    by_version = reading.change_read is ChangeRead.MODIFIED_SINCE
    high = _newest(place.high, records) if by_version else ""
    seen = _seen_at(high, place, records) if by_version else ()
    if following is None:
        return _Place(since=high, high=high, seen=seen), True
    # Walking by time: the next page begins at the newest change seen, so a record that moves while we read is met
    # again later instead of slipping past. Only many changes of one instant still need a page number.
    if reading.since_sorted and by_version and not reading.overlap_seconds and high != place.since:
        return _Place(since=high, high=high, seen=seen), False
    return _Place(place.since, following, high, seen), False


def _seen_at(high: str, place: _Place, records: tuple[SourceRecord, ...]) -> tuple[str, ...]:
    earlier = place.seen if high == place.high else ()
    seen = dict.fromkeys((*earlier, *(record.key for record in records if record.version == high)))
    return tuple(seen)[-_MOST_SEEN:]


def _newest(high: str, records: tuple[SourceRecord, ...]) -> str:
    versions = [record.version for record in records] + ([high] if high else [])
    if not versions:
        return ""
    return max(versions, key=lambda text: (int(text) if text.isdecimal() else 0, text))


def _once(records: tuple[SourceRecord, ...]) -> tuple[SourceRecord, ...]:
    """A page that lists a record twice counts it once."""
    return tuple({(record.key, record.version): record for record in records}.values())


def _mark(records: tuple[SourceRecord, ...]) -> tuple[str, ...]:
    """Return what a page is known again by when a chain of pages goes round in a circle."""
    if not records:
        return ()
    first, last = records[0], records[-1]
    return (first.key, first.version, last.key, last.version)


def _require_known_form(calls: Calls, spec: ObjectManifest, listed: list[OutsideRecord]) -> None:
    """A field that is missing from every record of a page was renamed or taken away: that is no record's fault."""
    if not listed:
        return
    for line in spec.reading_lines:
        if line.required and line.source and not any(line.source.split(".")[0] in values for values in listed):
            raise MisconfiguredError(
                f"{calls.manifest.name} no longer sends {line.source!r} with its {spec.label.lower()}: "
                "the format has changed. Adapt the mapping before the next run.",
                business_class=BusinessClass.SCHEMA_DRIFT,
            )


def _require_progress(calls: Calls, spec: ObjectManifest, idle: int) -> None:
    if idle > _MOST_PAGES_WITHOUT_PROGRESS:
        raise MisconfiguredError(
            f"{calls.manifest.name} repeats the same pages of {spec.label.lower()} again and again: reading was stopped.",
            business_class=BusinessClass.SCHEMA_DRIFT,
        )


def _questions(spec: ObjectManifest, keys: Sequence[str], parameter: str) -> list[dict[str, str]]:
    """Return the query parameters of each request that looks for `keys`."""
    if not parameter:
        return [{}]
    alone = [key for key in keys if spec.find_joiner in key] if spec.find_at_once > 1 else list(keys)
    together = [key for key in keys if key not in set(alone)]
    chunks = [together[start : start + spec.find_at_once] for start in range(0, len(together), spec.find_at_once)]
    return [
        {parameter: spec.find_joiner.join(_asked_for(spec, key) for key in chunk)}
        for chunk in (*chunks, *([key] for key in alone))
    ]


def _asked_for(spec: ObjectManifest, key: str) -> str:
    if spec.find_template == "{key}":
        return key
    if "'{key}'" in spec.find_template:  # as OData has it
        return spec.find_template.replace("{key}", key.replace("'", "''"))
    return spec.find_template.replace("{key}", key.replace("\\", "\\\\").replace('"', '\\"'))
