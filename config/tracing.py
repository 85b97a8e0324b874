"""Traces to an OTLP/HTTP collector. Loaded only where one is set: processes without it carry none of its weight."""

import os
import socket
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

SERVICE = "fairlead"
FLUSH_MILLISECONDS = 3000


def send_traces(endpoint: str, *, headers: Sequence[str] = (), percent: int = 100) -> None:
    """Send this process's spans to `endpoint`, in the background and in portions."""
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", headers=headers_of(headers), timeout=5)
    trace.set_tracer_provider(build_provider(exporter, percent=percent))


def build_provider(exporter: SpanExporter, *, percent: int = 100) -> TracerProvider:
    """Return a provider that keeps `percent` of the traces; all slices of one run share their trace's fate."""
    share = TraceIdRatioBased(max(0, min(percent, 100)) / 100)
    provider = TracerProvider(
        # Our runs always have a parent: the caller's span, or the one their correlation id stands for.
        sampler=ParentBased(root=share, remote_parent_sampled=share),
        resource=Resource.create(
            {"service.name": SERVICE, "service.instance.id": f"{socket.gethostname()}:{os.getpid()}"}
        ),
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def headers_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return ("api-key=abc",) as {"api-key": "abc"}."""
    return {name.strip(): value.strip() for name, _, value in (pair.partition("=") for pair in pairs) if name.strip()}


def send_what_is_left() -> None:
    """Send the spans that are still held here: a worker's child ends without saying so to its libraries."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.force_flush(FLUSH_MILLISECONDS)
