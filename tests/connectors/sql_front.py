"""Stands between a connector and its PostgreSQL: passes messages on, notes them, and does to them what bad networks do.

The messages are those of https://www.postgresql.org/docs/current/protocol-message-formats.html.
"""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.front import broken_after, lost_after, lost_before, silent_after

_ENCRYPTED, _CANCEL, _KERBEROS = 80877103, 80877102, 80877104
_READY = b"Z\x00\x00\x00\x05"
_SILENCE = 20.0


@dataclass(frozen=True, slots=True)
class Refused:
    """The server says no: at the sign-in ("start"), instead of a transaction ("begin"), of its end ("commit"), of a statement.

    `fatal` ends the connection as well; `raw` is said in place of an answer, by something that is no PostgreSQL.
    """

    at: str
    code: str = "XX000"
    message: str = "the server had an error of its own"
    fatal: bool = False
    raw: bytes = b""

    def answer(self) -> bytes:
        """Return it as the server says it."""
        if self.raw:
            return self.raw
        severity = b"FATAL" if self.fatal else b"ERROR"
        parts = (b"S" + severity, b"V" + severity, b"C" + self.code.encode(), b"M" + self.message.encode())
        said = _message(b"E", b"\x00".join(parts) + b"\x00\x00")
        return said if self.fatal else said + _message(b"Z", b"E" if self.at == "statement" else b"I")


@dataclass
class SqlFront:
    """The address a connector calls instead of its database's own; used as the other front is (tests/conformance/front.py).

    `only_writes` leaves transactions alone that only read. With a `certificate` the way to the front is encrypted.
    """

    behind: int
    trouble: Any = None
    only_writes: bool = False
    asked: list[str] = field(default_factory=list)
    wire_secrets: set[str] = field(default_factory=set)
    url: str = ""
    port: int = 0
    certificate: ssl.SSLContext | None = None
    encrypted: int = 0  # how many connections were
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            start = await self._started(reader, writer)
            refused = self.trouble
            if isinstance(refused, Refused) and refused.at == "start":
                writer.write(refused.answer())
            elif start:
                await self._relay(start, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            return
        finally:
            writer.close()

    async def _started(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Return the message that begins a session, after encryption was agreed upon or declined; b"" for a cancellation."""
        while True:
            head = await reader.readexactly(8)
            size, code = struct.unpack("!ii", head)
            rest = await reader.readexactly(size - 8)
            if code == _CANCEL:
                return b""
            if code not in {_ENCRYPTED, _KERBEROS}:
                return head + rest
            safe = code == _ENCRYPTED and self.certificate is not None
            writer.write(b"S" if safe else b"N")
            await writer.drain()
            if safe and self.certificate is not None:
                await writer.start_tls(self.certificate)
                self.encrypted += 1

    async def _relay(self, start: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", self.behind)
        outer.write(start)
        session = _Session(self, reader, writer, inner, outer)
        answers = asyncio.create_task(session.bring_answers())
        try:
            await session.pass_on()
        finally:
            answers.cancel()
            outer.close()
            with suppress(asyncio.CancelledError, ConnectionError):
                await answers


class _Session:
    """One session between a connector and the database."""

    def __init__(self, front: SqlFront, reader: Any, writer: Any, inner: Any, outer: Any) -> None:
        self._front, self._reader, self._writer, self._inner, self._outer = front, reader, writer, inner, outer
        self._swallows, self._writes = False, False
        self._done = asyncio.Event()

    async def bring_answers(self) -> None:
        """Bring what the database says, unless it is to be lost."""
        while answer := await self._inner.read(65536):
            if self._swallows:
                if _READY in answer:
                    self._done.set()
            else:
                self._writer.write(answer)
        self._writer.close()

    async def pass_on(self) -> None:
        """Pass on what the connector says, until a trouble ends it."""
        while True:
            head = await self._reader.readexactly(5)
            kind, (size,) = head[:1], struct.unpack("!i", head[1:])
            body = await self._reader.readexactly(size - 4)
            place = self._place(kind, body)
            if place and await self._meet_trouble(place, head + body):
                return

    def _place(self, kind: bytes, body: bytes) -> str:
        """Return where in a transaction a message stands."""
        if kind not in {b"Q", b"P"}:
            return "other"
        text = body.split(b"\x00")[1 if kind == b"P" else 0].decode()
        self._front.asked.append(text)
        if text.startswith("BEGIN"):
            self._writes = text.startswith("BEGIN READ WRITE")
            return "begin"
        if text == "COMMIT":
            return "commit"
        return "statement" if kind == b"P" else "other"

    async def _meet_trouble(self, place: str, message: bytes) -> bool:
        """Do to a message what the front is there for; return whether the session is over."""
        trouble = self._front.trouble
        # What is about an answer hits a reading at its first word, a writing where it leaves a doubt: at its end.
        wanted = trouble.at if isinstance(trouble, Refused) else ""
        if wanted in {"", "commit"}:
            wanted = "commit" if self._writes else "begin"
        spared = trouble is None or (self._front.only_writes and not self._writes)
        if spared or wanted != place:
            self._outer.write(message)
            return False
        if isinstance(trouble, Refused):
            await self._skip_to_sync(place)
            self._writer.write(trouble.answer())
            return trouble.fatal
        if trouble is not lost_before:
            self._swallows = True
            self._outer.write(message)
            await self._done.wait()
        if trouble is silent_after:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._front.ended.wait(), _SILENCE)
        if trouble is broken_after:
            self._writer.write(Refused("commit", "08006", "server conn crashed?", fatal=True).answer())
            await self._writer.drain()
        else:
            assert trouble in {lost_before, lost_after, silent_after}
        return True

    async def _skip_to_sync(self, place: str) -> None:
        """Swallow what belongs to a statement, up to the message that waits for its answer."""
        while place == "statement":
            head = await self._reader.readexactly(5)
            await self._reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
            if head[:1] == b"S":
                return


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


@asynccontextmanager
async def fronted(behind: int, certificate: ssl.SSLContext | None = None) -> AsyncIterator[SqlFront]:
    """Serve a front for the PostgreSQL at this port on a free one."""
    front = SqlFront(behind, certificate=certificate)
    tasks = set[asyncio.Task[None]]()

    def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(front.play(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    front.port = server.sockets[0].getsockname()[1]
    front.url = f"postgresql://127.0.0.1:{front.port}"
    try:
        yield front
    finally:
        front.ended.set()
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
