"""The checks a mapping line may state on its result: one registry, each with its kind, its argument and tested examples.

Written "name" or "name:argument", as transforms are. A check looks at what the line would hand over, after its steps, its
table of values and its default, and never changes it. A missing value passes every check but `not_empty`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.canonical.shapes import gettext_noop
from apps.connectors.canonical.values import (
    PARSERS,
    UnusableValueError,
    parse_date,
    parse_decimal,
    plain_text,
    shown,
)
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import ValueKind
from apps.flows.mapping.expressions import ExpressionError, build_matcher

Holds = Callable[[Any], bool]
Example = tuple[str, Any, bool]  # how it is written, the value, whether it passes
MOST_CHECKS = 10
LONGEST_CHECK = 500


class LineCheckError(ValueError):
    """No check has this name, or its argument is wrong; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class LineCheck:
    """One named check. `takes` None means any kind; `demand` says what must hold, with {argument}."""

    name: str
    summary: str
    demand: str
    takes: ValueKind | None
    argument: str
    build: Callable[[str], Holds]
    examples: tuple[Example, ...]
    sees_missing: bool = False


LINE_CHECKS: dict[str, LineCheck] = {}


def build_line_check(written: str) -> tuple[LineCheck, Holds]:
    """Return the check written "name" or "name:argument" and its function. Raises LineCheckError."""
    if len(written) > LONGEST_CHECK:
        raise LineCheckError(f"a check has {len(written)} characters; at most {LONGEST_CHECK} are allowed")
    name, colon, argument = written.partition(":")
    known = LINE_CHECKS.get(name)
    if known is None:
        raise LineCheckError(f"there is no check {name!r}; choose among {', '.join(sorted(LINE_CHECKS))}")
    if colon and not known.argument:
        raise LineCheckError(f"{name} takes nothing after a colon")
    if known.argument and not argument.strip():
        raise LineCheckError(f"{name} needs {known.argument}: write {known.examples[0][0]}")
    return known, _reading(known, known.build(argument))


def build_line_checks(written: Sequence[str]) -> Callable[[Any], Any]:
    """Return one function that hands a value on when it passes all of the checks.

    Raises LineCheckError here, and UnusableValueError, naming value and check, when a value does not pass.
    """
    checks = [(one, holds, text) for text in written for one, holds in [build_line_check(text)]]
    on_missing = [entry for entry in checks if entry[0].sees_missing]

    def require_checks(value: Any) -> Any:
        for check, holds, text in on_missing if value is None else checks:
            if not holds(value):
                raise UnusableValueError(_sentence(check, text, value), BusinessClass.VALIDATION)
        return value

    return require_checks


def _sentence(check: LineCheck, text: str, value: Any) -> str:
    demand = check.demand.format(argument=text.partition(":")[2].strip())
    subject = "there is no value, but it" if value is None else shown(value)
    return f"{subject} {demand}. Correct it in {{source}}, or change the check “{text}” of this line of the mapping"


def _reading(check: LineCheck, holds: Holds) -> Holds:
    if check.takes is None:
        return holds
    parse = PARSERS[check.takes]
    return lambda value: (ready := parse(value)) is None or holds(ready)


def _check(
    summary: str, demand: str, argument: str, takes: ValueKind | None, *examples: Example, sees_missing: bool = False
) -> Callable[[Callable[[str], Holds]], Callable[[str], Holds]]:
    def register(build: Callable[[str], Holds]) -> Callable[[str], Holds]:
        name = build.__name__.removeprefix("_")
        LINE_CHECKS[name] = LineCheck(name, summary, demand, takes, argument, build, examples, sees_missing)
        return build

    return register


_TEXT, _NUMBER, _DATE = ValueKind.TEXT, ValueKind.DECIMAL, ValueKind.DATE


@_check(
    gettext_noop("There must be a value."),
    "must not be empty",
    "",
    None,
    ("not_empty", "a", True),
    ("not_empty", None, False),
    sees_missing=True,
)
def _not_empty(_argument: str) -> Holds:
    return lambda value: value is not None and value not in ("", [], {})


@_check(
    gettext_noop("A number must not be smaller."),
    "must be at least {argument}",
    "a number",
    _NUMBER,
    ("at_least:0", "0", True),
    ("at_least:0", -0.01, False),
)
def _at_least(argument: str) -> Holds:
    limit = _number("at_least", argument)
    return lambda number: number >= limit


@_check(
    gettext_noop("A number must not be larger."),
    "must be at most {argument}",
    "a number",
    _NUMBER,
    ("at_most:24", 24.0, True),
    ("at_most:24", "24.5", False),
)
def _at_most(argument: str) -> Holds:
    limit = _number("at_most", argument)
    return lambda number: number <= limit


@_check(
    gettext_noop("A number must be larger."),
    "must be more than {argument}",
    "a number",
    _NUMBER,
    ("more_than:0", 0.1, True),
    ("more_than:0", 0, False),
)
def _more_than(argument: str) -> Holds:
    limit = _number("more_than", argument)
    return lambda number: number > limit


