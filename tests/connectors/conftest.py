"""A running sandbox for the whole session, a company per test, and a web server that misbehaves on the wire."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.auth import UNSIGNED, Signer
from apps.connectors.contract import Connector
from apps.connectors.http import Door
from apps.connectors.manifest import Limits
from apps.connectors.rate_budget import NoBudget
from apps.connectors.sandbox.background import BackgroundSandbox
from apps.connectors.sandbox.client import SandboxClient

ADMIN_TOKEN = "sandbox-admin-token"


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackgroundSandbox]:
    with BackgroundSandbox(tmp_path_factory.mktemp("sandbox"), admin_token=ADMIN_TOKEN) as running:
        yield running


@dataclass
class Town:
    """One company in the sandbox systems, and connectors to them. PSA and ERP are there; others are founded by name."""

    sandbox: BackgroundSandbox
    client: SandboxClient
    browser: Door
    name: str
    tokens: dict[str, str] = field(default_factory=dict)

    async def found(self, system: str, **wishes: Any) -> None:
        self.tokens[system] = await self.client.found_company(system, self.name, **{"people": 3, "weeks": 1, **wishes})

    async def faults(self, system: str, **shares: float) -> None:
        await self.client.set_faults(system, self.name, **shares)

    def secrets(self, system: str, token: str = "") -> dict[str, str]:
        """What a connection to the system holds."""
        secret = token or self.tokens[system]
        return {"client_id": self.name, "client_secret": secret} if system == "crm" else {"token": secret}

    def connector(self, system: str, *, token: str = "") -> Connector:
        return registry.open_system(
            registry.manifest(f"sandbox_{system}"),
            base_url=self.client.base_url(system, self.name),
            settings={},
            secrets=self.secrets(system, token),
            allow=(self.sandbox.host_and_port,),
            budget=NoBudget(),
            correlation_id="test-correlation",
        )


@pytest.fixture
async def town(sandbox: BackgroundSandbox) -> AsyncIterator[Town]:
    async with SandboxClient(sandbox.url, ADMIN_TOKEN) as client, door_to(sandbox.url) as browser:
        made = Town(sandbox, client, browser, f"t{uuid.uuid4().hex[:12]}")
        await made.found("psa")
        await made.found("erp")
        yield made


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def wire(script: Script) -> AsyncIterator[str]:
    """Serve raw bytes on a free loopback port; `script` plays the server for each connection."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Return one request with its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), 0
    )
    return head + (await reader.readexactly(length) if length else b"")


def says(content: bytes) -> Script:
    """A script that answers every request with the same bytes."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(content)
            await writer.drain()

    return script


def reply(status: str, body: bytes = b"{}", headers: str = "Content-Type: application/json\r\n") -> bytes:
    """Return a whole HTTP answer."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def door_to(url: str, *, auth: Signer = UNSIGNED, **changes: Any) -> Door:
    """A door to a loopback server."""
    wanted: dict[str, Any] = {
        "base_url": url,
        "auth": auth,
        "limits": Limits(at_once=4),
        "allow": (url.partition("://")[2].partition("/")[0],),
        "budget": NoBudget(),
        "timeout": 5,
        **changes,
    }
    return Door(**wanted)
