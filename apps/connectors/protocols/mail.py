"""The connector for mail: records are told to somebody, one message each; nothing is read, nothing can be looked up."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self

from apps.connectors.contract import (
    CallCounts,
    FoundRecord,
    Page,
    ReceivedEvent,
    SignatureError,
    TestReport,
    TestStep,
    UndoOutcome,
    UndoState,
    Write,
    WriteOutcome,
)
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RejectedError, RemoteError
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.protocols.mail_message import Mail, build_mail, refused
from apps.connectors.protocols.rest_shapes import chosen_objects
from apps.connectors.protocols.rest_window import no_window
from apps.connectors.shapes import DiscoveredShape, manifest_shape
from apps.connectors.smtp_door import SmtpDoor
from apps.connectors.smtp_login import MailEncryption, Readers, build_readers

_ENCRYPTED = {
    MailEncryption.STARTTLS: "The way there is encrypted, and the server's certificate was checked.",
    MailEncryption.TLS: "The way there is encrypted, and the server's certificate was checked.",
    MailEncryption.PLAIN: "The way there is not encrypted.",
}


class MailConnector:
    """One open connection to one mail server."""

    def __init__(self, manifest: SystemManifest, door: SmtpDoor, settings: Mapping[str, Any]) -> None:
        self.manifest = manifest
        self._door, self._settings = door, settings

    @cached_property
    def _readers(self) -> Readers:
        """Whom the settings allow to write to. Raises MisconfiguredError."""
        return build_readers(self._settings)

    async def __aenter__(self) -> Self:
        await self._door.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._door.__aexit__(*exc)

    async def test(self) -> TestReport:
        """Try address, encryption and sign-in, and look at the recipients; nothing is sent."""
        host = self._door.destination.host
        try:
            milliseconds = await self._door.greet()
        except RemoteError as error:
            return TestReport(_entrance_failed(host, error))
        login = self._door.login
        return TestReport(
            (
                TestStep("reachable", ok=True, sentence=f"{host} answers ({milliseconds} ms)."),
                TestStep(
                    "allowed",
                    ok=True,
                    sentence=f"The sign-in is accepted, as {login.user}. {_ENCRYPTED[login.encryption]}",
                ),
                self._recipients_step(),
            )
        )

    def _recipients_step(self) -> TestStep:
        try:
            readers = self._readers
        except MisconfiguredError as error:
            return TestStep("can write", ok=False, sentence=error.message)
        parts = [f"always to {', '.join(readers.fixed)}"] if readers.fixed else []
        parts += [f"to whom a record names at {', '.join(sorted(readers.domains))}"] if readers.domains else []
        sentence = (
            f"Messages go {' and '.join(parts)}, from {self._door.login.sender}. No message was sent: the first delivery "
            "shows whether the server takes it."
        )
        return TestStep("can write", ok=True, sentence=sentence)

    async def discover(self, object_names: Sequence[str] = ()) -> tuple[DiscoveredShape, ...]:
        """Return what these objects (none named: all) look like: a message always looks the same."""
        return tuple(manifest_shape(spec) for spec in chosen_objects(self.manifest, object_names))

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Raise MisconfiguredError: a mail server only takes messages."""
        spec = self.manifest.object_named(object_name)
        if spec.reading is None:
            raise MisconfiguredError(
                f"{spec.label} cannot be read from this system: it only takes messages.",
                business_class=BusinessClass.CONNECTION,
            )
        yield Page((), dict(checkpoint or {}), last=True)

    async def read_window(
        self, object_name: str, since: datetime, until: datetime, position: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Page]:
        """Raise MisconfiguredError: a mail server only takes messages."""
        spec = self.manifest.object_named(object_name)
        if spec.reading is None:
            raise no_window(self.manifest, spec)
        yield Page((), dict(position or {}), last=True)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return nothing: a message that was sent cannot be looked up."""
        return {}

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Send one message for each record, a changed record's as an answer to its first; stop when the server is away."""
        self._require_written(self.manifest.object_named(object_name))
        outcomes = list[WriteOutcome]()
        for place, write in enumerate(writes):
            try:
                outcomes.append(await self._send(write))
            except RejectedError as error:
                outcomes.append(_failed(write, error))
            except RemoteError as error:
                if not outcomes and not error.ambiguous:
                    raise
                rest = [_failed(later, _not_sent(error)) for later in writes[place + 1 :]]
                return [*outcomes, _failed(write, _for_a_person(write, error)), *rest]
        return outcomes

    async def _send(self, write: Write) -> WriteOutcome:
        mail = self._mail(write)
        shown = f"Message {mail.number}, recipients: {len(mail.recipients)}"
        exchange = await self._door.send(mail.recipients, mail.content, shown)
        first = write.target_key is None
        return WriteOutcome(write.position, write.target_key or mail.number, exchange=exchange, created=first)

    def _mail(self, write: Write) -> Mail:
        return build_mail(
            write.values,
            self._readers,
            self._door.login.sender,
            write.idempotency_key,
            datetime.now(UTC),
            follows=write.target_key or "",
        )

    def _require_written(self, spec: ObjectManifest) -> None:
        if spec.writing is None:
            raise MisconfiguredError(
                f"{spec.label} cannot be written to this system.", business_class=BusinessClass.CONNECTION
            )

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """Return nothing: whether a message arrived cannot be asked."""
        return {}

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Refuse: a message that was sent is with its readers."""
        sentence = "A message that was sent cannot be taken back: a person must write to its readers."
        return UndoOutcome(UndoState.REFUSED, error=refused("", sentence))

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared."""
        return self._door.take_counts()

    def receive(
        self, headers: Mapping[str, str], body: bytes, secret: str, now: float, *, url: str = ""
    ) -> list[ReceivedEvent]:
        """Raise SignatureError: a mail server sends no events."""
        raise SignatureError("A mail server sends no events.")


def _entrance_failed(host: str, error: RemoteError) -> tuple[TestStep, ...]:
    if error.kind is FailureKind.AUTH_EXPIRED or error.business_class is BusinessClass.PERMISSION:
        later = "Looked at once the sign-in is accepted."
        first = TestStep("reachable", ok=True, sentence=f"{host} answers.")
        second = TestStep("allowed", ok=False, sentence=error.message)
    else:
        later = "Looked at once the address is reached."
        first = TestStep("reachable", ok=False, sentence=error.message)
        second = TestStep("allowed", ok=None, sentence=later)
    return first, second, TestStep("can write", ok=None, sentence=later)


def _for_a_person(write: Write, error: RemoteError) -> RemoteError:
    """A message about a change that is in doubt is not sent again by itself, just as a first one is not."""
    if write.target_key is None or not error.ambiguous:
        return error
    sentence = (
        "Nobody knows whether the message about this change arrived: ask its readers, then send it again or leave it."
    )
    doubt = refused("", sentence, BusinessClass.CONFLICT)
    doubt.exchange = error.exchange
    return doubt


def _failed(write: Write, error: RemoteError) -> WriteOutcome:
    return WriteOutcome(write.position, write.target_key, error=error, exchange=error.exchange)


def _not_sent(error: RemoteError) -> RemoteError:
    """The same reason for messages that were never sent: nothing is in doubt about them."""
    return type(error)(error.message, business_class=error.business_class, status=error.status)
