"""SOQL as Salesforce reads it, as far as the connectors ask: SELECT, WHERE, AND, OR, IN, ORDER BY, LIMIT; literals by type.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
_TOKEN = re.compile(r"\s*('(?:[^'\\]|\\.)*'|<=|>=|!=|[=<>(),]|[^\s()<>=,']+)", re.DOTALL)
_COMPARE = {
    "=": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")


class QueryError(ValueError):
    """A query that Salesforce answers with 400, and the code it gives."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Query:
    """A query that was understood."""

    fields: tuple[str, ...]
    object_name: str
    fits: Test
    order: tuple[str, ...]
    limit: int | None


def parse_query(text: str, schema: Mapping[str, Mapping[str, str]]) -> Query:
    """Return what a query means. `schema` names the kind of each field of each object. Raises QueryError."""
    parser = _Parser(_tokens(text))
    parser.word("SELECT")
    fields = parser.names()
    parser.word("FROM")
    name = parser.take()
    if name not in schema:
        raise QueryError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    parser.kinds = schema[name]
    for field in fields:
        parser.kind_of(field, name)
    fits = parser.either(name) if parser.skips("WHERE") else (lambda row: True)
    order = parser.order(name) if parser.skips("ORDER") else ()
    limit = int(parser.take()) if parser.skips("LIMIT") else None
    if parser.rest:
        raise QueryError("MALFORMED_QUERY", f"unexpected token: {parser.rest[0]!r}")
    return Query(fields, name, fits, order, limit)


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise QueryError("MALFORMED_QUERY", f"line 1: unexpected token at {text[position : position + 20]!r}")
        tokens.append(match[1])
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, rest: list[str]) -> None:
        self.rest = rest
        self.kinds: Mapping[str, str] = {}

    def take(self) -> str:
        if not self.rest:
            raise QueryError("MALFORMED_QUERY", "unexpected end of the query")
        return self.rest.pop(0)

    def word(self, wanted: str) -> None:
        if self.take().upper() != wanted:
            raise QueryError("MALFORMED_QUERY", f"{wanted} expected")

    def skips(self, wanted: str) -> bool:
        if self.rest and self.rest[0].upper() == wanted:
            self.rest.pop(0)
            return True
        return False

    def names(self) -> tuple[str, ...]:
        named = [self.take()]
        while self.skips(","):
            named.append(self.take())
        if len(set(named)) != len(named):
            raise QueryError("INVALID_FIELD", "duplicate field selected")
        return tuple(named)

    def kind_of(self, field: str, name: str) -> str:
        if field not in self.kinds:
            raise QueryError("INVALID_FIELD", f"No such column '{field}' on entity '{name}'.")
        return self.kinds[field]

    def order(self, name: str) -> tuple[str, ...]:
        self.word("BY")
        named = [self.take()]
        self.skips("ASC")
        while self.skips(","):
            named.append(self.take())
            self.skips("ASC")
        for field in named:
            self.kind_of(field, name)
        return tuple(named)

    def either(self, name: str) -> Test:
        tests = [self.both(name)]
        while self.skips("OR"):
            tests.append(self.both(name))
        return lambda row: any(test(row) for test in tests)

    def both(self, name: str) -> Test:
        tests = [self.single(name)]
        while self.skips("AND"):
            tests.append(self.single(name))
        return lambda row: all(test(row) for test in tests)

    def single(self, name: str) -> Test:
        if self.skips("("):
            inside = self.either(name)
            self.word(")")
            return inside
        field = self.take()
        kind = self.kind_of(field, name)
        if self.skips("IN"):
            self.word("(")
            wanted = {_value(kind, field, self.take())}
            while self.skips(","):
                wanted.add(_value(kind, field, self.take()))
            self.word(")")
            return lambda row: _held(kind, row[field]) in wanted
        compare = _COMPARE.get(self.take())
        if compare is None:
            raise QueryError("MALFORMED_QUERY", f"a comparison is expected behind {field}")
        value = _value(kind, field, self.take())
        return lambda row: bool(compare(_held(kind, row[field]), value))


def _value(kind: str, field: str, literal: str) -> Any:
    quotes = literal.startswith("'")
    if kind in {"datetime", "date", "number", "boolean"}:
        if quotes:
            raise QueryError("INVALID_FIELD", f"value of filter criterion for field '{field}' must not be in quotes")
        if kind == "boolean" and literal.lower() in {"true", "false"}:
            return literal.lower() == "true"
        try:
            return datetime.fromisoformat(literal) if kind in {"datetime", "date"} else float(literal)
        except ValueError:
            raise QueryError("MALFORMED_QUERY", f"{literal!r} is no {kind}") from None
    if not quotes:
        raise QueryError("MALFORMED_QUERY", f"bind variables only allowed in Apex code: {literal}")
    text = _unescaped(literal[1:-1])
    if kind == "id":
        if not _ID.fullmatch(text):
            raise QueryError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
        return text
    return text.lower()


def _unescaped(text: str) -> str:
    def sign(match: re.Match[str]) -> str:
        if match[1] not in _ESCAPED:
            raise QueryError("MALFORMED_QUERY", f"invalid escape sequence \\{match[1]}")
        return _ESCAPED[match[1]]

    return re.sub(r"\\(.)", sign, text, flags=re.DOTALL)


def _held(kind: str, value: Any) -> Any:
    if kind == "datetime":
        return datetime.fromisoformat(value)
    return value.lower() if kind == "string" and isinstance(value, str) else value
