"""HubSpot's CRM objects: what the manifest cannot say - searches instead of lists, batches that answer in parts."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.answers import at_path, holds
from apps.connectors.catalog.hubspot.calls import PROPERTIES, HubSpotCalls
from apps.connectors.catalog.hubspot.delivery import HubSpotDelivery
from apps.connectors.catalog.hubspot.reading import read_changes
from apps.connectors.contract import FoundRecord, Page, Write
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_probing import own_key
from apps.connectors.protocols.rest_reading import source_record
from apps.connectors.shapes import DiscoveredField, DiscoveredShape, ShapeSource, live_shape


class HubSpotConnector(RestConnector):
    """One open connection to one HubSpot account."""

    calls_class = HubSpotCalls
    delivery_class = HubSpotDelivery
    _calls: HubSpotCalls

    async def discover(self, object_names: Sequence[str] = ()) -> tuple[DiscoveredShape, ...]:
        """Return what these objects look like by the account's own properties, and what stands beside them."""
        shapes = await super().discover(object_names)
        return tuple(self._under_properties(shape) if shape.source is ShapeSource.LIVE else shape for shape in shapes)

    def _under_properties(self, shape: DiscoveredShape) -> DiscoveredShape:
        spec = self.manifest.object_named(shape.object_name)
        beside = [
            DiscoveredField(field.name, field.kind, field.label, read_only=True)
            for field in spec.fields
            if not field.name.startswith(f"{PROPERTIES}.")
        ]
        inside = (replace(field, name=f"{PROPERTIES}.{field.name}") for field in shape.fields)
        return live_shape(spec, [*beside, *inside])

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint` (None: everything), oldest first; or just the records named by `keys`."""
        spec = self.manifest.object_named(object_name)
        return self._named(spec, keys) if keys else read_changes(self._calls, spec, checkpoint)

    async def _named(self, spec: ObjectManifest, keys: Sequence[str]) -> AsyncIterator[Page]:
        rows = await self._calls.named(spec, keys)
        yield Page(tuple(source_record(spec, values) for values in rows), {}, last=True)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return companies and deals by their number, contacts by e-mail; those not found are left out."""
        spec = self.manifest.object_named(object_name)
        if not natural_keys:
            return {}
        if spec.natural_key:
            return await self._by_property(spec, spec.natural_key, natural_keys)
        return {str(row["id"]): FoundRecord(str(row["id"]), row) for row in await self._calls.named(spec, natural_keys)}

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes did arrive? Keyed by Write.position."""
        spec = self.manifest.object_named(object_name)
        made = {own_key(spec.writing, write): write.position for write in writes if write.target_key is None}
        field = spec.writing.own_key_field if spec.writing else ""
        found = await self._by_property(spec, field, list(made)) if made and field else {}
        changed = [write for write in writes if write.target_key is not None]
        rows = await self._calls.named(spec, [str(write.target_key) for write in changed])
        there = {str(row["id"]): row for row in rows}
        return {made[key]: record for key, record in found.items()} | {
            write.position: FoundRecord(str(write.target_key), row)
            for write in changed
            if (row := there.get(str(write.target_key))) is not None and holds(row, write.values)
        }

    async def _by_property(self, spec: ObjectManifest, field: str, names: Sequence[str]) -> dict[str, FoundRecord]:
        rows = await self._calls.named(spec, names, by=field.partition(".")[2])
        wanted = {name.lower(): name for name in names}  # HubSpot keeps e-mail addresses in small letters
        named = ((wanted.get(str(at_path(row, field) or "").lower()), row) for row in rows)
        return {name: FoundRecord(str(row["id"]), row) for name, row in named if name is not None}


CONNECTOR = HubSpotConnector
