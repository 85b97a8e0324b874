"""Certinia PSA inside a Salesforce organisation: what the manifest cannot say - weeks that are read as days."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.catalog.certinia.days import days_of, timecard_of
from apps.connectors.catalog.certinia.manifest import TIMECARDS
from apps.connectors.contract import FoundRecord, Page
from apps.connectors.protocols.soql import SoqlConnector
from apps.connectors.protocols.soql_reading import read_changes, read_named


class CertiniaConnector(SoqlConnector):
    """One open connection to Certinia PSA in one Salesforce organisation."""

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes, oldest first, or the records named by `keys`; timecards as the days that hold hours.

        A day that is asked for by its key is there as long as its week is, with no hours when they were taken away.
        """
        if object_name != TIMECARDS.name:
            return super().read(object_name, checkpoint, keys)
        return self._named_days(keys) if keys else self._days(checkpoint)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return projects by number, people by e-mail, days by their key."""
        if object_name != TIMECARDS.name:
            return await super().find(object_name, natural_keys)
        pages = [page async for page in self._named_days(natural_keys)] if natural_keys else []
        return {record.key: FoundRecord(record.key, record.values) for page in pages for record in page.records}

    async def _days(self, checkpoint: Mapping[str, Any] | None) -> AsyncIterator[Page]:
        weeks = replace(self.manifest.object_named(TIMECARDS.name), key_field="Id")
        async for page in read_changes(self._calls, weeks, checkpoint):
            yield replace(page, records=tuple(day for week in page.records for day in days_of(week)))

    async def _named_days(self, keys: Sequence[str]) -> AsyncIterator[Page]:
        weeks, wanted = replace(self.manifest.object_named(TIMECARDS.name), key_field="Id"), set(keys)
        async for page in read_named(self._calls, weeks, list(dict.fromkeys(map(timecard_of, keys)))):
            days = (day for week in page.records for day in days_of(week, all_of_them=True))
            yield replace(page, records=tuple(day for day in days if day.key in wanted))


CONNECTOR = CertiniaConnector
