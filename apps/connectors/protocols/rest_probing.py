"""Finds out which writes arrived when no good answer came back."""

from collections.abc import Sequence

from apps.connectors.answers import holds
from apps.connectors.contract import FoundRecord, Write
from apps.connectors.manifest import ObjectManifest, Writing
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_reading import find_records, read_one


async def probe_writes(calls: Calls, spec: ObjectManifest, writes: Sequence[Write]) -> dict[int, FoundRecord]:
    """Return which writes did arrive: creations by our own number, changes by comparing what the record says now."""
    writing = spec.writing
    arrived = dict[int, FoundRecord]()
    created = {own_key(writing, write): write for write in writes if write.target_key is None} if writing else {}
    if writing and writing.own_key_field and created:
        field, parameter = writing.own_key_field, writing.own_key_parameter
        found = await find_records(calls, spec, field, list(created), parameter=parameter)
        arrived.update({created[key].position: record for key, record in found.items()})
    for write in writes:
        if write.target_key is not None and spec.reading is not None and spec.reading.one_path:
            values = await read_one(calls, spec, write.target_key)
            if values is not None and holds(values, write.values):
                arrived[write.position] = FoundRecord(write.target_key, values)
    return arrived


def own_key(writing: Writing | None, write: Write) -> str:
    """Return our own number of the record, as the target keeps it."""
    field = writing.own_key_field if writing else ""
    return str(write.values.get(field) or write.business_key) if field else write.business_key
