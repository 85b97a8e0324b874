"""SAP Concur: what the manifest cannot say - approved reports are listed, and each is opened for the expenses in it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.catalog.concur.details import DetailsError, expenses_in, read_details
from apps.connectors.catalog.concur.manifest import APPROVED, CHANGED, DETAILS, EXPENSES, PROJECT_FIELD, REPORT, SINCE
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, SourceRecord
from apps.connectors.errors import BusinessClass, RemoteError, RetryableError
from apps.connectors.manifest import MappingLine, ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_changes, source_record

# Reports are what is listed; expenses are what is handed out.
_REPORTS = replace(
    EXPENSES, key_field="ID", version_field=CHANGED, reading_lines=(MappingLine("id", "ID", required=True),)
)
_KEPT = ("ID", "Name", "OwnerLoginID", "OwnerName", "CurrencyCode", "ApprovalStatusCode", CHANGED)


class ConcurCalls(Calls):
    """Calls that write instants as Concur takes them, and open reports."""

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Do as always; an instant is asked for without the letter of its zone, which Concur does not take."""
        written = {**parameters, SINCE: parameters[SINCE].removesuffix("Z")} if SINCE in parameters else parameters
        return await super().list_records(spec, path, written, headers=headers)

    async def details(self, report: str) -> dict[str, Any] | None:
        """Return everything in a report, None when there is none of this number. Raises RemoteError."""
        answer = await _unless_gone(
            self.call("GET", self.path_of(DETAILS, report), headers={"Accept": "application/xml"})
        )
        if answer is None:
            return None
        try:
            return read_details(answer.body)
        except DetailsError:
            error = RetryableError(
                "A report of SAP Concur is cut short or is not valid XML.",
                business_class=BusinessClass.PARSE,
                ambiguous=False,
                status=answer.status,
            )
            error.exchange = answer.exchange
            raise error from None

    async def header(self, report: str, owner: str) -> OutsideRecord | None:
        """Return what the list says of a report, None when it is not there. Raises RemoteError."""
        answer = await _unless_gone(self.call("GET", self.path_of(REPORT, report), parameters={"user": owner}))
        values = answer.json() if answer is not None else None
        return values if isinstance(values, dict) else None


class ConcurConnector(RestConnector):
    """One open connection to one company in SAP Concur, for reading."""

    calls_class = ConcurCalls
    _calls: ConcurCalls

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield the expenses of reports that changed since `checkpoint`, or those named by `keys`."""
        if keys:
            yield Page(await self._named(keys), {}, last=True)
            return
        listed = self.manifest.object_named(object_name).reading
        async for page in read_changes(self._calls, replace(_REPORTS, reading=listed), checkpoint, self._clock()):
            opened = await asyncio.gather(*(self._calls.details(report.key) for report in page.records))
            pairs = zip(page.records, opened, strict=True)
            yield replace(page, records=tuple(r for report, details in pairs for r in self._expenses(report, details)))

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return expenses by their key."""
        return {record.key: FoundRecord(record.key, record.values) for record in await self._named(natural_keys)}

    async def _named(self, keys: Sequence[str]) -> tuple[SourceRecord, ...]:
        wanted = set(keys)
        reports = dict.fromkeys(report for key in keys if (report := _report_of(key)))
        found = await asyncio.gather(*(self._one(report) for report in reports))
        return tuple(record for records in found for record in records if record.key in wanted)

    async def _one(self, report: str) -> tuple[SourceRecord, ...]:
        """Return the expenses of a report that is approved. Its list speaks of one report only to who names the owner."""
        details = await self._calls.details(report)
        header = await self._calls.header(report, str(details.get("UserLoginID"))) if details else None
        if header is None or header.get("ApprovalStatusCode") != APPROVED:
            return ()
        return self._expenses(source_record(_REPORTS, header), details)

    def _expenses(self, report: SourceRecord, details: dict[str, Any] | None) -> tuple[SourceRecord, ...]:
        field = str(self._settings.get("project_field") or "").strip() or PROJECT_FIELD
        header = {name: report.values.get(name) for name in _KEPT}
        parts = expenses_in(details, field) if details else ()
        return tuple(replace(report, key=part["id"], values={**part, "report": header}) for part in parts)


async def _unless_gone(call: Any) -> Any:
    try:
        return await call
    except RemoteError as error:
        if error.status in {404, 410}:
            return None
        raise


def _report_of(key: str) -> str:
    """Return the report that an expense belongs to, "" when the key is none of ours."""
    report, colon, _ = key.partition(":")
    return report if colon and report.isascii() and report.isalnum() else ""


CONNECTOR = ConcurConnector
