"""Watching the ring of a rollout that is changed: what it shows lets the next one follow, stops it, or asks a person."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.flows.engine.rings import Gates, Outcome, Verdict, asks_for_proof, judge
from apps.flows.models import Rollout, RolloutMember
from apps.flows.services.ring_figures import figures_since, usual_figures
from apps.flows.services.ring_proofs import StartProof, hold_for_proofs, judged_proofs, start_proofs
from apps.flows.services.taking_back import stop


def judge_ring(rollout: Rollout, start: StartProof, now: datetime) -> None:
    """Watch the ring in hand, let the next one follow, stop, or wait for a person. In the transaction that holds the rollout.

    `start` begins the reconciliation of one of its flows.
    """
    ring = rollout.members.filter(ring=rollout.ring)
    if rollout.members.filter(ring__lte=rollout.ring, state=RolloutMember.State.WAITING).exists():
        return
    if rollout.ring_since is None:
        rollout.ring_since = now
        rollout.save(update_fields=["ring_since"])
    changed = list(ring.filter(state=RolloutMember.State.CHANGED).select_related("flow__customer"))
    if not changed and _shows_nothing(rollout, ring):
        return
    verdict = _verdict(rollout, changed, start, now)
    if verdict.outcome is Outcome.STOPPED:
        reason = f"Stopped by itself in {_name(rollout)}: {verdict.reason}."
        stop(rollout, reason, changed, made_by="the rollout's gates")
    elif verdict.outcome is Outcome.HELD:
        hold_for_proofs(rollout)
        _pause(rollout, f"Going on lets {_name(rollout)} pass all the same: {verdict.reason}.")
    elif verdict.outcome is Outcome.PASSED or not changed:
        _next_ring(rollout, now)


def _verdict(rollout: Rollout, changed: Sequence[RolloutMember], start: StartProof, now: datetime) -> Verdict:
    gates, done = Gates.from_json(rollout.gates), figures_since(changed)
    minutes = (now - (rollout.ring_since or now)).total_seconds() / 60
    if changed and asks_for_proof(gates, done, minutes):
        start_proofs(rollout, changed, start, now)
    return judge(gates, usual_figures(changed), done, minutes, judged_proofs(rollout, changed))


def _pause(rollout: Rollout, reason: str) -> None:
    rollout.state, rollout.reason = Rollout.State.PAUSED, reason[:300]
    rollout.save(update_fields=["state", "reason", "rings"])


def _shows_nothing(rollout: Rollout, ring: QuerySet[RolloutMember]) -> bool:
    """Return True while a ring cannot say anything about the change: the next one must not follow blindly."""
    if ring.filter(state=RolloutMember.State.DEFERRED).exists():
        return True
    if not ring.exists():
        return False
    _pause(rollout, f"No flow of {_name(rollout)} could be changed: decide what holds them, then go on.")
    return True


def _name(rollout: Rollout) -> str:
    return f"the ring “{rollout.rings[rollout.ring]['name']}”"


def _next_ring(rollout: Rollout, now: datetime) -> None:
    if rollout.ring + 1 < len(rollout.rings):
        rollout.ring, rollout.ring_since = rollout.ring + 1, None
    elif rollout.members.filter(state=RolloutMember.State.DEFERRED).exists():
        return
    else:
        rollout.state, rollout.ended_at = Rollout.State.DONE, now
        audit.record(AuditAction.ROLLOUT_ENDED, subject="rollout", subject_id=str(rollout.id))
    rollout.save(update_fields=["ring", "ring_since", "state", "ended_at"])
