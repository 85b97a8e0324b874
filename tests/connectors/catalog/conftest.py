"""What tests of single systems have in common: a running file server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.sftp_server import SftpServer, serve


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SftpServer]:
    async with serve(tmp_path) as running:
        yield running
