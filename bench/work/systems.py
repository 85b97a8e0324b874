"""A time system and an ERP that are never the bottleneck: raw asyncio, keep-alive, one process of their own.

`python -m bench.work.systems` prints its port. A source is addressed by its size (/psa/10000/api/v1), a target by any
name (/erp/NAME/api/v1); GET /erp/NAME/counts says what really arrived there, GET /erp/NAME/arrivals when.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson

from bench.work.entries import iterate_entries, position_of

ROOT = Path(__file__).resolve().parents[2]
_OK, _CREATED = b"HTTP/1.1 200 OK", b"HTTP/1.1 201 Created"


@dataclass(slots=True)
class Ledger:
    """What one target received: the key each record came with, harmless and harmful repeats, the sum in cents."""

    keys: dict[str, str] = field(default_factory=dict)
    arrived: dict[str, float] = field(default_factory=dict)
    requests: int = 0
    dup_idempotent: int = 0
    dup_effective: int = 0
    cents: int = 0

    def take(self, line: dict[str, Any], key: str) -> str:
        """Note one record and return its number here."""
        name = str(line["external_id"])
        known = self.keys.get(name)
        if known is None:
            self.keys[name] = key
            self.arrived[name] = time.time()
            self.cents += int(Decimal(str(line["amount"])).scaleb(2))  # as text: a number may come as 12.3
        elif known == key:
            self.dup_idempotent += 1
        else:
            self.dup_effective += 1
        return f"TL-{name}"

    def counts(self) -> dict[str, int]:
        """Return the figures a checker trusts."""
        return {
            "unique": len(self.keys),
            "requests": self.requests,
            "dup_idempotent": self.dup_idempotent,
            "dup_effective": self.dup_effective,
            "cents": self.cents,
        }


_ledgers: dict[str, Ledger] = {}


@cache
def _encoded(number: int) -> list[bytes]:
    return [orjson.dumps(entry) for entry in iterate_entries(number)]


def _page(number: int, query: dict[str, list[str]]) -> bytes:
    since = query.get("modified_since", [""])[0]
    first = position_of(since) if since else 0
    page, size = int(query.get("page", ["1"])[0]), int(query.get("size", ["200"])[0])
    start = first + (page - 1) * size
    listed = b",".join(_encoded(number)[start : min(start + size, number)])
    return b'{"results":[%b],"total":%d}' % (listed, number - first)


@cache
def _by_number(number: int) -> dict[str, bytes]:
    return {str(entry["id"]): encoded for entry, encoded in zip(iterate_entries(number), _encoded(number), strict=True)}


def _named(number: int, keys: list[str]) -> bytes:
    known = _by_number(number)
    listed = [known[key] for key in keys if key in known]
    return b'{"results":[%b],"total":%d}' % (b",".join(listed), len(listed))


def _lines(ledger: Ledger, path: str, headers: bytes, body: bytes) -> tuple[bytes, bytes]:
    ledger.requests += 1
    parsed = orjson.loads(body)
    if path.endswith("/batch"):
        lines = parsed["records"] if isinstance(parsed, dict) else parsed
        results = [
            {"position": place, "status": 201, "id": ledger.take(line, line.get("idempotency_key", ""))}
            for place, line in enumerate(lines)
        ]
        return _OK, orjson.dumps({"results": results})
    return _CREATED, b'{"id":"%b"}' % ledger.take(parsed, _header(headers, b"idempotency-key")).encode()


def _header(headers: bytes, name: bytes) -> str:
    at = headers.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return ""
    start = at + len(name) + 3
    return headers[start : headers.index(b"\r\n", start)].strip().decode()


class Conversation(asyncio.Protocol):
    """One kept-alive connection; requests are answered in the order they come."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport  # type: ignore[assignment]  # a TCP server's transports can be written to

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2]
            length = int(_header(head, b"content-length") or 0)
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        method, target, _ = head[: head.index(b"\r\n")].decode().split(" ", 2)
        path, _, query = target.partition("?")
        system, name = path.split("/")[1:3]
        status = _OK
        if system == "psa":
            asked = parse_qs(query)
            named = asked.get("id")
            one = _by_number(int(name)).get(path.rsplit("/", 1)[1])  # asked for by its own path
            content = one or (_named(int(name), named[0].split(",")) if named else _page(int(name), asked))
        elif method == "POST":
            status, content = _lines(_ledgers.setdefault(name, Ledger()), path, head, body)
        elif path.endswith("/arrivals"):
            content = orjson.dumps(_ledgers.get(name, Ledger()).arrived)
        else:
            content = orjson.dumps(_ledgers.get(name, Ledger()).counts())
        if self._transport is not None:
            told = b"%b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(content))
            self._transport.write(told + content)


async def serve(say: Callable[[int], None]) -> None:
    """Serve until cancelled; `say` is told the port."""
    server = await asyncio.get_running_loop().create_server(Conversation, "127.0.0.1", 0)
    say(server.sockets[0].getsockname()[1])
    await server.serve_forever()


@contextlib.contextmanager
def running_systems() -> Iterator[str]:
    """Run the systems in a process of their own; gives their host and port."""
    command = [sys.executable, "-m", "bench.work.systems"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ) as process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            yield f"127.0.0.1:{int(line)}"
        finally:
            process.terminate()


def ask_counts(place: str, target: str) -> dict[str, int]:
    """Return what the target called `target` received."""
    return dict(_ask(f"http://{place}/erp/{target}/counts"))


def prepare_source(place: str, size: int) -> None:
    """Have the records of a source made before anybody is timed: making many holds up all others that are served."""
    _ask(f"http://{place}/psa/{size}/api/v1/time-entries?size=1", seconds=120)


def ask_arrivals(place: str, target: str) -> dict[str, float]:
    """Return when each record first came to the target called `target`, in seconds since 1970."""
    return dict(_ask(f"http://{place}/erp/{target}/arrivals"))


def _ask(address: str, *, seconds: int = 10) -> Any:
    with urllib.request.urlopen(address, timeout=seconds) as answer:
        return orjson.loads(answer.read())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(lambda port: print(port, flush=True)))
