"""A time tool that no catalogue knows, strict about how it is asked: 401 without its key, 400 for what its file does not name."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

KEY = "harbour-key-4711"
_KNOWN = {"page", "per_page"}


def openapi(url: str) -> dict[str, Any]:
    """Return the tool's OpenAPI file."""
    text = {"type": "string"}
    entry = {
        "type": "object",
        "properties": {
            "id": text,
            "person": {"type": "object", "properties": {"id": text, "name": text}},
            "project": {"type": "object", "properties": {"code": text, "name": text}},
            "date": {"type": "string", "format": "date"},
            "minutes": {"type": "integer"},
            "billable": {"type": "boolean"},
            "status": {"type": "string", "enum": ["OPEN", "SIGNED"]},
            "rate": {"type": "number"},
            "currencyCode": text,
            "task": {"type": "object", "properties": {"name": text}},
            "region": text,
            "signedAt": {"type": "string", "format": "date-time"},
            "notes": {"type": "string", "description": "<script>alert(1)</script>"},
        },
    }
    envelope = {
        "type": "object",
        "properties": {"data": {"type": "array", "items": entry}, "total": {"type": "integer"}},
    }
    page = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    size = {"name": "per_page", "in": "query", "schema": {"type": "integer", "maximum": 4}}
    answer = {"200": {"description": "ok", "content": {"application/json": {"schema": envelope}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Harbour <b>Time</b>", "version": "1"},
        "servers": [{"url": url}],
        "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Harbour-Key"}}},
        "paths": {"/time_entries": {"get": {"parameters": [page, size], "responses": answer}}},
    }


@dataclass
class Harbour:
    """The tool while it runs. `refused` lists what it was asked that its file does not name."""

    url: str = ""
    entries: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def answer(self, path: str, key: str) -> tuple[int, dict[str, Any]]:
        """Return status and body for one GET."""
        asked = urlsplit(path)
        query = dict(parse_qsl(asked.query))
        if key != KEY:
            return 401, {"message": "Who are you?"}
        if asked.path != "/api/time_entries" or set(query) - _KNOWN:
            self.refused.append(path)
            return 400, {"message": f"{path} is not in the file"}
        size = min(int(query.get("per_page", "4")), 4)
        start = (int(query.get("page", "1")) - 1) * size
        return 200, {"data": self.entries[start : start + size], "total": len(self.entries)}


@contextmanager
def running() -> Iterator[Harbour]:
    """Serve the tool on a free loopback port that may be called."""
    tool = Harbour()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = tool.answer(self.path, self.headers.get("X-Harbour-Key", ""))
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place = f"127.0.0.1:{server.server_port}"
    tool.url, allowed = f"http://{place}/api", settings.EGRESS_ALLOW
    settings.EGRESS_ALLOW = (*allowed, place)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield tool
    finally:
        server.shutdown()
        server.server_close()
        settings.EGRESS_ALLOW = allowed
