"""CEL expressions over one record: the only module that knows the CEL library.

Three traps are closed here. CEL does not coerce, so every number of the record is given as a double (write 1.0, not
1, beside a field). Evaluation returns errors as values, so each result's type is looked at before it is believed.
The library ends an evaluation after 10,000 turns of its loops, nests 32 levels at most and matches patterns by RE2, in
linear time; what a single turn costs and how far a text may grow it leaves open, so both are estimated when compiling.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from math import isfinite
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_math, ext_optional, ext_strings

from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.errors import BusinessClass

LONGEST_EXPRESSION = 2_000
LONGEST_INPUT_TEXT = 2_000
LONGEST_RESULT = 65_536
LONGEST_PATTERN = 200
_LONGEST_REMEMBERED = 100
_MOST_PARTS = 1_000
_MOST_PARTS_IN_ALL = 10_000
_DEEPEST = 8
_DIGITS_KEPT = 9  # a double's noise (1.0049999999999999) lies beyond; money and hours lie before

_STRINGS = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_ROOT = re.compile(r"(?<![\w.])r\s*(?:\.\s*\??\s*([A-Za-z_]\w*))?")
_SETTING = re.compile(r"(?<![\w.])settings\b\s*(?:\.\s*\??\s*([A-Za-z_]\w*))?")
_SHORT = r"\s*(?:\"[^\"\\]{0,5}\"|'[^'\\]{0,5}')\s*"
_SHORT_REPLACE = re.compile(rf"\.replace\(\s*{_SHORT},{_SHORT}\)|\.join\({_SHORT}\)|\.join\(\s*\)")
_MULTIPLIES = re.compile(r"\.\s*(?:replace|join|map|transformList|transformMap)\s*\(")
_MOST_SHORT = 4
_LOOPS = r"(?:all|exists|exists_one|existsOne|filter|map|transformList|transformMap)"
# What a loop's body is made of: the start of another loop, a call, a comparison that walks a list, other brackets.
_BODY = re.compile(
    rf"(?P<loop>\.\s*{_LOOPS}\s*\()|(?P<walk>\.\s*(?:split|join|replace|format|charAt|reverse)\s*\()"
    r"|(?P<scan>\bin\b|==|!=|\+|\.\s*[A-Za-z]\w*\s*\()|(?P<open>[(\[{])|(?P<close>[)\]}])"
)
_TURNS = (1, 1_000, 10_000)  # of a body outside any loop, in one, and in loops within each other
_WALK_COST, _SCAN_COST = 20, 2  # against one for each four characters of the body
_MOST_COST = 200_000
_POSITION = re.compile(r"<input>:(\d+):(\d+): (.*)")

Scope = Any  # a cel.Activation, or the UnusableValueError that kept it from being built


class ExpressionError(ValueError):
    """An expression cannot be compiled. `line` and `column` count from 1; 0 when no place can be named."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `roots` are the record's fields it reads; None when it reads the record as a whole.

    `settings` are the flow's settings it reads.
    """

    text: str
    roots: frozenset[str] | None
    evaluate: Callable[[Scope], Any]
    settings: frozenset[str] = frozenset()


@lru_cache(maxsize=2_048)
def compile_expression(text: str) -> Expression:
    """Compile CEL over the record `r` and the flow's `settings`. Raises ExpressionError with the first mistake's place."""
    if not text.strip():
        raise ExpressionError("the expression is empty")
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(f"the expression has {len(text)} characters; at most {LONGEST_EXPRESSION} are allowed")
    _require_bounded(text)
    _require_affordable(text)
    try:
        compiled = _environment().compile(text)
    except RuntimeError as refused:
        raise _placed(str(refused)) from None
    except TypeError:
        raise ExpressionError("the expression holds half a character: write it anew") from None
    return Expression(text, _roots(text), _build_evaluate(compiled), _settings(text))


@cache
def _environment() -> Any:
    extensions = [ext_strings.ExtStrings(), ext_math.ExtMath(), ext_optional.ExtOptional()]
    return cel.NewEnv(variables={"r": cel.Type.DYN, "settings": cel.Type.DYN}, extensions=extensions)


def _require_bounded(text: str) -> None:
    short, rest = len(_SHORT_REPLACE.findall(text)), _SHORT_REPLACE.sub("", text)
    if len(_MULTIPLIES.findall(_STRINGS.sub('""', rest))) > 1 or short > _MOST_SHORT:
        raise ExpressionError(
            "the expression could make a text or a list grow without bound: use replace, join and map once, or "
            f"replace and join up to {_MOST_SHORT} times with texts of at most 5 characters"
        )


def _require_affordable(text: str) -> None:
    """Refuse what could take longer than about two seconds: the body of each loop, times the turns that it may take."""
    brackets: list[int] = []
    cost, loops, last = 0, 0, 0
    bare = _STRINGS.sub('""', text)
    for part in _BODY.finditer(bare):
        turns = _TURNS[min(loops, 2)]
        cost += turns * (part.end() - last) // 4 if loops else 0
        last = part.end()
        if part["walk"] or part["scan"]:
            cost += turns * (_WALK_COST if part["walk"] else _SCAN_COST)
        if part["close"]:
            loops -= brackets.pop() if brackets else 0
        elif part[0][-1] in "([{":
            brackets.append(1 if part["loop"] else 0)
            loops += brackets[-1]
    if cost > _MOST_COST:
        raise ExpressionError(
            "the expression could run too long, because too much is done inside its loops (all, exists, filter, map): "
            "shorten their bodies, put no loop inside another, or calculate a part of it in a field of its own"
        )


def _roots(text: str) -> frozenset[str] | None:
    names = [match[1] for match in _ROOT.finditer(_STRINGS.sub('""', text))]
    return None if None in names else frozenset(names)


def _settings(text: str) -> frozenset[str]:
    names = [match[1] for match in _SETTING.finditer(_STRINGS.sub('""', text))]
    if None in names:
        raise ExpressionError("settings are read one by one: write settings.name")
    return frozenset(names)


def unknown_settings(expression: Expression, known: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each setting that the expression reads and the flow does not have."""
    choices = f"choose one of {', '.join(known)}" if known else "it has none"
    return [f"the flow has no setting {name!r}: {choices}" for name in sorted(expression.settings - known.keys())]


