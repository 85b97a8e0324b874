"""The connector for tables of a PostgreSQL database: one table or view for each kind of record, read and written."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from apps.connectors.contract import (
    CallCounts,
    FoundRecord,
    Page,
    ReceivedEvent,
    SignatureError,
    TestReport,
    UndoOutcome,
    Write,
    WriteOutcome,
)
from apps.connectors.errors import RemoteError
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.protocols.rest_shapes import chosen_objects, may_be_passed_over
from apps.connectors.protocols.rest_window import no_window
from apps.connectors.protocols.sql_catalog import read_layout
from apps.connectors.protocols.sql_layout import INSTANTS, Table, build_table, discovered_fields
from apps.connectors.protocols.sql_reading import TableReading, found
from apps.connectors.protocols.sql_settings import is_planned, read_plan
from apps.connectors.protocols.sql_testing import run_test
from apps.connectors.protocols.sql_writing import TableDelivery
from apps.connectors.shapes import DiscoveredShape, live_shape, manifest_shape, relying_on_all
from apps.connectors.sql_door import SqlDoor


class TablesConnector:
    """One open connection to one database."""

    def __init__(self, manifest: SystemManifest, door: SqlDoor, settings: Mapping[str, Any]) -> None:
        self.manifest = manifest
        self._door, self._settings = door, settings
        self._tables: dict[str, Table] = {}  # as they were when this connection first looked

    async def __aenter__(self) -> Self:
        await self._door.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._door.__aexit__(*exc)

    async def test(self) -> TestReport:
        """Try address, encryption, sign-in, reading and writing rights and the clock, in that order, changing nothing."""
        return await run_test(self.manifest, self._door, self._settings)

    async def discover(self, object_names: Sequence[str] = ()) -> tuple[DiscoveredShape, ...]:
        """Return what these objects (none named: all) look like in the database now, by the manifest where no table is entered."""
        self._tables.clear()
        return tuple([await self._shape(spec) for spec in chosen_objects(self.manifest, object_names)])

    async def _shape(self, spec: ObjectManifest) -> DiscoveredShape:
        if not is_planned(self._settings, spec):
            return manifest_shape(spec)
        try:
            table = await self._table(spec)
        except RemoteError as error:
            if may_be_passed_over(error):
                return manifest_shape(spec)
            raise
        # Any column can be mapped, under its own name or another: all of them are relied on.
        return relying_on_all(live_shape(spec, discovered_fields(table)))

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield the rows that are new or changed since `checkpoint` (None: all), or just those of `keys`."""
        table = await self._table(self.manifest.object_named(object_name))
        reading = TableReading(self._door, table)
        if not keys:
            async for page in reading.changes(checkpoint):
                yield page
            return
        rows = await reading.named(table.key, keys)
        yield Page(tuple(rows[key] for key in keys if key in rows), dict(checkpoint or {}), last=True)

    async def read_window(
        self, object_name: str, since: datetime, until: datetime, position: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Page]:
        """Yield the rows that were changed from `since` to before `until`, and those that do not tell when."""
        spec = self.manifest.object_named(object_name)
        table = await self._table(spec)
        if table.change is None or table.change.type not in INSTANTS:
            raise no_window(self.manifest, spec)
        async for page in TableReading(self._door, table).window(since, until, position):
            yield page

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return the rows with these numbers; those not found are left out."""
        if not natural_keys:
            return {}
        spec = self.manifest.object_named(object_name)
        table = await self._table(spec)
        column = table.columns.get(spec.natural_key, table.key)
        rows = await TableReading(self._door, table).named(column, natural_keys)
        return {name: found(row) for name, row in rows.items()}

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Write each record, a batch in one transaction, and answer for every one."""
        table = await self._table(self.manifest.object_named(object_name))
        return await TableDelivery(self._door, table).run(writes) if writes else []

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes are in the table? Keyed by Write.position."""
        table = await self._table(self.manifest.object_named(object_name))
        return await TableDelivery(self._door, table).probe(writes)

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Remove a row that was made here."""
        table = await self._table(self.manifest.object_named(object_name))
        return await TableDelivery(self._door, table).undo(target_key)

    def take_counts(self) -> CallCounts:
        """Return how the transactions since the last asking fared."""
        return self._door.take_counts()

    def receive(
        self, headers: Mapping[str, str], body: bytes, secret: str, now: float, *, url: str = ""
    ) -> list[ReceivedEvent]:
        """Raise SignatureError: a database sends no events."""
        raise SignatureError("A database sends no events.")

    async def _table(self, spec: ObjectManifest) -> Table:
        """Return the table of one kind of record. Raises MisconfiguredError that says what to enter or to ask for."""
        if spec.name not in self._tables:
            plan = read_plan(self._settings, spec)
            layout = await self._door.read(plan.name, lambda turn: read_layout(turn, plan))
            table = build_table(spec, layout)
            for column in (table.key, *((table.change,) if table.change else ())):
                layout.require_readable(column)
            self._tables[spec.name] = table
        return self._tables[spec.name]
