"""$filter as a strict OData v4 service reads it: eq, ne, gt, ge, lt, le, and, or, brackets; every literal by its type."""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
_TOKEN = re.compile(r"\s*(\(|\)|'(?:[^']|'')*'|[^\s()']+)")
_COMPARE = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class FilterError(ValueError):
    """A filter that the service does not understand."""


def compile_filter(text: str, properties: Mapping[str, str]) -> Test:
    """Return the test that a filter means. `properties` names the type of each property. Raises FilterError."""
    tokens, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise FilterError(f"filter {text!r}")
        tokens.append(match[1])
        position = match.end()
    test, rest = _either(tokens, properties)
    if rest:
        raise FilterError(f"filter {text!r} goes on with {rest[0]!r}")
    return test


def _either(tokens: list[str], properties: Mapping[str, str]) -> tuple[Test, list[str]]:
    test, tokens = _both(tokens, properties)
    tests = [test]
    while tokens[:1] == ["or"]:
        test, tokens = _both(tokens[1:], properties)
        tests.append(test)
    return (lambda row: any(one(row) for one in tests)), tokens


def _both(tokens: list[str], properties: Mapping[str, str]) -> tuple[Test, list[str]]:
    test, tokens = _single(tokens, properties)
    tests = [test]
    while tokens[:1] == ["and"]:
        test, tokens = _single(tokens[1:], properties)
        tests.append(test)
    return (lambda row: all(one(row) for one in tests)), tokens


def _single(tokens: list[str], properties: Mapping[str, str]) -> tuple[Test, list[str]]:
    if tokens[:1] == ["("]:
        test, tokens = _either(tokens[1:], properties)
        if tokens[:1] != [")"]:
            raise FilterError("filter with an open bracket")
        return test, tokens[1:]
    if len(tokens) < 3 or tokens[0] not in properties or tokens[1] not in _COMPARE:
        raise FilterError(f"filter at {' '.join(tokens[:3])!r}")
    name, compare, kind = tokens[0], _COMPARE[tokens[1]], properties[tokens[0]]
    wanted = _value(kind, tokens[2])
    return (lambda row: bool(compare(_held(kind, row[name]), wanted))), tokens[3:]


def _value(kind: str, literal: str) -> Any:
    unread = FilterError(f"literal {literal} as {kind}")
    if kind == "string":
        if not literal.startswith("'"):
            raise unread
        return literal[1:-1].replace("''", "'")
    if kind == "guid":
        if not _GUID.fullmatch(literal):
            raise unread
        return literal.lower()
    if kind == "boolean":
        if literal not in {"true", "false"}:
            raise unread
        return literal == "true"
    try:
        return datetime.fromisoformat(literal) if kind in {"datetime", "date"} else float(literal)
    except ValueError:
        raise unread from None


def _held(kind: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if kind in {"datetime", "date"} else value
