"""Starting nothing in a flow's quiet times: what comes meanwhile waits for their end."""

from datetime import datetime

from django.db import transaction

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.models import Flow
from apps.flows.services.gather import gather, look_at_inbox
from apps.flows.triggers.blackouts import Blackouts, read_blackouts


def quiet_until(flow: Flow, now: datetime) -> datetime | None:
    """Return until when `flow` starts nothing by itself; None when it may."""
    return read_blackouts(flow.blackouts).ends_at(now)


def gather_waiting(work: LeasedWork) -> RunAgain | None:
    """Start one run for the events that wait in a flow's inbox, outside its quiet times."""
    return gather(work, quiet_until)


def keep_quiet(flow: Flow, blackouts: Blackouts) -> None:
    """Let `flow` start nothing by itself in these times from now on; what waits for the end of others is looked at again."""
    with transaction.atomic():
        flow.blackouts = blackouts.to_json()
        flow.save(update_fields=["blackouts"])
        look_at_inbox(flow.id, flow.customer_id)
        details = {"quiet": blackouts.to_json()}
        audit.record(AuditAction.FLOW_SCHEDULED, subject="flow", subject_id=str(flow.id), details=details)
