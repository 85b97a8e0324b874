"""Redmine over its REST interface: what the manifest cannot say - names behind numbers, custom fields, a reading window."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from apps.connectors.answers import at_path
from apps.connectors.catalog.redmine.manifest import PERSON, PROJECT, RESCAN_DAYS, TASK, TIME_ENTRY
from apps.connectors.catalog.redmine.names import PeopleAndProjects, full_name, reading_of
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, SourceRecord, TestReport, TestStep
from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError
from apps.connectors.http import Door
from apps.connectors.manifest import ChangeRead, ObjectManifest, SystemManifest
from apps.connectors.pagination import Position, following_position, page_parameters
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_one
from apps.connectors.protocols.rest_window import WindowStart

_STATES = {1: "active", 5: "closed", 9: "archived"}
_ONE = {TIME_ENTRY.name: "time_entry", PROJECT.name: "project", PERSON.name: "user", TASK.name: "issue"}


class RedmineConnector(RestConnector):
    """One open connection to one Redmine, for reading."""

    def __init__(
        self,
        manifest: SystemManifest,
        door: Door,
        settings: Mapping[str, Any],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(manifest, door, settings, clock=clock)
        self._approval_field = str(settings.get("approval_field") or "").strip()
        self._rescan = timedelta(days=_whole(settings.get("rescan_days"), RESCAN_DAYS))
        self._names = PeopleAndProjects(self._calls, str(settings.get("employee_field") or "").strip())

    async def test(self) -> TestReport:
        """Try address, key, and reading both time and people. Changes nothing."""
        report = await super().test()
        if not report.ok:
            return report
        try:
            await self._names.require_people()
            await self._require_fields()
        except RemoteError as error:
            failed = TestStep("can read", ok=False, sentence=error.message)
            return TestReport(tuple(failed if step.name == "can read" else step for step in report.steps))
        return report

    async def _require_fields(self) -> None:
        wanted = {"time_entry": self._approval_field, "user": self._names.employee_field}
        answer = await self._calls.call("GET", "custom_fields.json")
        present = {(field["customized_type"], field["name"]) for field in answer.json()["custom_fields"]}
        for kind, name in wanted.items():
            if name and (kind, name) not in present:
                raise MisconfiguredError(
                    f"Redmine has no custom field “{name}” for {'time entries' if kind == 'time_entry' else 'users'}: "
                    "correct the name in the connection's settings, or empty it.",
                    business_class=BusinessClass.SCHEMA_DRIFT,
                )

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield records, oldest first.

        Time entries have no filter by time of change, so the days of the window are read again each time and the
        versions tell what changed. The first reading takes everything.
        """
        spec = self.manifest.object_named(object_name)
        if keys:
            yield Page(await self._records(spec, await self._named(spec, keys)), checkpoint or {}, last=True)
            return
        started = self._clock()
        since, offset = self._since(spec, checkpoint, started)
        kept = {"read_at": (checkpoint or {}).get("read_at", "")}
        reading = reading_of(spec)
        parameters = {**reading.parameters, **({reading.since_parameter: since} if since else {})}
        while offset is not None:
            asked = {**parameters, **page_parameters(reading.paging, offset)}
            answer, rows = await self._calls.list_records(spec, reading.path, asked)
            offset = following_position(reading.paging, offset, answer, len(rows))
            at = {"read_at": _text(started)} if offset is None else {**kept, "since": since, "offset": offset}
            yield Page(await self._records(spec, rows), at, last=offset is None)

    def _since(self, spec: ObjectManifest, checkpoint: Mapping[str, Any] | None, now: datetime) -> tuple[str, Position]:
        """Return the filter value of the reading ("" for everything) and the offset to begin at."""
        kept = checkpoint or {}
        if "offset" in kept:
            return kept["since"], int(kept["offset"])
        reading = reading_of(spec)
        if not kept.get("read_at") or reading.change_read is ChangeRead.FULL:
            return "", 0
        before = min(now, datetime.fromisoformat(kept["read_at"]))
        if reading.change_read is ChangeRead.WINDOW_RESCAN:
            return (before - self._rescan).date().isoformat(), 0
        return ">=" + _text(before - timedelta(seconds=reading.overlap_seconds)), 0

    def _window_start(self, spec: ObjectManifest, since: datetime) -> WindowStart:
        """Issues can be asked for by time of change; of the others everything is read and the span picked out."""
        if reading_of(spec).change_read is ChangeRead.MODIFIED_SINCE:
            return WindowStart({"read_at": _text(since)}, oldest_first=False)
        return WindowStart({}, oldest_first=False)

    async def _named(self, spec: ObjectManifest, keys: Sequence[str]) -> list[OutsideRecord]:
        answers = await asyncio.gather(*(self._one(spec, key) for key in keys))
        return [values for values in answers if values is not None]

    async def _one(self, spec: ObjectManifest, key: str) -> OutsideRecord | None:
        answer = await read_one(self._calls, spec, key)
        return None if answer is None else answer[_ONE[spec.name]]

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return projects by identifier, people by employee number or e-mail, entries and issues by number."""
        spec = self.manifest.object_named(object_name)
        wanted = set(natural_keys)
        if not wanted:
            return {}
        if spec.natural_key == "id":
            rows = await self._named(spec, list(natural_keys))
        else:
            rows = [row async for page in self.read(object_name, None) for row in (r.values for r in page.records)]
        named = {str(row.get(spec.natural_key)): row for row in rows}
        return {name: FoundRecord(str(row["id"]), row) for name, row in named.items() if name in wanted}

    async def _records(self, spec: ObjectManifest, rows: list[OutsideRecord]) -> tuple[SourceRecord, ...]:
        if spec.name == TIME_ENTRY.name:
            rows = await self._names.complete_entries(rows, self._approval_field)
        elif spec.name == PERSON.name:
            # One person read alone comes with the personal access key: it must not reach any record of ours.
            shown = [{part: value for part, value in row.items() if part != "api_key"} for row in rows]
            rows = [{**row, "key": self._names.key_of(row), "name": full_name(row)} for row in shown]
        elif spec.name == PROJECT.name:
            rows = [{**row, "state": _STATES.get(row.get("status", 1), "")} for row in rows]
        else:
            projects = await self._names.projects()
            rows = [{**row, "project": {**row["project"], **projects.get(row["project"]["id"], {})}} for row in rows]
        return tuple(SourceRecord(spec.name, str(row["id"]), version_of(spec, row), row) for row in rows)


def version_of(spec: ObjectManifest, row: OutsideRecord) -> str:
    """Return the time of change and a fingerprint of the fields the manifest names.

    updated_on counts whole seconds, so two edits in one second would look like one; and it stays as it was when an issue
    is moved to another project, although its time entries move along. A single record holds more than one of a list:
    only the named fields are the same in both.
    """
    content = {field.name: at_path(row, field.name) for field in spec.fields}
    mark = hashlib.blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()
    return f"{row.get('updated_on', '')} {mark}".strip()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _whole(value: Any, otherwise: int) -> int:
    text = str(value or "").strip()
    return int(text) if text.isdecimal() else otherwise


CONNECTOR = RedmineConnector
