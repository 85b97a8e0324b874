"""Walks that rest in a long wait and give way: a newer version of the record ends them and walks in their place."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils import timezone

from apps.dispatch import services as dispatch
from apps.flows.engine.records import GAVE_WAY, REASONS
from apps.flows.engine.states import OperationState, StepState
from apps.flows.models import Operation, OperationStep
from apps.flows.services.run_end import withdraw
from apps.flows.services.walk_lanes import WALK_KIND
from apps.flows.services.walk_rows import count_end
from apps.flows.signals import ledger_changed

GIVES_WAY = "gives_way"  # in the result of a step that waits: a newer version need not wait for its end


def has_newer(operation: Operation) -> bool:
    """Tell whether a newer version of the record waits behind this one."""
    newer = Operation.objects.filter(
        flow_id=operation.flow_id,
        business_key=operation.business_key,
        state=OperationState.WAITING,
        id__gt=operation.id,
    )
    return newer.exists()


def still_walking(earlier: Sequence[Operation], newest: Mapping[str, UUID]) -> list[Operation]:
    """Return those of `earlier` that the lines in `newest` (by business key) must wait for; the others give way.

    The caller holds their rows, in the transaction that brings the newer lines.
    """
    waits = OperationStep.objects.filter(
        operation_id__in=[one.id for one in earlier], state=StepState.WAITING, **{f"result__{GIVES_WAY}": True}
    )
    resting = set(waits.values_list("operation_id", flat=True)) if earlier else set()
    leaving = {one.id for one in earlier if one.id in resting and one.id < newest[one.business_key]}
    for one in earlier:
        if one.id in leaving:
            _leave(one)
    return [one for one in earlier if one.id not in leaving]


def _leave(operation: Operation) -> None:
    now, sentence = timezone.now(), REASONS[GAVE_WAY]
    OperationStep.objects.filter(operation_id=operation.id, state=StepState.WAITING).update(
        state=StepState.SKIPPED, due_at=None, note=sentence, changed_at=now
    )
    Operation.objects.filter(id=operation.id).update(
        state=OperationState.SUPERSEDED, due_at=None, error_message=sentence, changed_at=now
    )
    withdraw([operation.id])
    dispatch.cancel(kind=WALK_KIND, reference=str(operation.id))
    count_end(operation, operation.last_run_id, OperationState.SUPERSEDED, now)
    ledger_changed.send(sender=Operation, flow_id=operation.flow_id, customer_id=operation.customer_id)
