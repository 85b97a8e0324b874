"""From a trigger to a queued run: the event is stored first, the work is due in the same transaction.

What a paused flow is asked for is stored all the same, and becomes due when the flow is resumed.
"""

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
from apps.flows.engine.states import RunState
from apps.flows.models import Flow, FlowVersion, Run, Trigger, TriggerEvent
from apps.tenants import correlation

RUN_KIND = "flows.run"


class FlowNotLiveError(ValueError):
    """The flow is a draft or retired; the message says what to do. A paused flow's runs are queued."""


_PRIORITY = {
    TriggerEvent.Kind.PERSON: Priority.INTERACTIVE,
    TriggerEvent.Kind.WEBHOOK: Priority.LIVE,
    TriggerEvent.Kind.EVENT: Priority.LIVE,
    TriggerEvent.Kind.FLOW: Priority.LIVE,
    TriggerEvent.Kind.REPLAY: Priority.RETRY,
    TriggerEvent.Kind.SCHEDULE: Priority.SCHEDULED,
    TriggerEvent.Kind.BACKFILL: Priority.BACKFILL,
    TriggerEvent.Kind.COMPARE: Priority.BACKFILL,
    TriggerEvent.Kind.RECONCILE: Priority.BACKFILL,
}


def run_now(flow: Flow, *, started_by: str) -> Run:
    """Start reading changes because a person asked; while the flow is paused, the run waits. Raises FlowNotLiveError."""
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

    Returns None when an event with this key is known already: the same webhook five times is one run. The run of a paused
    flow stays queued until the flow is resumed.

    Raises:
        FlowNotLiveError: the flow is a draft or retired; or it is paused, and this is a retry of records.

    """
    with transaction.atomic():
        live = require_startable(flow)
        if kind == TriggerEvent.Kind.REPLAY and flow.state == Flow.State.PAUSED:
            raise _not_live(flow)  # a retry is somebody's wish for now: said at once, not surprising anybody later
        run_id = uuid7()
        event = _store_event(flow, kind, dedupe_key, payload or {}, trigger, started_by, run_id=run_id)
        if event is None:
            return None
        return queue_run(flow, event, run_id, mode=mode, version_id=version.id if version else live)


def require_startable(flow: Flow) -> UUID:
    """Bring `flow` up to date, hold it against pausing and resuming, and return its live version's id. In a transaction.

    Raises:
        FlowNotLiveError: it is a draft or retired.

    """
    # Locked: else a run could be stored for a paused flow in the moment in which it is resumed, and never become due.
    now = Flow.objects.select_for_update(no_key=True).only("state", "live_version_id").get(id=flow.id)
    flow.state, flow.live_version_id = now.state, now.live_version_id
    if flow.state not in (Flow.State.LIVE, Flow.State.PAUSED) or flow.live_version_id is None:
        raise _not_live(flow)
    return flow.live_version_id


def _not_live(flow: Flow) -> FlowNotLiveError:
    sentence = gettext("%(flow)s is %(state)s: set it live before it can run.")
    return FlowNotLiveError(sentence % {"flow": flow.name, "state": flow.get_state_display()})


def queue_run(flow: Flow, event: TriggerEvent, run_id: UUID, *, mode: Run.Mode, version_id: UUID) -> Run:
    """Write the run that `event` asks for, and make it due unless the flow is paused. In the event's transaction."""
    run = Run.objects.create(
        id=run_id,
        flow=flow,
        customer_id=flow.customer_id,
        event=event,
        version_id=version_id,
        mode=mode,
        started_by=event.started_by,
        created_at=timezone.now(),
    )
    if flow.state == Flow.State.LIVE:
        make_due(run, TriggerEvent.Kind(event.kind))
    return run


def make_due(run: Run, kind: TriggerEvent.Kind) -> None:
    """Let a worker take up a queued run; doing it twice is harmless."""
    enqueue(
        kind=RUN_KIND,
        reference=str(run.id),
        lane=flow_lane(run.flow_id),
        priority=_PRIORITY[kind],
        unique_key=f"run:{run.id}",
        customer_id=run.customer_id,
        connection_id=run.flow.source_id if run.mode == Run.Mode.COMPARE else run.flow.target_id,
    )


def make_waiting_due(flow: Flow) -> int:
    """Make due, in order, what was asked of `flow` while it was paused; returns how many runs. In a transaction.

    A reading that has not begun takes the version that is live now: a flow is often paused to be mended.
    """
    waiting = Run.objects.filter(flow=flow, state=RunState.QUEUED, started_at__isnull=True)
    waiting.filter(mode=Run.Mode.READ).update(version_id=flow.live_version_id)
    if flow.rhythm:  # its silence counts from now on
        flow.rhythm = {**flow.rhythm, "resumed_at": timezone.now().isoformat()}
        flow.save(update_fields=["rhythm"])
    runs = list(waiting.select_related("event", "flow").order_by("id"))
    for run in runs:
        make_due(run, TriggerEvent.Kind(run.event.kind))
    return len(runs)


def named_keys(run: Run) -> list[str]:
    """Return the source keys a run of named records is about: those of all events it took, each once, newest last."""
    payloads = TriggerEvent.objects.filter(run=run).order_by("id").values_list("payload", flat=True)
    newest_first = dict.fromkeys(
        key for payload in reversed(list(payloads)) for key in reversed(payload.get("keys", []))
    )
    return list(reversed(newest_first))


def causes_of(run: Run) -> dict[str, str]:
    """Return the correlation id of the event that named each source key; {} where one event is all the run took."""
    if run.mode != Run.Mode.RECORDS:
        return {}
    told = TriggerEvent.objects.filter(run=run).order_by("id").values_list("payload", "correlation_id")
    causes = {key: cause for payload, cause in told if cause for key in payload.get("keys", [])}
    return causes if len(set(causes.values())) > 1 else {}


def payload_of(run: Run) -> Mapping[str, Any]:
    """Return what a run was asked for: its event's payload, with the keys of all events that were gathered into it."""
    if run.mode != Run.Mode.RECORDS:
        return run.event.payload  # type: ignore[no-any-return]  # JSON
    return {**run.event.payload, "keys": named_keys(run)}


def _store_event(  # noqa: PLR0913  the columns of one row
    flow: Flow,
    kind: TriggerEvent.Kind,
    dedupe_key: str,
    payload: Mapping[str, Any],
    trigger: Trigger | None,
    started_by: str,
    *,
    run_id: UUID,
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
        run_id=run_id,
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
