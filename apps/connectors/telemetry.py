"""What a call to an outside system leaves for those who run the platform: its time by system, and a span. No payload."""

import time

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from prometheus_client import Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CALL_SECONDS = Histogram(
    "fairlead_call_seconds", "Time of one call to an outside system.", ("system", "answer"), buckets=SECONDS
)
_tracer = trace.get_tracer(__name__)


def note_call(system: str, method: str, host: str, status: int | None, started: float) -> None:
    """Note a call that began at `started` (of time.perf_counter) and ended now; `status` None means no answer came."""
    seconds = time.perf_counter() - started
    CALL_SECONDS.labels(system or "other", answer_group(status)).observe(seconds)
    if trace.get_current_span().is_recording():
        _add_span(system, method, host, status, seconds)


def milliseconds_since(started: float) -> int:
    """Return how long ago `started` (of time.perf_counter) is, in whole milliseconds."""
    return int((time.perf_counter() - started) * 1000)


def answer_group(status: int | None) -> str:
    """Return a status as the metric's label shows it: "2xx", "4xx", "429", "5xx"; "none" when no answer came."""
    if status is None:
        return "none"
    return "429" if status == 429 else f"{status // 100}xx"


def _add_span(system: str, method: str, host: str, status: int | None, seconds: float) -> None:
    """Tell the trace of a call that is over: starting a span first would cost every untraced call as well."""
    now = time.time_ns()
    span = _tracer.start_span(
        f"call {system or host}",
        kind=SpanKind.CLIENT,
        start_time=now - int(seconds * 1e9),
        attributes={"system": system, "http.request.method": method, "server.address": host},
    )
    if status is not None:
        span.set_attribute("http.response.status_code", status)
    if status is None or status >= 500:
        span.set_status(Status(StatusCode.ERROR))
    span.end(now)
