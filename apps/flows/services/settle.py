"""One transaction after the calls: ledger lines, links, checkpoint, counts and the day's figures, or nothing."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import LateAnswer
from apps.flows.engine.absence import is_deletion
from apps.flows.engine.conditions import REASON_SENTENCES
from apps.flows.engine.counts import COUNT_COLUMN
from apps.flows.engine.reconcile import finding_of
from apps.flows.engine.records import REASONS, WALKS
from apps.flows.engine.states import BatchState, OperationState, RunState
from apps.flows.models import Batch, Checkpoint, Operation, Run
from apps.flows.services import (
    blobs,
    booked,
    ledger_writes,
    owner_reviews,
    receipts,
    record_markets,
    record_references,
    telemetry,
    verdicts,
    walk_start,
)
from apps.flows.services.day_figures import Tally, add_to_day
from apps.flows.services.deliver import evidence_of
from apps.flows.services.entries import Delivery, Entry, KnownOperation, OpenBatch, evidence_entry
from apps.flows.services.session import Session
from apps.flows.services.verdicts import Verdict
from apps.flows.signals import ledger_changed

_SENTENCES = {**REASONS, **REASON_SENTENCES}
_BEHIND = (
    "The system has taken another version of this record and tells later what became of it: this one goes after it."
)
_MAY_BE_OURS = (
    "Another flow is writing to the system this record comes from: it waits until it is known which records are ours."
)


def settle(session: Session, batch: OpenBatch, delivery: Delivery, *, keep_checkpoint: bool = False) -> None:
    """Write everything that came of `batch` and mark it settled, as the lease's holder.

    `keep_checkpoint` leaves the reading position where it was: some records could not even be tried, and the next run
    reads them again.

    Raises:
        LeaseLostError: another worker took over; nothing is written.

    """
    now = timezone.now()
    late = receipts.late_answer(session)
    judged = [(entry, _judge(entry, delivery, now, late)) for entry in batch.entries]
    with telemetry.step("settle", len(batch.entries)), transaction.atomic():
        session.work.advance()
        tally = Tally(read=batch.duplicates, changes=Counter(skipped=batch.duplicates))
        _write_lines(session, batch, judged, tally, now)
        receipts.keep(session, judged, delivery.outcomes, now)
        walk_start.begin_walks(session, [entry for entry, _ in judged if entry.walks], now)
        _write_links(session, judged, delivery, now)
        booked.note_booked(session, judged)
        record_references.keep_references(session, judged)
        record_markets.keep_markets(session, judged)
        _supersede(session, batch, judged, now)
        _keep_disputes(session, judged, delivery, now)
        if keep_checkpoint:
            batch.checkpoint_after = None
        if batch.checkpoint_after is not None and session.mode != Run.Mode.BACKFILL:
            _move_checkpoint(session, batch.checkpoint_after, now)
        _close_batch(session, batch, delivery, now)
        count(session, tally, now)
        ledger_changed.send(sender=Operation, flow_id=session.flow_id, customer_id=session.customer_id)
    telemetry.note_settled(tally.read, tally.changes)


def _judge(entry: Entry, delivery: Delivery, now: datetime, late: LateAnswer | None) -> Verdict:
    planned, minded = entry.planned, delivery.minded.get(entry.operation_id)
    if entry.repeat is not None:
        return Verdict(entry.repeat, "extract")
    if entry.behind is not None:
        doubtful = entry.known is not None and entry.known.ambiguous
        return Verdict(
            OperationState.WAITING,
            "deliver",
            "",
            entry.behind,
            doubtful,
            error_message=_BEHIND if late else _MAY_BE_OURS,
        )
    if planned.reason == WALKS:
        return Verdict(OperationState.WAITING, planned.step)
    if minded is not None and not minded.sent:
        key = planned.target_key or ""
        return Verdict(OperationState.UNCHANGED, "deliver", target_key=key, error_message=minded.sentence)
    if planned.decision == OperationState.WAITING:
        attempt = (entry.known.attempts if entry.known else 0) + 1
        return verdicts.from_outcome(
            delivery.outcomes[entry.operation_id],
            attempt=attempt,
            now=now,
            jitter=0.5 + random.random() / 2,  # noqa: S311  spreading retries
            late=late,
        )
    if planned.decision == OperationState.REJECTED:
        return verdicts.from_problems(planned.step, planned.problems)
    return Verdict(
        planned.decision,
        planned.step,
        target_key=planned.target_key or "",
        error_message=_SENTENCES.get(planned.reason, planned.reason)[:600],
    )


def _keep_disputes(
    session: Session, judged: Iterable[tuple[Entry, Verdict]], delivery: Delivery, now: datetime
) -> None:
    if not delivery.minded:
        return
    where = owner_reviews.Where(
        customer_id=session.customer_id,
        flow_id=session.flow_id,
        connection_id=session.target_id,
        object_name=session.pinned.target_object.name,
        canonical_type=session.compiled.described.name,
        stores_contents=session.stores_contents,
    )
    describe = session.compiled.described.describe
    seen = [
        owner_reviews.Seen(
            entry.operation_id,
            entry.planned.business_key,
            describe(entry.planned.canonical),
            verdict.target_key or entry.planned.target_key or "",
            delivery.minded[entry.operation_id],
        )
        for entry, verdict in judged
        if entry.operation_id in delivery.minded and delivery.outcomes[entry.operation_id].error is None
    ]
    owner_reviews.keep(where, seen, now)


def _write_lines(
    session: Session, batch: OpenBatch, judged: list[tuple[Entry, Verdict]], tally: Tally, now: datetime
) -> None:
    fresh: list[tuple[Any, ...]] = []
    again: list[tuple[Any, ...]] = []
    describe = session.compiled.described.describe
    for entry, verdict in judged:
        _add_to_tally(session, tally, entry, verdict)
        if entry.repeat is not None:
            continue
        if entry.known is not None:
            again.append(_changed(entry.operation_id, verdict))
        else:
            fresh.append(_line(session, batch.id, entry, verdict, describe(entry.planned.canonical)[:300], now))
    ledger_writes.copy_operations(fresh)
    ledger_writes.update_operations(again, batch_id=batch.id, run_id=session.run_id, now=now)


def _add_to_tally(session: Session, tally: Tally, entry: Entry, verdict: Verdict) -> None:
    counted = COUNT_COLUMN[verdict.state]
    if entry.repeat is None and _is_waiting_here(session, entry.known):
        tally.changes["waiting"] -= 1  # this run counted the record before, when it began to wait
    else:
        tally.read += 1
    tally.changes[counted] += 1
    amount = entry.planned.amount
    if verdict.state == OperationState.WRITTEN and amount is not None:
        tally.amounts[amount.currency] += amount.value


def _is_waiting_here(session: Session, known: KnownOperation | None) -> bool:
    return known is not None and known.state == OperationState.WAITING and known.last_run_id == session.run_id


def _changed(operation_id: UUID, verdict: Verdict) -> tuple[Any, ...]:
    return (
        operation_id, verdict.state.value, verdict.step, verdict.target_key, verdict.ambiguous, verdict.due_at,
        verdict.error_kind, verdict.error_class, verdict.error_field, verdict.error_code, verdict.error_message,
    )  # fmt: skip


def _line(
    session: Session, batch_id: UUID, entry: Entry, verdict: Verdict, label: str, now: datetime
) -> tuple[Any, ...]:
    planned, amount, references = entry.planned, entry.planned.amount, entry.planned.refs
    return (
        entry.operation_id, session.customer_id, session.flow_id, session.run_id, session.run_id,
        session.compiled.described.name, planned.business_key[:200], planned.source_key[:120],
        planned.source_version[:80], verdict.target_key[:120], verdict.state.value, verdict.step, [batch_id], 0,
        verdict.ambiguous, label, amount.value if amount else None, amount.currency if amount else "",
        amount.quality.value if amount else "", references.client[:120], references.project[:120], references.period[:20],
        references.cycle_from or None,
        verdict.error_kind, verdict.error_class, verdict.error_field, verdict.error_code, verdict.error_message,
        session.causes.get(planned.source_key, session.correlation_id), verdict.due_at, now, now,
    )  # fmt: skip


def _write_links(session: Session, judged: list[tuple[Entry, Verdict]], delivery: Delivery, now: datetime) -> None:
    kind = session.compiled.described.name
    rows = []
    all_new = True
    for entry, verdict in judged:
        if entry.repeat is None and verdict.state in (OperationState.WRITTEN, OperationState.UNCHANGED):
            planned = entry.planned
            all_new = all_new and planned.target_key is None
            key = verdict.target_key or planned.target_key or ""
            if key:
                rows.append(
                    link_row(
                        session, kind, planned.business_key, key, (planned.source_version, planned.fingerprint), now
                    )
                )
    found = [
        link_row(session, canonical, key, outside, ("", ""), now)
        for (canonical, key), outside in delivery.found_links.items()
    ]
    ledger_writes.write_links(rows, all_new=all_new)
    ledger_writes.write_links(found, all_new=False)


def link_row(
    session: Session, kind: str, key: str, outside: str, seen: tuple[str, str], now: datetime
) -> tuple[Any, ...]:
    """Return the row of a link to the run's target, for `write_links`. `seen` is (source version, content fingerprint)."""
    version, fingerprint = seen
    return (
        ledger_writes.new_id(), session.customer_id, session.target_id, kind, key, outside, version, fingerprint, now,
    )  # fmt: skip


