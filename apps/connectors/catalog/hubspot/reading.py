"""Reads HubSpot's records by their time of change, never further into one search than HubSpot goes.

A search ends at its 10,000th result and is ordered by one property, so it is never paged: each next search begins behind
the last whole instant of the one before. An instant that fills a page by itself is read by number.
https://developers.hubspot.com/docs/api-reference/legacy/crm/search-the-crm
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.connectors.catalog.hubspot.calls import Filter, HubSpotCalls
from apps.connectors.contract import Page, SourceRecord
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.instants import write_instant
from apps.connectors.manifest import InstantForm, ObjectManifest
from apps.connectors.protocols.rest_reading import require_reading, source_record

_NUMBER = "hs_object_id"


@dataclass(frozen=True, slots=True)
class _Place:
    """Everything changed up to `since` is read, and of what was changed `at` an instant, the records up to `number`."""

    since: str = ""
    at: str = ""
    number: str = ""

    def checkpoint(self) -> dict[str, str]:
        parts = {"since": self.since, "at": self.at, "number": self.number}
        return {name: value for name, value in parts.items() if value}


async def read_changes(
    calls: HubSpotCalls, spec: ObjectManifest, checkpoint: Mapping[str, Any] | None
) -> AsyncIterator[Page]:
    """Yield the changed records of one object, oldest change first, each page with the checkpoint that holds after it."""
    reading, kept = require_reading(spec), checkpoint or {}
    size, high = reading.paging.size, str(kept.get("since", ""))
    place = _begun(spec, kept, reading.overlap_seconds)
    while True:
        records = await _asked(calls, spec, place, size)
        full = len(records) >= size
        if place.at:
            _require_progress(calls, spec, not records or int(records[-1].key) > int(place.number))
            place = _Place(place.since, place.at, records[-1].key) if full else _Place(place.at)
        elif not full:
            newest = max((record.version for record in records), default="")
            yield Page(records, _Place(max(high, newest)).checkpoint(), last=True)
            return
        else:
            instant = records[-1].version
            records = tuple(record for record in records if record.version != instant)
            _require_progress(calls, spec, not records or records[-1].version > place.since)
            place = _Place(records[-1].version) if records else _Place(place.since, instant, "0")
        if records:
            yield Page(records, place.checkpoint())


async def _asked(calls: HubSpotCalls, spec: ObjectManifest, place: _Place, size: int) -> tuple[SourceRecord, ...]:
    stamp = spec.version_field.rpartition(".")[2]
    filters: list[Filter]
    if place.at:
        filters = [_compared(spec, stamp, "EQ", place.at), _filter(_NUMBER, "GT", place.number)]
        rows = await calls.search(spec, filters, sort=_NUMBER, limit=size)
    else:
        filters = [_compared(spec, stamp, "GT", place.since)] if place.since else []
        rows = await calls.search(spec, filters, sort=stamp, limit=size)
    return tuple(source_record(spec, values) for values in rows)


def _begun(spec: ObjectManifest, kept: Mapping[str, Any], overlap_seconds: int) -> _Place:
    place = _Place(str(kept.get("since", "")), str(kept.get("at", "")), str(kept.get("number", "")))
    if not place.since or place.at:
        return place
    # A search finds a changed record some moments after the change: a little of what was read is read again.
    moment = _moment(spec, place.since) - timedelta(seconds=overlap_seconds)
    return _Place(write_instant(moment, InstantForm.ISO_MILLIS))


def _compared(spec: ObjectManifest, name: str, operator: str, instant: str) -> Filter:
    return _filter(name, operator, write_instant(_moment(spec, instant), InstantForm.MILLISECONDS))


def _filter(name: str, operator: str, value: str) -> Filter:
    return {"propertyName": name, "operator": operator, "value": value}


def _moment(spec: ObjectManifest, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise MisconfiguredError(
            f"{spec.label} have {text!r} as their time of change, which is none: changes cannot be asked for.",
            business_class=BusinessClass.SCHEMA_DRIFT,
        ) from None


def _require_progress(calls: HubSpotCalls, spec: ObjectManifest, goes_on: bool) -> None:  # noqa: FBT001  what is required
    if not goes_on:
        raise MisconfiguredError(
            f"{calls.manifest.name} repeats the same pages of {spec.label.lower()} again and again: reading was stopped.",
            business_class=BusinessClass.SCHEMA_DRIFT,
        )
