"""The transforms a mapping line may name: one registry, each with its kinds, its argument and tested examples.

Written "name" or "name:argument". A missing value stays missing through every transform but `default_text`. The file
is long because it is one table: each transform is a few lines with its examples beside it.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from apps.connectors.canonical.values import (
    PARSERS,
    UnusableValueError,
    parse_date,
    parse_decimal,
    parse_instant,
    parse_text,
    plain_text,
    shown,
)
from apps.connectors.manifest import ValueKind

Function = Callable[[Any], Any]
Example = tuple[str, Any, Any]  # how it is written, what goes in, what comes out


class TransformError(ValueError):
    """No transform has this name, or its argument is wrong; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One named transform. `takes` and `gives` None mean any kind; `argument` describes what follows the colon."""

    name: str
    summary: str
    takes: ValueKind | None
    gives: ValueKind | None
    argument: str
    build: Callable[[str], Function]
    examples: tuple[Example, ...]
    sees_missing: bool = False
    argument_optional: bool = False


TRANSFORMS: dict[str, Transform] = {}


def build_transform(written: str) -> tuple[Transform, Function]:
    """Return the transform named by "name" or "name:argument" and its function. Raises TransformError."""
    name, colon, argument = written.partition(":")
    known = TRANSFORMS.get(name)
    if known is None:
        raise TransformError(f"there is no transform {name!r}; choose among {', '.join(sorted(TRANSFORMS))}")
    if colon and not known.argument:
        raise TransformError(f"{name} takes nothing after a colon")
    if known.argument and not argument and not known.argument_optional:
        raise TransformError(f"{name} needs {known.argument}: write {name}:…")
    return known, _reading(known.takes, known.build(argument))


def _reading(takes: ValueKind | None, function: Function) -> Function:
    if takes is None:
        return function
    parse = PARSERS[takes]

    def read_first(value: Any) -> Any:
        ready = parse(value)
        return None if ready is None else function(ready)

    return read_first


def _simple(takes: ValueKind | None, gives: ValueKind | None, *examples: Example) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        name, summary = function.__name__, (function.__doc__ or "").strip()
        TRANSFORMS[name] = Transform(name, summary, takes, gives, "", lambda _argument: function, examples)
        return function

    return register


def _with(
    argument: str,
    takes: ValueKind | None,
    gives: ValueKind | None,
    *examples: Example,
    optional: bool = False,
    sees_missing: bool = False,
) -> Callable[[Callable[[str], Function]], Callable[[str], Function]]:
    def register(build: Callable[[str], Function]) -> Callable[[str], Function]:
        name, summary = build.__name__, (build.__doc__ or "").strip()
        TRANSFORMS[name] = Transform(
            name, summary, takes, gives, argument, build, examples, sees_missing, argument_optional=optional
        )
        return build

    return register


_TEXT, _DECIMAL, _DATE = ValueKind.TEXT, ValueKind.DECIMAL, ValueKind.DATE


@_simple(_TEXT, _TEXT, ("trim", "  Ann ", "Ann"), ("trim", "   ", None))
def trim(text: str) -> str:
    """Remove spaces at both ends."""
    return text.strip()


@_simple(_TEXT, _TEXT, ("upper", "eur", "EUR"))
def upper(text: str) -> str:
    """Write in capital letters."""
    return text.upper()


@_simple(_TEXT, _TEXT, ("lower", "Ann@Firm.example", "ann@firm.example"))
def lower(text: str) -> str:
    """Write in small letters."""
    return text.lower()


@_simple(_TEXT, _TEXT, ("one_line", "first\n second", "first second"))
def one_line(text: str) -> str:
    """Turn line breaks and runs of spaces into single spaces."""
    return " ".join(text.split())


@_simple(None, _TEXT, ("text", Decimal("7.50"), "7.50"), ("text", True, "true"))
def text(value: Any) -> str | None:
    """Write any single value out as text."""
    return parse_text(value)


@_simple(_TEXT, _TEXT, ("digits", "PRJ-0042", "0042"))
def digits(text: str) -> str | None:
    """Keep the digits only."""
    return re.sub(r"[^0-9]", "", text) or None


@_with("a text", _TEXT, _TEXT, ("prefix:PRJ-", "0042", "PRJ-0042"))
def prefix(argument: str) -> Function:
    """Put a text in front."""
    return lambda text: argument + text


@_with("a text", _TEXT, _TEXT, ("suffix:-A", "42", "42-A"))
def suffix(argument: str) -> Function:
    """Put a text behind."""
    return lambda text: text + argument


@_with("a text", _TEXT, _TEXT, ("without_prefix:PRJ-", "PRJ-0042", "0042"), ("without_prefix:X", "42", "42"))
def without_prefix(argument: str) -> Function:
    """Take a text away from the front, where it is there."""
    return lambda text: text.removeprefix(argument)


@_with("a separator", _TEXT, _TEXT, ("before: - ", "Audit - Phase 1", "Audit"), ("before:/", "Audit", "Audit"))
def before(argument: str) -> Function:
    """Keep what stands before the first separator; all of it when there is none."""
    return lambda text: text.partition(argument)[0]


@_with("a separator", _TEXT, _TEXT, ("after: - ", "Audit - Phase 1", "Phase 1"), ("after:/", "Audit", None))
def after(argument: str) -> Function:
    """Keep what stands behind the first separator; nothing when there is none."""
    return lambda text: text.partition(argument)[2] or None


@_with("first and last position, as 0,4", _TEXT, _TEXT, ("slice:0,4", "2026-11", "2026"), ("slice:5", "2026-11", "11"))
def slice(argument: str) -> Function:  # noqa: A001  the name people write in a mapping
    """Keep a part of a text, counted from 0; one number means from there to the end."""
    bounds = argument.split(",")
    if len(bounds) > 2 or not all(re.fullmatch(r"\s*[0-9]{1,6}\s*", bound) for bound in bounds):
        raise TransformError(f"slice:{argument} needs one or two whole numbers, as slice:0,4")
    first, last = int(bounds[0]), int(bounds[1]) if len(bounds) == 2 else None
    return lambda text: text[first:last] or None


@_with("a number of characters", _TEXT, _TEXT, ("shorten:5", "Workshop", "Works"), ("shorten:50", "Call", "Call"))
def shorten(argument: str) -> Function:
    """Cut a text to a number of characters."""
    length = _whole_argument("shorten", argument, least=1)
    return lambda text: text[:length]


@_with("old text,new text", _TEXT, _TEXT, ("replace:/,-", "A/B", "A-B"), ("replace:x,", "axb", "ab"))
def replace(argument: str) -> Function:
    """Replace a text by another wherever it stands."""
    old, comma, new = argument.partition(",")
    if not comma or not old:
        raise TransformError(f"replace:{argument} needs the old text, a comma and the new text")
    return lambda text: text.replace(old, new)


@_with("a length", _TEXT, _TEXT, ("zeros:6", "42", "000042"))
def zeros(argument: str) -> Function:
    """Fill with zeros from the left to a length."""
    length = _whole_argument("zeros", argument, least=1, most=100)
    return lambda text: text.rjust(length, "0")


@_with(
    "a text", None, None, ("default_text:none", None, "none"), ("default_text:none", "here", "here"), sees_missing=True
)
def default_text(argument: str) -> Function:
    """Use a text where the value is missing or empty."""
    return lambda value: argument if value is None or value == "" else value


@_simple(ValueKind.NESTED, None, ("first", ["a", "b"], "a"), ("first", [], None))
def first(values: Any) -> Any:
    """Take the first entry of a list."""
    return values[0] if isinstance(values, list) and values else None


@_simple(ValueKind.NESTED, None, ("last", ["a", "b"], "b"))
def last(values: Any) -> Any:
    """Take the last entry of a list."""
    return values[-1] if isinstance(values, list) and values else None


@_with("a separator", ValueKind.NESTED, _TEXT, ("join:, ", ["a", 2, None], "a, 2"), optional=True)
def join(argument: str) -> Function:
    """Write the entries of a list as one text; missing entries are left out."""
    return lambda values: argument.join(plain_text(value) for value in _listed(values) if value is not None) or None


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else list(values.values())


@_simple(_DECIMAL, _DECIMAL, ("decimal", "7.5", Decimal("7.5")), ("decimal", 7, Decimal(7)))
def decimal(number: Decimal) -> Decimal:
    """Read a number with a decimal point."""
    return number


@_simple(
    None,
    _DECIMAL,
    ("decimal_comma", "7,5", Decimal("7.5")),
    ("decimal_comma", "1.234,50", Decimal("1234.50")),
    ("decimal_comma", "7.5", Decimal("7.5")),
)
def decimal_comma(value: Any) -> Decimal | None:
    """Read a number with a decimal comma; points before it are thousands. A number with a point only is kept."""
    if not isinstance(value, str) or "," not in value:
        return parse_decimal(value)
    whole, _, fraction = value.strip().rpartition(",")
    if re.fullmatch(r"[+-]?(?:[0-9]{1,15}|[0-9]{1,3}(?:[. ][0-9]{3})+)", whole) is None:
        raise UnusableValueError(f"{shown(value)} is not a number with a decimal comma. Correct it in {{source}}")
    return parse_decimal(f"{whole.replace('.', '').replace(' ', '')}.{fraction}")


@_with(
    "a number of decimals",
    _DECIMAL,
    ValueKind.MONEY,
    ("money_round", "1.005", Decimal("1.01")),
    ("money_round:0", "2.5", Decimal(3)),
    optional=True,
)
def money_round(argument: str) -> Function:
    """Round half up to cents, or to the number of decimals given."""
    unit = Decimal(1).scaleb(-_whole_argument("money_round", argument or "2", most=6))
    return lambda number: number.quantize(unit, ROUND_HALF_UP)


@_with("a number", _DECIMAL, _DECIMAL, ("times:0.01", 1250, Decimal("12.50")))
def times(argument: str) -> Function:
    """Multiply by a fixed number."""
    factor = _number_argument("times", argument)
    return lambda number: number * factor


@_with("a number", _DECIMAL, _DECIMAL, ("divided_by:8", 20, Decimal("2.5")))
def divided_by(argument: str) -> Function:
    """Divide by a fixed number, to nine decimals."""
    divisor = _number_argument("divided_by", argument)
    if not divisor:
        raise TransformError("divided_by:0 has no result: give another number")
    return lambda number: _tidy(number / divisor)


@_simple(_DECIMAL, ValueKind.MONEY, ("cents_to_money", 123456, Decimal("1234.56")))
def cents_to_money(number: Decimal) -> Decimal:
    """Turn cents into whole currency units."""
    return number.scaleb(-2)


@_simple(_DECIMAL, _DECIMAL, ("negative", 5, Decimal(-5)))
def negative(number: Decimal) -> Decimal:
    """Change the sign."""
    return -number


@_simple(
    None,
    ValueKind.HOURS,
    ("hours", "7:30", Decimal("7.5")),
    ("hours", "7.5", Decimal("7.5")),
    ("hours", 2.25, Decimal("2.25")),
    ("hours", "PT1H15M", Decimal("1.25")),
)
def hours(value: Any) -> Decimal | None:
    """Read hours from a number, from "7:30" or from "PT7H30M"; minutes become a fraction of four decimals."""
    if isinstance(value, str) and (":" in value or value.strip().startswith("PT")):
        match = re.fullmatch(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d))?", value.strip(), re.ASCII) or re.fullmatch(
            r"PT(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,4})S)?", value.strip(), re.ASCII
        )
        if match is None or not any(match.groups()):
            raise UnusableValueError(f"{shown(value)} is not a length of time. Write it as 7.5 or 7:30 in {{source}}")
        whole, minutes, seconds = (Decimal(part or 0) for part in match.groups())
        return _tidy(whole + minutes / 60 + seconds / 3600, 4)
    return parse_decimal(value)


@_simple(
    _DECIMAL, ValueKind.HOURS, ("minutes_to_hours", 450, Decimal("7.5")), ("minutes_to_hours", 20, Decimal("0.3333"))
)
def minutes_to_hours(minutes: Decimal) -> Decimal:
    """Turn minutes into hours, to four decimals."""
    return _tidy(minutes / 60, 4)


@_simple(_DECIMAL, ValueKind.HOURS, ("seconds_to_hours", 5400, Decimal("1.5")))
def seconds_to_hours(seconds: Decimal) -> Decimal:
    """Turn seconds into hours, to four decimals."""
    return _tidy(seconds / 3600, 4)


@_simple(_DECIMAL, ValueKind.WHOLE, ("whole", "7.5", 8), ("whole", 7, 7))
def whole(number: Decimal) -> int:
    """Round half up to a whole number."""
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))


_DATE_PARTS: Mapping[str, Callable[[date], str]] = {
    "%d": lambda day: f"{day.day:02d}",
    "%m": lambda day: f"{day.month:02d}",
    "%Y": lambda day: f"{day.year:04d}",
    "%y": lambda day: f"{day.year % 100:02d}",
    "%j": lambda day: f"{day.timetuple().tm_yday:03d}",
    "%V": lambda day: f"{day.isocalendar().week:02d}",
    "%G": lambda day: f"{day.isocalendar().year:04d}",
    "%%": lambda _day: "%",
}
_PARSED_PARTS = frozenset({"%d", "%m", "%Y", "%y", "%H", "%M", "%S", "%f", "%z", "%%", "%j"})


@_with("a form such as %d.%m.%Y", _DATE, _TEXT, ("date_format:%d.%m.%Y", date(2026, 11, 3), "03.11.2026"))
def date_format(argument: str) -> Function:
    """Write a day in a form: %d day, %m month, %Y year, %y two digits, %j day of the year, %V and %G calendar week."""
    parts = _form_parts("date_format", argument, frozenset(_DATE_PARTS))

    # A sync has many records of few days.
    @lru_cache(maxsize=1_024)
    def write(day: date) -> str:
        return "".join(_DATE_PARTS[part](day) if part in _DATE_PARTS else part for part in parts)

    return write


@_with("a form such as %d.%m.%Y", _TEXT, _DATE, ("date_parse:%d.%m.%Y", "03.11.2026", date(2026, 11, 3)))
def date_parse(argument: str) -> Function:
    """Read a day written in a form."""
    _form_parts("date_parse", argument, _PARSED_PARTS)

    @lru_cache(maxsize=1_024)
    def read(text: str) -> date:
        try:
            return datetime.strptime(text, argument).date()  # noqa: DTZ007  only the day is kept
        except ValueError:
            raise UnusableValueError(
                f"{shown(text)} is not a day in the form {argument}. Correct it in {{source}}"
            ) from None

    return read


@_simple(None, _DATE, ("day", "2026-11-03T23:30:00Z", date(2026, 11, 3)))
def day(value: Any) -> date | None:
    """Take the calendar day of an instant, as its own zone shows it."""
    return parse_date(value)


@_simple(_DATE, _DATE, ("month_start", date(2026, 11, 3), date(2026, 11, 1)))
def month_start(day: date) -> date:
    """Go to the first day of the month."""
    return day.replace(day=1)


@_simple(
    _DATE, _DATE, ("month_end", date(2028, 2, 3), date(2028, 2, 29)), ("month_end", "2026-12-31", date(2026, 12, 31))
)
def month_end(day: date) -> date:
    """Go to the last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


