"""The least that a door for webhooks can do: check the signature, insert one row, answer 202. What the product is measured by.

Served like the product's web process; BENCH_HOOK_SECRET holds the signing secret. No partner, no look-up, no other page.
"""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

from apps.connectors.webhook_signatures import verify_standard
from bench.work.hook_table import INSERT

_local = threading.local()
_secret = os.environ.get("BENCH_HOOK_SECRET", "")


def _connection() -> psycopg.Connection[Any]:
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    return _local.connection  # type: ignore[no-any-return]  # a thread's own


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answer one POST."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    headers = {name: environ.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in (
        "webhook-id", "webhook-timestamp", "webhook-signature")}  # fmt: skip
    delivery = verify_standard([_secret], headers, body, float(headers["webhook-timestamp"]))
    _connection().execute(INSERT, [delivery, body.decode()])
    start_response("202 Accepted", [("Content-Length", "0")])
    return []
