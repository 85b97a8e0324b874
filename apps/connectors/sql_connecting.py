"""Makes a connection to a database server: to an address that was judged, encrypted as it was chosen, then signed in."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.conninfo import make_conninfo
from psycopg.types.string import TextLoader

from apps.connectors.authorities import public_authorities
from apps.connectors.egress import Destination
from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError, RetryableError
from apps.connectors.name_service import LookUp, find_addresses
from apps.connectors.sql_login import Encryption, SqlLogin
from apps.connectors.sql_problems import Place, connect_error, is_unreached

_CONNECT_SECONDS = 10.0
# Kept as the server writes them: exact, and free of what Python's own types cannot hold (infinity, years before Christ).
_AS_TEXT = (
    "numeric", "date", "time", "timetz", "interval", "uuid", "inet", "cidr", "bytea", "int4range", "int8range",
    "numrange", "daterange", "tsrange", "tstzrange", "int4multirange", "int8multirange", "nummultirange",
    "datemultirange", "tsmultirange", "tstzmultirange",
)  # fmt: skip

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class _InstantLoader(Loader):
    """Loads a time stamp as 2026-11-21T10:15:30.123456Z; one without a zone without the Z."""

    def load(self, data: Buffer) -> str:
        """Return the instant as text. The session's time zone is UTC and its style ISO."""
        text = bytes(data).decode()
        if not text[:4].isdigit() or text[10:11] != " " or text.endswith("BC"):
            return text
        return text.replace(" ", "T", 1).removesuffix("+00") + ("Z" if text.endswith("+00") else "")


async def connect(destination: Destination, login: SqlLogin, *, look_up: LookUp, timeout: float) -> Connection:
    """Return an open connection, on which each statement is its own transaction until one is begun.

    Raises:
        RemoteError: the address may not be called, nobody answers there, it is not safe enough, or the sign-in is refused.

    """
    if login.encryption is Encryption.PLAIN and not destination.allowed:
        raise MisconfiguredError(
            "A connection without encryption is made only to addresses that the operator allowed: choose another encryption.",
            business_class=BusinessClass.CONNECTION,
        )
    place = Place(destination.host, login.user, login.database, login.secrets)
    try:
        addresses = await find_addresses(destination, look_up)
    except OSError:
        raise RetryableError(
            f"The host name {destination.host} is not known: check the address, or wait until the name service answers again.",
            business_class=BusinessClass.CONNECTION,
        ) from None
    error: RemoteError = RetryableError(
        f"{destination.host} does not accept connections right now.", business_class=BusinessClass.CONNECTION
    )
    with _authorities(login) as trusted:
        for address in addresses:
            try:
                return await _open(destination, address, login, trusted, min(_CONNECT_SECONDS, timeout))
            except (psycopg.Error, OSError, TimeoutError) as problem:
                error = connect_error(problem, place)
                if not is_unreached(problem):
                    break
    raise error


async def _open(
    destination: Destination, address: str, login: SqlLogin, trusted: dict[str, str], seconds: float
) -> Connection:
    """Connect to one judged address. `host` is what the certificate must name; nothing is looked up again."""
    async with asyncio.timeout(seconds):
        connection = await psycopg.AsyncConnection.connect(
            make_conninfo("", **trusted),
            autocommit=True,
            prepare_threshold=None,  # poolers in between hand the next statement to another session
            host=destination.host,
            hostaddr=address,
            port=destination.port,
            user=login.user,
            password=login.password,
            dbname=login.database,
            application_name="integration_1.0",
            client_encoding="utf8",
            gssencmode="disable",
            sslcertmode="disable",
        )
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)
    for name in ("timestamp", "timestamptz"):
        connection.adapters.register_loader(name, _InstantLoader)
    return connection


@contextmanager
def _authorities(login: SqlLogin) -> Iterator[dict[str, str]]:
    """Yield what libpq is told about encryption; it reads certificates from files only."""
    if login.encryption is Encryption.PLAIN:
        yield {"sslmode": "disable", "require_auth": "scram-sha-256"}
    elif login.encryption is Encryption.UNVERIFIED:
        # Whoever answers may be anybody: the password is proven to him, never told.
        yield {"sslmode": "require", "require_auth": "scram-sha-256"}
    elif not login.authority:
        yield {"sslmode": "verify-full", "sslrootcert": public_authorities()}
    else:
        with tempfile.TemporaryDirectory(prefix="authority-") as folder:
            file = Path(folder) / "root.crt"
            file.write_text(login.authority)
            yield {"sslmode": "verify-full", "sslrootcert": str(file)}
