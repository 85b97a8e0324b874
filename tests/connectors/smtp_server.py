"""A real mail server (aiosmtpd) on loopback that keeps what it is given; and connections to it."""

import asyncio
import email
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from threading import Event, Thread
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from apps.connectors import registry
from apps.connectors.contract import Connector
from apps.connectors.rate_budget import NoBudget
from apps.connectors.smtp_login import MailEncryption

USER, PASSWORD = "desk-sender", "pass-word-of-the-mail-account"
SENDER = "desk@firm.example"


@dataclass
class MailServer:
    """The server: what it was given, and what is to go wrong.

    `says` names a step ("MAIL", "RCPT", "DATA") and what is answered there instead of taking it; `breaks` is what becomes of the
    line when a whole message was handed over: "before" and "after" it was kept, or "silent".
    """

    port: int = 0
    kept: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    breaks: str = ""
    encrypted: bool = False
    sessions: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _kind: str, told: Any) -> AuthResult:
        """Let one user in."""
        self.sessions += 1
        right = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=told == right, handled=False)

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if "MAIL" in self.says:
            return self.says["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if "RCPT" in self.says and not address.startswith("desk"):
            return self.says["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.says:
            return self.says["DATA"]
        if self.breaks != "before":
            content = cast("bytes", envelope.content)
            self.kept.append(cast("EmailMessage", email.message_from_bytes(content, policy=default)))
            self.envelopes.append((str(envelope.mail_from), tuple(envelope.rcpt_tos)))
            self.encrypted = session.ssl is not None
        if self.breaks == "silent":
            await self.ended.wait()
        if self.breaks and server.transport is not None:
            server.transport.abort()
        return "250 Taken"

    def connector(self, *, password: str = PASSWORD, host: str = "127.0.0.1", **settings: Any) -> Connector:
        """Return the catalogue's connector to this server, as the product opens it."""
        return registry.open_system(
            registry.manifest("smtp"),
            base_url=f"smtp://{host}:{self.port}",
            settings=plain_settings(**settings),
            secrets={"password": password},
            allow=(f"{host}:{self.port}",),
            budget=NoBudget(),
        )


def plain_settings(**changes: Any) -> dict[str, Any]:
    """Return a connection's settings for such a server."""
    usual = {
        "user": USER,
        "sender": SENDER,
        "recipients": "desk@outside.example",
        "encryption": MailEncryption.PLAIN.value,
    }
    return {**usual, **changes}


@asynccontextmanager
async def serve(certificate: ssl.SSLContext | None = None, *, at_once: bool = False) -> AsyncIterator[MailServer]:
    """Serve on a free port; with a `certificate` by STARTTLS, or encrypted `at_once`."""
    server = MailServer()

    def session() -> SMTP:
        return SMTP(
            server,
            hostname="mail.firm.example",
            tls_context=None if at_once else certificate,
            require_starttls=certificate is not None and not at_once,
            authenticator=server.authenticate,
            auth_required=True,
            auth_require_tls=False,
        )

    listening = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", 0, ssl=certificate if at_once else None
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.ended.set()
        listening.close()


@contextmanager
def in_background() -> Iterator[MailServer]:
    """Serve from a thread of its own: the pages and their workers know no event loop."""
    started, found, loop = Event(), list[MailServer](), asyncio.new_event_loop()
    ended = asyncio.Event()

    async def run() -> None:
        async with serve() as server:
            found.append(server)
            started.set()
            await ended.wait()

    thread = Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    started.wait()
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
