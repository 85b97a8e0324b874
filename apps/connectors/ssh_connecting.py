"""Makes a connection to a file server: to an address that was judged, to a server whose key is known, then signed in."""

import asyncio

import asyncssh

from apps.connectors.egress import Destination
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.name_service import LookUp
from apps.connectors.reaching import reach
from apps.connectors.sftp_problems import sign_in_error
from apps.connectors.ssh_login import SshLogin

asyncssh.set_log_level("WARNING")  # what is done is in the evidence of each call; more would be written with names

# Plain keys only: a certificate of the server would be judged by an authority that nobody entered. No SHA-1.
_HOST_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)


class HostKeyError(MisconfiguredError):
    """The server's key is not the one that was entered, or none was; `seen` is its fingerprint. Nothing was sent to it."""

    def __init__(self, message: str, seen: str) -> None:
        super().__init__(message, business_class=BusinessClass.CONNECTION)
        self.seen = seen


class _Watch(asyncssh.SSHClient):
    """Judges the server's key before anything secret is sent."""

    def __init__(self, known: frozenset[str]) -> None:
        self.seen, self.took_over, self._known = "", False, known

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """Note that the socket has an owner who closes it."""
        self.took_over = True

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Return whether the key is one that was entered."""
        self.seen = key.get_fingerprint("sha256").rstrip("=")
        return self.seen in self._known


async def connect(
    destination: Destination, login: SshLogin, *, look_up: LookUp, timeout: float
) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    """Return an open connection and its file transfer session.

    Raises:
        HostKeyError: the server's key is unknown. Nothing was sent to it.
        RemoteError: the address may not be called, nobody answers there, or the sign-in is refused.

    """
    key = _private_key(login)
    reached, watch = await reach(destination, look_up, timeout), _Watch(login.host_keys)
    try:
        async with asyncio.timeout(timeout):
            connection, _ = await asyncssh.create_connection(
                lambda: watch,
                destination.host,
                destination.port,
                sock=reached,
                config=None,
                known_hosts=([], [], []),
                x509_trusted_certs=None,
                server_host_key_algs=list(_HOST_KEYS),
                username=login.user,
                password=login.password or None,
                client_keys=[key] if key is not None else None,
                agent_path=None,
                gss_host=None,
                client_version="integration_1.0",
            )
            try:
                return connection, await connection.start_sftp_client(path_errors="surrogateescape")
            except BaseException:
                connection.abort()
                raise
    except asyncssh.HostKeyNotVerifiable as problem:
        raise _unknown_key(destination.host, watch.seen, login) from problem
    except (asyncssh.Error, OSError, TimeoutError) as problem:
        raise sign_in_error(problem, destination.host, login.user) from problem
    finally:
        if not watch.took_over:
            reached.close()


def _unknown_key(host: str, seen: str, login: SshLogin) -> HostKeyError:
    if not seen:
        return HostKeyError(f"{host} shows no key of a kind that is accepted.", seen)
    if not login.host_keys:
        return HostKeyError(
            f"{host} shows the key {seen}. Ask its administrator whether that is right, then enter it as the host key of "
            "this connection: until then nothing is sent.",
            seen,
        )
    return HostKeyError(
        f"{host} shows the key {seen}, which is not the one entered for this connection: nothing was sent. Ask its "
        "administrator whether the key was changed; if it was not, somebody else is answering.",
        seen,
    )


def _private_key(login: SshLogin) -> asyncssh.SSHKey | None:
    if not login.private_key:
        return None
    try:
        return asyncssh.import_private_key(login.private_key)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise MisconfiguredError(
            "The private key cannot be read: enter one without a passphrase, from the line with BEGIN to the line with END.",
            business_class=BusinessClass.CONNECTION,
        ) from None
