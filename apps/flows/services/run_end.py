"""Ending a run whose operations walk on after its reading is done: whoever settles the last one ends it."""

from uuid import UUID

from django.utils import timezone

from apps.flows.engine.counts import COUNT_COLUMN, Counts, end_state
from apps.flows.engine.states import OperationState, RunState
from apps.flows.models import Run
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
    ledger_changed.send(sender=Run, flow_id=run.flow_id, customer_id=run.customer_id)
