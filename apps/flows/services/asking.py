"""Asking a run's target what became of the records it has taken, and settling its answers in one transaction."""

import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.connectors import connection_state
from apps.connectors.contract import Inquirer, WriteOutcome
from apps.connectors.errors import FailureKind, RemoteError
from apps.flows.engine.counts import COUNT_COLUMN
from apps.flows.engine.states import BatchState, OperationState
from apps.flows.models import Batch, OpenReceipt, Operation
from apps.flows.services import blobs, ledger_writes, receipts, telemetry, verdicts
from apps.flows.services.day_figures import Tally
from apps.flows.services.deliver import evidence_of
from apps.flows.services.halting import RunStoppedError, require_present, stopped_or_away
from apps.flows.services.session import Session
from apps.flows.services.settle import count, link_row
from apps.flows.services.verdicts import Verdict
from apps.flows.signals import ledger_changed

Complete = Callable[[Coroutine[Any, Any, list[WriteOutcome]]], list[WriteOutcome]]


@dataclass(frozen=True, slots=True)
class Answered:
    """One receipt, what came of asking about it, and what its operation becomes."""

    receipt: OpenReceipt
    outcome: WriteOutcome
    verdict: Verdict

    @property
    def operation(self) -> Operation:
        """The ledger line."""
        return self.receipt.operation

    @property
    def decided(self) -> bool:
        """True when nothing is asked any more."""
        return self.outcome.receipt is None or self.verdict.state != OperationState.WAITING


def ask_batch(session: Session, complete: Complete) -> bool:
    """Ask about the receipts that are due, at most a batch of them. Returns False when none was.

    Raises:
        SystemAwayError, RunStoppedError: as for a delivery; what was answered is settled.
        LeaseLostError: another worker took over; nothing is written.

    """
    if session.compiled.definition.walks or not isinstance(session.target, Inquirer):
        return False  # records that walk ask by themselves
    with transaction.atomic():
        due = receipts.due_receipts(session, timezone.now(), session.compiled.definition.batch_size)
    if not due:
        return False
    try:
        with telemetry.step("ask", len(due)):
            name = session.pinned.target_object.name
            outcomes = complete(session.target.inquire(name, [receipts.shown(row) for row in due]))
    except RemoteError as error:
        raise stopped_or_away(error, session.target_id) from error
    require_present(outcomes, session.target_id)
    settle_answers(session, due, outcomes)
    _tell_of_failures(session, outcomes)
    return True


def _tell_of_failures(session: Session, outcomes: Sequence[WriteOutcome]) -> None:
    """Stop at a refused sign-in; a missing right is told, while the questions go on."""
    errors = {error.kind: error for outcome in outcomes if (error := outcome.error) and outcome.receipt is not None}
    if (refused := errors.get(FailureKind.AUTH_EXPIRED)) is not None:
        raise RunStoppedError(refused, session.target_id)
    if (forbidden := errors.get(FailureKind.MISCONFIGURED)) is not None:
        with transaction.atomic():
            connection_state.mark_attention(session.target_id, forbidden.message)


def settle_answers(session: Session, asked: Sequence[OpenReceipt], outcomes: Sequence[WriteOutcome]) -> None:
    """Write everything that came of asking, as the lease's holder; what was cancelled meanwhile is left out.

    Raises:
        LeaseLostError: another worker took over; nothing is written.

    """
    now = timezone.now()
    by_place = {outcome.position: outcome for outcome in outcomes}
    with telemetry.step("settle", len(asked)), transaction.atomic():
        session.work.advance()
        waiting = _still_waiting(session, asked)
        answered = [
            _answered(session, row, by_place[place], now) for place, row in enumerate(asked) if row.id in waiting
        ]
        _put_off([one for one in answered if not one.decided], now)
        decided = [one for one in answered if one.decided]
        if decided:
            _close(session, decided, now)
            ledger_changed.send(sender=Operation, flow_id=session.flow_id, customer_id=session.customer_id)


def _still_waiting(session: Session, asked: Sequence[OpenReceipt]) -> set[UUID]:
    """Return which receipts still stand, and hold their operations against being cancelled until the end."""
    held = Operation.objects.select_for_update(no_key=True).filter(
        id__in=[row.operation_id for row in asked], last_run_id=session.run_id, state=OperationState.WAITING
    )
    operations = list(held.order_by("id").values_list("id", flat=True))
    rows = OpenReceipt.objects.filter(id__in=[row.id for row in asked], operation_id__in=operations)
    return set(rows.values_list("id", flat=True))


