"""Looking at what the target holds before a record is changed there: write modes, the owner register, and what came back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.connectors.answers import holds
from apps.connectors.contract import Connector, SourceRecord, Write
from apps.connectors.manifest import MappingLine, ObjectManifest, WriteMode
from apps.flows.engine.echo import Echo
from apps.flows.engine.ownership import Dispute, Held, rule_on
from apps.flows.mapping.write_modes import apply_write_modes
from apps.flows.services.entries import Destination, Entry, Minded


async def mind_held_values(
    target: Connector, place: Destination, entries: Sequence[Entry], writes: Sequence[Write]
) -> dict[UUID, Minded]:
    """Take out of `writes` what must stay as the target has it; answers for the operations that were looked at for it.

    Only changes of records that are there are looked at, and only where a write mode, the register or an origin mark asks
    for it: else nothing is read.
    """
    updates = [write for write in writes if write.target_key is not None]
    returning = [write for write in updates if entries[write.position].returns]
    if not updates or not (place.needs_existing_values or place.guard or returning):
        return {}
    lines = [compiled_line.line for compiled_line in place.delivery.lines]
    asked = updates if place.guard or any(map(_looks_first, lines)) else returning
    held = await _held(target, place.target_object, asked)
    minded = {}
    for write in updates:
        entry = entries[write.position]
        found = _mind(place, lines, entry, write, held.get(write.target_key or ""))
        if found is not None:
            minded[entry.operation_id] = found
    return minded


def _mind(
    place: Destination, lines: list[MappingLine], entry: Entry, write: Write, record: SourceRecord | None
) -> Minded | None:
    disputes: tuple[Dispute, ...] = ()
    if place.echo is not None and entry.returns and record is not None:
        _drop_echo(place.echo, place, write, entry.record, record)
    if place.guard is not None:
        held = None if record is None else Held(record.values, record.version)
        ruled = rule_on(place.guard, write.values, held, entry.record.version)
        disputes = ruled.disputes
        _replace(write, ruled.values)
    if place.needs_existing_values:
        _replace(write, apply_write_modes(write.values, record.values if record else {}, lines))
    if not disputes and not entry.returns:
        return Minded() if place.guard is not None else None
    nothing_left = not write.values or (record is not None and holds(record.values, write.values))
    return Minded(disputes, sent=not nothing_left)


def _drop_echo(echo: Echo, place: Destination, write: Write, returned: SourceRecord, ours: SourceRecord) -> None:
    """Take out what nobody but ourselves has written: it says what the record here says, in the words of there."""
    own = echo.own_fields(ours, returned.values)
    blamed = {line.target: line.blame for line in place.delivery.lines}
    _replace(write, {name: value for name, value in write.values.items() if blamed.get(name) not in own})


def _replace(write: Write, values: Mapping[str, Any]) -> None:
    write.values.clear()
    write.values.update(values)


def _looks_first(line: MappingLine) -> bool:
    return line.write_mode in {WriteMode.FILL_EMPTY, WriteMode.APPEND}


async def _held(target: Connector, kind: ObjectManifest, writes: Sequence[Write]) -> dict[str, SourceRecord]:
    """Return what the target holds of these records, by its own key: the one key that always leads to them."""
    keys = [write.target_key for write in writes if write.target_key is not None]
    held: dict[str, SourceRecord] = {}
    if not keys or kind.reading is None:
        return held
    async for page in target.read(kind.name, None, keys):
        held.update({record.key: record for record in page.records})
    return held
