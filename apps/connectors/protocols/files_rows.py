"""Rows of CSV and JSON lines files as plain values; what cannot be read without doubt refuses the whole file, by line."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO

import orjson

from apps.connectors.contract import OutsideRecord, SourceRecord
from apps.connectors.manifest import ObjectManifest, ValueKind
from apps.connectors.protocols.files_settings import SEPARATORS, FileForm
from apps.connectors.protocols.rest_reading import fingerprint

_NUMBERS = frozenset({ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.HOURS, ValueKind.WHOLE})
# 1234,50 and 1.234,50 and 1 234,50 (also with a narrow or a hard space).
_COMMA_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:[. \u00a0\u202f][0-9]{3})+)(?:,[0-9]+)?")
_QUOTED = re.compile(r'"[^"]*"')
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class UnreadableFileError(ValueError):
    """A file cannot be read as the settings say; the text is a sentence that says where and what would mend it."""


def digest(content: bytes) -> str:
    """Return what the same bytes are known again by."""
    return hashlib.sha256(content).hexdigest()


def read_records(spec: ObjectManifest, form: FileForm, name: str, content: bytes) -> Iterator[SourceRecord]:
    """Yield the rows of a file as records, in their order.

    A record goes by its key column, else by file and line ("hours.csv:17"); its version is a fingerprint of its values.

    Raises:
        UnreadableFileError: at the first line that cannot be read.

    """
    kinds = {field.name: field.kind for field in spec.fields}
    column = form.key_column or spec.key_field
    rows = _json_lines(name, content, form) if form.json_lines else _csv_rows(name, content, form)
    for line, row in rows:
        if form.key_column and form.key_column not in row:
            raise UnreadableFileError(f"{name} has no column “{column}”, which the settings name, in line {line}.")
        values = {label: _plain(value, kinds.get(label), form) for label, value in row.items()}
        key = str(values.get(column) or "").strip() or f"{name}:{line}"
        # The number under which the record is followed, also where the file gives it none or another column has it.
        kept = {**{label: value for label, value in values.items() if value is not None}, spec.key_field: key}
        yield SourceRecord(spec.name, key, fingerprint(kept), kept)


def _plain(value: Any, kind: ValueKind | None, form: FileForm) -> Any:
    """Return a cell in the form the mapping reads; what does not fit is left as it is, for the mapping to refuse."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    if form.decimal_comma and kind in _NUMBERS and _COMMA_NUMBER.fullmatch(text):
        return re.sub(r"[. \u00a0\u202f]", "", text).replace(",", ".")
    if form.days and kind is ValueKind.DATE:
        return _day(text, form.days)
    return value


def _day(text: str, form: str) -> str:
    try:
        return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return text


def _text_of(name: str, content: bytes, form: FileForm) -> TextIO:
    """Return the content as text, whole and without a byte order mark; decoding is tried to its end first."""
    marked = content.startswith(_UTF16_MARKS)
    encoding = "utf-16" if marked else "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    try:
        while text.read(1 << 20):
            pass
    except UnicodeError:
        raise UnreadableFileError(
            f"{name} is not written in {encoding.removesuffix('-sig').upper()}: choose its encoding in the settings."
        ) from None
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")


def _csv_rows(name: str, content: bytes, form: FileForm) -> Iterator[tuple[int, Mapping[str, Any]]]:
    separator = form.separator or sniff_separator(_first_line(_text_of(name, content, form)))
    reader = csv.reader(_text_of(name, content, form), delimiter=separator, strict=True)
    try:
        heading = _heading(name, next(reader, []))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(heading):
                raise UnreadableFileError(
                    f"{name} has {len(cells)} values in line {reader.line_num} and {len(heading)} columns: "
                    "a separator is missing or too many, or the file was cut off there."
                )
            yield reader.line_num, {label: cell for label, cell in zip(heading, cells, strict=True) if label}
    except csv.Error as problem:
        raise UnreadableFileError(
            f"{name} cannot be read at line {max(1, reader.line_num)} ({problem}): check its quotation marks."
        ) from None


def _first_line(text: TextIO) -> str:
    for line in text:
        if line.strip():
            return line
    return ""


def sniff_separator(heading: str) -> str:
    """Return which separator a heading is written with: the one that stands there most, outside of quotation marks."""
    bare = _QUOTED.sub("", heading)
    return max(SEPARATORS.values(), key=bare.count)  # a comma where there is none at all


def _heading(name: str, cells: Sequence[str]) -> list[str]:
    heading = [cell.strip() for cell in cells]
    named = [label for label in heading if label]
    if not named:
        raise UnreadableFileError(f"{name} does not begin with the names of its columns: put them into its first line.")
    twice = next((label for label in named if named.count(label) > 1), None)
    if twice is not None:
        raise UnreadableFileError(f"{name} has two columns “{twice[:60]}”: give each a name of its own.")
    return heading


def _json_lines(name: str, content: bytes, form: FileForm) -> Iterator[tuple[int, OutsideRecord]]:
    for line, text in enumerate(_text_of(name, content, form), start=1):
        if not text.strip():
            continue
        try:
            record = orjson.loads(text)
        except orjson.JSONDecodeError as problem:
            reason = str(problem).split(": line", 1)[0]
            raise UnreadableFileError(
                f"{name} cannot be read at line {line} ({reason}): each line must be a JSON record of its own."
            ) from None
        if not isinstance(record, dict):
            raise UnreadableFileError(f"{name} has no record in line {line}: each line must be one, as in {{…}}.")
        yield line, record
