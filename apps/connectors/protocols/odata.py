"""The connector for OData v4 services: JSON, query options by the manifest, server-driven paging, ETags.

Operations in one request ($batch) and delta links are not used: records go one by one, changes are found by their time.
https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.contract import Page, TestReport, UndoOutcome, UndoState
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import ErrorShape, ObjectManifest, Paging
from apps.connectors.odata_metadata import Metadata, MetadataError
from apps.connectors.protocols.odata_calls import ODataCalls
from apps.connectors.protocols.odata_query import NEXT, entity_set_of, plain_record
from apps.connectors.protocols.odata_writing import ODataDelivery, conditions_of
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_one, source_record
from apps.connectors.protocols.rest_shapes import chosen_objects
from apps.connectors.protocols.rest_testing import run_test
from apps.connectors.protocols.rest_undoing import undo_write
from apps.connectors.shapes import DiscoveredShape, live_shape, manifest_shape

ODATA_ERRORS = ErrorShape(problems_path="error", code_path="code", message_path="message", field_path="target")


def odata_pages(size: int, *, largest: int = 0) -> Paging:
    """Return the paging of OData services: they are asked for pages of `size` and say where the next one lies."""
    return Paging(style="link", size=size, next_path=NEXT, largest=largest)


class ODataConnector(RestConnector):
    """One open connection to one OData v4 service."""

    calls_class = ODataCalls
    delivery_class = ODataDelivery
    _calls: ODataCalls

    async def test(self) -> TestReport:
        """Try address, sign-in, one record of each list, writing rights, limits and clock, changing nothing."""
        small = replace(self.manifest, objects=tuple(_one_by_one(spec) for spec in self.manifest.objects))
        return await run_test(self.calls_class(small, self._door, self._settings), self._clock)

    async def discover(self, object_names: Sequence[str] = ()) -> tuple[DiscoveredShape, ...]:
        """Return what these objects look like by the service's own metadata; sets it does not name by the manifest."""
        path = self._calls.odata.metadata_path
        if not path:
            return await super().discover(object_names)
        # The document is XML by default, and JSON is no answer that version 4.0 must know.
        answer = await self._calls.call("GET", self._calls.path(path), headers={"Accept": "application/xml"})
        try:
            metadata = Metadata(answer.body)
        except MetadataError as problem:
            raise MisconfiguredError(
                f"{self.manifest.name} answers with a metadata document that cannot be read: {problem}.",
                business_class=BusinessClass.SCHEMA_DRIFT,
            ) from None
        specs = chosen_objects(self.manifest, object_names)
        told = [(spec, metadata.fields_of(entity_set_of(spec))) for spec in specs]
        return tuple(live_shape(spec, fields) if fields else manifest_shape(spec) for spec, fields in told)

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint` (None: everything), oldest first; or just the records named by `keys`."""
        if keys:
            return self._read_named(self.manifest.object_named(object_name), keys)
        return super().read(object_name, checkpoint)

    async def _read_named(self, spec: ObjectManifest, keys: Sequence[str]) -> AsyncIterator[Page]:
        answers = await asyncio.gather(*(read_one(self._calls, spec, key) for key in dict.fromkeys(keys)))
        records = (source_record(spec, plain_record(values)) for values in answers if values is not None)
        yield Page(tuple(records), {}, last=True)

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Take back a record that was created here, in the version it has now. Safe to repeat."""
        spec = self.manifest.object_named(object_name)
        if spec.writing is None or not spec.writing.can_undo or not self._calls.odata.etags:
            return await super().undo(object_name, target_key, idempotency_key=idempotency_key)
        held = await read_one(self._calls, spec, target_key)
        if held is None:
            return UndoOutcome(UndoState.ALREADY_GONE)
        conditions = conditions_of(self._calls.odata, spec, held)
        return await undo_write(self._calls, spec, target_key, idempotency_key, conditions=conditions)


def _one_by_one(spec: ObjectManifest) -> ObjectManifest:
    if spec.reading is None:
        return spec
    return replace(spec, reading=replace(spec.reading, paging=replace(spec.reading.paging, size=1)))
