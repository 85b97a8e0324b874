"""Writes records into a table: one transaction for each batch, an answer for each record, our own number in each row."""

from collections.abc import Iterable, Sequence
from typing import Any

from apps.connectors.contract import Exchange, FoundRecord, UndoOutcome, UndoState, Write, WriteOutcome
from apps.connectors.error_adapter import canonical_field
from apps.connectors.errors import BusinessClass, FieldProblem, MisconfiguredError, RejectedError, RemoteError
from apps.connectors.protocols.sql_layout import Column, Table, fitting_keys
from apps.connectors.protocols.sql_reading import TableReading, found
from apps.connectors.protocols.sql_statements import (
    delete_record,
    insert_record,
    select_numbers,
    update_record,
)
from apps.connectors.protocols.sql_values import Explanation, UnsuitableValueError, bound, explain, same
from apps.connectors.sql_door import RefusedStatementError, SqlDoor, Turn

Cells = dict[str, tuple[Column, str | None]]


class TableDelivery:
    """One table that is written to, through one door."""

    def __init__(self, door: SqlDoor, table: Table) -> None:
        self._door, self._table = door, table
        self._own_key = require_own_key(table)

    async def run(self, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Deliver all writes and answer for each.

        Raises:
            RemoteError: nothing was written, refused or left in doubt: the system as a whole did not take part.

        """
        writing, outcomes = self._table.spec.writing, list[WriteOutcome]()
        size = max(1, writing.batch_size) if writing else 1
        for start in range(0, len(writes), size):
            try:
                outcomes += await self._send(writes[start : start + size])
            except RemoteError as error:
                if not outcomes and not error.ambiguous:
                    raise
                outcomes += _failed(writes[start : start + size], error)
                return outcomes + _failed(writes[start + size :], _not_sent(error))
        return outcomes

    async def _send(self, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Deliver one batch. Where the end of the transaction refuses it, each record is tried alone."""
        try:
            outcomes, exchange = await self._door.write(self._table.name, lambda turn: self._deliver(turn, writes))
        except RefusedStatementError as refused:
            if len(writes) == 1:
                return [self._refused(writes[0], refused, {})]
            return [outcome for write in writes for outcome in await self._send([write])]
        return [_with_evidence(outcome, exchange) for outcome in outcomes]

    async def _deliver(self, turn: Turn, writes: Sequence[Write]) -> list[WriteOutcome]:
        there = await self._those_there(turn, writes)
        return [await self._deliver_one(turn, write, there) for write in writes]

    async def _those_there(self, turn: Turn, writes: Sequence[Write]) -> set[str]:
        """Return which of our numbers are in the table already: what is met again is no new record."""
        numbers = [self._number(write) for write in writes if write.target_key is None]
        if not numbers:
            return set()
        return {str(row[0]) for row in await turn.rows(*select_numbers(self._table, self._own_key, numbers))}

    async def _deliver_one(self, turn: Turn, write: Write, there: set[str]) -> WriteOutcome:
        cells: Cells = {}
        try:
            cells = self._cells(write)
            if write.target_key is not None:
                return await self._change(turn, write, cells)
            columns, values = [column for column, _ in cells.values()], [text for _, text in cells.values()]
            rows = await turn.attempt(*insert_record(self._table, self._own_key, columns, values))
        except RefusedStatementError as refused:
            return self._refused(write, refused, cells)
        except RejectedError as error:
            return WriteOutcome(write.position, write.target_key, error=error)
        return WriteOutcome(write.position, str(rows[0][0]), created=self._number(write) not in there)

    async def _change(self, turn: Turn, write: Write, cells: Cells) -> WriteOutcome:
        key, rows = _one_key(self._table, str(write.target_key)), list[Any]()
        columns, values = [column for column, _ in cells.values()], [text for _, text in cells.values()]
        if key is not None and columns:
            rows = await turn.attempt(*update_record(self._table, columns, values, key))
        if not rows and columns:
            sentence = (
                f"The record {str(write.target_key)[:80]} is no longer in {self._table.name}: it was removed there."
            )
            problem = FieldProblem("", sentence, BusinessClass.MISSING_REFERENCE)
            raise RejectedError(sentence, problems=(problem,))
        return WriteOutcome(write.position, write.target_key)

    def _cells(self, write: Write) -> Cells:
        """Return what is bound, by column; our number is the last of a new record. Raises RejectedError naming the field."""
        cells: Cells = {}
        for name, value in write.values.items():
            column = self._table.columns.get(name)
            if column is None or self._is_left_out(column):
                continue
            try:
                cells[column.name] = column, bound(column, value)
            except UnsuitableValueError as wrong:
                sentence = f"{_label(self._table, name)} {wrong}."
                raise _rejected(canonical_field(self._table.spec, name), sentence, BusinessClass.PARSE) from None
        if write.target_key is None:
            cells.pop(self._own_key.name, None)
            cells[self._own_key.name] = self._own_key, self._number(write)
        return cells

    def _is_left_out(self, column: Column) -> bool:
        """Columns that the table fills itself are its own: generated ones, and a number that it gives."""
        numbered = column.name == self._table.key.name and column.given and column.name != self._own_key.name
        return column.fixed or numbered

    def _number(self, write: Write) -> str:
        writing = self._table.spec.writing
        own = write.values.get(writing.own_key_field) if writing else None
        return str(own or write.business_key)

    def _refused(self, write: Write, refused: RefusedStatementError, cells: Cells) -> WriteOutcome:
        told: Explanation = explain(refused, cells, self._table.layout.rules)
        field = self._table.field_of(told.column) if told.column else ""
        named = _label(self._table, field) if field else "a value"
        sentence = told.sentence.format(table=self._table.name, field=named)
        error = _rejected(
            canonical_field(self._table.spec, field),
            sentence[:1].upper() + sentence[1:],
            told.business_class,
            refused.code,
        )
        return WriteOutcome(write.position, write.target_key, error=error)

    async def probe(self, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """Return which writes are in the table: new records by our number, changes by what the row holds. Raises RemoteError."""
        reading, arrived = TableReading(self._door, self._table), dict[int, FoundRecord]()
        made = {self._number(write): write for write in writes if write.target_key is None}
        if made:
            rows = await reading.named(self._own_key, list(made))
            arrived |= {made[number].position: found(row) for number, row in rows.items()}
        changed = [write for write in writes if write.target_key is not None]
        if changed:
            rows = await reading.named(self._table.key, [str(write.target_key) for write in changed])
            for write in changed:
                row = rows.get(str(write.target_key))
                if row is not None and self._holds(row.values, write):
                    arrived[write.position] = found(row)
        return arrived

    def _holds(self, values: dict[str, Any], write: Write) -> bool:
        try:
            cells = self._cells(write)
        except RejectedError:
            return False
        return all(same(column, text, values.get(self._table.field_of(name))) for name, (column, text) in cells.items())

    async def undo(self, target_key: str) -> UndoOutcome:
        """Remove the record with this key; one that is gone counts as taken back. Raises RemoteError."""
        key = _one_key(self._table, target_key)
        if key is None:
            return UndoOutcome(UndoState.ALREADY_GONE)
        try:
            rows, exchange = await self._door.write(
                self._table.name, lambda turn: turn.attempt(*delete_record(self._table, key))
            )
        except RefusedStatementError as refused:
            if refused.code.startswith("22"):  # a key of another kind names no row
                return UndoOutcome(UndoState.ALREADY_GONE)
            sentence = f"{self._table.name} keeps this record, because others still name it: remove them there first."
            return UndoOutcome(UndoState.REFUSED, error=_rejected("", sentence, BusinessClass.MISSING_REFERENCE))
        return UndoOutcome(UndoState.DONE if rows else UndoState.ALREADY_GONE, exchange=exchange)


def require_own_key(table: Table) -> Column:
    """Return the column that carries our number. Raises MisconfiguredError where nothing can be written without doubt."""
    if table.spec.writing is None:
        raise MisconfiguredError(
            f"{table.spec.label} cannot be written to this system.", business_class=BusinessClass.CONNECTION
        )
    column = table.layout.column(table.layout.plan.own_key_column, "Column that carries our number of the record")
    if column.name not in table.layout.keys:
        raise MisconfiguredError(
            f"The column {column.name} of {table.name} has no unique index, so a repeated delivery could not be told from a "
            "new record: ask the database's administrator for one.",
            business_class=BusinessClass.CONNECTION,
        )
    return column


def _one_key(table: Table, key: str) -> Any:
    return next(iter(fitting_keys(table.key, [key])), None)


def _label(table: Table, field: str) -> str:
    return next((spec.label for spec in table.spec.fields if spec.name == field and spec.label), field)


def _rejected(field: str, sentence: str, business_class: BusinessClass, code: str = "") -> RejectedError:
    return RejectedError(sentence, problems=(FieldProblem(field, sentence, business_class, code),))


def _failed(writes: Iterable[Write], error: RemoteError) -> list[WriteOutcome]:
    return [WriteOutcome(write.position, write.target_key, error=error, exchange=error.exchange) for write in writes]


def _not_sent(error: RemoteError) -> RemoteError:
    """The same reason for records that were never sent: nothing is in doubt about them."""
    return type(error)(error.message, business_class=error.business_class, status=error.status)


def _with_evidence(outcome: WriteOutcome, exchange: Exchange) -> WriteOutcome:
    if outcome.error is not None:
        outcome.error.exchange = exchange
    return WriteOutcome(outcome.position, outcome.target_key, outcome.error, exchange, outcome.created)
