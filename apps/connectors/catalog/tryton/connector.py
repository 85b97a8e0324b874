"""Tryton over its REST interface: what the manifest cannot say - domains, typed values, names for numbers, no idempotency."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.connectors.catalog.tryton import values
from apps.connectors.catalog.tryton.calls import TrytonCalls
from apps.connectors.catalog.tryton.delivery import Delivery
from apps.connectors.catalog.tryton.lines import read_wanted
from apps.connectors.catalog.tryton.manifest import (
    EMPLOYEE,
    EMPLOYEE_FIELDS,
    INVOICE,
    INVOICE_FIELDS,
    LINE_FIELDS,
    PROJECT,
    PROJECT_FIELDS,
    TIME_LINE,
)
from apps.connectors.contract import (
    FoundRecord,
    Page,
    SourceRecord,
    TestReport,
    TestStep,
    Write,
    WriteOutcome,
)
from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError
from apps.connectors.http import Door
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import require_reading
from apps.connectors.protocols.rest_window import WindowStart

_FIELDS = {
    TIME_LINE.name: LINE_FIELDS,
    EMPLOYEE.name: EMPLOYEE_FIELDS,
    PROJECT.name: PROJECT_FIELDS,
    INVOICE.name: INVOICE_FIELDS,
}
_ONLY: dict[str, list[Any]] = {
    PROJECT.name: [["type", "=", "project"]],
    INVOICE.name: [["type", "=", "out"], ["number", "!=", None]],
}


@dataclass(frozen=True, slots=True)
class _Walk:
    """One way through a table by an instant: rows never changed since they were made have no write_date at all."""

    field: str
    only: tuple[Any, ...] = ()


_WALKS = (_Walk("create_date", (["write_date", "=", None],)), _Walk("write_date", (["write_date", "!=", None],)))
_STEPS = ("reachable", "allowed", "can read", "can write", "limits")


class TrytonConnector(RestConnector):
    """One open connection to one company of one Tryton database."""

    def __init__(
        self,
        manifest: SystemManifest,
        door: Door,
        settings: Mapping[str, Any],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(manifest, door, settings, clock=clock)
        self._tryton = TrytonCalls(door, str(settings.get("company") or "").strip())

    async def test(self) -> TestReport:
        """Try address, sign-in, company, and the rights to read and to write time. Changes nothing."""
        done: list[TestStep] = []
        try:
            await self._tryton.companies()
            done.append(TestStep("reachable", ok=True, sentence="Tryton answers at this address."))
            done.append(TestStep("allowed", ok=True, sentence="The application key is accepted."))
            company = await self._tryton.company()
            for model in (EMPLOYEE.name, TIME_LINE.name):
                await self._tryton.search(model, ("id",), [["company", "=", company]], size=1)
            done.append(TestStep("can read", ok=True, sentence="Employees and timesheets can be read."))
            done.append(await self._try_rights())
            done.append(
                TestStep("limits", ok=True, sentence="Tryton publishes no call limit; at most 4 calls run at once.")
            )
        except RemoteError as error:
            if not done and error.business_class is BusinessClass.PERMISSION:
                done.append(TestStep("reachable", ok=True, sentence="Tryton answers at this address."))
            done.append(TestStep(_STEPS[len(done)], ok=False, sentence=error.message))
        later = f"Tried once “{done[-1].name}” holds."
        return TestReport((*done, *(TestStep(name, ok=None, sentence=later) for name in _STEPS[len(done) :])))

    async def _try_rights(self) -> TestStep:
        body = {"models": [TIME_LINE.name]}
        answer = await self._tryton.call("POST", "rest/model/ir.model.access/get_access", body=body, writes=False)
        rights = answer.json().get(TIME_LINE.name) or {}
        if rights.get("create") and rights.get("write"):
            return TestStep("can write", ok=True, sentence="Timesheet lines may be created and changed.")
        sentence = (
            "The Tryton user of this key may not create or change timesheet lines: add it to the group “Timesheet "
            "Administration”."
        )
        return TestStep("can write", ok=False, sentence=sentence)

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes, oldest first, walking by time and number so that no shifting page hides a row."""
        domain = [["company", "=", await self._tryton.company()], *_ONLY.get(object_name, [])]
        fields = _FIELDS[self.manifest.object_named(object_name).name]
        if keys:
            named = [*domain, ["id", "in", [int(key) for key in keys if key.isdecimal()]]]
            rows = await self._tryton.search(object_name, fields, named)
            yield Page(tuple(_record(object_name, row) for row in rows), checkpoint or {}, last=True)
            return
        for walk in _WALKS:
            async for rows, reached, last in self._walk(object_name, [*domain, *walk.only], walk, checkpoint):
                checkpoint = {**(checkpoint or {}), **reached}
                finished = last and walk is _WALKS[-1]
                if rows or finished:
                    yield Page(tuple(_record(object_name, row) for row in rows), checkpoint, last=finished)

    async def _walk(
        self, model: str, domain: list[Any], walk: "_Walk", checkpoint: Mapping[str, Any] | None
    ) -> AsyncIterator[tuple[list[dict[str, Any]], dict[str, str], bool]]:
        """Yield rows in the order of one instant, the checkpoint they reach, and whether they were the last."""
        since, changed, last = (checkpoint or {}).get(walk.field), list[Any](), False
        reading = require_reading(self.manifest.object_named(model))
        if since:
            again = datetime.fromisoformat(since) - timedelta(seconds=reading.overlap_seconds)
            changed = [[walk.field, ">=", values.instant_value(again)]]
        while not last:
            rows = await self._tryton.search(
                model, _FIELDS[model], [*domain, *changed], size=reading.paging.size, oldest_by=walk.field
            )
            last, reached = len(rows) < reading.paging.size, dict[str, str]()
            if rows:
                at, number = rows[-1][walk.field], rows[-1]["id"]
                changed = [["OR", [walk.field, ">", at], [[walk.field, "=", at], ["id", ">", number]]]]
                reached = {walk.field: values.plain(at)}
            yield rows, reached, last

    def _window_start(self, spec: ObjectManifest, since: datetime) -> WindowStart:
        """Both walks begin at `since`; the second begins anew after the first, so the whole is not in order of time."""
        return WindowStart({walk.field: since.isoformat() for walk in _WALKS}, oldest_first=False)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return employees by code or e-mail, projects by number or name, invoices by number, lines by our key."""
        if object_name == TIME_LINE.name:
            marked = await self._tryton.lines_marked(natural_keys)
            return {key: FoundRecord(str(row["id"]), values.plain(row)) for key, row in marked.items()}
        if object_name == EMPLOYEE.name:
            people, _ = await self._tryton.people(natural_keys)
            known = {key: person for key, person in people.items() if person.number is not None}
            return {key: FoundRecord(str(person.number), {"name": person.name}) for key, person in known.items()}
        if object_name == INVOICE.name:
            invoices = await self._tryton.invoices(natural_keys)
            return {key: FoundRecord(str(row["id"]), dict(row)) for key, row in invoices.items()}
        projects, _ = await self._tryton.projects(natural_keys)
        return {
            key: FoundRecord(str(row["id"]), dict(row)) for key, row in projects.items() if isinstance(row, Mapping)
        }

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Create or update timesheet lines and answer for every one of them."""
        if object_name != TIME_LINE.name:
            raise MisconfiguredError(
                f"Only timesheet lines are written to Tryton, not {object_name}.", business_class=BusinessClass.INTERNAL
            )
        if not writes:
            return []
        return await Delivery(self._tryton, await self._tryton.company()).run(writes)

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """Return which lines did arrive: looked for on the days they were sent for, then through the whole table."""
        keys = [write.business_key for write in writes]
        days = {line.day for line in map(read_wanted, writes) if line.problem is None}
        found = await self._tryton.lines_marked(keys, days) if days else {}
        found |= await self._tryton.lines_marked([key for key in keys if key not in found])
        return {
            write.position: FoundRecord(str(row["id"]), values.plain(row))
            for write in writes
            if (row := found.get(write.business_key)) is not None
        }


def _record(object_name: str, row: Mapping[str, Any]) -> SourceRecord:
    plain = values.plain(row)
    plain["changed_at"] = plain["write_date"] or plain["create_date"]
    if object_name == EMPLOYEE.name:
        mechanisms = (plain.get("party") or {}).get("contact_mechanisms") or []
        plain["email"] = next((each["value"] for each in mechanisms if each.get("type") == "email"), None)
    if object_name == INVOICE.name:
        plain |= {"due_date": _due_date(plain), "lines": _told_lines(plain)}
    return SourceRecord(object_name, str(plain["id"]), plain["changed_at"], plain)


def _due_date(invoice: Mapping[str, Any]) -> str | None:
    """Return the last of the days that the payment term parts the amount between: then all of it is due."""
    days = (part.get("maturity_date") for part in invoice.get("lines_to_pay") or [])
    return max((day for day in days if day), default=None)


def _told_lines(invoice: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the lines without what they leave empty; none at all where the user may not read them."""
    lines: list[Mapping[str, Any]] = invoice.get("lines") or []
    return [{name: told for name, told in line.items() if told is not None} for line in lines]


CONNECTOR = TrytonConnector
