"""Turn what a system sent into plain Python values of a kind, and back into JSON; doubt is a sentence, never a guess.

A missing value is None, and so is a text with nothing in it. Numbers from floats keep the digits that were sent
(7.1 is Decimal("7.1")). Instants become aware and UTC; an instant without a zone is refused, because guessing it
would move time across a month's end.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import ValueKind


class UnusableValueError(Exception):
    """A value cannot be used as it is; the text says why and what would mend it."""

    def __init__(self, message: str, business_class: BusinessClass = BusinessClass.PARSE) -> None:
        super().__init__(message)
        self.message = message
        self.business_class = business_class


_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,12})?", re.ASCII).fullmatch
_COMMA_NUMBER = re.compile(r"[+-]?[0-9. ]{0,18},[0-9]{1,12}", re.ASCII).fullmatch
_LARGEST = Decimal(10) ** 15
_LARGEST_FLOAT = 1e15
_LOSSLESS = 1e11
NULL = "\x00"  # PostgreSQL keeps no text with it, and systems cut texts there
_WORDS_FOR_YES = frozenset({"true", "yes", "y", "t", "1", "on"})
_WORDS_FOR_NO = frozenset({"false", "no", "n", "f", "0", "off"})
_DATE_LENGTH = 10
_SHOWN_LENGTH = 60


def shown(value: object) -> str:
    """Return a value as it may stand in a sentence: quoted and short."""
    text = value if isinstance(value, str) else plain_text(value)
    return f"“{text[:_SHOWN_LENGTH]}…”" if len(text) > _SHOWN_LENGTH else f"“{text}”"


def plain_text(value: object) -> str:
    """Return a value as text without losing anything: 7.50 -> "7.50", True -> "true", 2.0 (a float) -> "2"."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _LOSSLESS else repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def parse_text(value: Any) -> str | None:
    """Return trimmed text; numbers, dates and yes/no are written out. A text with a null character is refused."""
    if type(value) is str:
        if NULL in value:
            raise UnusableValueError(
                "the text holds a null character, which hardly any system takes. Remove it in {source}"
            )
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, (dict, list, tuple)):
        raise UnusableValueError(
            "a list or a group of values stands where a single text is expected; map one part of it"
        )
    return plain_text(value).strip() or None


