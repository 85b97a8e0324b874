"""Processes of the real systems: started, remembered, stopped, and never confused with somebody else's."""

import json
import os
import sys
from pathlib import Path

import pytest

from deploy.local.real_http import AnswerError, JsonClient, answers, free_port
from deploy.local.real_server import BootError, Server

SERVE = (
    "import http.server, sys\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        status = 404 if 'gone' in self.path else 200\n"
    '        self.send_response(status); self.end_headers(); self.wfile.write(b\'{"path": "%s"}\' % self.path.encode())\n'
    "    def log_message(self, *a): pass\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()\n"
)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server("Stand-in", tmp_path, free_port())


def test_a_server_is_started_asked_and_stopped(server: Server) -> None:
    server.start([sys.executable, "-c", SERVE, str(server.port)], {}, server.folder)
    try:
        client = JsonClient(f"http://127.0.0.1:{server.port}/base", {})
        assert server.is_running()
        assert client.call("GET", "a", x=[1, 2]) == {"path": "/base/a?x=1&x=2"}
        with pytest.raises(AnswerError, match="GET /base/gone answered 404"):
            client.call("GET", "gone")
    finally:
        server.stop()
    assert not answers(server.port)
    assert not server.is_running()
    server.stop()


def test_a_server_that_ends_at_once_says_its_last_words(server: Server) -> None:
    with pytest.raises(BootError, match="no such thing"):
        server.start([sys.executable, "-c", "raise SystemExit('no such thing')"], {}, server.folder, seconds=20)


def test_a_process_id_that_somebody_else_has_now_is_left_alone(server: Server) -> None:
    (server.folder / "pid.json").write_text(json.dumps({"pid": os.getpid(), "started": "0"}))
    assert not server.is_running()
    server.stop()
    assert not (server.folder / "pid.json").exists()