def _placed(message: str) -> ExpressionError:
    match = _POSITION.search(message)
    if match is None:
        return ExpressionError(message.removesuffix("[INVALID_ARGUMENT]").strip())
    line, column = int(match[1]), int(match[2])
    sentence = match[3].removesuffix("[INVALID_ARGUMENT]").strip().replace(" (in container '')", "")
    return ExpressionError(f"{sentence} (line {line}, character {column})", line, column)


@lru_cache(maxsize=1_024)
def build_matcher(pattern: str) -> Callable[[str], bool]:
    """Return a function that says whether a pattern stands anywhere in a text.

    The pattern is RE2's, whose time grows with the text alone (https://github.com/google/re2/wiki/Syntax): no pattern can
    make it run away, and what would need that (look-ahead, references back) is refused. Raises ExpressionError.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise ExpressionError(f"the pattern has {len(pattern)} characters; at most {LONGEST_PATTERN} are allowed")
    if not pattern.isprintable():
        raise ExpressionError("the pattern holds a character that cannot be shown: write it as \\n, \\t or \\x{1F600}")
    written = pattern.replace("\\", "\\\\").replace('"', '\\"')
    run, activate = _matching().compile(f'v.matches("{written}")').eval, _matching().Activation
    tried = run(activate({"v": ""}))
    if tried.type() != cel.Type.BOOL:
        reason = str(tried.value()).rpartition("regular expression: ")[2]
        raise ExpressionError(f"the pattern {pattern!r} cannot be used ({reason})")

    def match(text: str) -> bool:
        try:
            return run(activate({"v": text})).value() is True
        # What is no Unicode is refused by one or the other, as the conversion happens to meet it.
        except (RuntimeError, ValueError):
            raise UnusableValueError("the text holds half a character. Correct it in {source}") from None

    # A sync has many records of few values; long texts are hardly ever the same.
    remembered = lru_cache(maxsize=1_024)(match)
    return lambda text: remembered(text) if len(text) <= _LONGEST_REMEMBERED else match(text)


@cache
def _matching() -> Any:
    return cel.NewEnv(variables={"v": cel.Type.STRING})


def build_scope_builder(
    expressions: Iterable[Expression], settings: Mapping[str, Any] | None = None
) -> Callable[[Mapping[str, Any]], Scope]:
    """Return a function that prepares a record once for all these expressions.

    Only the fields they read are handed over; missing ones are left out, so that has(r.note) tells the truth. The same
    goes for `settings`, which every record sees alike.
    """
    expressions = tuple(expressions)
    roots = [expression.roots for expression in expressions]
    chosen = frozenset[str]().union(*(expression.settings for expression in expressions))
    fixed = {"settings": {name: _given(value) for name, value in (settings or {}).items() if name in chosen}}
    names = None if None in roots else frozenset().union(*(root for root in roots if root is not None))
    activate = _environment().Activation

    def build(values: Mapping[str, Any]) -> Scope:
        try:
            record = {
                name: _given(value) if type(value) in _SINGLE else _given_bounded(value)
                for name in (values if names is None else names)
                if (value := values.get(name)) is not None
            }  # fmt: skip
            return activate({"r": record, **fixed} if chosen else {"r": record})
        except UnusableValueError as wrong:
            return wrong
        except (ValueError, OverflowError):
            return UnusableValueError("a number is too large for a calculation")

    return build


_SINGLE = frozenset({str, Decimal, float, int, bool, date, datetime})


def _given_bounded(value: Any) -> Any:
    if _parts_of(value) > _MOST_PARTS_IN_ALL:
        raise UnusableValueError("a list or group of values is too large for a calculation", BusinessClass.TOO_LARGE)
    return _given(value)


def _parts_of(value: Any) -> int:
    """Count the single values in a list or group; counting ends where there are too many."""
    counted, open_parts = 0, [value]
    while open_parts and counted <= _MOST_PARTS_IN_ALL:
        part = open_parts.pop()
        counted += 1
        if isinstance(part, (dict, list, tuple)):
            open_parts += list(part.values() if isinstance(part, dict) else part)[: _MOST_PARTS_IN_ALL + 1]
    return counted


def _given(value: Any, depth: int = 0) -> Any:
    kind = type(value)
    if kind is str:
        if len(value) > LONGEST_INPUT_TEXT:
            raise UnusableValueError(
                f"a text of {len(value)} characters cannot be used in a calculation; {LONGEST_INPUT_TEXT} are allowed",
                BusinessClass.TOO_LARGE,
            )
        return value
    if kind is Decimal or kind is float or kind is int:
        return float(value)
    if kind is bool or value is None:
        return value
    if isinstance(value, date):
        return value.isoformat()
    return _given_nested(value, depth)


def _given_nested(value: Any, depth: int) -> Any:
    if not isinstance(value, (dict, list, tuple)):
        return str(value)[:LONGEST_INPUT_TEXT]
    if depth >= _DEEPEST or len(value) > _MOST_PARTS:
        raise UnusableValueError("a list or group of values is too large for a calculation", BusinessClass.TOO_LARGE)
    if isinstance(value, dict):
        return {str(name): _given(inner, depth + 1) for name, inner in value.items()}
    return [_given(inner, depth + 1) for inner in value]


def _build_evaluate(compiled: Any) -> Callable[[Scope], Any]:
    run, text_type = compiled.eval, cel.Type.STRING

    def evaluate(scope: Scope) -> Any:
        if type(scope) is UnusableValueError:
            raise scope
        try:
            result = run(scope)
        # Most errors come back as values; a used-up budget and text that is no Unicode are raised.
        except (RuntimeError, ValueError, TypeError) as failed:
            raise UnusableValueError(_sentence(str(failed)), BusinessClass.MAPPING_GAP) from None
        value = result.value()
        if type(value) is not str:
            return _taken(value, result)
        # An error arrives as its text: without this look it would be delivered as the customer's content.
        if result.type() != text_type:
            raise UnusableValueError(_sentence(value), BusinessClass.MAPPING_GAP)
        if len(value) > LONGEST_RESULT:
            raise UnusableValueError("the calculated text is too long", BusinessClass.TOO_LARGE)
        return value

    return evaluate


def _taken(value: Any, result: Any) -> Any:
    if type(value) is float:
        if not isfinite(value):
            raise UnusableValueError("the calculation has no result (a division by zero?)", BusinessClass.MAPPING_GAP)
        return round(value, _DIGITS_KEPT)
    if value is None or isinstance(value, (bool, int, date)):
        return value
    if isinstance(value, (list, dict)):
        return result.plain_value()
    raise UnusableValueError("the calculation gives something that is no text, number, date or yes/no")


def _sentence(error: str) -> str:
    if "Key not found" in error:
        return f"the calculation needs a value that is missing: {error.rsplit(':', 1)[-1].strip()}"
    if "No matching overload" in error:
        called = error.rsplit(":", 1)[-1].strip()
        return f"the calculation joins values that do not fit together ({called}); write whole numbers as 1.0"
    if "divide by zero" in error or "modulus by zero" in error:
        return "the calculation divides by zero"
    if "budget exceeded" in error:
        return "the calculation takes too many steps"
    return f"the calculation failed: {error.split(':', 1)[-1].strip()[:200]}"
