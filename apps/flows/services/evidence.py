"""Reading back what a batch kept: the record as it was seen, what was sent, what was answered."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from apps.connectors.contract import Exchange, SourceRecord
from apps.connectors.redaction import redact_json
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.ownership import ConflictRule, Dispute, Ruling
from apps.flows.engine.states import BatchState
from apps.flows.mapping.compiled import CompiledMapping, MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.models import Batch, Correction, DroppedMonth, FlowVersion, Operation
from apps.flows.services import blobs
from apps.flows.services.ledger_writes import moment_of
from apps.flows.services.session import compile_version

KEPT, DROPPED, NOT_STORED = "kept", "dropped", "not_stored"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one operation: when, in which run, what was sent and what came back.

    `source` is None where contents are not kept: `contents` says why, and `dropped_at` when retention took them. `run_id` is
    None when the whole month went and nothing else names the run.
    """

    number: int
    run_id: UUID | None
    at: datetime
    source: dict[str, Any] | None
    mapped: dict[str, Any] | None
    idempotency_key: str
    exchange: Exchange | None
    target_key: str
    error: str
    ambiguous: bool
    contents: str = KEPT
    dropped_at: datetime | None = None
    step: str = ""  # of a walk; "" where the record went with its batch, or was only read
    taken: bool = False  # the system told later what became of it
    unsent: bool = False  # the target held all of it that may be written: nothing left the house
    disputes: tuple[Dispute, ...] = ()  # fields of other systems on which both sides differed


def records_of(lines: Iterable[Operation]) -> dict[UUID, SourceRecord]:
    """Return the source record of each ledger line, as its latest attempt saw it, in the lines' order.

    Lines whose contents are not kept (any more) are left out: `reread.recall` asks their source again.
    """
    lines = list(lines)
    found = _stored_records({line.attempts[-1] for line in lines if line.attempts})
    # A step of a walk keeps what it sent; the record as read is in the batch that read it.
    earlier = {batch for line in lines if line.id not in found for batch in line.attempts[:-1]}
    if earlier:
        found = _stored_records(earlier) | found
    return {line.id: found[line.id] for line in lines if line.id in found}


def _stored_records(batch_ids: Iterable[UUID]) -> dict[UUID, SourceRecord]:
    rows = Batch.objects.filter(id__in=list(batch_ids), plan__isnull=False).order_by("id")
    records: dict[UUID, SourceRecord] = {}
    for plan in rows.values_list("plan", flat=True):
        for entry in blobs.unpack(plan)["entries"]:
            if entry["values"] is not None:
                record = SourceRecord(entry["object"], entry["key"], entry["version"], entry["values"])
                records[UUID(entry["id"])] = record
    return records


def source_keys_of(lines: Iterable[Operation]) -> dict[UUID, str]:
    """Return under which key the source knows each line's record: as its latest batch keeps it, or the ledger."""
    lines = list(lines)
    keys = {line.id: line.source_key for line in lines}
    rows = Batch.objects.filter(id__in={line.attempts[-1] for line in lines if line.attempts}, plan__isnull=False)
    for plan in rows.values_list("plan", flat=True):
        for entry in blobs.unpack(plan)["entries"]:
            if (line := UUID(entry["id"])) in keys:
                keys[line] = entry["key"]
    return keys


def attempts_of(operation: Operation) -> list[Attempt]:
    """Return every attempt at an operation, newest first, with secrets redacted."""
    batches = {batch.id: batch for batch in Batch.objects.filter(id__in=operation.attempts)}
    gone = [batch_id for batch_id in operation.attempts if batch_id not in batches]
    months = dict(DroppedMonth.objects.values_list("month", "dropped_at")) if gone else {}
    attempts = [
        _attempt(operation, number, batches[batch_id])
        if batch_id in batches
        else _dropped_attempt(operation, number, batch_id, months)
        for number, batch_id in enumerate(operation.attempts, start=1)
    ]
    return attempts[::-1]


