"""The records a flow was given lately, as they were kept: the newest version of each, with what became known of it then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from apps.connectors.contract import SourceRecord
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.absence import is_deletion
from apps.flows.engine.records import Correction as Corrected
from apps.flows.engine.states import StepState
from apps.flows.engine.verdict import NO_RESULTS, Seen
from apps.flows.models import Batch, Correction, Flow, Operation, OperationStep, Run
from apps.flows.services import blobs
from apps.flows.services.evidence import records_of
from apps.flows.services.walk_session import RECORD

_RUNS_AT_ONCE = 50
_RECORDS_AT_ONCE = 1_000
_MOST_BATCHES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class RecordedInput:
    """One record as it was read last. `operation_id` is its ledger line's, where it has one."""

    operation_id: UUID
    business_key: str
    seen: Seen


class _Kept(NamedTuple):
    """One entry of a batch, and when the batch was made."""

    entry: dict[str, Any]
    at: datetime


def iterate_inputs(work: LeasedWork, flow: Flow, most: int, *, walks: bool) -> Iterator[list[RecordedInput]]:
    """Yield up to `most` records in portions, the newest first and each source key once, in its newest version.

    Those whose contents are not kept (any more) are left out. Each batch is opened once; each portion takes four
    statements in a transaction of its own, under the lease of `work`.
    """
    taken: set[str] = set()
    last: UUID | None = None
    while len(taken) < most:
        with transaction.atomic():
            work.confirm()
            runs = _runs_before(flow, last)
            portions = list(_portions(runs))
        if not runs:
            return
        last = runs[-1]
        for batch_ids in portions:
            with transaction.atomic():
                work.confirm()
                fresh = _newest(batch_ids, taken, most)
                inputs = _with_answers(fresh, walks=walks)
            if inputs:
                yield inputs
            if len(taken) >= most:
                return


def input_of(operation: Operation, *, walks: bool) -> Seen | None:
    """Return one record as it was read last, with what became known of it; None where its contents are not kept."""
    record = records_of([operation]).get(operation.id)
    if record is None:
        return None
    answers = _answers([operation.id]).get(operation.id, NO_RESULTS) if walks else NO_RESULTS
    return Seen(record, operation.changed_at, _corrections([operation.id]).get(operation.id), answers)


def _runs_before(flow: Flow, last: UUID | None) -> list[UUID]:
    runs = Run.objects.filter(flow=flow) if last is None else Run.objects.filter(flow=flow, id__lt=last)
    return list(runs.order_by("-id").values_list("id", flat=True)[:_RUNS_AT_ONCE])


def _portions(runs: Sequence[UUID]) -> Iterator[list[UUID]]:
    """Yield the ids of the runs' batches that read records, newest first, so many that their records fit in memory."""
    batches = Batch.objects.filter(run_id__in=runs, step="", plan__isnull=False).order_by("-id")
    portion: list[UUID] = []
    records = 0
    for batch_id, size in batches.values_list("id", "size"):
        if portion and (records + size > _RECORDS_AT_ONCE or len(portion) == _MOST_BATCHES_AT_ONCE):
            yield portion
            portion, records = [], 0
        portion.append(batch_id)
        records += size
    if portion:
        yield portion


def _newest(batch_ids: Sequence[UUID], taken: set[str], most: int) -> list[_Kept]:
    """Return the entries whose key was not met before, and note their keys in `taken`."""
    rows = Batch.objects.filter(id__in=batch_ids, plan__isnull=False).order_by("-id").values_list("plan", "created_at")
    fresh: list[_Kept] = []
    for plan, at in rows:
        # Within a batch the later entry of a key is the newer one, as planning has it.
        for entry in reversed(blobs.unpack(plan)["entries"]):
            if len(taken) >= most:
                return fresh
            if entry["values"] is None or entry["key"] in taken or is_deletion(entry["version"]):
                continue
            taken.add(entry["key"])
            fresh.append(_Kept(entry, at))
    return fresh


def _with_answers(kept: Sequence[_Kept], *, walks: bool) -> list[RecordedInput]:
    """Add what a person mended of each record, and what the steps of its walk were answered. Two statements."""
    ids = [UUID(one.entry["id"]) for one in kept]
    mended = _corrections(ids)
    answers = _answers(ids) if walks else {}
    return [
        RecordedInput(
            operation_id,
            one.entry["business_key"],
            Seen(_record(one.entry), one.at, mended.get(operation_id), answers.get(operation_id, NO_RESULTS)),
        )
        for operation_id, one in zip(ids, kept, strict=True)
    ]


def _answers(ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return what the steps of each record's walk were answered, by name."""
    answers: dict[UUID, dict[str, Any]] = {}
    done = OperationStep.objects.filter(operation_id__in=ids, state=StepState.DONE).exclude(name=RECORD)
    for operation_id, name, result in done.values_list("operation_id", "name", "result"):
        answers.setdefault(operation_id, {})[name] = result
    return answers


def _corrections(ids: Sequence[UUID]) -> dict[UUID, Corrected]:
    values: dict[UUID, dict[str, Any]] = {}
    typed = Correction.objects.filter(operation_id__in=ids).order_by("id")
    for operation_id, name, value in typed.values_list("operation_id", "field", "new_value"):
        values.setdefault(operation_id, {})[name] = value
    return {operation_id: Corrected(fields) for operation_id, fields in values.items()}


def _record(entry: dict[str, Any]) -> SourceRecord:
    return SourceRecord(entry["object"], entry["key"], entry["version"], entry["values"])
