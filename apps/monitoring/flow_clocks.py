"""The clocks that are about flows: how long records are on their way, and whether all is posted by a cut-off.

Both are read from the ledger when somebody looks, so a look that comes late finds what an earlier one would have found.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef

from apps.customers.models import CutOff
from apps.flows.engine.states import OperationState
from apps.flows.models import ApprovalRequest, Flow, FlowDay, Operation
from apps.monitoring import clock_book
from apps.monitoring.cut_off_flows import NOT_POSTED, flows_before_cut_offs, is_all_posted
from apps.monitoring.models import CustomerSla, SlaClock
from apps.monitoring.sla.terms import Promise, Terms

# A record that was read by the cut-off and settled after it was late; older ones than this were another cut-off's matter.
_LOOKING_BACK = timedelta(days=40)


def follow_deliveries(now: datetime) -> None:
    """Let each flow's clock run from the oldest record on its way, where delivery is promised; approvals are not our time."""
    agreements = _promising(Promise.DELIVERY, now)
    oldest = _oldest_on_the_way(agreements)
    running = {
        clock.flow_id: clock
        for clock in SlaClock.objects.select_for_update(of=("self",))
        .filter(promise=Promise.DELIVERY, stopped_at__isnull=True)
        .select_related("agreement", "flow")
    }
    for clock in running.values():
        began = oldest.get(clock.flow_id) if clock.flow_id else None
        if began is None or began[1] > clock.started_at:
            _end_delivery(clock, now)
    for flow_id, (customer_id, since) in oldest.items():
        known = running.get(flow_id)
        if known is None or known.started_at < since:
            _begin_delivery(flow_id, agreements[customer_id], since)


def _oldest_on_the_way(agreements: dict[UUID, tuple[CustomerSla, Terms]]) -> dict[UUID, tuple[UUID, datetime]]:
    asked = ApprovalRequest.objects.filter(operation=OuterRef("pk"), state=ApprovalRequest.State.OPEN)
    flows = Flow.objects.filter(customer_id__in=agreements, state=Flow.State.LIVE)
    waiting = Operation.objects.filter(flow_id__in=flows.values("id"), state=OperationState.WAITING)
    rows = waiting.filter(~Exists(asked)).order_by().values_list("flow_id", "customer_id").annotate(Min("created_at"))
    return {flow_id: (customer_id, began) for flow_id, customer_id, began in rows}


def _begin_delivery(flow_id: UUID, agreed: tuple[CustomerSla, Terms], began: datetime) -> None:
    agreement, terms = agreed
    clock = SlaClock(
        customer_id=agreement.customer_id,
        promise=Promise.DELIVERY,
        agreement=agreement,
        flow_id=flow_id,
        started_at=began,
        target_seconds=clock_book.target_seconds(terms, Promise.DELIVERY),
    )
    clock_book.set_due(clock, [])
    clock.save()


def _end_delivery(clock: SlaClock, now: datetime) -> None:
    """Stop at the flow's latest delivery. A clock that was in time is forgotten: days kept are counted from the ledger."""
    last = FlowDay.objects.filter(flow=clock.flow).aggregate(last=Max("last_success_at"))["last"]
    ended = max(last, clock.started_at) if last is not None and last < now else now
    if clock.breached_at is None and (clock.due_at is None or ended <= clock.due_at):
        clock.delete()
    else:
        clock_book.stop(clock, max(ended, clock.breached_at or ended))


def follow_cut_offs(now: datetime) -> None:
    """Keep one clock for each promised cut-off to come, and judge those whose time has come."""
    agreements = _promising(Promise.CUT_OFF, now)
    cut_offs = list(CutOff.objects.filter(customer_id__in=agreements).select_related("customer"))
    running = SlaClock.objects.select_for_update(of=("self",)).filter(promise=Promise.CUT_OFF, stopped_at__isnull=True)
    clocks = list(running.select_related("agreement").order_by("due_at"))
    due = [clock for clock in clocks if clock.due_at is not None and clock.due_at <= now]
    _judge_due(due, now)
    wanted = {(one.id, _due_of(one, agreements[one.customer_id][1], now)): one for one in cut_offs}
    ahead = {(clock.cut_off_id, clock.due_at): clock for clock in clocks if clock not in due}
    # Somebody moved or removed the cut-off, or it is promised no more.
    SlaClock.objects.filter(id__in=[clock.id for key, clock in ahead.items() if key not in wanted]).delete()
    SlaClock.objects.bulk_create(
        [
            SlaClock(
                customer_id=cut_off.customer_id,
                promise=Promise.CUT_OFF,
                agreement=agreements[cut_off.customer_id][0],
                cut_off=cut_off,
                cut_off_name=cut_off.name,
                started_at=now,
                due_at=due_at,
            )
            for (cut_off_id, due_at), cut_off in wanted.items()
            if (cut_off_id, due_at) not in ahead
        ],
        ignore_conflicts=True,
    )


def _judge_due(clocks: Iterable[SlaClock], now: datetime) -> None:
    due = list(clocks)
    flows = flows_before_cut_offs({clock.customer_id for clock in due})
    for clock in due:
        counted = flows.get(clock.customer_id)
        ids, by = (counted.flow_ids if counted else ()), clock.due_at or now
        if is_all_posted(ids, by):
            clock_book.stop(clock, max(by, _last_settled(clock.customer_id, ids, by, clock.breached_at) or by))
        elif clock.breached_at is None:
            clock_book.mark_breaches([clock])


def _last_settled(
    customer_id: UUID, flow_ids: Iterable[UUID], by: datetime, breached_at: datetime | None
) -> datetime | None:
    """Return when the last record that was read by then was settled, if that was after it; None if all were in time."""
    late = Operation.objects.filter(
        customer_id=customer_id,
        flow_id__in=flow_ids,
        created_at__gt=by - _LOOKING_BACK,
        created_at__lte=by,
        changed_at__gt=breached_at or by,
    ).exclude(state__in=NOT_POSTED)
    # A settled record changes no more, save when it is rolled back: that is no delivery.
    last: datetime | None = late.exclude(state=OperationState.UNDONE).aggregate(last=Max("changed_at"))["last"]
    return last


def _due_of(cut_off: CutOff, terms: Terms, now: datetime) -> datetime:
    """Return when everything must be posted next: so long before the cut-off as is promised."""
    ahead = terms.target(Promise.CUT_OFF) or timedelta()
    return cut_off.next_at(now + ahead) - ahead


def _promising(promise: Promise, now: datetime) -> dict[UUID, tuple[CustomerSla, Terms]]:
    """Return the agreements in force that promise it, by customer, with their terms."""
    current = CustomerSla.objects.filter(valid_from__lte=now, valid_until__isnull=True)
    read = ((one, one.read_terms()) for one in current)
    return {one.customer_id: (one, terms) for one, terms in read if terms.target(promise) is not None}