@_simple(
    None,
    ValueKind.INSTANT,
    ("assume_utc", "2026-11-03T09:00:00", datetime(2026, 11, 3, 9, tzinfo=UTC)),
    ("assume_utc", "2026-11-03 09:00:00+01:00", datetime(2026, 11, 3, 8, tzinfo=UTC)),
    ("assume_utc", "2026-11-03", datetime(2026, 11, 3, tzinfo=UTC)),
)
def assume_utc(value: Any) -> datetime | None:
    """Read an instant; where it does not say its zone it is in UTC."""
    moment = value
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            raise UnusableValueError(f"{shown(value)} is not a point in time. Correct it in {{source}}") from None
    if not isinstance(moment, datetime):
        raise UnusableValueError(f"{shown(value)} is not a point in time. Correct it in {{source}}")
    return parse_instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


@_simple(_DECIMAL, ValueKind.INSTANT, ("epoch_seconds", 0, datetime(1970, 1, 1, tzinfo=UTC)))
def epoch_seconds(number: Decimal) -> datetime:
    """Read an instant from seconds since 1970."""
    return _since_1970(number)


@_simple(_DECIMAL, ValueKind.INSTANT, ("epoch_milliseconds", 1000, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)))
def epoch_milliseconds(number: Decimal) -> datetime:
    """Read an instant from milliseconds since 1970."""
    return _since_1970(number / 1000)


