"""Float over its REST API: allocations name people and projects by number, and may stand for several."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.catalog.float.manifest import ALLOCATIONS, CLIENTS, PEOPLE, PROJECTS
from apps.connectors.catalog.float.occurrences import base_of, occurrences
from apps.connectors.contract import Page, SourceRecord
from apps.connectors.protocols.rest_joins import Join, JoiningConnector


class FloatConnector(JoiningConnector):
    """One open connection to one Float account, for reading."""

    joins = {
        ALLOCATIONS.name: (
            Join("people_id", PEOPLE, into="person", parts=("name", "email")),
            Join("project_id", PROJECTS, into="project", parts=("name", "project_code", "client_id")),
            Join("project.client_id", CLIENTS, into="client", parts=("name",)),
        ),
        PROJECTS.name: (Join("client_id", CLIENTS, into="client", parts=("name",)),),
    }

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield records; of allocations that are named by key just the times and people that the keys mean."""
        if object_name != ALLOCATIONS.name or not keys:
            async for page in super().read(object_name, checkpoint, keys):
                yield page
            return
        async for page in super().read(object_name, checkpoint, list(dict.fromkeys(base_of(key) for key in keys))):
            yield replace(page, records=tuple(record for record in page.records if record.key in set(keys)))

    async def _joined(self, object_name: str, records: tuple[SourceRecord, ...]) -> tuple[SourceRecord, ...]:
        if object_name == ALLOCATIONS.name:
            records = tuple(single for record in records for single in occurrences(record))
        return await super()._joined(object_name, records)


CONNECTOR = FloatConnector
