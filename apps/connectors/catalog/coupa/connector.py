"""Coupa over its REST API: what the manifest cannot say - reports that are read as the expenses they hold."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.catalog.coupa.lines import LINES, expenses_of, line_of
from apps.connectors.catalog.coupa.manifest import EXPENSES, PROJECT_FIELD
from apps.connectors.contract import FoundRecord, Page, SourceRecord
from apps.connectors.manifest import MappingLine, ObjectManifest
from apps.connectors.pagination import page_parameters
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_changes, require_reading, source_record


class CoupaConnector(RestConnector):
    """One open connection to one Coupa instance, for reading."""

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint`, or the records named by `keys`; reports as their expenses."""
        if object_name != EXPENSES.name:
            async for page in super().read(object_name, checkpoint, keys):
                yield page
        elif keys:
            yield Page(await self._named(keys), {}, last=True)
        else:
            async for page in read_changes(self._calls, self._reports, checkpoint, self._clock()):
                yield replace(page, records=self._expenses(page.records))

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return people by e-mail, expenses by their key."""
        if object_name != EXPENSES.name:
            return await super().find(object_name, natural_keys)
        return {record.key: FoundRecord(record.key, record.values) for record in await self._named(natural_keys)}

    @property
    def _reports(self) -> ObjectManifest:
        known_form = (MappingLine("id", LINES, required=True),)
        return replace(self.manifest.object_named(EXPENSES.name), key_field="id", reading_lines=known_form)

    def _expenses(self, reports: Sequence[SourceRecord]) -> tuple[SourceRecord, ...]:
        field = str(self._settings.get("project_field") or "").strip() or PROJECT_FIELD
        return tuple(expense for report in reports for expense in expenses_of(report, field))

    async def _named(self, keys: Sequence[str]) -> tuple[SourceRecord, ...]:
        """Return expenses by key: their reports are asked for by the lines in them, a page's worth at a time."""
        reports, wanted, found = self._reports, set(keys), list[SourceRecord]()
        reading = require_reading(reports)
        numbers = [line for line in dict.fromkeys(map(line_of, keys)) if line]
        size = reading.paging.size
        for start in range(0, len(numbers), size):
            some = ",".join(numbers[start : start + size])
            asked = {**reading.parameters, "expense_lines[id][in]": some, **page_parameters(reading.paging, None)}
            _, rows = await self._calls.list_records(reports, reading.path, asked)
            found += self._expenses([source_record(reports, row) for row in rows])
        return tuple({record.key: record for record in found if record.key in wanted}.values())


CONNECTOR = CoupaConnector
