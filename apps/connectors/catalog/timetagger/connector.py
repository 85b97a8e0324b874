"""TimeTagger over its API: one answer holds every change since a time of the server; a reset says that all is new."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.connectors.catalog.timetagger.manifest import LOOK_BACK_SECONDS, RECORDS
from apps.connectors.catalog.timetagger.records import counted, place_of
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, SourceRecord, TestReport, TestStep
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import require_reading, source_record
from apps.connectors.protocols.rest_window import WindowStart


class TimeTaggerConnector(RestConnector):
    """One open connection to one person's records, for reading."""

    async def test(self) -> TestReport:
        """Try address, token, reading and the time zone of the settings. Changes nothing."""
        report = await super().test()
        if not report.ok:
            return report
        try:
            self._zone()
        except MisconfiguredError as error:
            failed = TestStep("can read", ok=False, sentence=error.message)
            return TestReport(tuple(failed if step.name == "can read" else step for step in report.steps))
        return report

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield what was stored since the checkpoint, oldest first, or the records named by `keys`.

        A checkpoint within a reading keeps where that began and how far it came: the answer is asked for again and what
        was handed on is left out, which holds also when the server orders a reset meanwhile.
        """
        spec, kept = self.manifest.object_named(object_name), checkpoint or {}
        if keys:
            rows, _ = await self._stored_since(spec, 0.0)
            yield Page(_records(spec, [row for row in rows if str(row.get("key")) in set(keys)]), kept, last=True)
            return
        since = float(kept.get("since", 0.0))
        done = tuple(kept.get("done", ()))
        listed, server_time = await self._stored_since(spec, since)
        rows = [row for row in listed if place_of(row) > done] if done else listed
        size = max(1, require_reading(spec).paging.size)
        for start in range(0, max(1, len(rows)), size):
            portion, last = rows[start : start + size], start + size >= len(rows)
            after = {"since": max(0.0, server_time - LOOK_BACK_SECONDS)}
            within = {"since": since, "done": list(place_of(portion[-1]))} if portion else {}
            yield Page(_records(spec, portion), after if last else within, last=last)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return records by their key."""
        if not natural_keys:
            return {}
        rows, _ = await self._stored_since(self.manifest.object_named(object_name), 0.0)
        named = {str(row.get(RECORDS.key_field)): row for row in rows}
        return {key: FoundRecord(key, named[key]) for key in natural_keys if key in named}

    async def _sample(self, spec: ObjectManifest) -> OutsideRecord | None:
        rows, _ = await self._stored_since(spec, 0.0)
        return rows[-1] if rows else None

    def _window_start(self, spec: ObjectManifest, since: datetime) -> WindowStart:
        """Changes are asked for by the server's time, which is that of storing and finer than our instants are."""
        return WindowStart({"since": since.timestamp() - 0.001}, oldest_first=True)

    async def _stored_since(self, spec: ObjectManifest, since: float) -> tuple[list[OutsideRecord], float]:
        """Return the records stored since a time of the server, and that server's time now."""
        zone, reading = self._zone(), require_reading(spec)
        asked = {reading.since_parameter: repr(since)}
        answer, rows = await self._calls.list_records(spec, self._calls.path(reading.path), asked)
        server_time = answer.get("server_time")
        if not isinstance(server_time, int | float) or isinstance(server_time, bool):
            raise MisconfiguredError(
                "TimeTagger no longer says its own time with its changes: its format has changed.",
                business_class=BusinessClass.SCHEMA_DRIFT,
            )
        return counted(rows, str(self._settings.get("person") or "").strip(), zone), float(server_time)

    def _zone(self) -> ZoneInfo:
        name = str(self._settings.get("time_zone") or "").strip()
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise MisconfiguredError(
                f"{name or 'An empty text'} is no time zone: write the connection's setting as Europe/Berlin.",
                business_class=BusinessClass.VALIDATION,
            ) from None


def _records(spec: ObjectManifest, rows: list[OutsideRecord]) -> tuple[SourceRecord, ...]:
    return tuple(source_record(spec, row) for row in rows)


CONNECTOR = TimeTaggerConnector
