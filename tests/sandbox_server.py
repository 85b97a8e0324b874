"""The sandbox PSA and ERP, served for the whole test process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings

from apps.connectors.sandbox.background import BackgroundSandbox
from apps.connectors.sandbox.client import SandboxClient


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
    allowed = settings.EGRESS_ALLOW
    with BackgroundSandbox(tmp_path_factory.mktemp("sandbox"), admin_token="sandbox-admin") as running:
        settings.EGRESS_ALLOW = (*allowed, running.host_and_port)
        yield SandboxServer(running.url, running.port, running.admin_token)
    settings.EGRESS_ALLOW = allowed
