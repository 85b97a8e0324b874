"""Clockify over its REST API: time is listed person by person, and a day is one where that person is."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.connectors.answers import at_path
from apps.connectors.catalog.clockify.manifest import CLIENTS, PROJECTS, RESCAN_DAYS, TIME_ENTRIES, USERS
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, SourceRecord, TestReport, TestStep
from apps.connectors.errors import MisconfiguredError, RemoteError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.pagination import Position, following_position, page_parameters
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_joins import Join, JoiningConnector
from apps.connectors.protocols.rest_reading import fingerprint, read_changes, read_one, require_reading
from apps.connectors.protocols.rest_testing import run_test

_OF_ITS_OWN = ("description", "userId", "projectId", "taskId", "timeInterval", "billable", "hourlyRate", "isLocked")
_CLIENT_OF_PROJECT = Join("clientId", CLIENTS, into="client", parts=("name",))


class ClockifyConnector(JoiningConnector):
    """One open connection to one workspace, for reading."""

    joins = {
        TIME_ENTRIES.name: (
            Join("userId", USERS, into="user", parts=("name", "email", "settings")),
            Join("projectId", PROJECTS, into="project", parts=("name", "clientId")),
            Join("project.clientId", CLIENTS, into="client", parts=("name",)),
        ),
        PROJECTS.name: (_CLIENT_OF_PROJECT,),
    }

    async def test(self) -> TestReport:
        """Try address, key, and reading people, projects, clients and somebody's time. Changes nothing."""
        lists = tuple(spec for spec in self.manifest.objects if spec.name != TIME_ENTRIES.name)
        calls = Calls(replace(self.manifest, objects=lists), self._door, self._settings)
        report = await run_test(calls, self._clock)
        if not report.ok:
            return report
        try:
            pages = self._entries({"user": "", "since": _text(self._clock())})
            await anext(pages)
        except RemoteError as error:
            failed = TestStep("can read", ok=False, sentence=error.message)
            return TestReport(tuple(failed if step.name == "can read" else step for step in report.steps))
        return report

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield records; time entries person by person, the last weeks again each time, all of it the first time."""
        if object_name != TIME_ENTRIES.name:
            async for page in super().read(object_name, checkpoint, keys):
                yield page
            return
        pages = self._named(keys, checkpoint) if keys else self._entries(checkpoint or {})
        async for page in pages:
            joined = await self._joined(object_name, page.records)
            yield replace(page, records=tuple(_completed(record) for record in joined))

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return people by e-mail, projects and clients by name, time entries by their id."""
        if object_name != TIME_ENTRIES.name:
            return await super().find(object_name, natural_keys)
        rows = await asyncio.gather(*(self._one(key) for key in natural_keys))
        pairs = zip(natural_keys, rows, strict=True)
        return {key: FoundRecord(key, row) for key, row in pairs if row is not None}

    async def _sample(self, spec: ObjectManifest) -> OutsideRecord | None:
        if spec.name != TIME_ENTRIES.name:
            return await super()._sample(spec)
        recent = self.read(spec.name, {"read_at": _text(self._clock())})
        return await anext((record.values async for page in recent for record in page.records), None)

    async def _named(self, keys: Sequence[str], checkpoint: Mapping[str, Any] | None) -> AsyncIterator[Page]:
        rows = await asyncio.gather(*(self._one(key) for key in keys))
        yield Page(_records([row for row in rows if row is not None]), checkpoint or {}, last=True)

    async def _one(self, key: str) -> OutsideRecord | None:
        try:
            return await read_one(self._calls, TIME_ENTRIES, key)
        except MisconfiguredError as error:
            if error.status == 400:  # what is no id of the workspace's
                return None
            raise

    async def _entries(self, kept: Mapping[str, Any]) -> AsyncIterator[Page]:
        """Yield everybody's entries. A checkpoint within a reading names the person and the page that come next."""
        started, reading = self._clock(), require_reading(TIME_ENTRIES)
        since = kept["since"] if "user" in kept else self._since(kept, started)
        people = [user for user in await self._people() if user >= kept.get("user", "")]
        end = {"read_at": _text(started)}
        if not people:
            yield Page((), end, last=True)
        for user, following_user in zip(people, (*people[1:], ""), strict=True):
            position: Position = kept.get("page") if user == kept.get("user") else None
            while True:
                asked = {
                    **({reading.since_parameter: since} if since else {}),
                    **page_parameters(reading.paging, position),
                }
                path = self._calls.path_of(reading.path, user)
                answer, rows = await self._calls.list_records(TIME_ENTRIES, path, asked)
                position = following_position(reading.paging, position, answer, len(rows))
                following = {"user": user, "page": position} if position else {"user": following_user}
                last = not position and not following_user
                yield Page(_records(rows), end if last else {**_before(kept), "since": since, **following}, last=last)
                if not position:
                    break

    def _since(self, kept: Mapping[str, Any], now: datetime) -> str:
        """Return from when on entries are read, "" for all."""
        if not kept.get("read_at"):
            return ""
        text = str(self._settings.get("rescan_days") or "").strip()
        days = int(text) if text.isdecimal() and len(text) < 5 else RESCAN_DAYS
        return _text(min(now, datetime.fromisoformat(kept["read_at"])) - timedelta(days=days))

    async def _people(self) -> list[str]:
        """Return the ids of everybody who is or was in the workspace, in an order that does not change."""
        pages = read_changes(self._calls, USERS, None, self._clock())
        return sorted({record.key async for page in pages for record in page.records})


def _before(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {"read_at": kept["read_at"]} if kept.get("read_at") else {}


def _records(rows: list[OutsideRecord]) -> tuple[SourceRecord, ...]:
    """Return the rows that are time worked and ended: breaks, absences and running timers are not.

    A single entry may hold more than one of a list: the version is made of what both have.
    """
    worked = (row for row in rows if row.get("type") in {None, "REGULAR"} and at_path(row, "timeInterval.end"))
    return tuple(
        SourceRecord(TIME_ENTRIES.name, str(row["id"]), fingerprint({part: row.get(part) for part in _OF_ITS_OWN}), row)
        for row in worked
    )


def _completed(record: SourceRecord) -> SourceRecord:
    """Write in the day, which is that of the person's time zone, and the length."""
    start, end = (_moment(at_path(record.values, f"timeInterval.{side}")) for side in ("start", "end"))
    zone = str(at_path(record.values, "user.settings.timeZone") or "")
    seconds = int((end - start).total_seconds()) if start and end else None
    day = _day(start, zone) if start else None
    # The settings of a person were needed for the zone only: they are nobody's business further on.
    user = {part: value for part, value in (record.values.get("user") or {}).items() if part != "settings"}
    return replace(record, values={**record.values, "user": user, "day": day and day.isoformat(), "seconds": seconds})


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _day(start: datetime, zone: str) -> date | None:
    """Return the day; None in an unknown zone: the entry then waits for somebody instead of counting on a wrong day."""
    try:
        return start.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError, OverflowError):
        return None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


CONNECTOR = ClockifyConnector
