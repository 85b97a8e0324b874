"""Dynamics 365 Project Operations over the Web API of Dataverse: what the manifest cannot say - whose column our key is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from apps.connectors.catalog.dynamics_project_operations.delivery import DataverseDelivery, plain_key
from apps.connectors.contract import FoundRecord, Write, WriteOutcome
from apps.connectors.http import Door
from apps.connectors.manifest import FieldSpec, ObjectManifest, SystemManifest
from apps.connectors.protocols.odata import ODataConnector


class DataverseConnector(ODataConnector):
    """One open connection to one environment of Dataverse."""

    delivery_class = DataverseDelivery

    def __init__(
        self,
        manifest: SystemManifest,
        door: Door,
        settings: Mapping[str, Any],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        column = str(settings.get("key_column") or "").strip()
        objects = tuple(_keyed(spec, column) for spec in manifest.objects) if column else manifest.objects
        super().__init__(replace(manifest, objects=objects), door, settings, clock=clock)

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Create or update each record and answer for every one of them, in any order."""
        spec = self.manifest.object_named(object_name)
        return await super().upsert(object_name, [_with_own_key(spec, write) for write in writes])

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes did arrive? Keyed by Write.position."""
        spec = self.manifest.object_named(object_name)
        return await super().probe(object_name, [_with_own_key(spec, write) for write in writes])


def _keyed(spec: ObjectManifest, column: str) -> ObjectManifest:
    """Return an object that is written with the column for our key, which each organisation names with its own prefix."""
    if spec.writing is None:
        return spec
    writing = replace(spec.writing, own_key_field=column, own_key_parameter=column)
    return replace(spec, writing=writing, fields=(*spec.fields, FieldSpec(column, label="Our key", max_length=250)))


def _with_own_key(spec: ObjectManifest, write: Write) -> Write:
    field = spec.writing.own_key_field if spec.writing else ""
    if not field or write.target_key is not None:
        return write
    return replace(write, values={**write.values, field: plain_key(write.business_key)})


CONNECTOR = DataverseConnector
