"""Reading what was not announced: a subscription at a system had ended, so the flows that listen look by themselves."""

from typing import Any
from uuid import UUID

from apps.connectors.signals import announcements_missed
from apps.flows.models import Flow, Run, Trigger, TriggerEvent
from apps.flows.services.start_run import FlowNotLiveError, start_run


def connect() -> None:
    """Listen to connectors."""
    announcements_missed.connect(_read_changes, dispatch_uid="flows.read_what_was_missed")


def _read_changes(sender: Any, *, endpoint_id: UUID, mark: str, **_: Any) -> None:  # noqa: ARG001  the signal names its sender
    """Start a reading of what has changed in each flow that listens to the address, once for the same gap."""
    listening = Trigger.objects.select_related("flow").filter(
        endpoint_id=endpoint_id,
        kind=Trigger.Kind.WEBHOOK,
        active=True,
        flow__state__in=[Flow.State.LIVE, Flow.State.PAUSED],
    )
    for trigger in listening:
        try:
            start_run(
                trigger.flow,
                kind=TriggerEvent.Kind.WEBHOOK,
                dedupe_key=f"missed:{mark}"[:120],
                mode=Run.Mode.READ,
                payload={"keys": []},
                trigger=trigger,
            )
        except FlowNotLiveError:
            continue  # retired between the two statements
