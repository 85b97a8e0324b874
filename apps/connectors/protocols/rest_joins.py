"""Writes into records what stands behind the numbers they hold: the e-mail of a person, the code of a project."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from apps.connectors.answers import at_path
from apps.connectors.contract import OutsideRecord, Page, SourceRecord
from apps.connectors.http import Door
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_changes, source_record


@dataclass(frozen=True, slots=True)
class Join:
    """Behind the number at `field` ("user.id") stands a record of the list `behind`, whether the manifest names it or not.

    The `parts` of that record are written into the group called `into`, beside what is there already. A later join may
    begin at what an earlier one has written.
    """

    field: str
    behind: ObjectManifest
    into: str
    parts: tuple[str, ...]


class JoiningConnector(RestConnector):
    """A REST system whose records name others by number only, and whose mappings want more than a number.

    The lists behind are read once for each opened connection, and once more when a number is met that they do not hold:
    whatever was made since. A record's version stays its own: a person who gets another e-mail changes no time entry.
    """

    joins: ClassVar[Mapping[str, tuple[Join, ...]]] = {}

    def __init__(
        self,
        manifest: SystemManifest,
        door: Door,
        settings: Mapping[str, Any],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(manifest, door, settings, clock=clock)
        self._lists: dict[str, dict[str, OutsideRecord]] = {}

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint`, oldest first, or the records named by `keys`, each with its joined parts."""
        async for page in super().read(object_name, checkpoint, keys):
            yield replace(page, records=await self._joined(object_name, page.records))

    async def _sample(self, spec: ObjectManifest) -> OutsideRecord | None:
        record = await super()._sample(spec)
        if record is None:
            return None
        return next((joined.values for joined in await self._joined(spec.name, (source_record(spec, record),))), None)

    async def _joined(self, object_name: str, records: tuple[SourceRecord, ...]) -> tuple[SourceRecord, ...]:
        joins = self.joins.get(object_name, ())
        for join in joins:
            records = await self._with(join, records)
        return records

    async def _with(self, join: Join, records: tuple[SourceRecord, ...]) -> tuple[SourceRecord, ...]:
        wanted = {key for record in records if (key := _number(record, join))}
        behind = await self._behind(join.behind, wanted) if wanted else {}
        return tuple(_completed(record, join, behind.get(_number(record, join), {})) for record in records)

    async def _behind(self, spec: ObjectManifest, wanted: set[str]) -> dict[str, OutsideRecord]:
        """Return the records of a list by number, read anew when one that is wanted is not among them."""
        lists, list_name = self._lists, spec.name
        if list_name not in lists or wanted - lists[list_name].keys():
            found = dict[str, OutsideRecord]()
            async for page in read_changes(self._calls, spec, None, self._clock()):
                found.update((record.key, record.values) for record in page.records)
            # A number that leads nowhere is remembered as such: it must not have the list read again for every page.
            lists[list_name] = {**{key: {} for key in (*lists.get(list_name, ()), *wanted)}, **found}
        return lists[list_name]


def _number(record: SourceRecord, join: Join) -> str:
    value = at_path(record.values, join.field)
    return "" if value is None else str(value)


def _completed(record: SourceRecord, join: Join, behind: OutsideRecord) -> SourceRecord:
    there = record.values.get(join.into)
    parts = {part: value for part in join.parts if (value := behind.get(part)) is not None}
    group = {**(there if isinstance(there, dict) else {}), **parts}
    return replace(record, values={**record.values, join.into: group})
