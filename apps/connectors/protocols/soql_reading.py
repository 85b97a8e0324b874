"""Reads an object of a Salesforce organisation by time of change and id, from wherever a checkpoint stands."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.contract import FoundRecord, Page
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.rest_reading import require_reading, source_record
from apps.connectors.protocols.soql_calls import SoqlCalls
from apps.connectors.protocols.soql_query import among, behind, instant

_IDS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Place:
    """Behind which record the reading stands: changed at `since`, called `after` ("": at the beginning of that instant)."""

    since: str = ""
    after: str = ""


async def read_changes(
    calls: SoqlCalls, spec: ObjectManifest, checkpoint: Mapping[str, Any] | None
) -> AsyncIterator[Page]:
    """Yield the changed records, oldest change first.

    Each page is asked for by the last record of the page before, so that no locator must outlive an interruption
    (Salesforce drops them after two days) and a record that changes meanwhile is met again at its new place.
    """
    reading, kept = require_reading(spec), checkpoint or {}
    place, high = _begun(spec, kept, reading.overlap_seconds), str(kept.get("since", ""))
    while True:
        conditions = [behind(spec, place.since, place.after)] if place.since else []
        listed = await calls.ask(spec, conditions, limit=reading.paging.size)
        records = tuple(source_record(spec, values) for values in listed)
        last = len(records) < reading.paging.size
        if records:
            reached = _Place(records[-1].version, records[-1].key)
            if reached == place:
                raise _stands_still(calls, spec)
            place, high = reached, max(high, records[-1].version)
        at = {"since": high} if last else {"since": place.since, "after": place.after}
        yield Page(records, {name: value for name, value in at.items() if value}, last)
        if last:
            return


async def read_named(calls: SoqlCalls, spec: ObjectManifest, keys: Sequence[str]) -> AsyncIterator[Page]:
    """Yield just the records called `keys`; those that are gone are left out. The checkpoint stays as it was."""
    listed = [values for condition in among("Id", keys, _IDS_AT_ONCE) for values in await calls.ask(spec, [condition])]
    yield Page(tuple(source_record(spec, values) for values in listed), {}, last=True)


async def find_records(
    calls: SoqlCalls, spec: ObjectManifest, field: str, names: Sequence[str]
) -> dict[str, FoundRecord]:
    """Return the records whose `field` is exactly one of `names`: Salesforce itself compares without case."""
    wanted, found = set(names), dict[str, FoundRecord]()
    for condition in among(field, names, spec.find_at_once):
        for values in await calls.ask(spec, [condition]):
            name = str(at_path(values, field) or "")
            if name in wanted:
                found[name] = FoundRecord(str(values.get(spec.key_field, "")), values)
    return found


def _begun(spec: ObjectManifest, kept: Mapping[str, Any], overlap_seconds: int) -> _Place:
    since, after = str(kept.get("since", "")), str(kept.get("after", ""))
    if not since or after or not overlap_seconds:
        return _Place(since, after)
    # A record is stamped while its transaction runs and seen when that ends: a little of what was read is read again.
    moment = datetime.fromisoformat(instant(since, spec)) - timedelta(seconds=overlap_seconds)
    return _Place(moment.isoformat())


def _stands_still(calls: SoqlCalls, spec: ObjectManifest) -> MisconfiguredError:
    return MisconfiguredError(
        f"{calls.manifest.name} repeats the same pages of {spec.label.lower()} again and again: reading was stopped.",
        business_class=BusinessClass.SCHEMA_DRIFT,
    )
