"""The id that ties a trigger to everything it caused."""

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from apps.tenants import correlation
from apps.tenants.correlation import LONGEST, Correlation, CorrelationMiddleware, clean, from_headers

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Correlation-Id": "order-4711"}, Correlation("order-4711")),
        ({"X-Correlation-Id": "order-4711", "traceparent": TRACEPARENT}, Correlation("order-4711", TRACEPARENT)),
        ({"traceparent": TRACEPARENT}, Correlation(TRACE, TRACEPARENT)),
        ({"X-Request-Id": "proxy-9"}, Correlation("proxy-9")),
        ({"X-Correlation-Id": " ", "X-Request-Id": "proxy-9"}, Correlation("proxy-9")),
        ({"X-Correlation-Id": "a\nb c<script>"}, Correlation("a-b-c-script-")),
        ({"X-Correlation-Id": "x" * 500}, Correlation("x" * LONGEST)),
    ],
    ids=["its own id", "id and trace", "trace only", "the proxy's", "blank", "unclean", "too long"],
)
def test_a_caller_s_id_is_taken_over_cleaned(headers: dict[str, str], expected: Correlation) -> None:
    assert from_headers(headers) == expected


@pytest.mark.parametrize(
    "traceparent",
    ["", "00", f"01-{TRACE}-00f067aa0ba902b7-01", f"00-{'0' * 32}-00f067aa0ba902b7-01", TRACEPARENT.upper()],
    ids=["none", "cut", "unknown version", "all zeros", "capitals"],
)
def test_an_unusable_trace_is_ignored_and_a_fresh_id_is_made(traceparent: str) -> None:
    found = from_headers({"traceparent": traceparent})
    assert found.traceparent == ""
    assert len(found.id) == 32
    assert found != from_headers({"traceparent": traceparent})


@given(st.text())
def test_whatever_is_sent_becomes_a_short_plain_id(raw: str) -> None:
    cleaned = clean(raw)
    assert len(cleaned) <= LONGEST
    assert all(sign.isascii() and (sign.isalnum() or sign in "._:-") for sign in cleaned)
    assert clean(cleaned) == cleaned


def test_it_holds_within_the_work_and_not_after_it() -> None:
    with correlation.carry(Correlation("outer")):
        with correlation.carry(Correlation("inner")):
            assert correlation.current().id == "inner"
            assert structlog.contextvars.get_contextvars()["correlation_id"] == "inner"
        assert correlation.current().id == "outer"
    assert correlation.current().id != "outer"
    assert "correlation_id" not in structlog.contextvars.get_contextvars()


def test_a_request_is_answered_with_its_id_and_inherits_no_partner_of_the_thread() -> None:
    seen: list[tuple[str, object]] = []

    def answer(_request: HttpRequest) -> HttpResponse:
        seen.append((correlation.current().id, structlog.contextvars.get_contextvars().get("partner")))
        return HttpResponse()

    structlog.contextvars.bind_contextvars(partner="somebody-else")
    response = CorrelationMiddleware(answer)(RequestFactory().get("/", headers={"X-Correlation-Id": "order-4711"}))
    assert response["X-Correlation-Id"] == "order-4711"
    assert seen == [("order-4711", None)]