@_check(
    gettext_noop("A number must be smaller."),
    "must be less than {argument}",
    "a number",
    _NUMBER,
    ("less_than:1", 0.9, True),
    ("less_than:1", 1, False),
)
def _less_than(argument: str) -> Holds:
    limit = _number("less_than", argument)
    return lambda number: number < limit


@_check(
    gettext_noop("A number must not be written more finely."),
    "must have at most {argument} decimals",
    "a number of decimals",
    _NUMBER,
    ("decimals_at_most:2", 10.25, True),
    ("decimals_at_most:2", "10.250", True),
    ("decimals_at_most:2", "10.255", False),
)
def _decimals_at_most(argument: str) -> Holds:
    unit = Decimal(1).scaleb(-_whole("decimals_at_most", argument, most=12))
    return lambda number: number % unit == 0


@_check(
    gettext_noop("The value must be one of a few."),
    "must be one of {argument}",
    "the values, with commas between",
    _TEXT,
    ("one_of:EUR, USD", "USD", True),
    ("one_of:EUR, USD", "GBP", False),
)
def _one_of(argument: str) -> Holds:
    allowed = _listed("one_of", argument)
    return lambda text: text in allowed


@_check(
    gettext_noop("The value must not be one of a few."),
    "must not be one of {argument}",
    "the values, with commas between",
    _TEXT,
    ("none_of:n/a, TBD", "A1", True),
    ("none_of:n/a, TBD", "TBD", False),
)
def _none_of(argument: str) -> Holds:
    refused = _listed("none_of", argument)
    return lambda text: text not in refused


@_check(
    gettext_noop("A text must begin so."),
    "must begin with {argument}",
    "a text",
    _TEXT,
    ("starts_with:PRJ-", "PRJ-0042", True),
    ("starts_with:PRJ-", "prj-0042", False),
)
def _starts_with(argument: str) -> Holds:
    return lambda text: text.startswith(argument)


@_check(
    gettext_noop("A text must match a pattern (RE2); without ^ and $ it may stand anywhere."),
    "must match {argument}",
    "a pattern",
    _TEXT,
    ("matches:^PRJ-[0-9]{4}$", "PRJ-0042", True),
    ("matches:^PRJ-[0-9]{4}$", "PRJ-42", False),
    ("matches:[0-9]", "room 9", True),
)
def _matches(argument: str) -> Holds:
    try:
        return build_matcher(argument)
    except ExpressionError as wrong:
        raise LineCheckError(f"matches: {wrong.message}") from None


@_check(
    gettext_noop("A text must not be shorter."),
    "must have at least {argument} characters",
    "a number of characters",
    _TEXT,
    ("length_at_least:3", "abc", True),
    ("length_at_least:3", "ab", False),
)
def _length_at_least(argument: str) -> Holds:
    length = _whole("length_at_least", argument)
    return lambda text: len(text) >= length


@_check(
    gettext_noop("A text must not be longer."),
    "must have at most {argument} characters",
    "a number of characters",
    _TEXT,
    ("length_at_most:3", "abc", True),
    ("length_at_most:3", "abcd", False),
)
def _length_at_most(argument: str) -> Holds:
    length = _whole("length_at_most", argument)
    return lambda text: len(text) <= length


@_check(
    gettext_noop("A day must not be earlier."),
    "must not lie before {argument}",
    "a day",
    _DATE,
    ("not_before:2020-01-01", date(2020, 1, 1), True),
    ("not_before:2020-01-01", "2019-12-31", False),
)
def _not_before(argument: str) -> Holds:
    first = _day("not_before", argument)
    return lambda day: day >= first


@_check(
    gettext_noop("A day must not be later."),
    "must not lie after {argument}",
    "a day",
    _DATE,
    ("not_after:2049-12-31", "2049-12-31", True),
    ("not_after:2049-12-31", "2050-01-01", False),
)
def _not_after(argument: str) -> Holds:
    last = _day("not_after", argument)
    return lambda day: day <= last


def _number(name: str, argument: str) -> Decimal:
    try:
        number = parse_decimal(argument)
    except UnusableValueError:
        number = None
    if number is None:
        raise LineCheckError(f"{name}:{argument} needs a number, as {name}:24")
    return number


def _whole(name: str, argument: str, most: int = 100_000) -> int:
    number = _number(name, argument)
    if number != number.to_integral_value() or not 0 <= number <= most:
        raise LineCheckError(f"{name}:{argument} needs a whole number from 0 to {most}")
    return int(number)


def _listed(name: str, argument: str) -> frozenset[str]:
    values = frozenset(value.strip() for value in argument.split(",") if value.strip())
    if not values:
        raise LineCheckError(f"{name}:{argument} names no value: write them with commas between, as {name}:EUR, USD")
    return values


def _day(name: str, argument: str) -> date:
    try:
        day = parse_date(argument)
    except UnusableValueError:
        day = None
    if day is None:
        raise LineCheckError(f"{name}:{plain_text(argument)} needs a day, as {name}:2026-11-30")
    return day
