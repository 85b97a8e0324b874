"""Which flows must be through by a customer's cut-offs, and what of theirs is not posted yet."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, Operation, Trigger

NOT_POSTED = (OperationState.WAITING, OperationState.REJECTED)


@dataclass(frozen=True, slots=True)
class CutOffFlows:
    """A customer's flows that count for its cut-offs. `chosen`: they are set to run before cut-offs; else all live ones."""

    flow_ids: tuple[UUID, ...]
    chosen: bool


def flows_before_cut_offs(customer_ids: Collection[UUID]) -> dict[UUID, CutOffFlows]:
    """Return the flows that count, by customer; a customer without live flows is left out. Two queries."""
    live: defaultdict[UUID, list[UUID]] = defaultdict(list)
    flows = Flow.objects.filter(customer_id__in=customer_ids, state__in=[Flow.State.LIVE, Flow.State.PAUSED])
    for customer_id, flow_id in flows.order_by("id").values_list("customer_id", "id"):
        live[customer_id].append(flow_id)
    named = set(
        Trigger.objects.filter(
            customer_id__in=customer_ids, kind=Trigger.Kind.SCHEDULE, before_cut_off_minutes__gt=0
        ).values_list("flow_id", flat=True)
    )
    found = {}
    for customer_id, ids in live.items():
        chosen = tuple(flow_id for flow_id in ids if flow_id in named)
        found[customer_id] = CutOffFlows(chosen or tuple(ids), bool(chosen))
    return found


def is_all_posted(flow_ids: Collection[UUID], read_by: datetime) -> bool:
    """Return whether nothing that was read by then is held up or on its way."""
    left = Operation.objects.filter(flow_id__in=flow_ids, state__in=NOT_POSTED, created_at__lte=read_by)
    return not left.exists()
