"""From a trigger to a queued run: the event is stored first, the work is due in the same transaction."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from uuid_utils.compat import uuid7

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.models import Flow, FlowVersion, Run, Trigger, TriggerEvent
from apps.tenants import correlation

RUN_KIND = "flows.run"


class FlowNotLiveError(ValueError):
    """The flow is a draft, paused or retired; the message says what to do."""


_PRIORITY = {
    TriggerEvent.Kind.PERSON: Priority.INTERACTIVE,
    TriggerEvent.Kind.WEBHOOK: Priority.LIVE,
    TriggerEvent.Kind.REPLAY: Priority.RETRY,
    TriggerEvent.Kind.SCHEDULE: Priority.SCHEDULED,
}


def run_now(flow: Flow, *, started_by: str) -> Run:
    """Start reading changes because a person asked. Raises FlowNotLiveError."""
    run = start_run(
        flow, kind=TriggerEvent.Kind.PERSON, dedupe_key=f"person:{uuid7()}", started_by=started_by, mode=Run.Mode.READ
    )
    if run is None:
        raise RuntimeError("a fresh key was taken")
    audit.record(AuditAction.RUN_STARTED, subject="run", subject_id=str(run.id), details={"flow": str(flow.id)})
    return run


def start_run(  # noqa: PLR0913  each is one fact of the event, all by name
    flow: Flow,
    *,
    kind: TriggerEvent.Kind,
    dedupe_key: str,
    mode: Run.Mode,
    started_by: str = "",
    payload: Mapping[str, Any] | None = None,
    trigger: Trigger | None = None,
    version: FlowVersion | None = None,
) -> Run | None:
    """Store the event and queue one run of the flow's live version, or of `version` where one is named.

    Returns None when an event with this key is known already: the same webhook five times is one run.

    Raises:
        FlowNotLiveError: the flow cannot run now.

    """
    if flow.state != Flow.State.LIVE or flow.live_version_id is None:
        sentence = gettext("%(flow)s is %(state)s: set it live before it can run.")
        raise FlowNotLiveError(sentence % {"flow": flow.name, "state": flow.get_state_display()})
    now = timezone.now()
    with transaction.atomic():
        event = _store_event(flow, kind, dedupe_key, payload or {}, trigger, started_by)
        if event is None:
            return None
        run = Run.objects.create(
            flow=flow,
            customer_id=flow.customer_id,
            event=event,
            version_id=version.id if version else flow.live_version_id,
            mode=mode,
            started_by=started_by,
            created_at=now,
        )
        enqueue(
            kind=RUN_KIND,
            reference=str(run.id),
            lane=flow_lane(flow.id),
            priority=_PRIORITY[kind],
            customer_id=flow.customer_id,
        )
    return run


def _store_event(
    flow: Flow,
    kind: TriggerEvent.Kind,
    dedupe_key: str,
    payload: Mapping[str, Any],
    trigger: Trigger | None,
    started_by: str,
) -> TriggerEvent | None:
    caused_by = correlation.current()
    event = TriggerEvent(
        flow=flow,
        customer_id=flow.customer_id,
        kind=kind,
        dedupe_key=dedupe_key,
        payload=dict(payload),
        trigger=trigger,
        started_by=started_by,
        correlation_id=caused_by.id,
        traceparent=caused_by.traceparent,
        received_at=timezone.now(),
    )
    TriggerEvent.objects.bulk_create([event], ignore_conflicts=True)
    return TriggerEvent.objects.filter(id=event.id).first()


def flow_lane(flow_id: UUID) -> str:
    """Return the lane of a flow: its runs and retries never work at the same time."""
    return f"flow:{flow_id}"


def replay_payload(operation_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return the payload of a replay event."""
    return {"operations": [str(operation_id) for operation_id in operation_ids]}
