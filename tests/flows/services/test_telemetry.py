"""What a run tells while it works: one tree of spans in its caller's trace, lines that name it, and never a record."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog
from django.test import Client
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from apps.connectors.client_certificates import CLIENT_CERTIFICATE, CLIENT_KEY
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.registry import all_manifests
from apps.connectors.services import NewConnection, create_connection, set_secrets
from apps.connectors.sheet_terms import Transport
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.dispatch.models import Queue
from apps.flows.models import Batch, Flow, Operation, TriggerEvent
from apps.flows.services import blobs
from apps.flows.services.start_run import run_now
from apps.flows.services.telemetry import parent_of
from apps.tenants import correlation, scope
from apps.tenants.correlation import Correlation
from config.observability import configure_logging
from tests.connectors.authority import client_pair
from tests.lines import Line

MakeLine = Callable[..., Line]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = Correlation("order-4711", f"00-{TRACE}-00f067aa0ba902b7-01")


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Keep spans in memory for one test; the process's own provider stays as it is."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    for module in ("apps.flows.services.telemetry", "apps.connectors.telemetry"):
        monkeypatch.setattr(f"{module}._tracer", provider.get_tracer(module))
    return kept


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The process's log as production writes it, down to every detail, kept in memory."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(json_lines=True)
    written = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)


def _lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def _run_for(line: Line, caused_by: Correlation) -> None:
    with correlation.carry(caused_by), scope.work_in(line.partner):
        run_now(Flow.objects.get(id=line.flow.id), started_by="test")
    line.work()


def _tree(found: tuple[ReadableSpan, ...]) -> dict[str, set[str]]:
    """Return the names of the spans below each span's name."""
    names = {span.context.span_id: span.name for span in found if span.context}
    tree: dict[str, set[str]] = {}
    for span in found:
        tree.setdefault(names.get(span.parent.span_id, "caller") if span.parent else "", set()).add(span.name)
    return tree


def test_a_run_is_one_tree_of_spans_below_its_caller(make_line: MakeLine, spans: InMemorySpanExporter) -> None:
    line = make_line(problems=True)
    _run_for(line, CALLER)
    found = spans.get_finished_spans()
    assert _tree(found) == {
        "caller": {"flow.run"},
        "flow.run": {"step extract", "step plan", "flow.batch"},
        "step extract": {"call sandbox_psa"},
        "step plan": {"call sandbox_erp", "call sandbox_psa"},  # the facts that business rules look at
        "flow.batch": {"step deliver", "step settle"},
        "step deliver": {"call sandbox_erp"},
    }
    assert {span.context.trace_id for span in found if span.context} == {int(TRACE, 16)}
    (root,) = [span for span in found if span.name == "flow.run"]
    run = line.operations()[0].run_id
    told = dict(root.attributes or {})
    assert (told["partner"], told["run"], told["flow.version"]) == ("alder", str(run), 1)
    assert (told["correlation_id"], told["outcome"]) == ("order-4711", "over")
    assert told["records.read"] == len(line.entries())
    calls = [span for span in found if span.name == "call sandbox_erp"]
    assert {(span.attributes or {})["http.response.status_code"] for span in calls} == {200, 207}  # asked and sent


def test_spans_hold_counts_and_never_a_record(make_line: MakeLine, spans: InMemorySpanExporter) -> None:
    line = make_line(problems=True)
    _run_for(line, CALLER)
    told = " ".join(span.to_json() for span in spans.get_finished_spans())
    for operation in line.operations():
        for words in (operation.label, operation.business_key, operation.error_message):
            assert not words or words not in told


def test_a_system_that_is_away_marks_the_span_without_quoting(make_line: MakeLine, spans: InMemorySpanExporter) -> None:
    line = make_line()
    line.faults("erp", down=1.0)
    _run_for(line, CALLER)
    (root,) = [span for span in spans.get_finished_spans() if span.name == "flow.run"]
    assert root.status.description == "the system is away"
    assert (root.attributes or {})["outcome"] == "waits"
    assert not any(span.events for span in spans.get_finished_spans())


@pytest.mark.parametrize(
    ("caused_by", "trace_id"),
    [
        (CALLER, TRACE),
        (Correlation(TRACE), TRACE),
        (Correlation("order-4711"), None),
        (Correlation("0" * 32), None),
        (Correlation("+" + TRACE[1:]), None),
    ],
    ids=["the caller's trace", "an id that is one", "words", "zeros are none", "nearly one"],
)
def test_slices_of_one_cause_share_one_trace(caused_by: Correlation, trace_id: str | None) -> None:
    first, second = (trace.get_current_span(parent_of(caused_by)).get_span_context() for _ in range(2))
    assert first == second
    assert first.is_valid
    assert first.is_remote
    assert first.trace_flags.sampled
    if trace_id is not None:
        assert first.trace_id == int(trace_id, 16)


