"""The sandbox in the background says at once why it does not start, and frees its port when it ends."""

import socket
from pathlib import Path

import pytest

from apps.connectors.sandbox.background import BackgroundSandbox


def test_a_port_that_is_taken_is_told_as_the_cause(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(RuntimeError, match="did not start") as caught,
            BackgroundSandbox(tmp_path, admin_token="sandbox-admin", port=port),
        ):
            pass
    assert isinstance(caught.value.__cause__, OSError)


def test_its_port_is_free_again_when_it_ends(tmp_path: Path) -> None:
    with BackgroundSandbox(tmp_path / "first", admin_token="sandbox-admin") as first:
        port = first.port
    with BackgroundSandbox(tmp_path / "second", admin_token="sandbox-admin", port=port) as second:
        assert second.url == f"http://127.0.0.1:{port}"
