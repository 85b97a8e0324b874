"""Ending a run whose operations walk on after its reading is done: whoever settles the last one ends it."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from apps.flows.engine.counts import COUNT_COLUMN, Counts, end_state
from apps.flows.engine.states import OperationState, RunState, StepState
from apps.flows.models import ApprovalRequest, EventWait, OperationStep, Run, TriggerEvent
from apps.flows.services.announced import take_out
from apps.flows.services.walk_lanes import resume
from apps.flows.signals import ledger_changed


def move_count(run_id: UUID, old: OperationState, new: OperationState) -> None:
    """Count one operation of a run in its new state, and end the run if it was the last. In a transaction."""
    run = Run.objects.select_for_update(no_key=True).get(id=run_id)
    before, after = COUNT_COLUMN[old], COUNT_COLUMN[new]
    setattr(run, before, getattr(run, before) - 1)
    setattr(run, after, getattr(run, after) + 1)
    run.save(update_fields=list({before, after}))
    end_if_done(run)


def end_if_done(run: Run) -> None:
    """End a run that has read everything and has nothing waiting any more; the caller holds its row."""
    if not run.reading_done or run.waiting or run.state not in (RunState.RUNNING, RunState.WAITING):
        return
    run.state = end_state(Counts(run.read, run.written, run.unchanged, run.skipped, run.rejected, run.waiting))
    run.finished_at = timezone.now()
    run.error_class = run.error_message = ""
    run.save(update_fields=["state", "finished_at", "error_class", "error_message"])
    wind_up(run)
    ledger_changed.send(sender=Run, flow_id=run.flow_id, customer_id=run.customer_id)


def wind_up(run: Run) -> None:
    """Do what the end of a run that worked brings with it. In the transaction that ends it."""
    if run.mode in (Run.Mode.RECORDS, Run.Mode.READ):
        take_out(run.id)
    tell_caller(run.id)


def tell_caller(run_id: UUID) -> None:
    """Let the walk go on that called this run and waits for its end. In the transaction that ends the run."""
    waiting = OperationStep.objects.select_related("operation").filter(
        kind="call", state=StepState.WAITING, result__run=str(run_id)
    )
    called = Run.objects.filter(id=run_id, event__kind=TriggerEvent.Kind.FLOW)
    for step in waiting if called.exists() else ():
        resume(step.operation)


def withdraw(operation_ids: Sequence[UUID]) -> None:
    """Take back what operations that stopped still ask of people and events."""
    now = timezone.now()
    ApprovalRequest.objects.filter(operation_id__in=operation_ids, state=ApprovalRequest.State.OPEN).update(
        state=ApprovalRequest.State.WITHDRAWN, closed_at=now
    )
    EventWait.objects.filter(operation_id__in=operation_ids, state=EventWait.State.OPEN).update(
        state=EventWait.State.WITHDRAWN
    )
