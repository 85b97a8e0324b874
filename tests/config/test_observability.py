"""What leaves this installation for its operators: log lines and error reports, without secrets and without records."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
import structlog
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError, RetryableError
from config.observability import configure_logging, hide_secrets, scrub_report, sentry_options

CANARY = "canary-1f7e9a2b4c6d8e0f"
LOOK = "whsec_" + CANARY.replace("-", "")
UUID = "0197f3c2-8a1e-7d40-9f61-1d2c3b4a5e6f"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The process's log as production writes it, kept in memory; the old one is put back."""
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
    structlog.contextvars.clear_contextvars()


def test_every_line_is_one_json_object_that_names_what_it_belongs_to(lines: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(partner="alder", kind="flows.run", work=7, correlation_id="order-4711")
    structlog.get_logger("ours").info("slice_done", written=3)
    logging.getLogger("theirs").warning("two\nlines of %s", "a library")
    ours, theirs = (json.loads(line) for line in lines.getvalue().splitlines())
    for line in (ours, theirs):
        assert (line["partner"], line["kind"], line["work"], line["correlation_id"]) == (
            "alder", "flows.run", 7, "order-4711",
        )  # fmt: skip
    assert (ours["event"], ours["written"], ours["level"]) == ("slice_done", 3, "info")
    assert theirs["event"] == "two\nlines of a library"


def test_a_traceback_keeps_its_place_and_loses_its_secret(lines: io.StringIO) -> None:
    try:
        int(f"Bearer {CANARY}")
    except ValueError:
        structlog.get_logger("ours").exception("request_failed")
    assert "test_observability.py" in lines.getvalue()
    assert CANARY not in lines.getvalue()


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("event", f"Not Found: /in/{CANARY}", "Not Found: /in/[hidden]"),
        ("request", f"GET /join/{CANARY}/?next=/", "GET /join/[hidden]/?next=/"),
        ("request", f"GET /?token={CANARY}", "GET /?token=[hidden]"),
        ("request", f"GET /flows/runs/{UUID}/", f"GET /flows/runs/{UUID}/"),
        ("event", "Not Found: /customers/new/", "Not Found: /customers/new/"),
        ("password", CANARY, "[hidden]"),
        ("detail", f'{{"api_key": "{CANARY}"}}', '{"api_key": [hidden]}'),
        ("detail", {"authorization": CANARY, "note": "kept"}, {"authorization": "[hidden]", "note": "kept"}),
        ("detail", [LOOK], ["[hidden]"]),
        ("written", 12, 12),
    ],
    ids=[
        "webhook address", "invitation", "query", "public id stays", "words stay", "a name of its own",
        "JSON in text", "mapping", "list", "number",
    ],
)  # fmt: skip
def test_a_log_line_loses_what_lets_in(name: str, value: Any, left: Any) -> None:
    cleaned = hide_secrets(None, "info", {name: value})
    assert cleaned[name] == left


class _Kept(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.reports: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.reports += [item.payload.json for item in envelope.items if item.payload.json]


@pytest.fixture
def sentry() -> Iterator[_Kept]:
    """Sentry set up as in production, with what it would send kept here."""
    kept = _Kept()
    before = sentry_sdk.get_global_scope().client
    sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", transport=kept, **sentry_options())
    yield kept
    sentry_sdk.get_global_scope().set_client(before)
    structlog.contextvars.clear_contextvars()


def _fail(password: str) -> None:
    token = password + "!"
    raise RuntimeError(f"the call with token={token} failed")


def test_a_report_names_partner_flow_and_kind_and_holds_no_secret(sentry: _Kept) -> None:
    structlog.contextvars.bind_contextvars(partner="alder", kind="flows.run", flow="f-1", correlation_id="order-4711")
    with sentry_sdk.new_scope() as scope:
        scope.set_context("due work", {"reference": "r", "api_key": CANARY})
        scope.set_extra("body", {"iban": CANARY, "deep": [{"Authorization": f"Bearer {CANARY}"}]})
        scope.set_user({"id": 5, "email": f"{CANARY}@example.com", "ip_address": "192.0.2.1"})
        sentry_sdk.add_breadcrumb(message=f"password={CANARY}", data={"secret": CANARY})
        try:
            _fail(CANARY)
        except RuntimeError as error:
            sentry_sdk.capture_exception(error)
    (report,) = sentry.reports
    assert CANARY not in json.dumps(report)
    assert "192.0.2.1" not in json.dumps(report)
    assert {name: report["tags"][name] for name in ("partner", "kind", "flow", "correlation_id")} == {
        "partner": "alder", "kind": "flows.run", "flow": "f-1", "correlation_id": "order-4711",
    }  # fmt: skip
    assert report["exception"]["values"][0]["type"] == "RuntimeError"
    assert report["user"] == {"id": "5"}
    frames = report["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "_fail"
    assert not any(frame.get("vars") or frame.get("context_line") for frame in frames)


def test_a_report_s_request_keeps_its_place_only() -> None:
    report: Any = {
        "event_id": "1" * 32,
        "request": {
            "method": "POST",
            "url": f"https://alder.example/in/{CANARY}",
            "query_string": f"token={CANARY}",
            "cookies": {"session": CANARY},
            "data": {"name": CANARY},
            "headers": {"Authorization": CANARY, "Cookie": CANARY, "X-Api-Key": CANARY, "User-Agent": "curl"},
            "env": {"REMOTE_ADDR": "192.0.2.1"},
        },
    }
    scrubbed: Any = scrub_report(report, {})
    assert CANARY not in json.dumps(scrubbed)
    assert scrubbed["event_id"] == "1" * 32
    assert scrubbed["request"]["url"] == "https://alder.example/in/[hidden]"
    assert scrubbed["request"]["headers"]["User-Agent"] == "curl"
    assert set(scrubbed["request"]) == {"method", "url", "headers"}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RejectedError("no", problems=()), 0),
        (MisconfiguredError("no", business_class=BusinessClass.CONNECTION), 0),
        (RetryableError("away", business_class=BusinessClass.TIMEOUT), 1),
        (KeyError("ours"), 1),
    ],
    ids=["a record refused", "a set-up to mend", "nobody handled it", "a fault of ours"],
)
def test_only_what_developers_must_mend_is_reported(sentry: _Kept, error: Exception, told: int) -> None:
    sentry_sdk.capture_exception(error)
    assert len(sentry.reports) == told