def _supersede(session: Session, batch: OpenBatch, judged: Iterable[tuple[Entry, Verdict]], now: datetime) -> None:
    """Close older open lines of records whose newer version just got through, or was read in their place."""
    done = {e.planned.business_key for e, v in judged if v.state in (OperationState.WRITTEN, OperationState.UNCHANGED)}
    trying = {entry.operation_id for entry in batch.entries}
    replaced = {known.id: known for known in batch.replaced}
    passed = (known for known in batch.overtaken if known.business_key in done and known.id not in replaced)
    old = [known for known in (*passed, *replaced.values()) if known.id not in trying]
    if not old:
        return
    Operation.objects.filter(id__in=[known.id for known in old]).update(
        state=OperationState.SUPERSEDED, due_at=None, last_run_id=session.run_id, changed_at=now
    )
    recount_superseded(old)


def recount_superseded(old: Iterable[KnownOperation]) -> None:
    """Move superseded waiting lines to "skipped" in the counts of the runs that read them."""
    for run_id, number in Counter(k.last_run_id for k in old if k.state == OperationState.WAITING).items():
        Run.objects.filter(id=run_id).update(waiting=F("waiting") - number, skipped=F("skipped") + number)


def _move_checkpoint(session: Session, position: Mapping[str, Any], now: datetime) -> None:
    Checkpoint.objects.update_or_create(
        flow_id=session.flow_id,
        defaults={"position": dict(position), "moved_at": now, "customer_id": session.customer_id},
    )


