"""The one door to mail servers: checked addresses, certificates, one message at a time, evidence of every one."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

import aiosmtplib

from apps.connectors.authorities import tls_context
from apps.connectors.call_log import CallLog
from apps.connectors.call_tally import CallTally
from apps.connectors.contract import CallCounts, Exchange
from apps.connectors.egress import EgressRefusedError, parse_destination
from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    MisconfiguredError,
    RejectedError,
    RemoteError,
)
from apps.connectors.judgement import is_systems_fault
from apps.connectors.name_service import LookUp, look_up_addresses
from apps.connectors.rate_budget import RateBudget
from apps.connectors.reaching import reach
from apps.connectors.redaction import redact_text
from apps.connectors.sheet_terms import Transport
from apps.connectors.smtp_login import MailEncryption, SmtpLogin
from apps.connectors.smtp_problems import (
    connect_error,
    content_error,
    is_closing,
    line_error,
    recipient_error,
    sender_error,
)
from apps.connectors.telemetry import milliseconds_since, note_call

_GONE = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError, TimeoutError)
_QUIT_SECONDS = 2.0
# Evidence has one form for all doors: what happened is said as HTTP would say it.
_DONE, _REFUSED, _FORBIDDEN, _UNUSABLE = 200, 401, 403, 422


class SmtpDoor:
    """All messages of one connection to a mail server, through one session. Use as an async context."""

    def __init__(  # noqa: PLR0913  each is one decision of the caller, all by name
        self,
        *,
        base_url: str,
        login: SmtpLogin,
        allow: tuple[str, ...],
        budget: RateBudget,
        system: str = "",
        timeout: float = 30,
        look_up: LookUp = look_up_addresses,
        log: CallLog | None = None,
    ) -> None:
        self.destination = parse_destination(base_url, allow, scheme=Transport.SMTP)
        if self.destination.path:
            raise EgressRefusedError("The address must end with the host or its port: nothing stands behind it.")
        self.login = login
        self._budget, self._system, self._log = budget, system, log
        self._timeout, self._look_up = timeout, look_up
        self._session: aiosmtplib.SMTP | None = None
        self._turn = asyncio.Lock()
        self._tally = CallTally()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._say_goodbye()
        if self._log is not None:
            self._log.tell()

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared, and begin to count anew."""
        return self._tally.take()

    async def greet(self) -> int:
        """Sign in, if that is not done yet, and return how many milliseconds an answer takes. Raises RemoteError."""
        started = time.perf_counter()
        await self._budget.take()
        async with self._turn:
            try:
                session = await self._open()
                await self._noop(session)
            except RemoteError as error:
                await self._settle(error, "GREET", "", started)
                raise
        self._tally.note_answer(_DONE, milliseconds_since(started))
        self._keep(self._exchange("GREET", _DONE, started, "", "The server is there."), started)
        return milliseconds_since(started)

    async def send(self, recipients: Sequence[str], message: bytes, shown: str) -> Exchange:
        """Hand a message over to the server, to all recipients or to none. `shown` names it in the evidence.

        Raises:
            RejectedError: the server refuses this message or one of its recipients; nothing was sent.
            RemoteError: nothing was sent, unless it is `ambiguous`: the answer to the whole message was lost.

        """
        started = time.perf_counter()
        await self._budget.take()
        async with self._turn:
            try:
                session = await self._open()
                await self._hand_over(session, recipients, message)
            except RemoteError as error:
                await self._settle(error, "SEND", shown, started)
                raise
        self._tally.note_answer(_DONE, milliseconds_since(started))
        exchange = self._exchange("SEND", _DONE, started, shown, f"Taken: {len(message)} bytes.")
        self._keep(exchange, started)
        return exchange

    async def _hand_over(self, session: aiosmtplib.SMTP, recipients: Sequence[str], message: bytes) -> None:
        host, secrets = self.destination.host, self.login.secrets
        try:
            try:
                await session.mail(self.login.sender)
            except aiosmtplib.SMTPSenderRefused as problem:
                raise await self._refused(problem, sender_error(problem, host, self.login.sender, secrets)) from problem
            for address in recipients:
                try:
                    await session.rcpt(address)
                except aiosmtplib.SMTPRecipientRefused as problem:
                    raise await self._refused(problem, recipient_error(problem, host, address, secrets)) from problem
        except _GONE as problem:
            raise line_error(problem, host, in_doubt=False) from problem
        try:
            await session.data(message)
        except aiosmtplib.SMTPResponseException as problem:
            raise await self._refused(problem, content_error(problem, host, secrets)) from problem
        except _GONE as problem:
            # From here on the server may have the whole message: https://www.rfc-editor.org/rfc/rfc1047
            raise line_error(problem, host, in_doubt=True) from problem

    async def _refused(self, problem: aiosmtplib.SMTPResponseException, error: RemoteError) -> RemoteError:
        """Leave a refused message behind, so that the next one begins anew; return the error that it was."""
        if is_closing(problem):
            await self._hang_up()
        elif self._session is not None:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self._session.rset()
        return error

    async def _noop(self, session: aiosmtplib.SMTP) -> None:
        try:
            await session.noop()
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
            raise line_error(problem, self.destination.host, in_doubt=False) from problem

    async def _open(self) -> aiosmtplib.SMTP:
        if self._session is None or not self._session.is_connected:
            self._session = await self._connect()
        return self._session

    async def _connect(self) -> aiosmtplib.SMTP:
        login, host = self.login, self.destination.host
        if login.encryption is MailEncryption.PLAIN and not self.destination.allowed:
            raise MisconfiguredError(
                "Mail without encryption is sent only to addresses that the operator allowed: choose another encryption.",
                business_class=BusinessClass.CONNECTION,
            )
        encrypted = login.encryption is not MailEncryption.PLAIN
        session = aiosmtplib.SMTP(
            hostname=host,
            local_hostname=login.domain,
            timeout=self._timeout,
            use_tls=login.encryption is MailEncryption.TLS,
            start_tls=login.encryption is MailEncryption.STARTTLS,
            tls_context=tls_context(login.authority) if encrypted else None,
        )
        reached = await reach(self.destination, self._look_up, self._timeout)
        try:
            await session.connect(sock=reached)
            await session.login(login.user, login.password)
        except (aiosmtplib.SMTPException, ssl.SSLError, OSError, TimeoutError, ValueError) as problem:
            session.close()
            reached.close()
            raise connect_error(problem, host, login.user, login.secrets) from problem
        return session

    async def _settle(self, error: RemoteError, verb: str, shown: str, started: float) -> None:
        """Count a failed call and leave its evidence; after a lost connection the next call makes a new one."""
        status = _status_of(error)
        self._tally.note_failed(status, error, milliseconds_since(started))
        if is_systems_fault(error):
            await self._hang_up()
        error.exchange = self._exchange(verb, status, started, shown, error.message)
        self._keep(error.exchange, started)

    async def _say_goodbye(self) -> None:
        session = self._session
        if session is not None and session.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await session.quit(timeout=_QUIT_SECONDS)
        await self._hang_up()

    async def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _exchange(self, verb: str, status: int | None, started: float, shown: str, said: str) -> Exchange:
        secrets = self.login.secrets
        return Exchange(
            verb,
            self.destination.origin,
            status,
            milliseconds_since(started),
            request=redact_text(shown, secrets),
            response=redact_text(said, secrets),
        )

    def _keep(self, exchange: Exchange, started: float) -> None:
        note_call(self._system, exchange.method, self.destination.host, exchange.status, started)
        if self._log is not None:
            self._log.note(exchange, exchange.request.encode(), exchange.response.encode(), self.login.secrets)


def _status_of(error: RemoteError) -> int | None:
    """Return what the server said, as HTTP would say it; None when it did not answer, or could not be asked."""
    if isinstance(error, AuthExpiredError):
        return _REFUSED
    if isinstance(error, RejectedError):
        return _UNUSABLE
    return _FORBIDDEN if error.business_class is BusinessClass.PERMISSION else None
