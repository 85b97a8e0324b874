"""Reads a table as pages of records: behind a key or a change, so that no row is met twice and none is passed over."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from apps.connectors.contract import FoundRecord, OutsideRecord, Page, SourceRecord
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.protocols.rest_reading import fingerprint, require_reading
from apps.connectors.protocols.sql_layout import INSTANTS, Column, Table
from apps.connectors.protocols.sql_settings import OTHER
from apps.connectors.protocols.sql_statements import (
    Position,
    Span,
    read_columns,
    select_by,
    select_clock,
    select_page,
    select_unknown_keys,
)
from apps.connectors.sql_door import Row, SqlDoor, Turn

LONGEST_VALUE = 4 * 1024 * 1024
_KEYS_AT_ONCE = 500
_HEADS = 4  # what stands before the columns in each row: key, change, place to go on from, size


class TableReading:
    """What reads one table through one door."""

    def __init__(self, door: SqlDoor, table: Table) -> None:
        self._door, self._table = door, table

    async def changes(self, checkpoint: Mapping[str, Any] | None) -> AsyncIterator[Page]:
        """Yield rows that are new or changed since `checkpoint` (None: all), oldest change first.

        Raises:
            RemoteError: the table cannot be read, or its rows cannot be told apart.

        """
        place = Position.of(checkpoint)
        if checkpoint is None or place.back or not place.begun:
            place = await self._begin(place)
        async for page in self._walk(place, Span()):
            yield page

    async def window(self, since: datetime, until: datetime, position: Mapping[str, Any] | None) -> AsyncIterator[Page]:
        """Yield rows that were changed from `since` to before `until`, and those that do not tell when. Raises RemoteError."""
        place = Position.of(position) if position else await self._begin(Position())
        async for page in self._walk(place, Span(since, until)):
            yield page

    async def named(self, column: Column, keys: Sequence[str]) -> dict[str, SourceRecord]:
        """Return the rows whose `column` is among `keys`, by that. Raises RemoteError."""
        wanted, found = set(keys), dict[str, SourceRecord]()
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            statement, values = select_by(self._table, column, keys[start : start + _KEYS_AT_ONCE], LONGEST_VALUE)
            for row in await self._rows(statement, values):
                record, name = self._record(row), _text(self._cells(row)[column.name])
                if name in wanted:
                    found[name] = record
        return found

    async def _begin(self, place: Position) -> Position:
        """Return where a new reading begins: with the rows that tell no change, where there can be such."""
        table = self._table

        async def look(turn: Turn) -> str:
            nameless = not table.key.required and (await turn.rows(select_unknown_keys(table)))[0][0]
            if nameless:
                raise _unknown_key(table, f"rows without a value in {table.key.name}")
            return str((await turn.rows(select_clock(table)))[0][0])

        begun = await self._door.read(table.name, look)
        change = table.change
        if change is not None and change.name != table.key.name and not change.required:
            return replace(place, begun=begun, undated=True, key=None)
        return replace(place, begun=begun)

    async def _walk(self, place: Position, span: Span) -> AsyncIterator[Page]:
        size = require_reading(self._table.spec).paging.size
        while True:
            statement, values = select_page(self._table, place, span, size + 1, LONGEST_VALUE)
            rows = await self._rows(statement, values)
            self._require_told_apart(rows)
            more, rows = len(rows) > size, rows[:size]
            dated = not place.undated
            place = self._behind(place, rows, more=more)
            last = not more and dated
            yield Page(tuple(self._record(row) for row in rows), place.checkpoint(), last=last)
            if last:
                return

    def _behind(self, place: Position, rows: Sequence[Row], *, more: bool) -> Position:
        """Return the place behind a page: within a reading behind its last row, at the end where the next one begins."""
        if place.undated:
            if more:
                return replace(place, key=rows[-1][0])
            return replace(place, undated=False, key=None, back=place.change is not None)
        if more:
            key, change, resume = rows[-1][:3]
            return replace(place, key=key, change=change, resume=resume, back=False)
        change = self._table.change
        if change is None:
            return Position()
        if change.name == self._table.key.name:
            return Position(key=rows[-1][0] if rows else place.key, back=True)
        high = rows[-1][2] if rows else place.resume or place.change
        return Position(change=high, back=high is not None)

    async def _rows(self, statement: Any, values: Sequence[Any]) -> list[Row]:
        return await self._door.read(self._table.name, lambda turn: turn.rows(statement, values))

    def _record(self, row: Row) -> SourceRecord:
        if (row[3] or 0) > LONGEST_VALUE:
            raise MisconfiguredError(
                f"{self._table.name} holds a value of more than {LONGEST_VALUE // 1024 // 1024} MiB in the row "
                f"{str(row[0])[:80]}: shorten it there, or leave its column out by a view.",
                business_class=BusinessClass.TOO_LARGE,
            )
        values = self._values(row)
        return SourceRecord(self._table.spec.name, str(row[0]), self._version(row) or fingerprint(values), values)

    def _cells(self, row: Row) -> dict[str, Any]:
        return dict(zip((column.name for column in read_columns(self._table)), row[_HEADS:], strict=True))

    def _values(self, row: Row) -> OutsideRecord:
        """Return a row under the names that mappings use; what the manifest does not name is in the group `columns`."""
        cells, table = self._cells(row), self._table
        values = {name: cells.get(column.name) for name, column in table.columns.items()}
        shown, others = {column.name for column in table.columns.values()}, dict[str, Any]()
        for name in cells.keys() - shown:
            field = table.field_of(name)
            if field.startswith(f"{OTHER}."):
                others[name] = cells[name]
            else:
                values[field] = cells[name]
        return {**values, OTHER: others}

    def _version(self, row: Row) -> str:
        table = self._table
        if table.change is None or row[1] is None or not table.versions_by_change:
            return ""
        return _instant(row[1]) if table.change.type in INSTANTS else str(row[1])

    def _require_told_apart(self, rows: Sequence[Row]) -> None:
        if self._table.key.name in self._table.layout.keys:
            return
        keys = [row[0] for row in rows]
        if len(set(keys)) < len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise _unknown_key(self._table, f"several rows with {str(twice)[:80]} in {self._table.key.name}")


def found(record: SourceRecord) -> FoundRecord:
    """Return a row as `find` and `probe` hand it out."""
    return FoundRecord(record.key, record.values)


def _instant(text: str) -> str:
    """Return a time of change so that texts sort as times do: to the microsecond, in UTC; what is no time stays."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _unknown_key(table: Table, what: str) -> MisconfiguredError:
    return MisconfiguredError(
        f"{table.name} has {what}: records cannot be told apart. Enter the column that is unique in the connection's settings.",
        business_class=BusinessClass.SCHEMA_DRIFT,
    )
