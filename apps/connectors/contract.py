"""The contract every system answers, and the plain values that cross it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self, runtime_checkable

from apps.connectors.call_times import NO_CALLS, CallTimes
from apps.connectors.errors import FieldProblem, RemoteError
from apps.connectors.manifest import SystemManifest
from apps.connectors.shapes import DiscoveredShape

OutsideRecord = dict[str, Any]  # one record as the system sends it, parsed JSON


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record as read, with the two facts that identify it.

    `key` is the system's own id as text; `version` grows with each change (a time stamp, a number) or is the content's
    fingerprint where the system keeps none.
    """

    object_name: str
    key: str
    version: str
    values: OutsideRecord


@dataclass(frozen=True, slots=True)
class Page:
    """Some records in reading order, and the checkpoint that holds once they are settled.

    `checkpoint` is a small JSON-able mapping, opaque to the engine; passing it to `read` continues after this page.
    `last` is True on the final page of this reading.
    """

    records: tuple[SourceRecord, ...]
    checkpoint: Mapping[str, Any]
    last: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """One record to deliver. `target_key` None means create; `idempotency_key` is stable over every repeat.

    `business_key` is the canonical key (our own name for the record), for systems with an external-id field.
    """

    position: int
    values: OutsideRecord
    business_key: str
    idempotency_key: str
    target_key: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and answered, already redacted and capped: the evidence on the operation page."""

    method: str
    url: str
    status: int | None
    milliseconds: int
    request: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a system hands out for a delivery that it has taken and tells about later.

    `place` is where it tells: a path of the connection's own host, from its root ("/v1/operations/77?x=1"), of at most
    LONGEST_PLACE characters. `target_key` is the record's id where it is known already. `wait_seconds` is how long the
    system asks to be left alone before the next question, None where it does not say.
    """

    place: str
    target_key: str | None = None
    created: bool = False
    wait_seconds: float | None = None


LONGEST_PLACE = 500


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """The answer for one Write: with neither `error` nor `receipt` the target now holds the record under `target_key`.

    A `receipt` says that the system has taken the record and tells later what became of it. With an `error` beside it only
    the question failed: the receipt still stands.
    """

    position: int
    target_key: str | None = None
    error: RemoteError | None = None
    exchange: Exchange | None = None
    created: bool = False
    receipt: Receipt | None = None


class UndoState(StrEnum):
    """What became of an attempt to take a record back."""

    DONE = "done"
    ALREADY_GONE = "already_gone"  # somebody, or an earlier attempt, took it away
    REFUSED = "refused"  # the system keeps it: `error` says why


@dataclass(frozen=True, slots=True)
class UndoOutcome:
    """The answer to one `undo`; `error` is there when it was refused."""

    state: UndoState
    error: RemoteError | None = None
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """What `find` saw: the record's id and content."""

    key: str
    values: OutsideRecord


@dataclass(frozen=True, slots=True)
class TestStep:
    """One line of a connection test: what was tried, whether it held, and a plain sentence."""

    __test__ = False
    name: str  # "reachable", "allowed", "can read", "can write", "limits", "clock"
    ok: bool | None  # None: could not be tried because an earlier step failed
    sentence: str


@dataclass(frozen=True, slots=True)
class TestReport:
    """The plain result of a connection test. `account` is whose records the system showed, "" where it does not tell."""

    __test__ = False
    steps: tuple[TestStep, ...]
    account: str = ""

    @property
    def ok(self) -> bool:
        """True when every step held."""
        return all(step.ok for step in self.steps)


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event of a verified webhook. `delivery_id` is the sender's id, for deduplication.

    `record` is the event as the record itself, for objects whose records come no other way (ChangeRead.ANNOUNCED).
    """

    delivery_id: str
    object_name: str
    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What a sender of webhooks wants to hear. No body and no type: an empty answer."""

    status: int
    body: bytes = b""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class CallCounts:
    """How some calls fared: `failed` are those that failed for the system's own reasons, `reason` says the last one's.

    Refused records count as `ok`: the system is well. Refused sign-ins and calls that came too often count as neither.
    `times` counts all of them, by how long they took.
    """

    ok: int = 0
    failed: int = 0
    reason: str = ""
    times: CallTimes = NO_CALLS


