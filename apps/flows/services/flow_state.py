"""Whether a flow runs: from a draft to live, paused with a reason, and going on."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.flows.models import Flow
from apps.flows.services.change_policy import demands_for
from apps.flows.services.gather import look_at_inbox
from apps.flows.services.holes import require_whole
from apps.flows.services.start_run import make_waiting_due


def set_live(flow: Flow) -> bool:
    """Let a draft start runs; False when it was no draft any more.

    Raises:
        ValidationError: something is missing at its connections, each named, or its start waits for approval.

    """
    if flow.state == Flow.State.DRAFT:
        require_whole(flow, ran_before=False)
        if flow.promoted_from_id is not None and demands_for(flow.customer_id).any:
            raise ValidationError(_("This flow starts once its change is approved: see it among the changes."))
    return start_draft(flow)


def start_draft(flow: Flow) -> bool:
    """Let a draft start runs whose connections and approval were looked at; False when it was no draft any more."""
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
        ValidationError: one of its connections was removed meanwhile, or lacks what every call needs; each is named.

    """
    require_whole(flow, ran_before=True)
    with transaction.atomic():
        if Flow.objects.filter(id=flow.id, state=Flow.State.PAUSED).update(state=Flow.State.LIVE, state_reason=""):
            flow.refresh_from_db(fields=["state", "state_reason", "live_version"])
            make_waiting_due(flow)
            look_at_inbox(flow.id, flow.customer_id)
        audit.record(AuditAction.FLOW_RESUMED, subject="flow", subject_id=str(flow.id))
