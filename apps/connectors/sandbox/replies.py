"""How the sandbox systems word their answers: JSON, coded errors, pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

LARGEST_PAGE = 500


def answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return JSON."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return web.Response(body=content, status=status, content_type="application/json", headers=headers)


def refusal(
    status: int,
    code: str,
    message: str,
    *,
    problems: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return an error with its code, in the form both systems share."""
    listed = list(problems) or [{"code": code, "field": "", "message": message}]
    return answer({"error": {"code": code, "message": message, "problems": listed}}, status=status, headers=headers)


def list_answer(name: str, bodies: Sequence[bytes], *, page: int, size: int, total: int) -> web.Response:
    """Return one page of a list; records are joined as they are stored, without parsing them."""
    head = orjson.dumps({"page": page, "size": size, "total": total})[:-1]
    return answer(b'%b,"%b":[%b]}' % (head, name.encode(), b",".join(bodies)))


class AskedWrongError(ValueError):
    """The request cannot be understood; the message names the parameter."""


@dataclass(frozen=True, slots=True)
class PageAsked:
    """Which part of a list is wanted."""

    page: int
    size: int

    @property
    def offset(self) -> int:
        """How many records come before."""
        return (self.page - 1) * self.size


def page_asked(query: Mapping[str, str], *, known: frozenset[str]) -> PageAsked:
    """Return the page a query asks for. Raises AskedWrongError for an unknown or unreadable parameter."""
    for name in query:
        if name not in known and name not in {"page", "size"}:
            raise AskedWrongError(f"Parameter {name} does not exist")
    try:
        page, size = int(query.get("page", 1)), int(query.get("size", 100))
    except ValueError:
        raise AskedWrongError("page and size must be whole numbers") from None
    if page < 1 or not 1 <= size <= LARGEST_PAGE:
        raise AskedWrongError(f"page begins at 1, size lies between 1 and {LARGEST_PAGE}")
    return PageAsked(page, size)


def parsed(body: bytes) -> dict[str, Any]:
    """Return the request's JSON object. Raises AskedWrongError."""
    try:
        value = orjson.loads(body or b"{}")
    except ValueError:
        raise AskedWrongError("The body is not JSON") from None
    if not isinstance(value, dict):
        raise AskedWrongError("The body must be a JSON object")
    return value
