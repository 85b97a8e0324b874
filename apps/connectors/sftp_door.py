"""The one door to file servers: SFTP with the server's key pinned, checked addresses, limits, evidence of every call."""

import asyncio
import stat
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self, TypeVar, cast

import asyncssh

from apps.connectors.call_log import CallLog
from apps.connectors.call_tally import CallTally
from apps.connectors.contract import CallCounts, Exchange
from apps.connectors.egress import EgressRefusedError, parse_destination
from apps.connectors.errors import AuthExpiredError, BusinessClass, MisconfiguredError, RemoteError
from apps.connectors.judgement import is_systems_fault
from apps.connectors.name_service import LookUp, look_up_addresses
from apps.connectors.rate_budget import RateBudget
from apps.connectors.redaction import redact_url
from apps.connectors.sftp_problems import NoSuchFileError, server_error
from apps.connectors.sheet_terms import Transport
from apps.connectors.ssh_connecting import connect
from apps.connectors.ssh_login import SshLogin
from apps.connectors.telemetry import milliseconds_since, note_call

MAX_FILE_BYTES = 32 * 1024 * 1024
MOST_FILES = 20_000  # of one folder
_FILE_SECONDS = 180.0
_CLOSE_SECONDS = 5.0
# Evidence has one form for all doors: what happened is said as HTTP would say it.
_DONE, _REFUSED, _FORBIDDEN, _ABSENT = 200, 401, 403, 404

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One plain file of a folder; `changed_at` in whole seconds since 1970, by the server's clock."""

    name: str
    size: int
    changed_at: int