def _close_batch(session: Session, batch: OpenBatch, delivery: Delivery, now: datetime) -> None:
    contents, minded = session.stores_contents, delivery.minded
    evidence = {
        str(known): evidence_of(outcome, minded.get(known), contents=contents)
        for known, outcome in delivery.outcomes.items()
    }
    changes: dict[str, Any] = {"outcome": blobs.pack(evidence), "checkpoint_after": batch.checkpoint_after}
    if not contents:  # kept until here, because a batch whose worker is lost is repeated from it
        entries = [evidence_entry(entry, contents=False) for entry in batch.entries]
        changes["plan"] = blobs.pack({"again": False, "entries": entries})
    Batch.objects.filter(id=batch.id).update(state=BatchState.SETTLED, settled_at=now, **changes)


def reject_lost(session: Session, lost: Sequence[tuple[Operation, str]]) -> None:
    """Hand ledger lines that cannot be tried again to a person, each with its sentence, as the lease's holder.

    Raises:
        LeaseLostError: another worker took over; nothing is written.

    """
    if not lost:
        return
    now, tally = timezone.now(), Tally()
    with transaction.atomic():
        session.work.confirm()
        for line, sentence in lost:
            changed = Operation.objects.filter(id=line.id, state=line.state, last_run_id=line.last_run_id).update(
                state=OperationState.REJECTED,
                step="extract",
                due_at=None,
                error_kind=FailureKind.REJECTED,
                error_class=_class_of_lost(line),
                error_field="",
                error_code=line.error_code if _is_of_the_house(line) else "",
                error_message=sentence[:600],
                last_run_id=session.run_id,
                changed_at=now,
            )
            if changed and line.last_run_id == session.run_id:
                tally.changes["waiting"] -= 1
            elif changed:
                tally.read += 1
            tally.changes["rejected"] += changed
        count(session, tally, now)
        ledger_changed.send(sender=Operation, flow_id=session.flow_id, customer_id=session.customer_id)


def _class_of_lost(line: Operation) -> BusinessClass:
    return BusinessClass(line.error_class) if _is_of_the_house(line) else BusinessClass.MISSING_REFERENCE


def _is_of_the_house(line: Operation) -> bool:
    """Say whether a line tells what we found ourselves: a deletion, or a difference between both sides."""
    return is_deletion(line.source_version) or finding_of(line.source_version) is not None


def count(session: Session, tally: Tally, now: datetime) -> None:
    """Add what was settled to the counts of the run and of its day. In the transaction that settles it."""
    changes = {name: F(name) + number for name, number in tally.changes.items() if number}
    run = Run.objects.filter(id=session.run_id)
    run.update(read=F("read") + tally.read, outages=0, **changes)
    # A run cancelled while this batch was on its way stays cancelled.
    run.exclude(state=RunState.CANCELLED).update(state=RunState.RUNNING, error_class="", error_message="")
    add_to_day(session.flow_id, session.customer_id, tally, now)
