"""BambooHR over its REST interface: what the manifest cannot say - a list of changed ids, and each person behind them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from apps.connectors.catalog.bamboohr.manifest import BEGINNING, LOOK_BACK_SECONDS
from apps.connectors.contract import FoundRecord, OutsideRecord, Page
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_one, require_reading, source_record
from apps.connectors.protocols.rest_window import WindowStart, instant_text

_NO_DAY = "0000-00-00"  # what a day that is not set is written as
_DELETED = "Deleted"
_DAYS = ("hireDate", "terminationDate")


class BambooCalls(Calls):
    """The changes come as {id: change}, and days that are not set as zeros."""

    def listed(self, spec: ObjectManifest, body: Any) -> Any:
        """Return the changes of an answer as a list; none at all may be an empty list."""
        changes = super().listed(spec, body)
        return list(changes.values()) if isinstance(changes, Mapping) else changes

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a person without days that are none."""
        return {name: None if name in _DAYS and value == _NO_DAY else value for name, value in record.items()}


class BambooConnector(RestConnector):
    """One open connection to one company, for reading."""

    calls_class = BambooCalls

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield who has changed since the checkpoint, oldest change first; or the people named by `keys`.

        A checkpoint within a reading keeps where that began and how far it came: the changes are asked for again and those
        that were handed on are left out.
        """
        if keys:
            async for page in super().read(object_name, checkpoint, keys):
                yield page
            return
        spec, kept = self.manifest.object_named(object_name), checkpoint or {}
        since, done = str(kept.get("since") or BEGINNING), tuple(kept.get("done", ()))
        changes, latest = await self._changes(spec, since)
        left = [change for change in changes if _place(change) > done] if done else changes
        size = max(1, require_reading(spec).paging.size)
        for start in range(0, max(1, len(left)), size):
            portion, last = left[start : start + size], start + size >= len(left)
            people = await asyncio.gather(*(self._person(spec, change) for change in portion))
            within = {"since": since, "done": list(_place(portion[-1]))} if portion else {"since": since}
            after = {"since": _earlier(latest or since)}
            records = tuple(source_record(spec, person) for person in people if person is not None)
            yield Page(records, after if last else within, last=last)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return people by their employee number; there is no way to ask for one, so everybody is read."""
        wanted, found = set(natural_keys), dict[str, FoundRecord]()
        if not wanted:
            return found
        async for page in self.read(object_name, None):
            for record in page.records:
                number = str(record.values.get("employeeNumber") or "")
                if number in wanted:
                    found[number] = FoundRecord(record.key, record.values)
        return found

    def _window_start(self, spec: ObjectManifest, since: datetime) -> WindowStart:
        """Changes are asked for by their time and come oldest first."""
        return WindowStart({"since": instant_text(since)}, oldest_first=True)

    async def _changes(self, spec: ObjectManifest, since: str) -> tuple[list[OutsideRecord], str]:
        """Return the changes since a time, oldest first, and the time of the latest. Raises MisconfiguredError."""
        reading = require_reading(spec)
        answer, listed = await self._calls.list_records(spec, reading.path, {reading.since_parameter: since})
        if any("id" not in change or "lastChanged" not in change for change in listed):
            raise MisconfiguredError(
                "BambooHR no longer says who changed and when: its format has changed.",
                business_class=BusinessClass.SCHEMA_DRIFT,
            )
        return sorted(listed, key=_place), str(answer.get("latest") or "")

    async def _person(self, spec: ObjectManifest, change: OutsideRecord) -> OutsideRecord | None:
        if change.get("action") == _DELETED:
            return None
        return await read_one(self._calls, spec, str(change["id"]))


def _place(change: Mapping[str, Any]) -> tuple[str, str]:
    return str(change["lastChanged"]), str(change["id"])


def _earlier(latest: str) -> str:
    """Reading again a little of what was read costs nothing: the versions are known."""
    try:
        moment = datetime.fromisoformat(latest)
    except ValueError:
        return latest
    return instant_text(moment - timedelta(seconds=LOOK_BACK_SECONDS))


CONNECTOR = BambooConnector
