"""The sandbox PSA and ERP, served for the whole test process."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.connectors.sandbox.background import BackgroundSandbox
from apps.connectors.sandbox.client import SandboxClient

# What the sandbox remembers of a company, and in which order it came.
_OF_A_COMPANY = {
    "record": ("kind, id, natural, modified, body", "seq"),
    "alias": ("kind, field, value, record", "kind"),
    "effect": ("at, action, kind, record, natural, key, body, caused_by", "seq"),
    "answered": ("key, fingerprint, status, body, at", "at"),
    "delivery": ("id, at, attempt, status, body", "seq"),
}


@dataclass(frozen=True, slots=True)
class SandboxServer:
    """The sandbox systems, really served over HTTP in a thread of this process."""

    url: str
    port: int
    token: str
    memory: Path  # the file that holds all companies

    def client(self) -> SandboxClient:
        """Return the controls."""
        return SandboxClient(self.url, self.token)

    def copy_company(self, company: str, copy: str) -> None:
        """Make a copy of a company, in each system that knows it: what it holds now, and its journal."""
        with closing(sqlite3.connect(self.memory, timeout=60)) as memory, memory:
            for (number,) in memory.execute("SELECT id FROM company WHERE slug = ?", (company,)).fetchall():
                told = "system, token, wishes, faults, webhook"
                made = memory.execute(
                    f"INSERT INTO company (slug, {told}) SELECT ?, {told} FROM company WHERE id = ?", (copy, number)
                ).lastrowid
                for table, (columns, order) in _OF_A_COMPANY.items():
                    memory.execute(
                        f"INSERT INTO {table} (company, {columns}) "
                        f"SELECT ?, {columns} FROM {table} WHERE company = ? ORDER BY {order}",
                        (made, number),
                    )

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
    folder = tmp_path_factory.mktemp("sandbox")
    with BackgroundSandbox(folder, admin_token="sandbox-admin") as running:
        settings.EGRESS_ALLOW = (*allowed, running.host_and_port)
        yield SandboxServer(running.url, running.port, running.admin_token, folder / "sandbox.sqlite3")
    settings.EGRESS_ALLOW = allowed
