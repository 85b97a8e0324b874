"""The connector for systems whose manifest says it all: JSON over HTTP with lists, single writes and batches."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from apps.connectors.contract import (
    CallCounts,
    FoundRecord,
    HeldSubscription,
    OutsideRecord,
    Page,
    Receipt,
    ReceivedEvent,
    TestReport,
    UndoOutcome,
    WantedSubscription,
    Write,
    WriteOutcome,
)
from apps.connectors.http import Door
from apps.connectors.manifest import ChangeRead, ObjectManifest, SystemManifest
from apps.connectors.protocols.announced import nothing_to_read
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_late_answers import inquire
from apps.connectors.protocols.rest_probing import probe_writes
from apps.connectors.protocols.rest_reading import find_records, read_changes, read_named
from apps.connectors.protocols.rest_shapes import chosen_objects, discover_shapes, first_record
from apps.connectors.protocols.rest_subscribing import renew, subscribe, unsubscribe
from apps.connectors.protocols.rest_testing import run_test
from apps.connectors.protocols.rest_undoing import undo_write
from apps.connectors.protocols.rest_window import WindowStart, pages_within, start_by_change
from apps.connectors.protocols.rest_writing import Delivery
from apps.connectors.shapes import DiscoveredShape
from apps.connectors.webhooks import schemes
from apps.connectors.webhooks.deliveries import Delivery as ReceivedDelivery


class RestConnector:
    """Implements the whole contract from a manifest. Systems with quirks subclass it and override what differs.

    Their calls and their delivery may be of a class of their own.
    """

    calls_class: ClassVar[type[Calls]] = Calls
    delivery_class: ClassVar[type[Delivery]] = Delivery

    def __init__(
        self,
        manifest: SystemManifest,
        door: Door,
        settings: Mapping[str, Any],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.manifest = manifest
        self._door, self._clock, self._settings = door, clock, settings
        self._calls = self.calls_class(manifest, door, settings)

    async def __aenter__(self) -> Self:
        await self._door.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._door.__aexit__(*exc)

    async def test(self) -> TestReport:
        """Try address, sign-in, reading, writing rights, limits and clock, in that order, changing nothing."""
        return await run_test(self._calls, self._clock)

    async def discover(self, object_names: Sequence[str] = ()) -> tuple[DiscoveredShape, ...]:
        """Return what these objects (none named: all) look like now, by the system itself where it says so."""
        return await discover_shapes(self._calls, chosen_objects(self.manifest, object_names), self._sample)

    async def _sample(self, spec: ObjectManifest) -> OutsideRecord | None:
        """Return one record as reading hands it out, None where none comes soon."""
        return await first_record(self.read(spec.name, None)) if spec.reading else None

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint` (None: everything), oldest first; or just the records named by `keys`."""
        spec = self.manifest.object_named(object_name)
        if spec.reading is not None and spec.reading.change_read is ChangeRead.ANNOUNCED:
            return nothing_to_read(checkpoint)
        if keys:
            return read_named(self._calls, spec, keys, self._clock())
        return read_changes(self._calls, spec, checkpoint, self._clock())

    async def read_window(
        self, object_name: str, since: datetime, until: datetime, position: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Page]:
        """Yield what was changed from `since` to before `until`, with checkpoints of this reading's own.

        Raises:
            MisconfiguredError: the system does not list these records by their time of change.

        """
        spec = self.manifest.object_named(object_name)
        start = self._window_start(spec, since)
        pages = self.read(object_name, position or start.checkpoint)
        async for page in pages_within(pages, since, until, oldest_first=start.oldest_first):
            yield page

    def _window_start(self, spec: ObjectManifest, since: datetime) -> WindowStart:
        """Return where `read` must begin to meet everything changed since `since`. Raises MisconfiguredError."""
        return start_by_change(self.manifest, spec, since)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return the records whose natural key is among `natural_keys`; those not found are left out."""
        spec = self.manifest.object_named(object_name)
        if not natural_keys:
            return {}
        return await find_records(self._calls, spec, spec.natural_key or spec.key_field, natural_keys)

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Create or update each record and answer for every one of them, in any order."""
        spec = self.manifest.object_named(object_name)
        return await self.delivery_class(self._calls, spec).run(writes) if writes else []

    async def inquire(self, object_name: str, receipts: Sequence[Receipt]) -> list[WriteOutcome]:
        """Ask what became of deliveries that were taken; one outcome for each, in order."""
        return await inquire(self._calls, self.manifest.object_named(object_name), receipts) if receipts else []

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes did arrive? Keyed by Write.position."""
        return await probe_writes(self._calls, self.manifest.object_named(object_name), writes)

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Take back a record that was created here, as the manifest's Writing says. Safe to repeat."""
        return await undo_write(self._calls, self.manifest.object_named(object_name), target_key, idempotency_key)

    async def subscribe(self, wanted: WantedSubscription) -> HeldSubscription:
        """Make a subscription, or take over one that is there already for this address and object. Safe to repeat."""
        return await subscribe(self._calls, wanted, self._clock())

    async def renew_subscription(self, key: str, wanted: WantedSubscription) -> HeldSubscription | None:
        """Let a subscription last longer; None when the system has forgotten it."""
        return await renew(self._calls, key, wanted, self._clock())

    async def unsubscribe(self, key: str) -> None:
        """End a subscription; one that is gone already is no error."""
        await unsubscribe(self._calls, key)

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared."""
        return self._door.take_counts()

    def receive(
        self, headers: Mapping[str, str], body: bytes, secret: str, now: float, *, url: str = ""
    ) -> list[ReceivedEvent]:
        """Verify a webhook and parse it. `now` is seconds since the epoch. Raises SignatureError."""
        delivery = ReceivedDelivery.of(headers, body, url)
        return self.receive_for(self.manifest, delivery, secret, now, self._settings)

    @classmethod
    def receive_for(
        cls,
        manifest: SystemManifest,
        delivery: ReceivedDelivery,
        secret: str,
        now: float,
        settings: Mapping[str, Any] | None = None,
    ) -> list[ReceivedEvent]:
        """Do as `receive`, without a connection: the door for webhooks opens none. Raises SignatureError."""
        return schemes.receive(manifest, delivery, secret, now, settings)
