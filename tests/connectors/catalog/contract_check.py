"""Checks requests against the small facts of a published contract: paths, methods, query, headers, properties of a body."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests.connectors.catalog.stand_in import require, require_query

_PLACE = re.compile(r"\{(\w+)\}")
_TYPES: Mapping[str, Any] = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}
_READ = {"boolean": re.compile(r"true|false"), "integer": re.compile(r"\d+")}


class Contract:
    """`operations` by "GET /path/{id}", each with its query parameters and headers; `schemas` by name and property."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.operations: Mapping[str, Any] = held["operations"]
        self.schemas: Mapping[str, Mapping[str, Any]] = held["schemas"]
        self._patterns = {name: _pattern(name) for name in self.operations}

    def operation(self, request: web.Request, *, headers: tuple[str, ...] = ()) -> tuple[str, dict[str, str]]:
        """Return which operation a request is, and its keys. Raises ViolationError; `headers` are those looked at."""
        asked = f"{request.method} {request.rel_url.raw_path}"
        for name, pattern in self._patterns.items():
            match = pattern.fullmatch(asked)
            if match:
                held = self.operations[name]
                require_query(request, held["query"])
                for parameter, value in request.query.items():
                    form = _READ.get(held["query"][parameter])
                    require(form is None or form.fullmatch(value) is not None, f"{parameter}={value}")
                strange = {header for header in headers if header in request.headers} - set(held["headers"])
                require(not strange, f"headers {sorted(strange)}")
                return name, {place: unquote(key) for place, key in match.groupdict().items()}
        require(held=False, what=asked)
        raise AssertionError

    def check(self, schema: str, value: Any) -> None:
        """Raise ViolationError for a body that the schema does not hold, down to its innermost properties."""
        require(isinstance(value, dict), f"{value!r} as {schema}")
        for name, part in value.items():
            held = self.schemas[schema].get(name)
            require(held is not None, f"{schema}.{name}")
            if held is not None:
                self._check_part(f"{schema}.{name}", held, part)

    def _check_part(self, where: str, held: Mapping[str, Any], value: Any) -> None:
        require(not held.get("read_only"), f"{where} is read-only")
        if "ref" in held:
            self.check(held["ref"], value)
            return
        kind = held["type"]
        require(isinstance(value, _TYPES[kind]), f"{value!r} as {kind} {where}")
        require(kind == "boolean" or not isinstance(value, bool), f"{value!r} as {kind} {where}")
        require(value in held.get("enum", [value]), f"{value!r} as {where}")
        require("max" not in held or len(value) <= held["max"], f"{value!r} is too long as {where}")
        for entry in value if kind == "array" else ():
            self._check_part(where, held["items"], entry)


def _pattern(operation: str) -> re.Pattern[str]:
    return re.compile("".join(_piece(part, place % 2 == 1) for place, part in enumerate(_PLACE.split(operation))))


def _piece(part: str, named: bool) -> str:
    return f"(?P<{part}>[^/]+)" if named else re.escape(part)
