"""Which walk is due when, in which lane: one record's doings are done one after the other."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from apps.dispatch.models import Priority
from apps.dispatch.services import NewWork, enqueue_many
from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, Operation

WALK_KIND = "flows.walk"
UNDO_KIND = "flows.undo"


def key_lane(flow_id: UUID, business_key: str) -> str:
    """Return the lane of one record in one flow."""
    return f"key:{flow_id}:{blake2b(business_key.encode(), digest_size=16).hexdigest()}"


def resume(
    operation: Operation, *, due_at: datetime | None = None, priority: Priority = Priority.LIVE, kind: str = WALK_KIND
) -> None:
    """Let an operation's walk go on at `due_at` (None: now). In the transaction of what makes it go on."""
    resume_many([operation], due_at=due_at, priority=priority, kind=kind)


def resume_many(
    operations: Sequence[Operation],
    *,
    due_at: datetime | None = None,
    priority: Priority = Priority.LIVE,
    kind: str = WALK_KIND,
) -> None:
    """Let many walks go on, in the order given. Each counts against the cap of its flow's target, which it mostly calls."""
    flows = {operation.flow_id for operation in operations}
    targets = dict(Flow.objects.filter(id__in=flows).values_list("id", "target_id"))
    enqueue_many([
        NewWork(
            kind=kind,
            reference=str(operation.id),
            lane=key_lane(operation.flow_id, operation.business_key),
            due_at=due_at,
            priority=priority,
            unique_key=f"{kind}:{operation.id}",
            customer_id=operation.customer_id,
            connection_id=targets.get(operation.flow_id),
        )
        for operation in operations
    ])  # fmt: skip


def start_next(ended: Operation) -> None:
    """Start the next version of the same record that waited behind `ended`. In the transaction that ends it."""
    waiting = Operation.objects.filter(
        flow_id=ended.flow_id, business_key=ended.business_key, state=OperationState.WAITING
    ).exclude(id=ended.id)
    following = waiting.order_by("id").first()
    if following is not None:
        resume(following)
