"""Reads what was changed in a span of time: the ordinary reading, begun at its start and ended at its end."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from apps.connectors.contract import Page, SourceRecord
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import ChangeRead, ObjectManifest, SystemManifest


@dataclass(frozen=True, slots=True)
class WindowStart:
    """The checkpoint from which the ordinary reading meets everything wanted, and whether it comes oldest first."""

    checkpoint: Mapping[str, Any]
    oldest_first: bool


async def pages_within(
    pages: AsyncIterator[Page], since: datetime, until: datetime, *, oldest_first: bool
) -> AsyncIterator[Page]:
    """Yield `pages` with only the records changed from `since` to before `until`.

    A record whose version is no instant is kept: better delivered twice (which the ledger notices) than never. With
    `oldest_first` the reading ends at the first page that lies behind `until` altogether.
    """
    async for page in pages:
        moments = [changed_at(record) for record in page.records]
        chosen = tuple(
            record
            for record, moment in zip(page.records, moments, strict=True)
            if moment is None or since <= moment < until
        )
        passed = oldest_first and bool(moments) and all(moment is not None and moment >= until for moment in moments)
        yield replace(page, records=chosen, last=page.last or passed)
        if page.last or passed:
            return


def changed_at(record: SourceRecord) -> datetime | None:
    """Return when the record was changed, by its version; None when that is no instant. A time without zone is UTC."""
    text = record.version.split(" ", 1)[0]  # some systems' versions carry a mark behind the instant
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def start_by_change(manifest: SystemManifest, spec: ObjectManifest, since: datetime) -> WindowStart:
    """Return the beginning of a reading by time of change. Raises MisconfiguredError where there is no such reading."""
    reading = spec.reading
    if reading is None or reading.change_read is not ChangeRead.MODIFIED_SINCE or not spec.version_field:
        raise no_window(manifest, spec)
    text = instant_text(since)
    return WindowStart({"since": text, "high": text}, oldest_first=reading.since_sorted)


def instant_text(moment: datetime) -> str:
    """Return an instant as systems take it in a query: UTC, whole seconds, with Z."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def no_window(manifest: SystemManifest, spec: ObjectManifest) -> MisconfiguredError:
    """Return the error that says that a span of time cannot be read here, and what can be done instead."""
    return MisconfiguredError(
        f"{manifest.name} cannot be asked for {spec.label.lower()} of a span of time: start the flow as usual, "
        "which reads everything it does not know yet.",
        business_class=BusinessClass.VALIDATION,
    )
