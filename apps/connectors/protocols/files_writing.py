"""Writes a delivery as one file that appears whole: under a name made of its content, so that a repeat finds it there."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import orjson

from apps.connectors.canonical.values import plain_text
from apps.connectors.contract import Exchange, FoundRecord, OutsideRecord, Write, WriteOutcome
from apps.connectors.errors import (
    BusinessClass,
    FieldProblem,
    MisconfiguredError,
    RejectedError,
    RemoteError,
    RetryableError,
)
from apps.connectors.manifest import ObjectManifest, ValueKind
from apps.connectors.protocols.files_parquet import UnfitValueError, parquet_content, parquet_rows, typed_value
from apps.connectors.protocols.files_rows import UnreadableFileError, digest, read_records
from apps.connectors.protocols.files_settings import CHECKSUM, FileForm, FilePlan
from apps.connectors.sftp_door import RemoteFile, SftpDoor

DELIVERY = "delivery"  # the column that says which delivery a row is: the same again is a repeat
_PART = ".part"
_NAME_LENGTH = 24
_MOST_LOOKED_THROUGH = 200
_NUMBERS = frozenset({ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.HOURS})
# What makes a spreadsheet take a text for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FileDelivery:
    """One folder that is written to, for one kind of record."""

    def __init__(self, door: SftpDoor, plan: FilePlan, spec: ObjectManifest) -> None:
        if spec.writing is None:
            raise MisconfiguredError(
                f"{spec.label} cannot be written to this system.", business_class=BusinessClass.CONNECTION
            )
        self._door, self._plan, self._spec = door, plan, spec

    async def run(self, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Deliver all writes as one file and answer for each. A write that cannot be written in this form is refused.

        Raises:
            RemoteError: no file appeared, and none will by itself.

        """
        refused, rows = list[WriteOutcome](), list[tuple[Write, OutsideRecord]]()
        for write in sorted(writes, key=lambda write: (write.business_key, write.idempotency_key)):
            try:
                rows.append((write, write_row(self._spec, self._plan.form, write)))
            except RejectedError as error:
                refused.append(WriteOutcome(write.position, error=error))
        if not rows:
            return refused
        taken = [write for write, _ in rows]
        try:
            return refused + await self._send(taken, [row for _, row in rows])
        except RemoteError as error:
            if refused or error.ambiguous:
                return refused + [WriteOutcome(write.position, error=error, exchange=error.exchange) for write in taken]
            raise

    async def _send(self, writes: Sequence[Write], rows: Sequence[OutsideRecord]) -> list[WriteOutcome]:
        content = write_content(self._spec, self._plan.form, rows)
        path = self._plan.path_out(f"{self._spec.name}-{self._mark(rows, content)}{self._plan.form.ending}")
        if await self._is_whole(path, content):
            return _delivered(writes, None, created=False)
        await self._door.write_file(path + _PART, content)
        if not await self._is_there(path + _PART, content):
            raise RetryableError(
                f"{path}{_PART} is not as long as what was written: it is written again.",
                business_class=BusinessClass.PROVIDER_OUTAGE,
            )
        if self._plan.checksums:  # before the file itself appears: whoever sees that can check it
            line = f"{digest(content)}  {path.rpartition('/')[2]}\n".encode()
            await self._door.write_file(path + CHECKSUM, line)
        try:
            exchange = await self._door.move_file(path + _PART, path)
        except RemoteError as error:
            if error.ambiguous or not await self._is_whole(path, content):
                raise
            return _delivered(writes, error.exchange, created=False)  # somebody else delivered the same just now
        return _delivered(writes, exchange, created=True)

    def _mark(self, rows: Sequence[OutsideRecord], content: bytes) -> str:
        """Return what the same rows are known again by. What Parquet makes of them depends on the version of its library."""
        told = json_lines(rows) if self._plan.form.parquet else content
        return digest(told)[:_NAME_LENGTH]

    async def _is_whole(self, path: str, content: bytes) -> bool:
        """Say whether the file is there: it appears whole, and what is in its name tells a Parquet file's rows."""
        file = await self._door.look(path)
        return file is not None and (self._plan.form.parquet or file.size == len(content))

    async def _is_there(self, path: str, content: bytes) -> bool:
        file = await self._door.look(path)
        return file is not None and file.size == len(content)

    async def probe(self, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """Return which of these writes are in a file of the folder, the newest files first. Raises RemoteError."""
        wanted, arrived = {write.idempotency_key: write for write in writes}, dict[int, FoundRecord]()
        for file in await self._own_files():
            if len(arrived) == len(wanted):
                break
            content = await self._door.read_file(self._plan.path_out(file.name), file.size)
            for key, values in self._rows_by_delivery(file.name, content):
                write = wanted.get(key)
                if write is not None:
                    same = dict(self._rows_by_delivery("", self._as_written(write))).get(key) == values
                    arrived[write.position] = FoundRecord(write.business_key, dict(write.values) if same else values)
        return arrived

    async def _own_files(self) -> list[RemoteFile]:
        files = await self._door.list_folder(self._plan.folder_out or ".")
        ending = self._plan.form.ending
        own = [file for file in files if file.name.startswith(f"{self._spec.name}-") and file.name.endswith(ending)]
        return sorted(own, key=lambda file: -file.changed_at)[:_MOST_LOOKED_THROUGH]

    def _as_written(self, write: Write) -> bytes:
        form = self._plan.form
        return write_content(self._spec, form, [write_row(self._spec, form, write)])

    def _rows_by_delivery(self, name: str, content: bytes) -> Iterable[tuple[str, OutsideRecord]]:
        if self._plan.form.parquet:
            yield from ((str(row.get(DELIVERY, "")), row) for row in parquet_rows(content))
            return
        form = replace(self._plan.form, key_column=DELIVERY)
        try:
            yield from ((row.key, row.values) for row in read_records(self._spec, form, name, content))
        except UnreadableFileError:
            return  # no file of ours


def write_row(spec: ObjectManifest, form: FileForm, write: Write) -> OutsideRecord:
    """Return a write as a row: the delivery it is, then its values in the form of the files.

    Raises RejectedError for a value that cannot be written in this form; it names the field.
    """
    kinds = {field.name: field.kind for field in spec.fields}
    if form.json_lines:
        return {DELIVERY: write.idempotency_key, **write.values}
    if form.parquet:
        typed = {name: _typed(name, value, kinds.get(name)) for name, value in write.values.items()}
        return {DELIVERY: write.idempotency_key, **typed}
    cells = {name: _cell(name, value, kinds.get(name), form) for name, value in write.values.items()}
    return {DELIVERY: write.idempotency_key, **cells}


def write_content(spec: ObjectManifest, form: FileForm, rows: Sequence[OutsideRecord]) -> bytes:
    """Return rows as the content of a file. Columns are those of the manifest, others behind them by name."""
    if form.json_lines:
        return json_lines(rows)
    if form.parquet:
        return parquet_content(spec, DELIVERY, rows)
    known = [DELIVERY, *(field.name for field in spec.fields if field.kind is not ValueKind.NESTED)]
    further = sorted({name for row in rows for name in row} - set(known))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text, [*known, *further], restval="", delimiter=form.separator or ",", lineterminator="\r\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(form.encoding)


def json_lines(rows: Sequence[OutsideRecord]) -> bytes:
    """Return rows as lines of JSON."""
    return b"".join(orjson.dumps(row, default=plain_text) + b"\n" for row in rows)


def _typed(name: str, value: Any, kind: ValueKind | None) -> Any:
    try:
        return typed_value(kind, value)
    except UnfitValueError as problem:
        raise _refused(name, str(problem)) from None


def _cell(name: str, value: Any, kind: ValueKind | None, form: FileForm) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        raise _refused(name, "a list cannot be written into a table: choose JSON lines as the form of the files")
    text = plain_text(value)
    if kind in _NUMBERS and form.decimal_comma:
        return text.replace(".", ",")
    if kind is ValueKind.DATE and form.days:
        return _day(text, form.days)
    if form.formula_safe and kind not in _NUMBERS and text.startswith(_FORMULA):
        text = f"'{text}"
    try:
        text.encode(form.encoding)
    except UnicodeEncodeError as problem:
        sign = text[problem.start : problem.start + 1]
        raise _refused(name, f"“{sign}” cannot be written in {form.encoding}: choose UTF-8 in the settings") from None
    return text


def _day(text: str, form: str) -> str:
    try:
        return date.fromisoformat(text).strftime(form)
    except ValueError:
        return text


def _refused(name: str, sentence: str) -> RejectedError:
    problem = FieldProblem(name, f"{sentence[0].upper()}{sentence[1:]}.", BusinessClass.VALIDATION)
    return RejectedError(problem.message, problems=(problem,))


def _delivered(writes: Iterable[Write], exchange: Exchange | None, *, created: bool) -> list[WriteOutcome]:
    """Return the good answers. A record is known by our own number: a later change of it is a row in another file."""
    return [
        WriteOutcome(
            write.position,
            write.target_key or write.business_key,
            exchange=exchange,
            created=created and write.target_key is None,
        )
        for write in writes
    ]