def _since_1970(seconds: Decimal) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))
    except OverflowError:
        raise UnusableValueError(f"{shown(seconds)} seconds lie outside the calendar") from None


@_simple(ValueKind.YES_NO, ValueKind.YES_NO, ("yes_no", "Yes", True), ("yes_no", 0, False))
def yes_no(value: bool) -> bool:  # noqa: FBT001  the value itself
    """Read yes or no from the usual words or from 1 and 0."""
    return value


@_simple(ValueKind.YES_NO, ValueKind.YES_NO, ("opposite", True, False))
def opposite(value: bool) -> bool:  # noqa: FBT001  the value itself
    """Turn yes into no and no into yes."""
    return not value


@_with(
    "the words for yes and no, as Y,N",
    ValueKind.YES_NO,
    _TEXT,
    ("yes_no_as:Y,N", True, "Y"),
    ("yes_no_as:Y,N", "no", "N"),
)
def yes_no_as(argument: str) -> Function:
    """Write yes and no as two words."""
    yes, comma, no = argument.partition(",")
    if not comma or not yes or not no:
        raise TransformError(f"yes_no_as:{argument} needs two words with a comma between, as yes_no_as:Y,N")
    return lambda value: yes if value else no


def _form_parts(name: str, form: str, known: frozenset[str]) -> list[str]:
    parts = re.findall(r"%.?|[^%]+", form, re.DOTALL)
    unknown = [part for part in parts if part.startswith("%") and part not in known]
    if unknown:
        raise TransformError(f"{name} does not know {unknown[0]!r}; use {', '.join(sorted(known))}")
    return parts


def _whole_argument(name: str, argument: str, *, least: int = 0, most: int = 100_000) -> int:
    if re.fullmatch(r"[0-9]{1,6}", argument) is None or not least <= int(argument) <= most:
        raise TransformError(f"{name}:{argument} needs a whole number from {least} to {most}")
    return int(argument)


def _number_argument(name: str, argument: str) -> Decimal:
    try:
        number = parse_decimal(argument)
    except UnusableValueError:
        number = None
    if number is None:
        raise TransformError(f"{name}:{argument} needs a number, as {name}:0.01")
    return number


def _tidy(number: Decimal, decimals: int = 9) -> Decimal:
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return rounded.normalize() if rounded != rounded.to_integral_value() else rounded.quantize(Decimal(1))
