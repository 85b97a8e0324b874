"""Xero: tasks and time of Xero Projects are listed under each project, one project after the other."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from apps.connectors.catalog.xero.projects import PROJECTS, TASKS, TIME
from apps.connectors.catalog.xero.records import completed, parts_of, zone_of
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, TestReport, TestStep
from apps.connectors.errors import MisconfiguredError
from apps.connectors.manifest import ChangeRead, ObjectManifest
from apps.connectors.pagination import Position, following_position, page_parameters
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_changes, read_one, require_reading, source_record
from apps.connectors.protocols.rest_testing import run_test
from apps.connectors.protocols.rest_window import instant_text

_UNDER_PROJECTS = frozenset({TASKS.name, TIME.name})


class XeroCalls(Calls):
    """What reading, finding and writing of this connector share."""

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a record, of tasks and time with key and day."""
        return completed(record, zone_of(self._settings)) if spec.name in _UNDER_PROJECTS else record


class XeroConnector(RestConnector):
    """One open connection to one organisation."""

    calls_class = XeroCalls

    async def test(self) -> TestReport:
        """Try address, sign-in, one record of each list that stands alone, writing rights, limits and clock."""
        alone = tuple(spec for spec in self.manifest.objects if spec.name not in _UNDER_PROJECTS)
        calls = self.calls_class(replace(self.manifest, objects=alone), self._door, self._settings)
        report = await run_test(calls, self._clock)
        try:
            zone_of(self._settings)
        except MisconfiguredError as error:
            failed = TestStep("can read", ok=False, sentence=error.message)
            return TestReport(tuple(failed if step.name == "can read" else step for step in report.steps))
        return report

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint` (None: everything), oldest first; or just the records named by `keys`.

        Tasks and time come project by project; of time the last weeks are read again each time.
        """
        if object_name not in _UNDER_PROJECTS:
            return super().read(object_name, checkpoint, keys)
        spec = self.manifest.object_named(object_name)
        return self._named(spec, keys, checkpoint) if keys else self._under_projects(spec, checkpoint or {})

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return the records whose natural key is among `natural_keys`; those not found are left out."""
        if object_name not in _UNDER_PROJECTS:
            return await super().find(object_name, natural_keys)
        spec = self.manifest.object_named(object_name)
        rows = await asyncio.gather(*(self._one(spec, key) for key in natural_keys))
        pairs = zip(natural_keys, rows, strict=True)
        return {key: FoundRecord(key, row) for key, row in pairs if row is not None}

    async def _named(
        self, spec: ObjectManifest, keys: Sequence[str], checkpoint: Mapping[str, Any] | None
    ) -> AsyncIterator[Page]:
        rows = await asyncio.gather(*(self._one(spec, key) for key in dict.fromkeys(keys)))
        records = (source_record(spec, row) for row in rows if row is not None)
        yield Page(tuple(records), checkpoint or {}, last=True)

    async def _one(self, spec: ObjectManifest, key: str) -> OutsideRecord | None:
        parts = parts_of(key)
        if parts is None:
            return None
        project, own = parts
        reading = require_reading(spec)
        alone = replace(spec, reading=replace(reading, one_path=reading.one_path.replace("{project}", project)))
        return await read_one(self._calls, alone, own)

    async def _under_projects(self, spec: ObjectManifest, kept: Mapping[str, Any]) -> AsyncIterator[Page]:
        """Yield what stands under each project. A checkpoint within a reading names the project and page that come next."""
        started = self._clock()
        since = str(kept.get("since", "")) if "project" in kept else self._since(spec, kept, started)
        projects = [project for project in await self._projects() if project >= kept.get("project", "")]
        end = {"read_at": instant_text(started)}
        if not projects:
            yield Page((), end, last=True)
        for project, following_project in zip(projects, (*projects[1:], ""), strict=True):
            position: Position = kept.get("page") if project == kept.get("project") else None
            while True:
                rows, position = await self._page(spec, project, since, position)
                place = {"project": project, "page": position} if position else {"project": following_project}
                last = not position and not following_project
                checkpoint = end if last else {**_before(kept), "since": since, **place}
                yield Page(tuple(source_record(spec, row) for row in rows), checkpoint, last=last)
                if not position:
                    break

    async def _page(
        self, spec: ObjectManifest, project: str, since: str, position: Position
    ) -> tuple[list[OutsideRecord], Position]:
        reading = require_reading(spec)
        asked = {reading.since_parameter: since} if since else {}
        path = self._calls.path_of(reading.path, project)
        answer, rows = await self._calls.list_records(
            spec, path, {**asked, **page_parameters(reading.paging, position)}
        )
        return rows, following_position(reading.paging, position, answer, len(rows))

    def _since(self, spec: ObjectManifest, kept: Mapping[str, Any], now: datetime) -> str:
        """Return from when on time is read, "" for all."""
        reading = require_reading(spec)
        if reading.change_read is not ChangeRead.WINDOW_RESCAN or not kept.get("read_at"):
            return ""
        before = min(now, datetime.fromisoformat(kept["read_at"]))
        return instant_text(before - timedelta(days=reading.rescan_days))

    async def _projects(self) -> list[str]:
        """Return the ids of all projects, in an order that does not change."""
        pages = read_changes(self._calls, self.manifest.object_named(PROJECTS.name), None, self._clock())
        return sorted({record.key async for page in pages for record in page.records})


def _before(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {"read_at": kept["read_at"]} if kept.get("read_at") else {}


CONNECTOR = XeroConnector
