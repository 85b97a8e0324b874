"""Reading back what a batch kept: the record as it was seen, what was sent, what was answered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.connectors.contract import Exchange, SourceRecord
from apps.connectors.redaction import redact_json
from apps.flows.engine.states import BatchState
from apps.flows.mapping.compile import MappingError
from apps.flows.models import Batch, Correction, Operation
from apps.flows.services import blobs
from apps.flows.services.session import compile_version


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one operation: when, in which run, what was sent and what came back.

    `source` is None once the batch's evidence was dropped by retention.
    """

    number: int
    run_id: UUID
    at: datetime
    source: dict[str, Any] | None
    mapped: dict[str, Any] | None
    idempotency_key: str
    exchange: Exchange | None
    target_key: str
    error: str
    ambiguous: bool


def records_of(lines: Iterable[Operation]) -> dict[UUID, SourceRecord]:
    """Return the source record of each ledger line, as its latest attempt saw it, in the lines' order."""
    lines = list(lines)
    batches = _plans({line.attempts[-1] for line in lines if line.attempts})
    records: dict[UUID, SourceRecord] = {}
    for line in lines:
        entry = batches.get(line.attempts[-1], {}).get(str(line.id)) if line.attempts else None
        if entry is not None:
            records[line.id] = SourceRecord(entry["object"], entry["key"], entry["version"], entry["values"])
    return records


def _plans(batch_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = Batch.objects.filter(id__in=list(batch_ids)).values_list("id", "plan")
    return {batch_id: {e["id"]: e for e in blobs.unpack(plan)["entries"]} for batch_id, plan in rows}


def attempts_of(operation: Operation) -> list[Attempt]:
    """Return every attempt at an operation, newest first, with secrets redacted."""
    batches = {batch.id: batch for batch in Batch.objects.filter(id__in=operation.attempts)}
    attempts = [
        _attempt(operation, number, batches[batch_id])
        for number, batch_id in enumerate(operation.attempts, start=1)
        if batch_id in batches
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
    )


def canonical_values_of(operation: Operation) -> dict[str, Any]:
    """Return the operation's values in canonical form with the corrections made so far; {} without evidence."""
    record = records_of([operation]).get(operation.id)
    if record is None:
        return {}
    flow = operation.flow
    version = Batch.objects.select_related("run__version").get(id=operation.attempts[-1]).run.version
    try:
        compiled = compile_version(version, flow.source, flow.target).compiled
    except MappingError:
        return {}
    values = dict(compiled.reading.apply(record.values).values)
    for correction in Correction.objects.filter(operation=operation).order_by("id"):
        values[correction.field] = correction.new_value
    return values


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
