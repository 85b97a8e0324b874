"""From stored events to one run: what arrived since the last look is worked on together, in one reading by keys.

The door stores an event and, unless that is due already, one row of due work for the flow. The look at the inbox works in
the flow's lane: while a run is at work, events gather. So a burst of a thousand webhooks costs a few runs, not a thousand.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.models import Flow, Run, TriggerEvent
from apps.flows.services.start_run import flow_lane, queue_run, require_startable

INTAKE_KIND = "flows.intake"
SWEEP_KIND = "flows.intake_sweep"
SWEEP_EVERY_SECONDS = 60
_LEFT_BEHIND = timedelta(seconds=30)  # an event that waits for longer and of which nobody looks
_MOST_AT_ONCE = 500
_WAITING = "SELECT count(*) FROM (SELECT 1 FROM flows_triggerevent WHERE run_id IS NULL LIMIT %s) waiting"
Held = Callable[[Flow, datetime], datetime | None]


def intake_key(flow_id: UUID) -> str:
    """Return the unique key of the look at a flow's inbox."""
    return f"intake:{flow_id}"


def look_at_inbox(flow_id: UUID, customer_id: UUID) -> None:
    """Make a look at the flow's inbox due; commits with the caller."""
    enqueue(
        kind=INTAKE_KIND,
        reference=str(flow_id),
        lane=flow_lane(flow_id),
        priority=Priority.LIVE,
        unique_key=intake_key(flow_id),
        customer_id=customer_id,
    )


def count_waiting_events(most: int) -> int:
    """Return how many events of the open partner wait for a run; what is beyond `most` is not counted."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [most])
        (number,) = cursor.fetchone()
    return int(number)


def gather(work: LeasedWork, held_until: Held) -> RunAgain | None:
    """Start one run for the events that wait; look again behind it. None when nothing waits, or the flow is paused.

    `held_until` says until when a flow starts nothing by itself, None when it may.
    """
    return _take(work, held_until, alone=False) or _take(work, held_until, alone=True)


def _take(work: LeasedWork, held_until: Held, *, alone: bool) -> RunAgain | None:
    # The lease is confirmed last: senders lock the inbox, the lane and then the row of this work, in that order.
    with transaction.atomic():
        if alone:
            _wait_for_senders(UUID(work.reference))
        flow = Flow.objects.filter(id=UUID(work.reference)).first()
        events = _waiting_events(flow) if flow is not None and _may_run(flow) else []
        again = _start_unless_held(flow, events, held_until) if flow is not None and events else None
        work.confirm()
    return again


def _may_run(flow: Flow) -> bool:
    return flow.state in (Flow.State.LIVE, Flow.State.PAUSED) and flow.live_version_id is not None


def _start_unless_held(flow: Flow, events: Sequence[TriggerEvent], held_until: Held) -> RunAgain | None:
    version_id = require_startable(flow)
    if flow.state == Flow.State.PAUSED:
        return None  # resuming looks again
    now = timezone.now()
    until = held_until(flow, now)
    if until is not None:
        return RunAgain(until)
    _start(flow, events, version_id)
    return RunAgain(behind=True)  # the run takes the lane meanwhile, and events gather


def _waiting_events(flow: Flow) -> list[TriggerEvent]:
    """Return the oldest events that no run has taken: those that name records, or else those that do not."""
    events = list(TriggerEvent.objects.filter(flow=flow, run__isnull=True).order_by("id")[:_MOST_AT_ONCE])
    return [event for event in events if event.payload.get("keys")] or events


def _wait_for_senders(flow_id: UUID) -> None:
    """Wait until every event is committed that is being stored just now; others wait until this transaction ends.

    Whoever stores an event holds the lock until then, and afterwards sees whether a look is due. So either the event is
    seen here, or its sender sees that this look is under way and asks for another: no event is left behind.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('inbox/' || %s, 0))", [str(flow_id)])


def _start(flow: Flow, events: Sequence[TriggerEvent], version_id: UUID) -> Run:
    first = events[0]
    mode = Run.Mode.RECORDS if first.payload.get("keys") else Run.Mode.READ
    run = queue_run(flow, first, uuid7(), mode=mode, version_id=version_id)
    TriggerEvent.objects.filter(id__in=[event.id for event in events]).update(run_id=run.id)
    return run


def sweep_inbox(_: LeasedWork) -> None:
    """Look again where events wait although nobody asked for it: what a crash between two statements could leave."""
    with transaction.atomic():
        forgotten = TriggerEvent.objects.filter(
            run__isnull=True, received_at__lt=timezone.now() - _LEFT_BEHIND, flow__state=Flow.State.LIVE
        )
        for flow_id, customer_id in set(forgotten.values_list("flow_id", "customer_id")):
            look_at_inbox(flow_id, customer_id)
