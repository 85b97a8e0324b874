"""The connector for files over SFTP: a folder that is read, a folder that is written to, CSV or JSON lines in both; Parquet out."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from apps.connectors.contract import (
    CallCounts,
    FoundRecord,
    OutsideRecord,
    Page,
    ReceivedEvent,
    SignatureError,
    TestReport,
    UndoOutcome,
    UndoState,
    Write,
    WriteOutcome,
)
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError, RemoteError
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.protocols.files_place import FolderPlace
from apps.connectors.protocols.files_reading import FolderReading
from apps.connectors.protocols.files_settings import FilePlan, read_plan
from apps.connectors.protocols.files_testing import run_test
from apps.connectors.protocols.files_writing import FileDelivery
from apps.connectors.protocols.rest_shapes import chosen_objects, first_record, may_be_passed_over
from apps.connectors.sftp_door import RemoteFile, SftpDoor
from apps.connectors.shapes import DiscoveredShape, manifest_shape


class FilesConnector:
    """One open connection to one file server."""

    def __init__(self, manifest: SystemManifest, door: SftpDoor, settings: Mapping[str, Any]) -> None:
        self.manifest = manifest
        self._door, self._settings = door, settings

    @cached_property
    def _plan(self) -> FilePlan:
        """What the settings say. Raises MisconfiguredError."""
        return read_plan(self._settings)

    async def __aenter__(self) -> Self:
        await self._door.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._door.__aexit__(*exc)

    async def test(self) -> TestReport:
        """Try address, host key, sign-in and both folders, in that order, changing nothing."""
        return await run_test(self.manifest, self._door, self._settings)

    async def discover(self, object_names: Sequence[str] = ()) -> tuple[DiscoveredShape, ...]:
        """Return what these objects (none named: all) look like by the manifest, compared with the first row there is."""
        return tuple([await self._shape(spec) for spec in chosen_objects(self.manifest, object_names)])

    async def _shape(self, spec: ObjectManifest) -> DiscoveredShape:
        try:
            return manifest_shape(spec, await self._sample(spec))
        except RemoteError as error:
            if may_be_passed_over(error):
                return manifest_shape(spec)
            raise

    async def _sample(self, spec: ObjectManifest) -> OutsideRecord | None:
        """Return one row, moving nothing: who only looks must not put a file aside."""
        if self._plan.form.parquet:
            return None
        reading = FolderReading(self._door, replace(self._plan, moves=False))
        return await first_record(reading.changes(spec, None)) if spec.reading else None

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield the rows of files that are new since `checkpoint` (None: of all), or just those of `keys`."""
        spec = self.manifest.object_named(object_name)
        if not keys:
            async for page in FolderReading(self._door, self._plan).changes(spec, checkpoint):
                yield page
            return
        rows = await FolderReading(self._door, self._plan).rows(spec, keys)
        yield Page(tuple(rows[key] for key in keys if key in rows), dict(checkpoint or {}), last=True)

    async def read_window(
        self, object_name: str, since: datetime, until: datetime, position: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Page]:
        """Yield the rows of files that were changed from `since` to before `until`, by the server's clock."""
        spec, place = self.manifest.object_named(object_name), FolderPlace.of(position)

        def chosen(file: RemoteFile) -> bool:
            within = since.timestamp() <= file.changed_at < until.timestamp()
            return within and not place.is_settled(file)

        reading = FolderReading(self._door, replace(self._plan, moves=False))
        async for page in reading.pages(spec, place, chosen):
            yield page

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return the newest rows with these numbers, out of the files that are there; those not found are left out."""
        if not natural_keys or self._plan.form.parquet:  # such files are not read: nothing can be found in them
            return {}
        rows = await FolderReading(self._door, self._plan).rows(self.manifest.object_named(object_name), natural_keys)
        return {key: FoundRecord(key, row.values) for key, row in rows.items()}

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Write all of them into one file, and answer for every one."""
        spec = self.manifest.object_named(object_name)
        return await FileDelivery(self._door, self._plan, spec).run(writes) if writes else []

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes are in a file that arrived? Keyed by Write.position."""
        return await FileDelivery(self._door, self._plan, self.manifest.object_named(object_name)).probe(writes)

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Refuse: a file that was handed over is no longer ours."""
        spec = self.manifest.object_named(object_name)
        sentence = (
            f"{spec.label} in a file that was handed over cannot be taken back: tell whoever reads the files, or deliver "
            "the record again as it should be."
        )
        problem = FieldProblem("", sentence, BusinessClass.VALIDATION)
        return UndoOutcome(UndoState.REFUSED, error=RejectedError(sentence, problems=(problem,)))

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared."""
        return self._door.take_counts()

    def receive(
        self, headers: Mapping[str, str], body: bytes, secret: str, now: float, *, url: str = ""
    ) -> list[ReceivedEvent]:
        """Raise SignatureError: a file server sends no events."""
        raise SignatureError("A file server sends no events.")
