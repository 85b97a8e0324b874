"""A listener that notes what is posted to it and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Listener:
    """What was posted, with headers, and the answers still to come; after those it says 200 "ok"."""

    url: str = ""
    heard: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)

    @property
    def bodies(self) -> list[Any]:
        """Return what was posted."""
        return [body for _path, _headers, body in self.heard]


@pytest.fixture
def listener(settings: Any) -> Iterator[Listener]:
    """A listener at a free port, which may be posted to."""
    noted = Listener()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            noted.heard.append((self.path, {**headers, "raw": body.decode()}, json.loads(body)))
            status, words = noted.answers.pop(0) if noted.answers else (200, "ok")
            self.send_response(status)
            self.send_header("Content-Length", str(len(words)))
            self.end_headers()
            self.wfile.write(words.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"127.0.0.1:{server.server_port}"
    settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, place)
    noted.url = f"http://{place}/services/T0/B0/very-secret-part?sig=also-secret"
    yield noted
    server.shutdown()
    server.server_close()
