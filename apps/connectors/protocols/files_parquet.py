"""Deliveries as Parquet files with typed columns, and those of our own read again to know what arrived.

Columns and types are those of the manifest, never guessed from values: every file of a kind of record has the same ones.
https://parquet.apache.org/docs/file-format/types/logicaltypes/ and, for amounts, 38 digits of which 9 are decimals, which is
what warehouses take as an exact number without being told more
(https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#decimal_types).
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from apps.connectors.canonical.values import PARSERS, UnusableValueError, plain_text
from apps.connectors.contract import OutsideRecord
from apps.connectors.manifest import ObjectManifest, ValueKind

_K = ValueKind
_DECIMALS, _DIGITS = 9, 38
_EXACT = frozenset({_K.DECIMAL, _K.MONEY, _K.HOURS})


class UnfitValueError(ValueError):
    """A value does not fit its column; the text is the end of a sentence."""


@cache
def _arrow() -> tuple[Any, Any]:
    """Return the library: loaded with the first file, for it takes its time and 40 MB, and most workers write none."""
    return import_module("pyarrow"), import_module("pyarrow.parquet")


def typed_value(kind: ValueKind | None, value: Any) -> Any:
    """Return a value as its column holds it; texts that the manifest does not know are written out.

    Raises:
        UnfitValueError: it is none of that kind, or would have to be rounded.

    """
    if isinstance(value, list | dict):
        raise UnfitValueError("a list cannot be written into a table: choose JSON lines as the form of the files")
    try:
        typed = PARSERS[kind or _K.TEXT](value)
    except UnusableValueError as problem:
        raise UnfitValueError(str(problem).replace("{source}", "the mapping").rstrip(".")) from None
    if kind in _EXACT and typed is not None and typed != round(typed, _DECIMALS):
        raise UnfitValueError(f"{typed} has more than {_DECIMALS} decimals: round it in the mapping")
    if isinstance(typed, str) and not _is_text(typed):
        raise UnfitValueError("the text holds half a character, which no file can: write it again in the source")
    return typed


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def parquet_content(spec: ObjectManifest, first: str, rows: Sequence[OutsideRecord]) -> bytes:
    """Return rows of typed values as a file. The column `first` is a text, those of the manifest follow, others by name."""
    arrow, parquet = _arrow()
    kinds = {field.name: field.kind for field in spec.fields if field.kind is not _K.NESTED}
    further = sorted({name for row in rows for name in row} - set(kinds) - {first})
    columns = [arrow.field(first, arrow.string(), nullable=False)]
    columns += [arrow.field(name, _type(arrow, kind)) for name, kind in kinds.items() if name != first]
    columns += [arrow.field(name, arrow.string()) for name in further]
    held = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(list(rows), schema=arrow.schema(columns)), held)
    return held.getvalue()


def parquet_rows(content: bytes) -> Iterator[OutsideRecord]:
    """Yield the rows of a file of ours, what is empty left out. Nothing is yielded of what is no such file."""
    arrow, parquet = _arrow()
    try:
        rows: Iterable[dict[str, Any]] = parquet.read_table(io.BytesIO(content)).to_pylist()
    except (arrow.ArrowException, OSError):
        return
    for row in rows:
        yield {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int) else plain_text(value)


def _type(arrow: Any, kind: ValueKind) -> Any:
    if kind in _EXACT:
        return arrow.decimal128(_DIGITS, _DECIMALS)
    if kind is _K.INSTANT:
        return arrow.timestamp("us", tz="UTC")
    plain = {_K.WHOLE: arrow.int64, _K.DATE: arrow.date32, _K.YES_NO: arrow.bool_}
    return plain.get(kind, arrow.string)()
