"""From records to a written-ahead batch: look up what is known, decide, store the plan before any call."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from apps.connectors.contract import SourceRecord
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import Idempotency, Writing
from apps.flows.engine.identity import fit_version, is_older
from apps.flows.engine.pipeline import build_business_keys, plan_batch
from apps.flows.engine.reconcile import ends_with_delivery
from apps.flows.engine.records import PROBLEMS, LinkState, PlannedOperation
from apps.flows.engine.records import Correction as Corrected
from apps.flows.engine.states import BatchState, OperationState
from apps.flows.models import Batch, Correction
from apps.flows.services import blobs, origin_marks, receipts, telemetry
from apps.flows.services.entries import Entry, KnownOperation, OpenBatch, evidence_entry
from apps.flows.services.ledger_writes import new_id
from apps.flows.services.session import Session

_LINKS = """
SELECT business_key, outside_key, source_version, fingerprint FROM flows_link
WHERE connection_id = %s AND canonical_type = %s AND business_key = ANY(%s)
"""
_KNOWN = """
SELECT id, business_key, source_version, state, cardinality(attempts), revision, ambiguous, last_run_id FROM flows_operation
WHERE flow_id = %s AND canonical_type = %s AND business_key = ANY(%s)
"""
_TRUSTED_ATTEMPTS = 6  # the attempts that the retry rule makes within an hour: no target forgets a key sooner
_UNTIL_SETTLED = timedelta(seconds=20)
_KEY_SAFE = frozenset({Idempotency.KEY_HEADER, Idempotency.UPSERT_BY_EXTERNAL_ID})
_DONE = frozenset({OperationState.WRITTEN, OperationState.UNCHANGED})
_OPEN = frozenset({OperationState.WAITING, OperationState.REJECTED})


class TargetMemory(StrEnum):
    """What a target has that protects a creation sent twice."""

    KEYS = "keys"  # it remembers our keys, and answers the second sending with the first one's record
    RECORDS = "records"  # the record can be looked for
    NOTHING = "nothing"  # only a person can tell


def plan_and_write_ahead(
    session: Session,
    records: Sequence[SourceRecord],
    checkpoint_after: Mapping[str, Any] | None,
    *,
    again: bool = False,
) -> OpenBatch:
    """Decide about `records` and store the batch. Call inside a transaction; the lease is confirmed in it.

    `again` says that these are ledger lines to try once more (retry, replay), not records just read.
    """
    with telemetry.step("plan", len(records)):
        session.work.confirm()
        session.batches += 1
        batch = _planned_batch(session, new_id(), session.batches, records, again=again)
        _await_origins(session, batch.entries)
        batch.checkpoint_after = checkpoint_after
        _write_ahead(session, batch, again=again)
    return batch


def plan_only(session: Session, records: Sequence[SourceRecord], *, again: bool = False) -> OpenBatch:
    """Decide about `records` as a run would, and store nothing: what a dry run shows. Call inside a transaction."""
    return _planned_batch(session, new_id(), 0, records, again=again)


def write_planned(
    session: Session,
    batch: OpenBatch,
    checkpoint_after: Mapping[str, Any] | None,
    held: Mapping[UUID, tuple[FieldProblem, ...]],
    *,
    again: bool,
) -> OpenBatch:
    """Store a batch that `plan_only` decided about, without what business rules hold back. Call inside a transaction."""
    session.work.confirm()
    session.batches += 1
    batch.number, batch.checkpoint_after = session.batches, checkpoint_after
    hold_back(batch, held)
    _write_ahead(session, batch, again=again)
    return batch


def hold_back(batch: OpenBatch, held: Mapping[UUID, tuple[FieldProblem, ...]]) -> None:
    """Reject records that business rules stop, by the id of their operation."""
    for entry in batch.entries:
        problems = held.get(entry.operation_id)
        if problems:
            entry.held = True
            entry.planned = entry.planned._replace(
                decision=OperationState.REJECTED,
                step="check",
                reason=PROBLEMS,
                problems=problems,
                mapped=None,
                references=(),
            )


def recover_batch(session: Session, row: Batch) -> OpenBatch:
    """Plan a batch again whose worker was lost between writing ahead and settling. Call inside a transaction.

    Nothing of it is in the ledger; any of it may be in the target, so every write is probed for first.
    """
    session.work.confirm()
    plan = blobs.unpack(row.plan)
    stored = reload_records(plan)
    ids = [operation_id for operation_id, _ in stored]
    batch = _planned_batch(
        session, row.id, row.number or 0, [record for _, record in stored], again=plan["again"], ids=ids
    )
    batch.checkpoint_after = row.checkpoint_after
    hold_back(batch, _held_in(plan))  # what was decided stands: facts may have changed since, and others may have left
    writing = session.pinned.target_object.writing
    by_keys = writing is not None and target_memory(writing) is TargetMemory.KEYS
    if writing is None or not by_keys or row.created_at < timezone.now() - writing.keys_trusted:
        for entry in batch.entries:
            entry.probe_first = True
    return batch


def abandon_unsent(session: Session, batch: OpenBatch) -> None:
    """Give up a batch of which nothing has left, where a later look could not tell; its records are read again.

    Other targets keep it: what became of it is found by looking. Without this, records that never left would be handed
    to a person as if they might have arrived.
    """
    if target_memory(session.pinned.target_object.writing) is not TargetMemory.NOTHING:
        return
    with transaction.atomic():
        session.work.confirm()
        Batch.objects.filter(id=batch.id, state=BatchState.SENT).update(state=BatchState.ABANDONED)


def _planned_batch(
    session: Session,
    batch_id: UUID,
    number: int,
    records: Sequence[SourceRecord],
    *,
    again: bool,
    ids: Sequence[UUID] = (),
) -> OpenBatch:
    compiled = session.compiled
    keys = build_business_keys(compiled, records)
    known = _known_operations(session, sorted(set(keys)))
    links, twins = links_of(session, known_keys=keys), origin_marks.twins_of(session, records)
    plan = plan_batch(
        compiled,
        records,
        links={key: LinkState(twins[key]) for key in twins} | links,
        open_operations={},  # what is open is overtaken or tried again here, by ledger line
        corrections=_corrections(known, {key: fit_version(r.version) for key, r in zip(keys, records, strict=True)}),
        now=timezone.now(),
        scope=session.effects,
    )
    fresh = {
        (key, fit_version(record.version)): (record, place)
        for place, (key, record) in enumerate(zip(keys, records, strict=True))
    }
    entries, target = [], target_memory(session.pinned.target_object.writing)
    for planned in plan.entries:
        record, place = fresh[planned.business_key, planned.source_version]
        entries.append(
            _entry(
                planned,
                record,
                known.get(planned.business_key, ()),
                ids[place] if ids else None,
                again=again,
                target=target,
            )
        )
        entries[-1].returns = planned.business_key in twins
    _keep_behind(session, entries)
    _recall_references(session, entries)
    return OpenBatch(batch_id, number, entries, None, _overtaken(entries, known), plan.duplicates)


def _keep_behind(session: Session, entries: Sequence[Entry]) -> None:
    """Hold back what would overtake another version of the same record that the target has taken and not answered for."""
    if receipts.late_answer(session) is None:
        return
    taken = receipts.taken_keys(session, [entry.planned.business_key for entry in entries])
    for entry in entries:
        if entry.repeat is None and entry.planned.decision in (OperationState.WAITING, OperationState.UNCHANGED):
            entry.behind = taken.get(entry.planned.business_key)


def _await_origins(session: Session, entries: Sequence[Entry]) -> None:
    """Hold back what would be made anew while a flow into the source is writing: it may be a record it has just made there."""
    unknown = [entry for entry in entries if entry.to_deliver and entry.planned.target_key is None]
    if origin_marks.may_be_ours(session, [entry.planned.business_key for entry in unknown]):
        for entry in unknown:
            entry.behind = timezone.now() + _UNTIL_SETTLED


def _known_operations(session: Session, keys: list[str]) -> dict[str, list[KnownOperation]]:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [session.flow_id, session.compiled.described.name, keys])
        rows = cursor.fetchall()
    known: dict[str, list[KnownOperation]] = {}
    for row in rows:
        line = KnownOperation(row[0], row[1], row[2], OperationState(row[3]), *row[4:])
        known.setdefault(line.business_key, []).append(line)
    return known


def links_of(session: Session, known_keys: Iterable[str]) -> dict[str, LinkState]:
    """Return what was last delivered of each key at the run's target."""
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, [session.target_id, session.compiled.described.name, list(known_keys)])
        return {key: LinkState(outside, version, print_) for key, outside, version, print_ in cursor.fetchall()}


