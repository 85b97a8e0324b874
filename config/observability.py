"""Logs as lines that name what they belong to, errors to Sentry, traces to a collector: all without anybody's data."""

import logging.config
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast

import sentry_sdk
import structlog
import structlog.typing
from django.core.exceptions import ValidationError
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.types import Event, Hint

from apps.connectors.errors import AuthExpiredError, MisconfiguredError, RejectedError
from apps.connectors.redaction import HIDDEN, redact_headers, redact_json, redact_url

# A long part of an address that is neither a public id nor a word is a token: of a webhook, an invitation, a mail link.
_TOKEN = re.compile(r"(?<=/)(?![0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w.~:-]))[\w.~:-]{20,}")
_ADDRESS_KEYS = frozenset({"event", "request", "path"})
_TAGS = ("partner", "kind", "flow", "run", "correlation_id")
# What a person of the customer or the partner mends: it becomes an exception case, not a report to developers.
PEOPLES_BUSINESS = (RejectedError, MisconfiguredError, AuthExpiredError, ValidationError)


def configure_logging(*, json_lines: bool) -> None:
    """Send every log line through structlog: JSON for machines, text for a person."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=False)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "loggers": {
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "django_structlog.middlewares.request": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,  # before anything is formatted: most lines below the level cost nothing
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def hide_secrets(
    _logger: structlog.typing.WrappedLogger, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Take everything that looks like a secret out of a log line: values of telling names, tokens, links that let in."""
    for name, value in line.items():
        if isinstance(value, str | dict | list | tuple) and not name.startswith("_"):
            line[name] = redact_json({name: value})[name]
        if isinstance(value, str) and name in _ADDRESS_KEYS:
            line[name] = _cleaned(line[name])
    return line


def _cleaned(words: str) -> str:
    return _TOKEN.sub(HIDDEN, words)


def configure_sentry(dsn: str) -> None:
    """Report errors. Frame variables and bodies hold customers' records, so none are sent."""
    if not dsn:
        return
    sentry_sdk.init(dsn=dsn, **sentry_options())


def sentry_options() -> dict[str, Any]:
    """Return what is decided about reports: who may send what."""
    return {
        "send_default_pii": False,
        "include_local_variables": False,
        "include_source_context": False,
        "max_request_body_size": "never",
        "before_send": scrub_report,
        # Only what is named: others would hang headers of ours on calls to customers' systems.
        "auto_enabling_integrations": False,
        "trace_propagation_targets": [],
        "integrations": [DjangoIntegration(), CeleryIntegration()],
    }


def scrub_report(report: Event, hint: Hint) -> Event | None:
    """Return the report without secrets and with tags of what was worked on; None when it is for a person to mend."""
    raised = hint.get("exc_info")
    if raised is not None and isinstance(raised[1], PEOPLES_BUSINESS):
        return None
    known_ids = {name: report[name] for name in ("event_id", "timestamp") if name in report}
    scrubbed = cast("Event", {**redact_json(report), **known_ids})
    if "request" in report:
        scrubbed["request"] = _scrub_request(report["request"])
    if "transaction" in scrubbed:
        scrubbed["transaction"] = _cleaned(str(scrubbed["transaction"]))
    context = structlog.contextvars.get_contextvars()
    tags = {name: str(context[name]) for name in _TAGS if name in context}
    scrubbed["tags"] = {**dict(scrubbed.get("tags") or {}), **tags}
    scrubbed["user"] = {"id": str((report.get("user") or {}).get("id") or "")}
    return scrubbed


def _scrub_request(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "method": request.get("method", ""),
        "url": _cleaned(redact_url(str(request.get("url", "")))),
        "headers": redact_headers(request.get("headers") or {}),
    }


def configure_tracing(endpoint: str, *, headers: Sequence[str] = (), percent: int = 100) -> None:
    """Send traces to the OTLP/HTTP collector at `endpoint`; without one the tracing library is not even loaded."""
    if endpoint:
        import_module("config.tracing").send_traces(endpoint, headers=headers, percent=percent)


def send_last_spans() -> None:
    """Send the spans that this process still holds, where traces are kept at all."""
    if "config.tracing" in sys.modules:
        import_module("config.tracing").send_what_is_left()