@dataclass(frozen=True, slots=True)
class WantedSubscription:
    """What a system is to announce: the records of one object, to `address`, with `secret` to show for it."""

    object_name: str
    address: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeldSubscription:
    """A subscription as the system holds it: its id there, and when it ends (aware, UTC)."""

    key: str
    until: datetime


class SignatureError(ValueError):
    """A webhook's signature is missing, wrong or too old."""


class EventError(ValueError):
    """An event of a verified webhook cannot be taken; the message tells its sender why."""


class Connector(Protocol):
    """One open connection to one outside system. Used as an async context; never touches the database.

    Every method raises a RemoteError subclass when the system as a whole fails; `upsert` reports failures record by
    record instead, and raises only when nothing at all can be said about any record.
    """

    manifest: SystemManifest

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...

    async def test(self) -> TestReport:
        """Try address, sign-in, reading and writing rights, in that order, changing nothing."""

    async def discover(self, object_names: Sequence[str] = ()) -> tuple[DiscoveredShape, ...]:
        """Return what these objects of the manifest (none named: all) look like now, one shape each.

        A shape is `live` where the system describes itself, else the manifest's, compared with one record.
        """

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint` (None: everything), oldest first; or just the records named by `keys`."""

    def read_window(
        self, object_name: str, since: datetime, until: datetime, position: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Page]:
        """Yield what was changed from `since` (included) to `until` (left out), both aware; for backfills.

        The checkpoints are this reading's own: pass one back as `position` to go on after its page. Raises
        MisconfiguredError at the first page when the system cannot be asked for a span of time.
        """

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return the records whose natural key is among `natural_keys`; those not found are left out."""

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Create or update each record and answer for every one of them, in any order."""

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes did arrive? Keyed by Write.position."""

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Take back a record that was created here, as the manifest's Writing says. Safe to repeat.

        Raises a RemoteError only when nothing is decided yet (outage, limit, expired sign-in, wrong set-up).
        """

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared: what the connection's breaker judges by."""

    def receive(
        self, headers: Mapping[str, str], body: bytes, secret: str, now: float, *, url: str = ""
    ) -> list[ReceivedEvent]:
        """Verify a webhook and parse it. Raises SignatureError.

        `now` is seconds since the epoch; `url` is the whole address as the sender called it, which some senders sign.
        """


@runtime_checkable
class Inquirer(Protocol):
    """What connectors can besides whose manifest says that answers come later (Writing.late_answer)."""

    async def inquire(self, object_name: str, receipts: Sequence[Receipt]) -> list[WriteOutcome]:
        """Ask what became of deliveries that were taken: one outcome each, `position` is the receipt's place in the list.

        An outcome with a receipt is not decided yet. One with an ambiguous error and no receipt is lost: the system knows
        nothing of it any more, and the record may be there. Raises RemoteError when the system as a whole fails.
        """


@runtime_checkable
class Subscriber(Protocol):
    """What connectors can besides whose manifest has a SubscriptionSpec. Each method raises RemoteError."""

    async def subscribe(self, wanted: WantedSubscription) -> HeldSubscription:
        """Make a subscription, or take over one that is there already for this address and object. Safe to repeat."""

    async def renew_subscription(self, key: str, wanted: WantedSubscription) -> HeldSubscription | None:
        """Let a subscription last longer; None when the system has forgotten it."""

    async def unsubscribe(self, key: str) -> None:
        """End a subscription; one that is gone already is no error."""


__all__ = [
    "LONGEST_PLACE",
    "CallCounts",
    "Connector",
    "EventError",
    "Exchange",
    "FieldProblem",
    "FoundRecord",
    "HeldSubscription",
    "Inquirer",
    "OutsideRecord",
    "Page",
    "Receipt",
    "ReceivedEvent",
    "SignatureError",
    "SourceRecord",
    "Subscriber",
    "TestReport",
    "TestStep",
    "UndoOutcome",
    "UndoState",
    "WantedSubscription",
    "WebhookReply",
    "Write",
    "WriteOutcome",
]
