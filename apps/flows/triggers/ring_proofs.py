"""A rollout's rings reconcile what they have changed: the slice of a rollout, with the start of a reconciliation in hand."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.models import Flow, RolloutMember
from apps.flows.services import rollouts
from apps.flows.services.ring_proofs import NotNowError, NotProvableError
from apps.flows.services.start_run import FlowNotLiveError
from apps.flows.triggers.quiet import quiet_until
from apps.flows.triggers.reconciliations import MOST_DAYS, ReconciliationError, is_reconciling, reconcile_now


def carry_on(work: LeasedWork) -> RunAgain | None:
    """Carry a rollout on: change flows, reconcile them, judge the ring."""
    return rollouts.carry_on(work, start_proof)


def start_proof(member: RolloutMember, now: datetime) -> UUID:
    """Reconcile a changed flow from the day of its change on, as somebody who asks would; returns the run's id.

    Raises:
        NotNowError: a reconciliation of it is under way, or it is its quiet time.
        NotProvableError: it cannot be reconciled; the message says why.

    """
    flow = Flow.objects.select_related("customer", "source", "target", "live_version").get(id=member.flow_id)
    if flow.live_version_id != member.version_after_id or member.changed_at is None:
        raise NotProvableError("another version was published since")
    if is_reconciling(flow.id) or quiet_until(flow, now) is not None:
        raise NotNowError
    zone = ZoneInfo(flow.customer.time_zone)
    last = now.astimezone(zone).date()
    first = max(member.changed_at.astimezone(zone).date(), last - timedelta(days=MOST_DAYS - 1))
    try:
        return reconcile_now(flow, first=first, last=last, started_by="the rollout's gates").id
    except (ReconciliationError, FlowNotLiveError) as error:
        if is_reconciling(flow.id):  # somebody was a moment sooner
            raise NotNowError from error
        raise NotProvableError(str(error)) from error
