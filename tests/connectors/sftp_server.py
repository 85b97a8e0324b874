"""A real SFTP server (asyncssh's own) on loopback, whose files lie in a folder of the test; and connections to it."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from apps.connectors import registry
from apps.connectors.contract import Connector, Page, SourceRecord
from apps.connectors.rate_budget import NoBudget

USER, PASSWORD = "fairport", "pass-word-of-the-file-server"
HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
OWN_KEY = asyncssh.generate_private_key("ssh-ed25519")
HEADING = "id,resource,project,work_date,hours,note\r\n"
NOON = 1_790_000_000


def rows(*numbers: int, hours: str = "7.5") -> str:
    """Return a file of time entries with these numbers."""
    return HEADING + "".join(f"T{number},ann,NW-{number},2026-11-03,{hours},Workshop\r\n" for number in numbers)


class _Users(asyncssh.SSHServer):
    """Lets one user in, by password or by key."""

    def __init__(self, server: "SftpServer") -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._server.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        self._server.asked.append(username)
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key.public_data == OWN_KEY.public_data


@dataclass
class SftpServer:
    """The server: its folder, who asked to sign in, what was done, and what is to go wrong.

    `fails` names verbs ("open", "rename") and how often each still breaks the connection; `late` breaks it after the
    deed; `denied` names verbs that are refused.
    """

    root: Path
    port: int = 0
    asked: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    fails: dict[str, int] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)

    @property
    def fingerprint(self) -> str:
        return HOST_KEY.get_fingerprint()

    def put(self, name: str, content: bytes | str, at: int = 1_790_000_000) -> Path:
        """Put a file there, last changed at so many seconds since 1970."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(path, (at, at))
        return path

    def names(self, folder: str) -> list[str]:
        """Return what lies in a folder."""
        return sorted(path.name for path in (self.root / folder).iterdir())

    def connector(self, *, sign_in: str = PASSWORD, allow: bool = True, **settings: Any) -> Connector:
        """Return the catalogue's connector to this server, as the product opens it."""
        return registry.open_system(
            registry.manifest("sftp_files"),
            base_url=f"sftp://127.0.0.1:{self.port}" if allow else f"sftp://localhost:{self.port}",
            settings={
                "user": USER,
                "host_key": self.fingerprint,
                "folder_in": "in",
                "folder_out": "out",
                **settings,
            },
            secrets={"sign_in": sign_in},
            allow=(f"127.0.0.1:{self.port}",) if allow else (),
            budget=NoBudget(),
        )

    async def read(
        self, name: str = "time_entries", checkpoint: Mapping[str, Any] | None = None, **settings: Any
    ) -> list[Page]:
        """Read to the end with a connection of its own."""
        async with self.connector(**settings) as connector:
            return [page async for page in connector.read(name, checkpoint)]


class _Files(asyncssh.SFTPServer):
    """The server's own files, with the faults a test asks for."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], server: SftpServer) -> None:
        super().__init__(chan, chroot=str(server.root))
        self._server, self._chan = server, chan

    def _on(self, verb: str) -> None:
        self._server.done.append(verb)
        if verb in self._server.denied:
            raise asyncssh.SFTPPermissionDenied("not for you")
        if verb not in self._server.late:
            self.break_off(verb)

    def break_off(self, verb: str) -> None:
        if self._server.fails.get(verb, 0) > 0:
            self._server.fails[verb] -= 1
            self._chan.get_connection().abort()
            raise asyncssh.SFTPConnectionLost("gone")

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        self._on("write" if pflags & asyncssh.FXF_WRITE else "open")
        return super().open(path, pflags, attrs)

    def rename(self, oldpath: bytes, newpath: bytes) -> Any:
        self._on("rename")
        result = super().rename(oldpath, newpath)
        self.break_off("rename")
        return result


@asynccontextmanager
async def serve(root: Path) -> AsyncIterator[SftpServer]:
    """Serve a folder with the subfolders in and out."""
    server = SftpServer(root)
    for folder in ("in", "out"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    listening = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: _Users(server),
        server_host_keys=[HOST_KEY],
        sftp_factory=lambda chan: _Files(chan, server),
    )
    server.port = listening.get_port()
    try:
        yield server
    finally:
        listening.close()
        for connection in server.connections:
            connection.abort()
        await listening.wait_closed()


@contextmanager
def in_background(root: Path) -> Iterator[SftpServer]:
    """Serve from a thread of its own: the pages and their workers know no event loop."""
    started, ended, found = threading.Event(), asyncio.Event(), list[SftpServer]()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        async with serve(root) as server:
            found.append(server)
            started.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    started.wait()
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


def records_of(pages: list[Page]) -> list[SourceRecord]:
    """Return the records of some pages."""
    return [record for page in pages for record in page.records]


def keys_of(pages: list[Page]) -> list[str]:
    """Return the keys of the records of some pages, in their order."""
    return [record.key for record in records_of(pages)]
