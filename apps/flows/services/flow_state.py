"""Whether a flow runs: from a draft to live, paused with a reason, and going on."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.flows.models import Flow
from apps.flows.services.gather import look_at_inbox
from apps.flows.services.start_run import make_waiting_due


def set_live(flow: Flow) -> bool:
    """Let a draft start runs; False when it was no draft any more."""
    changed = Flow.objects.filter(id=flow.id, state=Flow.State.DRAFT).update(state=Flow.State.LIVE, state_reason="")
    if changed:
        flow.state = Flow.State.LIVE
        audit.record(AuditAction.FLOW_RESUMED, subject="flow", subject_id=str(flow.id), details={"from": "draft"})
    return bool(changed)


def pause_flow(flow: Flow, *, reason: str, made_by: str) -> None:
    """Stop a flow from starting runs, with a reason that everyone sees. Raises ValidationError without one."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why the flow is paused: others will ask."})
    Flow.objects.filter(id=flow.id, state=Flow.State.LIVE).update(
        state=Flow.State.PAUSED, state_reason=f"{reason.strip()} ({made_by})"[:300]
    )
    audit.record(AuditAction.FLOW_PAUSED, subject="flow", subject_id=str(flow.id), details={"reason": reason})


def resume_flow(flow: Flow) -> None:
    """Let a paused flow start runs again; what it was asked for meanwhile becomes due, in order.

    Raises:
        ValidationError: one of its connections was removed meanwhile.

    """
    removed = [connection.name for connection in (flow.source, flow.target) if connection.removed_at is not None]
    if removed:
        raise ValidationError(
            _("%(name)s was removed: install the flow anew with another connection.") % {"name": " · ".join(removed)}
        )
    with transaction.atomic():
        if Flow.objects.filter(id=flow.id, state=Flow.State.PAUSED).update(state=Flow.State.LIVE, state_reason=""):
            flow.refresh_from_db(fields=["state", "state_reason", "live_version"])
            make_waiting_due(flow)
            look_at_inbox(flow.id, flow.customer_id)
        audit.record(AuditAction.FLOW_RESUMED, subject="flow", subject_id=str(flow.id))