def _attempt(operation: Operation, number: int, batch: Batch) -> Attempt:
    plan = blobs.unpack(batch.plan) or {"entries": []}
    entry = next((e for e in plan["entries"] if e["id"] == str(operation.id)), None)
    outcome = (blobs.unpack(batch.outcome) or {}).get(str(operation.id), {})
    exchange = outcome.get("exchange")
    return Attempt(
        number=number,
        run_id=batch.run_id,
        at=batch.created_at,
        source=redact_json(entry["values"]) if entry else None,
        mapped=redact_json(entry["mapped"]) if entry else None,
        idempotency_key=entry["idempotency_key"] if entry else "",
        exchange=Exchange(*exchange) if exchange else None,
        target_key=outcome.get("target_key") or "",
        error=outcome.get("error", ""),
        ambiguous=outcome.get("ambiguous", False),
        contents=KEPT if plan.get("asked") else _contents_of(batch, entry),
        taken=outcome.get("taken", False),
        dropped_at=batch.payload_dropped_at,
        step=batch.step,
        unsent=outcome.get("unsent", False),
        disputes=tuple(_dispute(stored) for stored in outcome.get("disputes", ())),
    )


def _dispute(stored: list[Any]) -> Dispute:
    kind, name, target_field, ours, theirs, rule, ruling, owner = stored
    return Dispute(
        kind, name, target_field, redact_json(ours), redact_json(theirs), ConflictRule(rule), Ruling(ruling), owner
    )


def _contents_of(batch: Batch, entry: dict[str, Any] | None) -> str:
    if batch.plan is None:
        return DROPPED
    # The step of a walk keeps what it sent, not the record.
    forgotten = entry is not None and entry["values"] is None and not batch.step and batch.state == BatchState.SETTLED
    return NOT_STORED if forgotten else KEPT


def _dropped_attempt(operation: Operation, number: int, batch_id: UUID, months: Mapping[date, datetime]) -> Attempt:
    """Return what is known of an attempt whose month went: its moment, from its id, and its run where the ledger says."""
    at = moment_of(batch_id)
    runs = {len(operation.attempts): operation.last_run_id, 1: operation.run_id}
    return Attempt(
        number=number,
        run_id=runs.get(number),
        at=at,
        source=None,
        mapped=None,
        idempotency_key="",
        exchange=None,
        target_key="",
        error="",
        ambiguous=False,
        contents=DROPPED,
        dropped_at=months.get(at.date().replace(day=1)),
    )


def canonical_values_of(operation: Operation) -> dict[str, Any]:
    """Return the operation's values in canonical form with the corrections made so far; {} without evidence."""
    return canonical_values_of_all([operation])[operation.id]


def canonical_values_of_all(lines: Iterable[Operation]) -> dict[UUID, dict[str, Any]]:
    """Return `canonical_values_of` each line, in as many queries for many as for one."""
    lines = list(lines)
    values: dict[UUID, dict[str, Any]] = {line.id: {} for line in lines}
    records = records_of(lines)
    if not records:
        return values
    last_tries = {line.attempts[-1] for line in lines if line.attempts}
    batches = Batch.objects.select_related("run__version").defer("plan", "outcome").in_bulk(last_tries)
    readings: dict[UUID, CompiledMapping | None] = {}
    for line in lines:
        if record := records.get(line.id):
            latest = batches.get(line.attempts[-1])
            version = latest.run.version if latest else line.last_run.version
            if version.id not in readings:
                readings[version.id] = _reading(line, version)
            reading = readings[version.id]
            values[line.id] = dict(reading.apply(record.values).values) if reading else {}
    for correction in Correction.objects.filter(operation__in=[line.id for line in lines]).order_by("id"):
        if values[correction.operation_id]:
            values[correction.operation_id][correction.field] = correction.new_value
    return values


def _reading(line: Operation, version: FlowVersion) -> CompiledMapping | None:
    try:
        return compile_version(version, line.flow.source, line.flow.target).compiled.reading
    except (MappingError, DefinitionError, LayerError, KeyError):
        return None  # a system that has left the catalogue, say: nothing can be read of what it sent


def repeats_of(run_id: UUID, state: str) -> list[dict[str, Any]]:
    """Return the records of a run that were settled before, as {"key", "business_key"}: rows behind its counts."""
    return list(iterate_repeats(run_id, state))


def iterate_repeats(run_id: UUID, state: str) -> Iterator[dict[str, Any]]:
    """Yield what `repeats_of` returns, opening one batch after the other: a page needs only the first few."""
    batches = Batch.objects.filter(run_id=run_id, state=BatchState.SETTLED).order_by("number")
    for batch_id in batches.values_list("id", flat=True):
        content = blobs.unpack(Batch.objects.values_list("plan", flat=True).get(id=batch_id)) or {"entries": []}
        for entry in content["entries"]:
            if entry["repeat"] == state:
                yield {"key": entry["key"], "business_key": entry["business_key"]}
