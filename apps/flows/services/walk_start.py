"""From a batch of checked records to walks: each keeps its record in a row of its own and becomes due, or waits its turn."""

from collections.abc import Sequence
from datetime import datetime

from apps.flows.engine.states import OperationState, StepState
from apps.flows.engine.stored import plain
from apps.flows.models import Operation, OperationStep
from apps.flows.services.entries import Entry
from apps.flows.services.session import Session
from apps.flows.services.walk_giving_way import still_walking
from apps.flows.services.walk_lanes import resume_many
from apps.flows.services.walk_session import RECORD


def begin_walks(session: Session, entries: Sequence[Entry], now: datetime) -> None:
    """Start or go on with the walks of records that were just read or are tried again. In the settling transaction."""
    if not entries:
        return
    OperationStep.objects.bulk_create(
        [_record_row(session, entry, now) for entry in entries],
        update_conflicts=True,
        unique_fields=["operation", "name"],
        update_fields=["result", "changed_at"],
    )
    operations = Operation.objects.filter(id__in=[entry.operation_id for entry in entries])
    lines = list(operations.order_by("id"))
    behind = _keys_taken(session, lines)
    resume_many([line for line in lines if line.business_key not in behind])


def _record_row(session: Session, entry: Entry, now: datetime) -> OperationStep:
    return OperationStep(
        operation_id=entry.operation_id,
        customer_id=session.customer_id,
        flow_id=session.flow_id,
        name=RECORD,
        kind="extract",
        position=0,
        state=StepState.DONE,
        connection_id=session.source_id,
        object_name=entry.record.object_name[:60],
        outside_key=entry.record.key[:120],
        result=plain(entry.planned.canonical),
        started_at=now,
        changed_at=now,
    )


def _keys_taken(session: Session, lines: Sequence[Operation]) -> set[str]:
    """Return the keys of which an earlier version still walks: the later one is started when that one ends.

    Their rows are locked, so an ending either comes before (and is seen here) or after (and then sees the new line). One that
    only rests in a wait that gives way does so now.
    """
    earlier = Operation.objects.select_for_update(no_key=True, of=("self",)).filter(
        flow_id=session.flow_id,
        business_key__in=[line.business_key for line in lines],
        state=OperationState.WAITING,
    )
    earlier = earlier.exclude(id__in=[line.id for line in lines]).order_by("id")
    newest = {line.business_key: line.id for line in lines}
    return {one.business_key for one in still_walking(list(earlier), newest)}