def test_the_caller_s_id_reaches_event_ledger_target_and_log(make_line: MakeLine, log: io.StringIO) -> None:
    line = make_line()
    _run_for(line, CALLER)
    with scope.work_in(line.partner):
        event = TriggerEvent.objects.get()
        assert (event.correlation_id, event.traceparent) == ("order-4711", CALLER.traceparent)
        assert set(Operation.objects.values_list("correlation_id", flat=True)) == {"order-4711"}
    journal = line.sandbox.do(lambda client: client.effects("erp", line.company))
    assert {entry["correlation_id"] for entry in journal} == {"order-4711"}
    told = [entry for entry in _lines(log) if entry["event"] in {"slice_done", "step_done"}]
    assert {entry["correlation_id"] for entry in told} == {"order-4711"}


def test_a_slice_and_its_steps_tell_counts_and_times_and_whose_they_are(make_line: MakeLine, log: io.StringIO) -> None:
    line = make_line(problems=True)
    run = line.run()
    told = [entry for entry in _lines(log) if entry["event"] in {"slice_done", "step_done"}]
    for entry in told:
        assert (entry["partner"], entry["kind"], entry["run"], entry["flow"]) == (
            "alder", "flows.run", str(run.id), str(line.flow.id),
        )  # fmt: skip
        assert entry["work"] > 0
        assert entry["seconds"] >= 0
    (slice_done,) = [entry for entry in told if entry["event"] == "slice_done"]
    assert slice_done["outcome"] == "over"
    for name in ("read", "written", "skipped", "rejected"):
        assert slice_done.get(name, 0) == getattr(run, name)
    steps = {entry["step"]: entry["records"] for entry in told if entry["event"] == "step_done"}
    assert steps.keys() == {"extract", "plan", "deliver", "settle"}
    assert steps["extract"] == steps["plan"] == run.read
    assert steps["deliver"] <= run.read


def test_no_secret_of_any_credential_reaches_the_log(make_line: MakeLine, log: io.StringIO) -> None:
    """Unique secrets in every credential field; one run that works, one whose sign-in is refused, one that is away."""
    logging.getLogger().setLevel(logging.DEBUG)
    line = make_line(problems=True)
    _run_for(line, CALLER)
    canary = "canary-5e1f0c7d9b3a4628"
    for connection in (line.source, line.target):
        with scope.work_in(line.partner):
            set_secrets(Connection.objects.get(id=connection.id), {"token": f"{canary}-{connection.system}"})
        _run_for(line, Correlation(f"after-{connection.system}"))
    assert len(_lines(log)) > 10
    written = log.getvalue()
    for secret in (canary, *line.tokens.values()):
        assert secret not in written
    with scope.work_in(line.partner):
        kept = str([(blobs.unpack(batch.plan), blobs.unpack(batch.outcome)) for batch in Batch.objects.all()])
    assert "exchange" in kept
    assert not any(secret in kept for secret in (canary, *line.tokens.values()))


def test_no_secret_of_any_system_of_the_catalogue_reaches_the_log(make_line: MakeLine, log: io.StringIO) -> None:
    """Every credential field there is, in calls that the sandbox cannot understand or turns away."""
    logging.getLogger().setLevel(logging.DEBUG)
    line = make_line()
    canaries: list[str] = []
    with correlation.carry(CALLER), scope.work_in(line.partner):
        for manifest in all_manifests():
            secrets = {secret.name: f"canary-{manifest.slug}-{secret.name}-91c4" for secret in manifest.secrets}
            if CLIENT_CERTIFICATE in secrets:  # looked at when it is entered: only a real pair gets through
                secrets[CLIENT_CERTIFICATE], secrets[CLIENT_KEY] = client_pair()
            canaries += (line for secret in secrets.values() for line in secret.splitlines() if "-----" not in line)
            # A sign-in on a host of its own must not be asked from here: with such a setting nothing leaves.
            value = "no/setting" if "://" in manifest.auth.token_path else "1"
            settings = {setting.name: value for setting in manifest.settings}
            address = line.source.base_url
            if manifest.transport is not Transport.HTTP:
                address = f"{manifest.transport}://{urlsplit(address).netloc}"  # no such server answers there
            wanted = NewConnection(manifest.slug, manifest.slug, address, secrets, settings)
            request_test(create_connection(line.customer, wanted))
        _endpoint, address, webhook_secret = create_webhook_endpoint(line.source)
    line.work(Queue.RUN, Queue.POLL)
    path = "/in/" + address.rsplit("/in/", 1)[1]
    refused = Client(headers={"host": "alder.localhost", "webhook-signature": f"v1,{webhook_secret}"})
    assert refused.post(path, b"{}", content_type="application/json").status_code == 401
    assert refused.post(f"{path}x", b"{}", content_type="application/json").status_code == 404
    with scope.work_in(line.partner):
        assert not ConnectionTest.objects.filter(state=ConnectionTest.State.RUNNING).exists()
    written = log.getvalue()
    assert "webhook_refused" in written
    for secret in (*canaries, webhook_secret, path.removeprefix("/in/")):
        assert secret not in written


def test_untraced_work_makes_no_span(make_line: MakeLine) -> None:
    with correlation.carry(CALLER):
        assert not trace.get_current_span().is_recording()
    line = make_line()
    assert line.run().state == "clean"
    assert not trace.get_current_span().get_span_context().is_valid
    assert "run" not in structlog.contextvars.get_contextvars()
