"""What a value is as a column takes it, and which column a value does not suit; pure, nothing is asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import orjson

from apps.connectors.canonical.values import plain_text
from apps.connectors.errors import BusinessClass
from apps.connectors.protocols.sql_layout import DOCUMENTS, NUMBERS, Column
from apps.connectors.sql_door import RefusedStatementError

_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,30}\s*", re.ASCII)
_YES_NO = frozenset({"t", "true", "y", "yes", "on", "1", "f", "false", "n", "no", "off", "0"})
_B = BusinessClass
# SQLSTATE -> class, sentence: https://www.postgresql.org/docs/current/errcodes-appendix.html
_REFUSALS = {
    "23505": (_B.DUPLICATE, "{table} already has another row with this {field}: find out which one is right."),
    "23P01": (_B.CONFLICT, "{table} already has a row that {field} would collide with: change one of the two."),
    "23503": (_B.MISSING_REFERENCE, "What {field} names is not in the database, or is still used there: add it first."),
    "23502": (_B.VALIDATION, "{table} needs a value for {field}: fill it in at the source, or map it."),
    "23514": (_B.VALIDATION, "{table} does not allow this value of {field}: correct it at the source."),
    "22001": (_B.VALIDATION, "{field} is longer than {table} takes: shorten it at the source."),
    "22003": (_B.VALIDATION, "{field} is a larger number than {table} takes: correct it at the source."),
    "22007": (_B.PARSE, "{field} is not a day or a time that {table} understands: correct it, or map its form."),
    "22008": (_B.PARSE, "{field} is not a day or a time of the calendar: correct it at the source."),
    "22021": (_B.PARSE, "{field} holds a character that no text in a database can hold: remove it at the source."),
    "22P02": (_B.PARSE, "{field} is not of the kind that {table} takes: correct it at the source, or map it."),
    "22P05": (_B.PARSE, "{field} holds a character that this database cannot hold: remove it at the source."),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a refusal means. `column` is the one to blame, "" where none is known; `sentence` has {table} and {field}."""

    column: str
    business_class: BusinessClass
    sentence: str


class UnsuitableValueError(ValueError):
    """A value cannot stand in a column at all; the text ends a sentence that begins with the field's name."""


def bound(column: Column, value: Any) -> str | None:
    """Return a value as it is bound: the server reads the text as its column's type. Raises UnsuitableValueError."""
    if value is None:
        return None
    if column.type in DOCUMENTS:
        text = orjson.dumps(value, default=plain_text).decode()
        if "\\u0000" in text:
            raise UnsuitableValueError("holds a null character, which no database keeps: remove it at the source")
        return text
    if isinstance(value, list | dict):
        raise UnsuitableValueError(f"is a list, and the column {column.name} takes single values only: make it jsonb")
    text = plain_text(value)
    if "\x00" in text:
        raise UnsuitableValueError("holds a null character, which no database keeps: remove it at the source")
    return text


def explain(
    refused: RefusedStatementError, sent: Mapping[str, tuple[Column, str | None]], rules: Mapping[str, tuple[str, ...]]
) -> Explanation:
    """Return what a refusal means; `sent` are the columns that were filled, by name, `rules` the constraints' columns."""
    column = next((name for name in refused.columns if name), "")
    column = column or next(iter(rules.get(refused.constraint, ())), "")
    column = column or next((name for name, (held, text) in sent.items() if not suits(held, text, refused.code)), "")
    held, _ = sent.get(column, (None, None))
    if refused.code == "22P02" and held is not None and held.choices:
        allowed = ", ".join(held.choices[:8])
        sentence = f"{{table}} knows no such {{field}}: translate it by a value map into one of {_braced(allowed)}."
        return Explanation(column, _B.MAPPING_GAP, sentence)
    known = _REFUSALS.get(refused.code)
    if known is not None and column:
        return Explanation(column, *known)
    business_class = known[0] if known else _B.VALIDATION
    return Explanation(column, business_class, f"{{table}} does not take this record: {_braced(refused.message)}.")


def suits(column: Column, text: str | None, code: str) -> bool:
    """Return whether a text can be the reason of a refusal by this SQLSTATE, as far as that can be told from here."""
    if text is None:
        return code != "23502"
    if code == "22001":
        return column.max_length is None or len(text) <= column.max_length
    if code == "22003":
        return _fits_number(column, text)
    return _is_readable(column, text)


def same(column: Column, text: str | None, held: Any) -> bool:
    """Return whether a value that was bound as `text` is what a row holds now."""
    if text is None or held is None:
        return text is None and held is None
    if column.type in DOCUMENTS:
        return bool(orjson.loads(text) == held)
    if isinstance(held, bool):
        return (text.lower() in {"t", "true", "y", "yes", "on", "1"}) is held
    first, second = _number(text), _number(str(held))
    if first is not None and second is not None and column.type in {*NUMBERS, "numeric", "float4", "float8"}:
        return first == second
    if column.type in {"timestamp", "timestamptz"}:
        return _moment(text) is not None and _moment(text) == _moment(str(held))
    return str(held).rstrip() == text.rstrip() if column.type == "bpchar" else str(held) == text


def _fits_number(column: Column, text: str) -> bool:
    number = _number(text)
    if number is None:
        return True
    if column.type in NUMBERS:
        return -NUMBERS[column.type] <= number < NUMBERS[column.type]
    return column.whole_digits is None or abs(number) < Decimal(10) ** column.whole_digits


def _is_readable(column: Column, text: str) -> bool:
    if column.choices:
        return text in column.choices
    if column.type in NUMBERS:
        return _WHOLE.fullmatch(text) is not None
    if column.type in {"numeric", "float4", "float8"}:
        return _number(text) is not None
    if column.type == "bool":
        return text.strip().lower() in _YES_NO
    if column.type == "date":
        return _day(text) is not None
    if column.type in {"timestamp", "timestamptz"}:
        return _moment(text) is not None
    return column.type != "uuid" or _is_uuid(text)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def _day(text: str) -> date | None:
    moment = _moment(text)
    return moment.date() if moment else None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _braced(text: str) -> str:
    return text.replace("{", "(").replace("}", ")")
