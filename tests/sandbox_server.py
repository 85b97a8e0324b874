"""The sandbox PSA and ERP, served for the whole test process."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings

from apps.connectors.sandbox.client import SandboxClient
from apps.connectors.sandbox.server import serve


@dataclass(frozen=True, slots=True)
class SandboxServer:
    """The sandbox systems, really served over HTTP in a thread of this process."""

    url: str
    port: int
    token: str

    def client(self) -> SandboxClient:
        """Return the controls."""
        return SandboxClient(self.url, self.token)

    def do(self, work: Callable[[SandboxClient], Awaitable[Any]]) -> Any:
        """Run one control call: `sandbox.do(lambda c: c.effects("erp", "x"))`."""

        async def call() -> Any:
            async with self.client() as client:
                return await work(client)

        return asyncio.run(call())


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """The sandbox PSA and ERP on a free port."""
    token = "sandbox-admin"
    ready = threading.Event()
    port: list[int] = []
    loop = asyncio.new_event_loop()

    def told(number: int) -> None:
        port.append(number)
        ready.set()

    serving = loop.create_task(serve(tmp_path_factory.mktemp("sandbox"), token, host="127.0.0.1", port=0, ready=told))

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20), "the sandbox did not start"
    allowed = settings.EGRESS_ALLOW
    settings.EGRESS_ALLOW = (*allowed, f"127.0.0.1:{port[0]}")
    yield SandboxServer(f"http://127.0.0.1:{port[0]}", port[0], token)
    settings.EGRESS_ALLOW = allowed
    loop.call_soon_threadsafe(serving.cancel)
    thread.join(10)
