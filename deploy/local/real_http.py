"""A JSON client of a dozen lines over the standard library, for loading and checking the real systems on loopback."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit


class AnswerError(RuntimeError):
    """A real system answered with an error; the message holds method, path, status and the first words."""

    def __init__(self, method: str, path: str, status: int, body: str) -> None:
        super().__init__(f"{method} {path} answered {status}: {body[:300]}")
        self.status = status
        self.body = body


class JsonClient:
    """Speaks JSON to one address. One connection a call: a kept one could be closed under a create and double it."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(address)
        self._host, self._port, self._prefix = parts.hostname or "127.0.0.1", parts.port, parts.path.rstrip("/")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send one request and return the parsed answer, None when it has no body.

        Raises:
            AnswerError: the status is 400 or more.

        """
        target = f"{self._prefix}/{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        try:
            connection.request(method, target, None if body is None else json.dumps(body).encode(), self._headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            raise AnswerError(method, target.split("?", maxsplit=1)[0], answer.status, text)
        return json.loads(text) if text.strip() else None


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Return True when something accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int, seconds: float, is_alive: Callable[[], bool]) -> bool:
    """Wait until the port answers; False when it does not in time, or whoever should answer is gone."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and is_alive():
        if answers(port):
            return True
        time.sleep(0.1)
    return False