def parse_decimal(value: Any) -> Decimal | None:
    """Return an exact number. Texts must use a decimal point and no thousands separators."""
    if type(value) is str:
        return _decimal_from_text(value.strip())
    if value is None:
        return None
    if type(value) is float:
        if -_LARGEST_FLOAT < value < _LARGEST_FLOAT:
            return Decimal(repr(value))
        raise UnusableValueError(f"{shown(value)} is too large to be right. Correct it in {{source}}")
    if isinstance(value, Decimal):
        return _bounded(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _bounded(Decimal(value))
    raise UnusableValueError(f"{shown(value)} is not a number")


def _decimal_from_text(text: str) -> Decimal | None:
    if _NUMBER(text):
        return Decimal(text)
    if not text:
        return None
    if _COMMA_NUMBER(text):
        raise UnusableValueError(
            f"{shown(text)} is written with a decimal comma. Write it with a point in {{source}}, "
            "or add the step “decimal_comma” to this line of the mapping"
        )
    raise UnusableValueError(f"{shown(text)} is not a number. Correct it in {{source}}")


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise UnusableValueError(f"{shown(str(number))} is too large to be right. Correct it in {{source}}")
    return number


def parse_whole(value: Any) -> int | None:
    """Return a whole number; 7.0 passes, 7.5 does not."""
    if type(value) is int:
        return int(_bounded(Decimal(value)))
    number = parse_decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise UnusableValueError(f"{shown(value)} is not a whole number")
    return int(number)


def parse_date(value: Any) -> date | None:
    """Return a calendar day; an instant gives the day it shows in its own zone."""
    if type(value) is str:
        text = value.strip()
        if len(text) == _DATE_LENGTH and text[4] == "-" and text[7] == "-":
            return _date_from_text(text)
        return _instant_from_text(text).date() if text else None
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise UnusableValueError(f"{shown(value)} is not a date. Write it as 2026-11-30")


def _date_from_text(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnusableValueError(f"{shown(text)} is not a day of the calendar. Correct it in {{source}}") from None


def _instant_from_text(text: str) -> datetime:
    try:
        if text[4:5] == "-" and len(text) > _DATE_LENGTH:
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise UnusableValueError(
        f"{shown(text)} is not a date in the form 2026-11-30. Correct it in {{source}}, "
        "or add the step “date_parse” with the form it has"
    )


def parse_instant(value: Any) -> datetime | None:
    """Return an aware instant in UTC."""
    if type(value) is str:
        text = value.strip()
        if not text:
            return None
        value = _instant_from_text(text)
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise UnusableValueError(f"{shown(value)} is not a point in time. Write it as 2026-11-30T09:15:00Z")
    if value.tzinfo is None:
        raise UnusableValueError(
            f"{shown(value)} does not say its time zone. Add the step “assume_utc” if {{source}} means UTC"
        )
    return _in_utc(value)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise UnusableValueError(f"{shown(moment)} is outside the calendar") from None


def parse_yes_no(value: Any) -> bool | None:
    """Return True or False; the usual words and 1/0 are understood."""
    if type(value) is bool or value is None:
        return value
    word = plain_text(value).strip().lower()
    if word in _WORDS_FOR_YES:
        return True
    if word in _WORDS_FOR_NO:
        return False
    if not word:
        return None
    raise UnusableValueError(f"{shown(value)} is neither yes nor no. Add a value map to this line of the mapping")


def parse_nested(value: Any) -> Any:
    """Return a list or a group of values unchanged."""
    if value is None or isinstance(value, (dict, list)):
        return value
    raise UnusableValueError(f"{shown(value)} is a single value where a list or a group of values is expected")


PARSERS: Mapping[ValueKind, Callable[[Any], Any]] = {
    ValueKind.TEXT: parse_text,
    ValueKind.CHOICE: parse_text,
    ValueKind.REFERENCE: parse_text,
    ValueKind.WHOLE: parse_whole,
    ValueKind.DECIMAL: parse_decimal,
    ValueKind.MONEY: parse_decimal,
    ValueKind.HOURS: parse_decimal,
    ValueKind.DATE: parse_date,
    ValueKind.INSTANT: parse_instant,
    ValueKind.YES_NO: parse_yes_no,
    ValueKind.NESTED: parse_nested,
}


def write_number(value: Any) -> float | int | str | None:
    """Return a number as JSON holds it: exact to four decimals below 100 billion, as text beyond."""
    if type(value) is not Decimal:
        value = parse_decimal(value)
        if value is None:
            return None
    if value.is_snan():  # the one decimal that cannot even be compared
        raise UnusableValueError(f"{shown(value)} is no number")
    number = float(value)
    if -_LOSSLESS < number < _LOSSLESS:
        return number
    if not value.is_finite():
        raise UnusableValueError(f"{shown(value)} is no number")
    return f"{value:f}"


def write_day(value: Any) -> str | None:
    """Return a day as 2026-11-30; a text is kept, because a step of the mapping has given it its form."""
    if type(value) is str:
        return value or None
    day = parse_date(value)
    return None if day is None else day.isoformat()


def write_instant(value: Any) -> str | None:
    """Return an instant as 2026-11-30T09:15:00+00:00; a text is kept."""
    if type(value) is str:
        return value or None
    moment = parse_instant(value)
    return None if moment is None else moment.isoformat()


def write_plain(value: Any) -> Any:
    """Return any canonical value as JSON can hold it and `restore` can read it back."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(name): write_plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [write_plain(inner) for inner in value]
    return plain_text(value)


WRITERS: Mapping[ValueKind, Callable[[Any], Any]] = {
    ValueKind.TEXT: parse_text,
    ValueKind.CHOICE: parse_text,
    ValueKind.REFERENCE: parse_text,
    ValueKind.WHOLE: parse_whole,
    ValueKind.DECIMAL: write_number,
    ValueKind.MONEY: write_number,
    ValueKind.HOURS: write_number,
    ValueKind.DATE: write_day,
    ValueKind.INSTANT: write_instant,
    ValueKind.YES_NO: parse_yes_no,
    ValueKind.NESTED: write_plain,
}
