"""A system that hands out tokens, as vendors do: codes good once, refresh tokens that change with each use."""

import asyncio
import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import orjson

from tests.connectors.conftest import read_request, reply

Form = dict[str, str]


@dataclass
class Vendor:
    """`refresh_token` is the one it takes now; one that was used already ends the whole sign-in where it is `strict`."""

    refresh_token: str = ""
    rotates: bool = True
    strict: bool = True
    gives_refresh_tokens: bool = True
    slow: float = 0.0
    says: tuple[str, bytes] | None = None  # another answer than a token
    accepts: Callable[[Form], bool] | None = None  # for grants other than codes and refresh tokens
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)  # code -> (challenge, callback)
    used: set[str] = field(default_factory=set)
    good: set[str] = field(default_factory=set)
    forms: list[Form] = field(default_factory=list)
    signed_by: list[str] = field(default_factory=list)  # Authorization headers of the token endpoint
    calls: list[tuple[str, str, int]] = field(default_factory=list)  # path, token, status
    at_once: int = 0
    most_at_once: int = 0
    _count: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests."""
        while True:
            head, _, body = (await read_request(reader)).partition(b"\r\n\r\n")
            method, path = head.decode().split(" ")[:2]
            lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
            offered = next((value for name, _, value in lines if name.lower() == "authorization"), "")
            writer.write(await self._answer(method, path, offered, body))
            await writer.drain()

    async def _answer(self, method: str, path: str, offered: str, body: bytes) -> bytes:
        if urlsplit(path).path.endswith("/token"):
            form = dict(parse_qsl(body.decode()))
            self.forms.append(form)
            self.signed_by.append(offered)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            await asyncio.sleep(self.slow)
            self.at_once -= 1
            return reply(*self.says) if self.says else self._token(form)
        token = offered.removeprefix("Bearer ")
        known = token in self.good
        self.calls.append((path, token, 200 if known else 401))
        return reply("200 OK", b'{"records": []}') if known else reply("401 Unauthorized", b'{"message": "who?"}')

    def _token(self, form: Form) -> bytes:
        if not self._is_good(form):
            return reply("400 Bad Request", orjson.dumps({"error": "invalid_grant", "echo": form}))
        self._count += 1
        answer: dict[str, object] = {"access_token": f"access-number-{self._count}", "expires_in": 1800}
        self.good.add(str(answer["access_token"]))
        if form["grant_type"] in {"authorization_code", "refresh_token"} and self.gives_refresh_tokens:
            if self.rotates or not self.refresh_token:
                self.used.add(self.refresh_token)
                self.refresh_token = f"refresh-number-{self._count}"
            answer["refresh_token"] = self.refresh_token
        return reply("200 OK", orjson.dumps(answer))

    def _is_good(self, form: Form) -> bool:
        if form["grant_type"] == "refresh_token":
            if self.strict and form["refresh_token"] in self.used:
                self.refresh_token = "ended"
            return form["refresh_token"] == self.refresh_token
        if form["grant_type"] == "authorization_code":
            expected = self.codes.pop(form["code"], None)
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            return expected == (shown, form["redirect_uri"])
        return self.accepts is None or self.accepts(form)


@contextmanager
def open_for_business(vendor: Vendor) -> Iterator[str]:
    """Serve the vendor on a loopback port, in a thread of its own; yields its address."""
    loop, ready, url = asyncio.new_event_loop(), threading.Event(), [""]
    stop = asyncio.Event()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await vendor.serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def stand() -> None:
        server = await asyncio.start_server(play, "127.0.0.1", 0)
        url[0] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=loop.run_until_complete, args=(stand(),), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield url[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
