"""What walks write: the rows of their steps, the evidence of their calls, and the end of their operation.

Every function here is called inside the transaction that moves the walk, after its lease was confirmed.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.connectors.contract import WriteOutcome
from apps.flows.engine.counts import COUNT_COLUMN
from apps.flows.engine.definition import Step
from apps.flows.engine.reconcile import ends_with_delivery
from apps.flows.engine.states import BatchState, OperationState, StepState
from apps.flows.engine.walk import place_of
from apps.flows.models import Batch, Link, Operation, OperationStep
from apps.flows.services import blobs, ledger_writes
from apps.flows.services.day_figures import Tally, add_to_day
from apps.flows.services.deliver import evidence_of
from apps.flows.services.entries import Minded
from apps.flows.services.run_end import move_count, withdraw
from apps.flows.services.verdicts import Verdict
from apps.flows.services.walk_lanes import start_next
from apps.flows.services.walk_session import WalkSession
from apps.flows.signals import ledger_changed


@dataclass(frozen=True, slots=True)
class Made:
    """What a call made, and where: what taking it back needs to know."""

    connection_id: UUID | None = None
    object_name: str = ""
    outside_key: str = ""
    created: bool = False

    def columns(self, outside_key: str = "") -> dict[str, Any]:
        """Return the columns of a step's row that say so; `outside_key` is the number that the call brought, "" for none."""
        number = (outside_key or self.outside_key)[:120]
        return {"connection_id": self.connection_id, "object_name": self.object_name[:60], "outside_key": number}


def row_of(session: WalkSession, step: Step) -> OperationStep:
    """Return the step's row, a new one when the step is begun."""
    row = session.rows.get(step.name)
    if row is None:
        now = timezone.now()
        row = OperationStep(
            operation_id=session.operation.id,
            customer_id=session.operation.customer_id,
            flow_id=session.flow.id,
            name=step.name,
            kind=step.kind,
            position=place_of(session.definition.walk, step.name),
            state=StepState.RUNNING,
            started_at=now,
            changed_at=now,
        )
        session.rows[step.name] = row
    return row


def save(row: OperationStep, state: StepState, **changes: Any) -> None:
    """Write a row in its new state; what belonged to the last try is cleared unless given."""
    last_try = {"due_at": None, "error_kind": "", "error_class": "", "error_field": "", "error_message": ""}
    for name, value in (last_try | changes).items():
        setattr(row, name, value)
    row.state, row.changed_at = state, timezone.now()
    row.save()


def write_ahead(session: WalkSession, step: Step, entry: dict[str, Any]) -> None:
    """Write down a call that is about to be made: the step's row and the batch that is its evidence."""
    row = row_of(session, step)
    batch = Batch(
        id=ledger_writes.new_id(),
        customer_id=session.operation.customer_id,
        run_id=session.run.id,
        number=None,
        step=step.name,
        state=BatchState.SENT,
        plan=blobs.pack({"again": True, "entries": [_evidence(session, entry)]}),
        size=1,
        created_at=timezone.now(),
    )
    batch.save(force_insert=True)
    key = str(entry.get("idempotency_key", ""))[:60]
    save(row, StepState.RUNNING, attempts=row.attempts + 1, batch_id=batch.id, idempotency_key=key)
    operation = session.operation
    operation.attempts = [*operation.attempts, batch.id]
    operation.step = step.name
    Operation.objects.filter(id=operation.id).update(attempts=operation.attempts, step=step.name)


def _evidence(session: WalkSession, entry: dict[str, Any]) -> dict[str, Any]:
    operation = session.operation
    return {
        "id": str(operation.id),
        "object": session.source_object,
        "key": session.source_key,
        "version": operation.source_version,
        "values": None,  # the record as read is in the first batch
        "mapped": None,
        "idempotency_key": "",
        "business_key": operation.business_key,
        "repeat": "",
        **entry,
    }


def close_evidence(
    session: WalkSession, row: OperationStep, outcome: WriteOutcome, minded: Minded | None = None
) -> None:
    """Keep what a call was answered, and what stood in dispute."""
    answered = blobs.pack({str(session.operation.id): evidence_of(outcome, minded)})
    if row.batch_id is None:
        raise RuntimeError("an answer came to a call that was not written ahead")
    Batch.objects.filter(id=row.batch_id).update(state=BatchState.SETTLED, settled_at=timezone.now(), outcome=answered)


