"""The id that ties a trigger to everything it caused: taken over from the caller, cleaned, kept while work goes on.

A door (web request, worker) opens it with `carry`; whatever is stored or called inside takes it from `current`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

LONGEST = 40
HEADER = "X-Correlation-Id"
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9._:-]")
# https://www.w3.org/TR/trace-context/#traceparent-header: version, trace, span, flags; all zeros are no id.
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Correlation:
    """What caused the work at hand: an id of at most 40 plain characters, and the caller's trace ("" for none)."""

    id: str
    traceparent: str = ""


_current: ContextVar[Correlation | None] = ContextVar("correlation", default=None)


def current() -> Correlation:
    """Return the correlation of the work at hand, or a fresh one where nobody caused it."""
    return _current.get() or fresh()


def fresh() -> Correlation:
    """Return a correlation that nothing else has. Its id is also a valid trace id (32 hexadecimal digits)."""
    return Correlation(uuid4().hex)


def clean(raw: str) -> str:
    """Return an id as it is kept: "Order 4711\\n" -> "Order-4711". Cut to 40 characters; "" when nothing is left."""
    return _NOT_ALLOWED.sub("-", raw.strip()[:LONGEST])


def from_headers(headers: Mapping[str, str]) -> Correlation:
    """Return what a caller names: its X-Correlation-Id, else its trace, else its X-Request-Id, else a fresh one."""
    found = _TRACEPARENT.fullmatch(headers.get("traceparent", "").strip())
    named = clean(headers.get(HEADER, "")) or (found[1] if found else clean(headers.get("X-Request-Id", "")))
    return Correlation(named or uuid4().hex, found[0] if found else "")


@contextmanager
def carry(correlation: Correlation) -> Iterator[Correlation]:
    """Work on behalf of `correlation`: what is stored, called or logged inside names it."""
    token = _current.set(correlation)
    try:
        with structlog.contextvars.bound_contextvars(correlation_id=correlation.id):
            yield correlation
    finally:
        _current.reset(token)


class CorrelationMiddleware:
    """Takes the caller's id over for one request and gives it back in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer on behalf of whoever caused the request."""
        structlog.contextvars.clear_contextvars()  # the thread may have answered for another partner before
        with carry(from_headers(request.headers)) as correlation:
            response = self.get_response(request)
        response.headers.setdefault(HEADER, correlation.id)
        return response
