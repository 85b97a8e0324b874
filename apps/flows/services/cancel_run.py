"""Ending a run before its end: what it has settled stays, what still waits is handed to a person, nothing is lost."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors.errors import BusinessClass, FailureKind
from apps.dispatch import services as dispatch
from apps.flows.engine.states import BatchState, OperationState, RunState, StepState, states_before
from apps.flows.models import Batch, Operation, OperationStep, Run
from apps.flows.services import receipts
from apps.flows.services.run_end import tell_caller, withdraw
from apps.flows.services.start_run import RUN_KIND
from apps.flows.services.walk_lanes import start_next
from apps.flows.services.walk_session import RECORD
from apps.flows.signals import ledger_changed

_LEFT = "The run was cancelled before this record was through. Retry it when it should go on."


class RunOverError(ValueError):
    """The run has ended already; there is nothing to cancel."""


def cancel_run(run: Run, *, made_by: str) -> None:
    """Cancel a queued, running or waiting run. A batch that is on its way just now is still settled and counted.

    Raises:
        RunOverError: the run is over.

    """
    with transaction.atomic():
        locked = Run.objects.select_for_update(no_key=True).get(id=run.id)
        was_at_work = locked.state == RunState.RUNNING
        if locked.state not in states_before(RunState.CANCELLED):
            raise RunOverError(gettext("This run is over already: there is nothing to cancel."))
        locked.state = RunState.CANCELLED
        locked.finished_at = timezone.now()
        locked.error_message = f"Cancelled by {made_by}."[:600]
        locked.save(update_fields=["state", "finished_at", "error_message"])
        audit.record(
            AuditAction.RUN_CANCELLED, subject="run", subject_id=str(run.id), details={"flow": str(run.flow_id)}
        )
        if was_at_work:
            return  # the worker sees it after its batch and closes the run itself
        # Taken away, because a run that waits keeps its flow's lane.
        dispatch.cancel(kind=RUN_KIND, reference=str(run.id))
        close_cancelled(run.id)


def close_cancelled(run_id: UUID) -> None:
    """Hand over what a cancelled run leaves behind. Doing it twice changes nothing; other runs are left alone."""
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True).filter(id=run_id, state=RunState.CANCELLED).first()
        if run is None:
            return
        waiting = _left_waiting(run_id)
        walking = list(waiting.filter(steps__name=RECORD))
        left = list(waiting.values_list("id", flat=True))
        withdraw(left)
        receipts.give_up(left)
        number = _hand_over_waiting(run_id)
        Batch.objects.filter(
            run_id=run_id, state__in=[BatchState.PLANNED, BatchState.SENT], number__isnull=False
        ).update(state=BatchState.ABANDONED)
        if number:
            run.waiting -= number
            run.rejected += number
            run.save(update_fields=["waiting", "rejected"])
        for stopped in walking:  # newer versions of the same records, of later runs, waited behind these
            start_next(stopped)
        tell_caller(run.id)
        ledger_changed.send(sender=Run, flow_id=run.flow_id, customer_id=run.customer_id)


def _left_waiting(run_id: UUID) -> QuerySet[Operation]:
    """Return what waits for this run. What is being rolled back goes on: half taken back, nobody could tell what stands."""
    undoing = OperationStep.objects.filter(operation_id=OuterRef("id"), state=StepState.UNDOING)
    return Operation.objects.filter(~Exists(undoing), last_run_id=run_id, state=OperationState.WAITING)


def _hand_over_waiting(run_id: UUID) -> int:
    waiting = _left_waiting(run_id)
    given_up = {"state": OperationState.REJECTED, "due_at": None, "changed_at": timezone.now()}
    unexplained = waiting.filter(error_class="").update(
        error_kind=FailureKind.REJECTED, error_class=BusinessClass.CONFLICT, error_message=_LEFT, **given_up
    )
    return unexplained + waiting.update(**given_up)
