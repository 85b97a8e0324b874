"""What a run tells those who run the platform while it works: lines of the log, spans, times. Counts, never a record.

A slice is watched as a whole (`watch_slice`); within it each step says how long it took for how many records (`step`).
The same facts go three ways: log lines with the slice's totals, a histogram of step times, and spans where traces are kept.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, Status, StatusCode, TraceFlags
from prometheus_client import Counter as Counted
from prometheus_client import Histogram

from apps.flows.services.session import Session
from apps.tenants import correlation as correlations
from apps.tenants import scope
from apps.tenants.correlation import Correlation

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
STEP_SECONDS = Histogram(
    "fairlead_step_seconds", "Time of one step, for one batch or one record.", ("step",), buckets=SECONDS
)
WEBHOOKS = Counted("fairlead_webhooks", "Webhooks, by how they were answered.", ("answer",))
log = structlog.get_logger(__name__)
_tracer = trace.get_tracer(__name__)


@dataclass(slots=True)
class StepTally:
    """What one step did within a slice."""

    seconds: float = 0.0
    records: int = 0
    times: int = 0


@dataclass(slots=True)
class SliceTally:
    """What a slice did so far: per step, and what came of its records. `outcome` is said by the slice's end."""

    steps: dict[str, StepTally] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    outcome: str = "broken off"


_tally: ContextVar[SliceTally | None] = ContextVar("slice_tally", default=None)


@dataclass(slots=True)
class StepWatch:
    """How many records a step handles, where only its end knows."""

    records: int = 0


def watch_run(session: Session) -> AbstractContextManager[SliceTally]:
    """Watch one slice of a run."""
    return watch_slice(
        "run",
        run_id=session.run_id,
        flow_id=session.flow_id,
        version=session.version,
        mode=session.mode.value,
        caused_by=session.correlation,
    )


@contextmanager
def watch_slice(
    name: str, *, run_id: UUID, flow_id: UUID, version: int, mode: str, caused_by: Correlation
) -> Iterator[SliceTally]:
    """Watch one slice of a run (or one operation's walk): `name` is "run" or "walk".

    Log lines inside name run, flow and correlation id; spans inside hang below the slice's own, in the trace of what
    caused the run. At the end two kinds of lines tell the totals: one of the slice, one per step.
    """
    tally, started = SliceTally(), time.perf_counter()
    token = _tally.set(tally)
    parent = attach(parent_of(caused_by))
    attributes: dict[str, str | int] = {
        "partner": scope.require().partner.slug, "flow": str(flow_id), "flow.version": version, "run": str(run_id),
        "run.mode": mode, "correlation_id": caused_by.id,
    }  # fmt: skip
    try:
        with (
            correlations.carry(caused_by),
            structlog.contextvars.bound_contextvars(run=str(run_id), flow=str(flow_id)),
            _span(f"flow.{name}", attributes) as span,
        ):
            try:
                yield tally
            finally:
                _tell(name, tally, time.perf_counter() - started, span)
    finally:
        detach(parent)
        _tally.reset(token)


def _tell(name: str, tally: SliceTally, seconds: float, span: Span) -> None:
    for step_name, done in tally.steps.items():
        log.info("step_done", step=step_name, records=done.records, times=done.times, seconds=round(done.seconds, 3))
    log.info("slice_done", of=name, outcome=tally.outcome, seconds=round(seconds, 3), **tally.records)
    if span.is_recording():
        span.set_attributes({f"records.{outcome}": number for outcome, number in tally.records.items()})
        span.set_attribute("outcome", tally.outcome)


def note_settled(read: int, changes: Mapping[str, int]) -> None:
    """Add what one settled batch changed: {"written": 12, "waiting": -1, ...}."""
    tally = _tally.get()
    if tally is not None:
        tally.records.update({"read": read, **changes})


@contextmanager
def batch(number: int | None, size: int) -> Iterator[None]:
    """Put what is done with one batch below a span of its own."""
    if not trace.get_current_span().is_recording():
        yield
        return
    with _span("flow.batch", {"batch": number or 0, "records": size}):
        yield


@contextmanager
def step(name: str, records: int = 0, *, within: Context | None = None) -> Iterator[StepWatch]:
    """Time one step for `records` records. `within` is the place in the trace (`here`) when it is not the present one."""
    watch, started = StepWatch(records), time.perf_counter()
    token = attach(within) if within is not None else None
    try:
        if trace.get_current_span().is_recording():
            with _span(f"step {name}", {}) as span:
                try:
                    yield watch
                finally:
                    span.set_attribute("records", watch.records)
        else:
            yield watch
    finally:
        if token is not None:
            detach(token)
        _add(name, watch.records, time.perf_counter() - started)


@contextmanager
def _span(name: str, attributes: Mapping[str, str | int]) -> Iterator[Span]:
    """Open a span; an error that ends it is told by its kind only, as its words may quote a record."""
    with _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _add(name: str, records: int, seconds: float) -> None:
    STEP_SECONDS.labels(name).observe(seconds)
    tally = _tally.get()
    if tally is not None:
        done = tally.steps.setdefault(name, StepTally())
        done.seconds += seconds
        done.records += records
        done.times += 1


def here() -> Context:
    """Return the present place in the trace, for work that goes on beside others."""
    return get_current()


def mark_failed(sentence: str) -> None:
    """Mark the present span as failed, with a sentence that names no record."""
    trace.get_current_span().set_status(Status(StatusCode.ERROR, sentence))


def parent_of(caused_by: Correlation) -> Context:
    """Return the place in the caller's trace; without one, a trace that all slices with this correlation id share."""
    if caused_by.traceparent:
        _, trace_id, span_id, flags = caused_by.traceparent.split("-")
    else:
        digest = hashlib.sha256(caused_by.id.encode()).hexdigest()
        trace_id, span_id, flags = _as_trace_id(caused_by.id) or digest[:32], digest[32:48], "01"
    place = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    return trace.set_span_in_context(NonRecordingSpan(place), Context())


def _as_trace_id(correlation_id: str) -> str:
    """Return an id of 32 hexadecimal digits as it is, so that a line of the log names its trace; "" for others."""
    try:
        fits = len(correlation_id) == 32 and int(correlation_id, 16) > 0
    except ValueError:
        return ""
    return correlation_id if fits else ""
