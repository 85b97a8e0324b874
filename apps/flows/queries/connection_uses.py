"""What of this room hangs on a connection: told to the connectors room, which is below and asks."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, Sum

from apps.connectors.usage_directory import ConnectionUse, Stake
from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, FlowRole, Operation
from apps.flows.queries.flows import last_success_of


def list_uses_of_connection(connection_id: UUID) -> list[ConnectionUse]:
    """Return which flows read from, write to or otherwise use a connection, by name; two queries."""
    further = FlowRole.objects.filter(connection_id=connection_id).values("flow_id")
    uses = Q(source_id=connection_id) | Q(target_id=connection_id) | Q(id__in=further)
    flows = list(Flow.objects.filter(uses).order_by("name", "id"))
    successes = last_success_of([flow.id for flow in flows])
    return [
        ConnectionUse(flow.id, flow.name, flow.state, _how(flow, connection_id), successes.get(flow.id))
        for flow in flows
    ]


def stakes_of_connections(connection_ids: Collection[UUID]) -> dict[UUID, Stake]:
    """Return what hangs on each of these connections, retired flows left out; three queries."""
    flows_of = _flows_of(connection_ids)
    waiting = _waiting_in({flow_id for flows in flows_of.values() for flow_id in flows})
    return {id_: _stake(flows, waiting) for id_, flows in flows_of.items()}


def _how(flow: Flow, connection_id: UUID) -> str:
    if flow.source_id == connection_id:
        return "reads"
    return "writes" if flow.target_id == connection_id else "takes part"


def _flows_of(connection_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    flows = Flow.objects.filter(Q(source_id__in=connection_ids) | Q(target_id__in=connection_ids))
    for flow_id, *ends in flows.exclude(state=Flow.State.RETIRED).values_list("id", "source_id", "target_id"):
        for end in ends:
            found[end].add(flow_id)
    roles = FlowRole.objects.filter(connection_id__in=connection_ids).exclude(flow__state=Flow.State.RETIRED)
    for connection_id, flow_id in roles.values_list("connection_id", "flow_id"):
        found[connection_id].add(flow_id)
    return {id_: flows for id_, flows in found.items() if id_ in set(connection_ids)}


Waiting = dict[UUID, list[tuple[str, int, Decimal | None]]]  # flow -> (currency, records, worth)


def _waiting_in(flow_ids: Collection[UUID]) -> Waiting:
    found: Waiting = defaultdict(list)
    waiting = Operation.objects.filter(flow_id__in=flow_ids, state=OperationState.WAITING).order_by()
    counted = waiting.values("flow_id", "currency").annotate(number=Count("id"), worth=Sum("amount"))
    for row in counted:
        found[row["flow_id"]].append((row["currency"], row["number"], row["worth"]))
    return found


def _stake(flows: Collection[UUID], waiting: Waiting) -> Stake:
    records, sums = 0, defaultdict[str, Decimal](Decimal)
    for currency, number, worth in (line for flow_id in flows for line in waiting.get(flow_id, ())):
        records += number
        if worth and currency:
            sums[currency] += worth
    return Stake(len(flows), records, tuple(sorted(sums.items(), key=lambda one: one[1], reverse=True)))
