"""Business events: said once, kept as evidence, heard by whoever waits and by every flow that listens.

Events and waits come in any order: a wait that begins after its event was said finds it. Both sides take the same lock
for one customer, name and subject, so that they cannot miss each other.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.flows.models import BusinessEvent, EventWait, Flow, Operation, Run, Trigger, TriggerEvent
from apps.flows.services import walk_lanes
from apps.flows.services.start_run import FlowNotLiveError, start_run

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || %s, 0))"


def publish(
    name: str,
    *,
    customer_id: UUID,
    subject: str,
    payload: Mapping[str, Any],
    dedupe_key: str,
    caused_by: UUID | None = None,
) -> BusinessEvent | None:
    """Store an event, let every operation that waits for it go on, and start the flows that listen. In a transaction.

    `payload["key"]` names the source record a listening flow is to read; without one it reads its changes. Returns None
    when an event with this key was said before: saying it again changes nothing.
    """
    _lock(customer_id, name, subject)
    event = BusinessEvent(
        customer_id=customer_id,
        name=name,
        subject=subject,
        payload=dict(payload),
        dedupe_key=dedupe_key[:120],
        caused_by=caused_by,
        happened_at=timezone.now(),
    )
    BusinessEvent.objects.bulk_create([event], ignore_conflicts=True)
    if not BusinessEvent.objects.filter(id=event.id).exists():
        return None
    _meet(event)
    _start_listening_flows(event)
    return event


def wait_for(operation: Operation, step: str, *, name: str, subject: str, until: datetime | None) -> EventWait:
    """Begin to wait, or go on waiting; an event said since the operation was read counts. In a transaction."""
    _lock(operation.customer_id, name, subject)
    wait, fresh = EventWait.objects.get_or_create(
        operation_id=operation.id,
        step=step,
        defaults={
            "customer_id": operation.customer_id,
            "event_name": name,
            "correlation": subject,
            "until": until,
            "since": operation.created_at,
        },
    )
    if not fresh and wait.state in {EventWait.State.EXPIRED, EventWait.State.WITHDRAWN}:
        wait.state, wait.until = EventWait.State.OPEN, until
        wait.save(update_fields=["state", "until"])
    if wait.state == EventWait.State.OPEN:
        said = BusinessEvent.objects.filter(customer_id=operation.customer_id, name=name, subject=subject)
        heard = said.filter(happened_at__gte=wait.since).order_by("id").first()
        if heard is not None:
            wait.state, wait.event = EventWait.State.MET, heard
            wait.save(update_fields=["state", "event"])
    return wait


def _meet(event: BusinessEvent) -> None:
    waits = EventWait.objects.select_related("operation").filter(
        customer_id=event.customer_id, event_name=event.name, correlation=event.subject, state=EventWait.State.OPEN
    )
    for wait in waits:
        wait.state, wait.event = EventWait.State.MET, event
        wait.save(update_fields=["state", "event"])
        walk_lanes.resume(wait.operation)


def _start_listening_flows(event: BusinessEvent) -> None:
    listening = Trigger.objects.select_related("flow").filter(
        customer_id=event.customer_id, kind=Trigger.Kind.EVENT, event_name=event.name, active=True
    )
    key = str(event.payload.get("key", ""))
    for trigger in listening.filter(flow__state__in=[Flow.State.LIVE, Flow.State.PAUSED]):
        try:
            start_run(
                trigger.flow,
                kind=TriggerEvent.Kind.EVENT,
                dedupe_key=f"event:{event.id}",
                mode=Run.Mode.RECORDS if key else Run.Mode.READ,
                payload={"keys": [key], "event": event.name} if key else {"event": event.name},
                trigger=trigger,
            )
        except FlowNotLiveError:
            continue  # retired between the two statements


def outside_key(key: str) -> str:
    """Return the key under which an event told from outside is known; one of our own where the caller named none."""
    return f"told:{key or uuid7()}"


def _lock(customer_id: UUID, name: str, subject: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"event/{customer_id}/{name}/{subject}"])