def _corrections(known: Mapping[str, list[KnownOperation]], versions: Mapping[str, str]) -> dict[str, Corrected]:
    """Return the values people set for the versions at hand; the latest correction of a field wins."""
    corrected = {
        line.id: line
        for lines in known.values()
        for line in lines
        if line.revision and versions.get(line.business_key) == line.source_version
    }
    if not corrected:
        return {}
    values: dict[str, dict[str, Any]] = {}
    for correction in Correction.objects.filter(operation_id__in=corrected).order_by("id"):
        values.setdefault(corrected[correction.operation_id].business_key, {})[correction.field] = correction.new_value
    revisions = {line.business_key: line.revision for line in corrected.values()}
    return {key: Corrected(fields, revisions[key]) for key, fields in values.items()}


def _entry(
    planned: PlannedOperation,
    record: SourceRecord,
    lines: Sequence[KnownOperation],
    stored_id: UUID | None,
    *,
    again: bool,
    target: TargetMemory,
) -> Entry:
    line = next((line for line in lines if line.source_version == planned.source_version), None)
    entry = Entry(line.id if line else stored_id or new_id(), record, planned, line)
    entry.repeat = _repeat(entry, lines, again=again, target=target)
    entry.probe_first = needs_look_first(entry, lines, target, again=again)
    return entry