class SftpDoor:
    """All calls of one connection to a file server, through one SSH connection. Use as an async context."""

    def __init__(  # noqa: PLR0913  each is one decision of the caller, all by name
        self,
        *,
        base_url: str,
        login: SshLogin,
        allow: tuple[str, ...],
        budget: RateBudget,
        system: str = "",
        timeout: float = 30,
        max_bytes: int = MAX_FILE_BYTES,
        look_up: LookUp = look_up_addresses,
        log: CallLog | None = None,
    ) -> None:
        self.destination = parse_destination(base_url, allow, scheme=Transport.SFTP)
        if self.destination.path:
            raise EgressRefusedError("The address must end with the host or its port: folders are settings.")
        self.max_bytes = max_bytes
        self._login, self._budget, self._system, self._log = login, budget, system, log
        self._timeout, self._look_up = timeout, look_up
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self._turn = asyncio.Lock()  # one thing at a time: a folder has one order
        self._tally = CallTally()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._hang_up()
        if self._log is not None:
            self._log.tell()

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared, and begin to count anew."""
        return self._tally.take()

    async def greet(self) -> int:
        """Sign in, if that is not done yet, and return how many milliseconds an answer takes. Raises RemoteError."""
        started = time.perf_counter()
        await self._call("PATH", ".", lambda client: client.realpath("."))
        return milliseconds_since(started)

    async def list_folder(self, folder: str) -> tuple[RemoteFile, ...]:
        """Return the plain files of a folder, by name; links, folders and names that lead elsewhere are left out.

        Raises:
            NoSuchFileError: there is no such folder.
            RemoteError: it cannot be read, or holds too many files.

        """
        found = await self._call("LIST", folder, lambda client: self._scan(client, folder))
        return tuple(sorted(found, key=lambda file: file.name))

    async def look(self, path: str) -> RemoteFile | None:
        """Return a plain file as it is now, None when there is none of this name. Raises RemoteError."""
        try:
            attributes = await self._call("LOOK", path, lambda client: client.lstat(path))
        except NoSuchFileError:
            return None
        return _as_file(path.rpartition("/")[2], attributes)

    async def read_file(self, path: str, size: int) -> bytes:
        """Return the content of a file that was listed with this size, one byte more of one that has grown since.

        Raises:
            RemoteError: it is larger than is read (told before anything is fetched), gone, or cannot be read.

        """
        if size > self.max_bytes:
            raise self._too_large(path, size)

        async def fetch(client: asyncssh.SFTPClient) -> bytes:
            async with client.open(path, "rb") as file:
                return cast("bytes", await file.read(size + 1))

        return await self._call("READ", path, fetch, seconds=_FILE_SECONDS)

    async def write_file(self, path: str, content: bytes) -> None:
        """Write a file under this name, over whatever was begun there before. Raises RemoteError."""

        async def put(client: asyncssh.SFTPClient) -> None:
            async with client.open(path, "wb") as file:
                await file.write(content)

        await self._call("WRITE", path, put, seconds=_FILE_SECONDS, size=len(content))

    async def move_file(self, path: str, target: str) -> Exchange:
        """Give a file another name, which must be free, and return the evidence. `ambiguous` in errors is about this.

        Raises RemoteError.
        """
        started = time.perf_counter()
        await self._call("RENAME", f"{path} -> {target}", lambda client: client.rename(path, target), changes=True)
        return Exchange("RENAME", self._shown(target), _DONE, milliseconds_since(started))

    async def make_folder(self, folder: str) -> None:
        """Make a folder, unless it is there. Raises RemoteError."""
        await self._call("MKDIR", folder, lambda client: client.makedirs(folder, exist_ok=True))

    def note(self, verb: str, path: str, sentence: str) -> None:
        """Leave a sentence about a file among the calls that people can look at."""
        self._keep(Exchange(verb, self._shown(path), _DONE, 0, response=sentence), sentence.encode())

    async def _call(
        self,
        verb: str,
        path: str,
        action: Callable[[asyncssh.SFTPClient], Awaitable[_T]],
        *,
        seconds: float = 0,
        changes: bool = False,
        size: int = 0,
    ) -> _T:
        await self._budget.take()
        async with self._turn:
            started = time.perf_counter()
            try:
                client = await self._open_client()
                try:
                    async with asyncio.timeout(seconds or self._timeout):
                        result = await action(client)
                except (asyncssh.Error, OSError, TimeoutError, ValueError) as problem:
                    raise server_error(problem, self.destination.host, path, changes=changes) from problem
            except RemoteError as error:
                await self._settle(error, verb, path, started)
                raise
        self._tally.note_answer(_DONE, milliseconds_since(started))
        received = len(result) if isinstance(result, bytes) else size
        said = f"{received} bytes" if received else ""
        self._keep(
            Exchange(verb, self._shown(path), _DONE, milliseconds_since(started), response=said), said.encode(), started
        )
        return result

    async def _settle(self, error: RemoteError, verb: str, path: str, started: float) -> None:
        """Count a failed call and leave its evidence; after a lost connection the next call makes a new one."""
        status = _status_of(error)
        self._tally.note_failed(status, error, milliseconds_since(started))
        if is_systems_fault(error):
            await self._hang_up()
        error.exchange = Exchange(verb, self._shown(path), status, milliseconds_since(started), response=error.message)
        self._keep(error.exchange, b"", started)

    async def _open_client(self) -> asyncssh.SFTPClient:
        if self._client is None:
            self._connection, self._client = await connect(
                self.destination, self._login, look_up=self._look_up, timeout=self._timeout
            )
        return self._client

    async def _hang_up(self) -> None:
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.abort()
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await connection.wait_closed()
            except (asyncssh.Error, OSError, TimeoutError):
                return  # it is gone one way or the other

    async def _scan(self, client: asyncssh.SFTPClient, folder: str) -> list[RemoteFile]:
        found = list[RemoteFile]()
        async for entry in client.scandir(folder):
            name = entry.filename if isinstance(entry.filename, str) else entry.filename.decode("utf-8", "replace")
            file = _as_file(name, entry.attrs)
            if file is not None:
                found.append(file)
            if len(found) > MOST_FILES:
                raise MisconfiguredError(
                    f"The folder {folder} holds more than {MOST_FILES} files: move old ones away.",
                    business_class=BusinessClass.TOO_LARGE,
                )
        return found

    def _keep(self, exchange: Exchange, received: bytes, started: float | None = None) -> None:
        if started is not None:
            note_call(self._system, exchange.method, self.destination.host, exchange.status, started)
        if self._log is not None:
            self._log.note(exchange, None, received, self._login.secrets)

    def _shown(self, path: str) -> str:
        return redact_url(f"{self.destination.origin}/{path.lstrip('/')}", self._login.secrets)

    def _too_large(self, path: str, size: int) -> MisconfiguredError:
        mib = 1024 * 1024
        return MisconfiguredError(
            f"{path} has {max(1, size // mib)} MiB; files of up to {max(1, self.max_bytes // mib)} MiB are read: split it.",
            business_class=BusinessClass.TOO_LARGE,
        )


def _status_of(error: RemoteError) -> int | None:
    """Return what the server said, as HTTP would say it; None when it did not answer, or could not be asked."""
    if isinstance(error, NoSuchFileError):
        return _ABSENT
    if isinstance(error, AuthExpiredError):
        return _REFUSED
    return _FORBIDDEN if error.business_class is BusinessClass.PERMISSION else None


def _as_file(name: str, attributes: asyncssh.SFTPAttrs) -> RemoteFile | None:
    """Return a directory entry as a file; None for what is no plain file and for a name that is more than a name."""
    mode = attributes.permissions
    plain = stat.S_ISREG(mode) if mode else attributes.type == asyncssh.FILEXFER_TYPE_REGULAR
    if not plain or name in {"", ".", ".."} or "/" in name or "\\" in name or not name.isprintable():
        return None
    return RemoteFile(name, attributes.size or 0, int(attributes.mtime or 0))
