"""Starting a flow when another flow, or a program outside, says that something has happened."""

from django.db import transaction

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.flows.models import Flow, Trigger


def listen_to_event(flow: Flow, event_name: str) -> None:
    """Start `flow` whenever `event_name` is said about its customer; "": no longer."""
    with transaction.atomic():
        Trigger.objects.filter(flow=flow, kind=Trigger.Kind.EVENT).exclude(event_name=event_name).delete()
        if event_name:
            Trigger.objects.get_or_create(
                flow=flow,
                kind=Trigger.Kind.EVENT,
                event_name=event_name,
                defaults={"customer_id": flow.customer_id},
            )
        details = {"event": event_name}
        audit.record(AuditAction.FLOW_SCHEDULED, subject="flow", subject_id=str(flow.id), details=details)