def target_memory(writing: Writing | None) -> TargetMemory:
    """Return what protects a creation that is sent twice."""
    if writing is not None and writing.idempotency in _KEY_SAFE:
        return TargetMemory.KEYS
    return TargetMemory.NOTHING if writing is not None and not writing.tells_repeats else TargetMemory.RECORDS


def needs_look_first(entry: Entry, lines: Sequence[KnownOperation], target: TargetMemory, *, again: bool) -> bool:
    """Say whether a record may have arrived without our knowing, so that it must be looked for before it is written.

    A person who retries what only a person can tell has looked.
    """
    line = entry.known
    if target is TargetMemory.NOTHING and again and line is not None and line.state == OperationState.REJECTED:
        return False
    return any(_is_doubtful(line, entry, safe=target is TargetMemory.KEYS) for line in lines)


def _is_doubtful(line: KnownOperation, entry: Entry, *, safe: bool) -> bool:
    """Say whether an open line may have arrived without our knowing, so that writing again needs a look first."""
    if not line.ambiguous or line.state not in _OPEN:
        return False
    same_key = line.source_version == entry.planned.source_version and line.revision == entry.planned.revision
    return not (safe and same_key and line.attempts <= _TRUSTED_ATTEMPTS)


def _repeat(
    entry: Entry, lines: Sequence[KnownOperation], *, again: bool, target: TargetMemory
) -> OperationState | None:
    """Say how a record counts that needs no new attempt, None when it does."""
    line = entry.known
    if line is None:
        version = entry.planned.source_version
        newer = any(known.state in _DONE | _OPEN and is_older(version, known.source_version) for known in lines)
        return OperationState.SKIPPED if newer else None
    if line.state in _DONE:
        return OperationState.UNCHANGED
    if line.state == OperationState.WAITING and not again:
        return OperationState.SKIPPED  # its own retry is due already
    if line.state == OperationState.REJECTED and line.ambiguous and target is TargetMemory.NOTHING and not again:
        return OperationState.REJECTED  # it may have arrived: a person looks, no reading repeats it
    left_out = line.state in (OperationState.SKIPPED, OperationState.SUPERSEDED)
    if left_out and (line.state == OperationState.SUPERSEDED or not entry.to_deliver):
        return OperationState.SKIPPED
    return None


def _overtaken(entries: Sequence[Entry], known: Mapping[str, list[KnownOperation]]) -> list[KnownOperation]:
    """Return open lines of other versions that these entries overtake once they get through."""
    trying = {entry.operation_id for entry in entries}
    still_open = [line for lines in known.values() for line in lines if line.state in _OPEN and line.id not in trying]
    return [line for line in still_open if ends_with_delivery(line.source_version)]


def _write_ahead(session: Session, batch: OpenBatch, *, again: bool) -> None:
    Batch.objects.create(
        id=batch.id,
        customer_id=session.customer_id,
        run_id=session.run_id,
        number=batch.number,
        state=BatchState.SENT,  # one commit for both steps: the calls begin right after it
        checkpoint_after=batch.checkpoint_after,
        plan=blobs.pack({"again": again, "entries": [evidence_entry(entry) for entry in batch.entries]}),
        size=len(batch.entries),
        created_at=timezone.now(),
    )


def _recall_references(session: Session, entries: Sequence[Entry]) -> None:
    wanted: dict[str, set[str]] = {}
    for entry in entries:
        for reference in entry.planned.references:
            if (reference.canonical_type, reference.key) not in session.known_links:
                wanted.setdefault(reference.canonical_type, set()).add(reference.key)
    for kind, keys in wanted.items():
        with connection.cursor() as cursor:
            cursor.execute(_LINKS, [session.target_id, kind, sorted(keys)])
            session.known_links.update({(kind, row[0]): row[1] for row in cursor.fetchall()})


def reload_records(batch_plan: Any) -> list[tuple[UUID, SourceRecord]]:
    """Return the records of a stored plan, with the ids of their ledger lines."""
    return [
        (UUID(e["id"]), SourceRecord(e["object"], e["key"], e["version"], e["values"])) for e in batch_plan["entries"]
    ]


def _held_in(batch_plan: Any) -> dict[UUID, tuple[FieldProblem, ...]]:
    """Return what business rules held back when the batch was written ahead."""
    return {
        UUID(entry["id"]): tuple(
            FieldProblem(field, message, BusinessClass(known), code) for field, message, known, code in entry["held"]
        )
        for entry in batch_plan["entries"]
        if entry.get("held")
    }