def note_answer(session: WalkSession, row: OperationStep, outcome: WriteOutcome) -> None:
    """Keep what a system told later about a call: asking changes nothing, so nothing was written ahead."""
    operation, now = session.operation, timezone.now()
    batch = Batch(
        id=ledger_writes.new_id(),
        customer_id=operation.customer_id,
        run_id=session.run.id,
        number=None,
        step=row.name,
        state=BatchState.SETTLED,
        plan=blobs.pack({"again": True, "asked": True, "entries": [_evidence(session, {})]}),
        outcome=blobs.pack({str(operation.id): evidence_of(outcome)}),
        size=1,
        created_at=now,
        settled_at=now,
    )
    batch.save(force_insert=True)
    operation.attempts = [*operation.attempts, batch.id]
    Operation.objects.filter(id=operation.id).update(attempts=operation.attempts)


def write_link(
    session: WalkSession, connection_id: UUID, type_name: str, outside_key: str, seen: tuple[str, str]
) -> None:
    """Remember under which number a system holds the record. `seen` is (source version, content fingerprint)."""
    operation = session.operation
    row = (
        ledger_writes.new_id(), operation.customer_id, connection_id, type_name, operation.business_key,
        outside_key[:120], *seen, timezone.now(),
    )  # fmt: skip
    ledger_writes.write_links([row], all_new=False)


def drop_link(session: WalkSession, connection_id: UUID, outside_key: str) -> None:
    """Forget that a system holds the record: a later delivery must create it anew."""
    key = session.operation.business_key
    Link.objects.filter(connection_id=connection_id, business_key=key, outside_key=outside_key[:120]).delete()


def refuse(session: WalkSession, step: Step, verdict: Verdict) -> None:
    """Stop the walk at this step: someone must act."""
    row = row_of(session, step)
    save(
        row,
        StepState.FAILED,
        ambiguous=verdict.ambiguous,
        error_kind=verdict.error_kind,
        error_class=verdict.error_class,
        error_field=verdict.error_field,
        error_message=verdict.error_message,
    )
    _close(session, OperationState.REJECTED, step.name, verdict=verdict)


def end(session: WalkSession, state: OperationState, note: str = "") -> None:
    """End the walk well: nothing of it is left to do."""
    last = session.definition.walk[-1].name
    verdict = Verdict(state, last, target_key=_target_key(session), error_message=note[:600])
    _close(session, state, session.operation.step if note else last, verdict=verdict)
    supersede_earlier(session)


def _target_key(session: WalkSession) -> str:
    delivered = [row for row in session.rows.values() if row.kind == "deliver" and row.outside_key]
    return max(delivered, key=lambda row: row.position).outside_key if delivered else ""


def _close(session: WalkSession, state: OperationState, step: str, *, verdict: Verdict) -> None:
    operation, now = session.operation, timezone.now()
    Operation.objects.filter(id=operation.id).update(
        state=state,
        step=step,
        target_key=verdict.target_key[:120] or operation.target_key,
        due_at=None,
        ambiguous=verdict.ambiguous,
        error_kind=verdict.error_kind,
        error_class=verdict.error_class,
        error_field=verdict.error_field,
        error_code=verdict.error_code,
        error_message=verdict.error_message,
        changed_at=now,
    )
    operation.state = state
    withdraw([operation.id])
    count_end(operation, session.run.id, state, now)
    start_next(operation)
    ledger_changed.send(sender=Operation, flow_id=operation.flow_id, customer_id=operation.customer_id)


def count_end(operation: Operation, run_id: UUID, state: OperationState, now: datetime) -> None:
    """Count an operation that waited in its run and in its day."""
    move_count(run_id, OperationState.WAITING, state)
    tally = Tally(changes=Counter({COUNT_COLUMN[state]: 1}))
    if state == OperationState.WRITTEN and operation.amount is not None:
        tally.amounts[operation.currency] += Decimal(operation.amount)
    add_to_day(operation.flow_id, operation.customer_id, tally, now)


def supersede_earlier(session: WalkSession) -> None:
    """Close blocked lines of earlier versions: this later one has got through.

    That says nothing about what earlier versions had made: only a look at its system settles that it was found to be gone.
    """
    operation = session.operation
    blocked = Operation.objects.filter(
        flow_id=operation.flow_id,
        business_key=operation.business_key,
        state=OperationState.REJECTED,
        id__lt=operation.id,
    )
    ids = [line for line, version in blocked.values_list("id", "source_version") if ends_with_delivery(version)]
    if ids:
        blocked.filter(id__in=ids).update(state=OperationState.SUPERSEDED, due_at=None, changed_at=timezone.now())


def forget_steps(operation_ids: list[UUID]) -> None:
    """Let a replay begin at the first step again. What systems hold is known by links, so nothing is made twice."""
    OperationStep.objects.filter(operation_id__in=operation_ids, position__gt=0).delete()


def is_walking(operation_id: UUID) -> bool:
    """Tell whether the operation still walks, and hold it against being cancelled until the transaction ends."""
    held = Operation.objects.select_for_update(no_key=True).filter(id=operation_id, state=OperationState.WAITING)
    return held.exists()
