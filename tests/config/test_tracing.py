"""Traces to a collector: which are kept, with which headers, and that nothing is held back at the end."""

import http.server
import threading
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from apps.flows.services.telemetry import parent_of
from apps.tenants.correlation import Correlation
from config.tracing import build_provider, headers_of


class _Kept(SpanExporter):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS


@pytest.mark.parametrize(("percent", "least", "most"), [(100, 200, 200), (0, 0, 0), (50, 60, 140)])
def test_a_share_of_the_traces_is_kept_whole(percent: int, least: int, most: int) -> None:
    kept = _Kept()
    provider = build_provider(kept, percent=percent)
    tracer = provider.get_tracer("test")
    for number in range(200):
        for _slice in range(2):
            with tracer.start_as_current_span("flow.run", context=parent_of(Correlation(f"cause-{number}"))):
                pass
    provider.force_flush()
    traces = [span.context.trace_id for span in kept.spans if span.context]
    assert least <= len(set(traces)) <= most
    assert len(traces) == 2 * len(set(traces))
    provider.shutdown()


@pytest.mark.parametrize(
    ("pairs", "headers"),
    [
        ((), {}),
        (("api-key=abc", " tenant = 7"), {"api-key": "abc", "tenant": "7"}),
        (("key=a=b", "=lost"), {"key": "a=b"}),
    ],
    ids=["none", "two", "an equals sign within"],
)
def test_headers_are_read_from_pairs(pairs: tuple[str, ...], headers: dict[str, str]) -> None:
    assert headers_of(pairs) == headers


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """An OTLP/HTTP collector that keeps what it is sent."""
    got: list[ExportTraceServiceRequest] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = ExportTraceServiceRequest()
            request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
            got.append(request)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", got
    server.shutdown()
    server.server_close()


def test_spans_reach_a_collector_with_the_service_s_name(
    collector: tuple[str, list[ExportTraceServiceRequest]],
) -> None:
    endpoint, got = collector
    provider = build_provider(OTLPSpanExporter(endpoint))
    with provider.get_tracer("test").start_as_current_span("flow.run", attributes={"partner": "alder"}):
        assert trace.get_current_span().is_recording()
    provider.force_flush()
    (resource,) = got[0].resource_spans
    named = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
    (span,) = resource.scope_spans[0].spans
    assert (named["service.name"], span.name) == ("fairlead", "flow.run")
    assert span.attributes[0].value.string_value == "alder"
    provider.shutdown()