def _answered(session: Session, row: OpenReceipt, outcome: WriteOutcome, now: datetime) -> Answered:
    if outcome.receipt is not None:
        row.asked += 1
        late = receipts.late_answer(session)
        verdict = verdicts.of_receipt(outcome, receipts.DELIVER, late, asked=row.asked, taken_at=row.taken_at, now=now)
        return Answered(row, outcome, verdict)
    jitter = 0.5 + random.random() / 2  # noqa: S311  spreading retries
    attempt = len(row.operation.attempts) + 1
    return Answered(row, outcome, verdicts.from_outcome(outcome, attempt=attempt, now=now, jitter=jitter))


def _put_off(waiting: Sequence[Answered], now: datetime) -> None:
    for one in waiting:
        one.receipt.due_at = one.operation.due_at = one.verdict.due_at or now
        one.operation.error_message = one.verdict.error_message
    OpenReceipt.objects.bulk_update([one.receipt for one in waiting], ["asked", "due_at"])
    Operation.objects.bulk_update([one.operation for one in waiting], ["due_at", "error_message"])


def _close(session: Session, decided: Sequence[Answered], now: datetime) -> None:
    batch_id = _write_evidence(session, decided, now)
    rows = [_changed(one) for one in decided]
    ledger_writes.update_operations(rows, batch_id=batch_id, run_id=session.run_id, now=now)
    OpenReceipt.objects.filter(id__in=[one.receipt.id for one in decided]).delete()
    written = [one for one in decided if one.verdict.state == OperationState.WRITTEN]
    links = [_link(session, one, now) for one in written if one.verdict.target_key]
    ledger_writes.write_links(links, all_new=False)
    _supersede_earlier(session, written, now)
    _count(session, decided, now)


def _changed(one: Answered) -> tuple[Any, ...]:
    verdict = one.verdict
    return (
        one.operation.id, verdict.state.value, verdict.step, verdict.target_key[:120], verdict.ambiguous, verdict.due_at,
        verdict.error_kind, verdict.error_class, verdict.error_field, verdict.error_code, verdict.error_message,
    )  # fmt: skip


def _link(session: Session, one: Answered, now: datetime) -> tuple[Any, ...]:
    row, operation = one.receipt, one.operation
    seen = (operation.source_version, row.fingerprint)
    return link_row(session, row.canonical_type, operation.business_key, one.verdict.target_key[:120], seen, now)


def _write_evidence(session: Session, decided: Sequence[Answered], now: datetime) -> UUID:
    """Keep what was answered in a batch of its own: asking changes nothing, so nothing was written ahead."""
    session.batches += 1
    contents = session.stores_contents
    batch = Batch(
        id=ledger_writes.new_id(),
        customer_id=session.customer_id,
        run_id=session.run_id,
        number=session.batches,
        state=BatchState.SETTLED,
        plan=blobs.pack({"again": True, "asked": contents, "entries": [_entry(one.operation) for one in decided]}),
        outcome=blobs.pack({str(one.operation.id): evidence_of(one.outcome, contents=contents) for one in decided}),
        size=len(decided),
        created_at=now,
        settled_at=now,
    )
    batch.save(force_insert=True)
    return batch.id


def _entry(operation: Operation) -> dict[str, Any]:
    return {
        "id": str(operation.id),
        "object": "",
        "key": operation.source_key,
        "version": operation.source_version,
        "values": None,
        "mapped": None,
        "idempotency_key": "",
        "business_key": operation.business_key,
        "repeat": "",
    }


def _supersede_earlier(session: Session, written: Sequence[Answered], now: datetime) -> None:
    """Close blocked lines of earlier versions: a later one has got through."""
    for one in written:
        blocked = Operation.objects.filter(
            flow_id=session.flow_id,
            canonical_type=one.operation.canonical_type,
            business_key=one.operation.business_key,
            state=OperationState.REJECTED,
            id__lt=one.operation.id,
        )
        blocked.update(state=OperationState.SUPERSEDED, due_at=None, changed_at=now)


def _count(session: Session, decided: Sequence[Answered], now: datetime) -> None:
    tally = Tally(changes=Counter({"waiting": -len(decided)}))
    for one in decided:
        tally.changes[COUNT_COLUMN[one.verdict.state]] += 1
        amount = one.operation.amount
        if one.verdict.state == OperationState.WRITTEN and amount is not None:
            tally.amounts[one.operation.currency] += amount
    count(session, tally, now)
