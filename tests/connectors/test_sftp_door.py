"""The door to file servers: what is no file server, or does not answer, has a named outcome and leaves nothing open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError, RetryableError
from apps.connectors.rate_budget import NoBudget
from apps.connectors.sftp_door import SftpDoor
from apps.connectors.ssh_login import SshLogin

LOGIN = SshLogin("user", password="pass-word", host_keys=frozenset({"SHA256:" + "a" * 43}))


def door(address: str, *, allow: tuple[str, ...] = (), found: tuple[str, ...] = ()) -> SftpDoor:
    async def look_up(host: str, port: int) -> list[str]:
        if not found:
            raise OSError("no such host")
        return list(found)

    return SftpDoor(base_url=address, login=LOGIN, allow=allow, budget=NoBudget(), timeout=0.5, look_up=look_up)


@asynccontextmanager
async def listening(said: bytes | None) -> AsyncIterator[tuple[SftpDoor, list[bytes]]]:
    """Serve something that is no file server: it says this and hangs up, or (None) says nothing at all."""
    heard, ended = list[bytes](), asyncio.Event()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if said is not None:
            writer.write(said)
            await writer.drain()
        else:
            while line := await reader.read(4096):
                heard.append(line)
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield door(f"sftp://127.0.0.1:{port}", allow=(f"127.0.0.1:{port}",), found=("127.0.0.1",)), heard
        await ended.wait()
    finally:
        server.close()


NO_SERVERS = [
    pytest.param(None, RetryableError, BusinessClass.TIMEOUT, "did not answer in time", id="one that says nothing"),
    pytest.param(b"", RetryableError, BusinessClass.CONNECTION, "closed the connection", id="one that hangs up"),
    pytest.param(
        b"HTTP/1.1 400 Bad Request\r\n\r\n", RetryableError, BusinessClass.CONNECTION, "closed the", id="a web server"
    ),
    pytest.param(b"SSH-1.5-old\r\n", MisconfiguredError, BusinessClass.CONNECTION, "no SSH that is safe", id="SSH 1"),
]


@pytest.mark.parametrize(("said", "kind", "business_class", "words"), NO_SERVERS)
async def test_what_is_no_file_server_is_told_and_learns_no_secret(
    said: bytes | None, kind: type[RemoteError], business_class: BusinessClass, words: str
) -> None:
    async with listening(said) as (to_it, heard), to_it:
        with pytest.raises(kind, match=words) as refused:
            await to_it.greet()
    assert refused.value.business_class is business_class
    assert not refused.value.ambiguous
    assert b"pass-word" not in b"".join(heard)


@pytest.mark.parametrize(
    ("found", "kind", "words"),
    [
        pytest.param((), RetryableError, "is not known", id="a name that is not known"),
        pytest.param(("10.0.0.5",), MisconfiguredError, "private address", id="a private address"),
        pytest.param(("169.254.169.254",), MisconfiguredError, "never called", id="cloud metadata"),
        pytest.param(("93.184.215.14", "127.0.0.1"), MisconfiguredError, "private address", id="one of two is private"),
        pytest.param(("fe80::1",), MisconfiguredError, "never called", id="a link-local address"),
    ],
)
async def test_every_address_of_the_host_is_judged_before_one_is_called(
    found: tuple[str, ...], kind: type[RemoteError], words: str
) -> None:
    async with door("sftp://files.example.com", found=found) as to_it:
        with pytest.raises(kind, match=words):
            await to_it.greet()
        assert to_it.take_counts().failed == (1 if kind is RetryableError else 0)
