"""How the reconciliations that a ring asks for stand: which were started, which are over, and whose could not be had."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from apps.flows.engine.reconcile import Verdict
from apps.flows.engine.rings import Proofs
from apps.flows.engine.states import RUN_TERMINAL, RunState
from apps.flows.models import Reconciliation, Rollout, RolloutMember, Run

AT_ONCE = 10  # reconciliations of one rollout under way at a time: the systems have other work
_PROOFS, _LEFT = "proofs", "left"  # in a ring as it is stored
_HELD, _ACCEPTED = "held", "accepted"


class NotProvableError(Exception):
    """Both sides of a flow cannot be set against each other; the message says why."""


class NotNowError(Exception):
    """A reconciliation cannot be started just now: a later look will."""


StartProof = Callable[[RolloutMember, datetime], UUID]
"""Starts a member's reconciliation since its change and returns its run's id. Raises NotProvableError, NotNowError."""


class Standing(StrEnum):
    """How one flow's reconciliation stands."""

    WAITING = "waiting"  # not started yet
    UNDER_WAY = "under_way"
    DONE = "done"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Proof:
    """One flow's reconciliation. `why` says what holds it up or kept it from being had; `found` is its statement's id."""

    standing: Standing
    why: str = ""
    found: UUID | None = None

    @property
    def is_pending(self) -> bool:
        """True while its result may still come."""
        return self.standing in (Standing.WAITING, Standing.UNDER_WAY)


class _Stated(NamedTuple):
    id: UUID
    verdict: str


def is_asked(ring: Mapping[str, Any]) -> bool:
    """Say whether a ring, as it is stored, has begun to reconcile its flows."""
    return _PROOFS in ring


def start_proofs(rollout: Rollout, members: Sequence[RolloutMember], start: StartProof, now: datetime) -> None:
    """Start what reconciliations of the present ring are missing, some at a time. In the transaction that holds the rollout."""
    ring = rollout.rings[rollout.ring]
    known: dict[str, dict[str, str]] = ring.setdefault(_PROOFS, {})
    standing = proofs_of(rollout.rings, members)
    under_way = sum(one.standing is Standing.UNDER_WAY for one in standing.values())
    for member in members:
        if under_way >= AT_ONCE:
            break
        if str(member.flow_id) in known:
            continue
        try:
            known[str(member.flow_id)] = {"run": str(start(member, now))}
            under_way += 1
        except NotProvableError as error:
            known[str(member.flow_id)] = {"why": str(error)[:300]}
        except NotNowError:
            continue
    rollout.save(update_fields=["rings"])


def proofs_of(rings: Sequence[Mapping[str, Any]], members: Sequence[RolloutMember]) -> dict[UUID, Proof]:
    """Return how the reconciliations of changed flows stand, by flow, in rings that have begun them. At most two queries."""
    asked = [
        member for member in members if member.state == RolloutMember.State.CHANGED and is_asked(rings[member.ring])
    ]
    kept = {member.flow_id: rings[member.ring][_PROOFS].get(str(member.flow_id), {}) for member in asked}
    run_ids = [UUID(one["run"]) for one in kept.values() if "run" in one]
    runs = {run.id: run for run in Run.objects.filter(id__in=run_ids)} if run_ids else {}
    over = Reconciliation.objects.filter(run_id__in=run_ids, finished_at__isnull=False).order_by()
    rows = over.values_list("run_id", "id", "verdict") if run_ids else ()
    stated = {run_id: _Stated(found, verdict) for run_id, found, verdict in rows}
    return {flow_id: _proof(one, runs, stated) for flow_id, one in kept.items()}


def _proof(kept: Mapping[str, str], runs: Mapping[UUID, Run], stated: Mapping[UUID, _Stated]) -> Proof:
    if "why" in kept:
        return Proof(Standing.UNPROVEN, kept["why"])
    if "run" not in kept:
        return Proof(Standing.WAITING)
    run = runs.get(UUID(kept["run"]))
    if run is None:
        return Proof(Standing.UNPROVEN, "its reconciliation is not kept any more")
    if said := stated.get(run.id):
        if said.verdict == Verdict.UNPROVEN:
            return Proof(Standing.UNPROVEN, "some of its records could not be looked at", said.id)
        return Proof(Standing.DONE, found=said.id)
    if run.state not in RUN_TERMINAL:
        return Proof(Standing.UNDER_WAY, run.error_message)
    cancelled = "its reconciliation was cancelled"
    return Proof(Standing.UNPROVEN, cancelled if run.state == RunState.CANCELLED else run.error_message or cancelled)


def judged_proofs(rollout: Rollout, members: Sequence[RolloutMember]) -> Proofs:
    """Return what the present ring's reconciliations let be judged; `members` with their flows and customers."""
    found = proofs_of(rollout.rings, members)
    named = [(member.flow.customer.name, found[member.flow_id]) for member in members if member.flow_id in found]
    return Proofs(
        pending=tuple(name for name, proof in named if proof.is_pending),
        unproven=tuple(f"{name}: {proof.why}" for name, proof in named if proof.standing is Standing.UNPROVEN),
        accepted=rollout.rings[rollout.ring].get(_LEFT) == _ACCEPTED,
    )


def hold_for_proofs(rollout: Rollout) -> None:
    """Note that the present ring waits for a person because of what could not be reconciled; the caller saves it."""
    rollout.rings[rollout.ring][_LEFT] = _HELD


def accept_unproven(rollout: Rollout) -> bool:
    """Let the present ring pass without what could not be reconciled, if it waits for that; the caller saves it."""
    ring = rollout.rings[rollout.ring]
    if ring.get(_LEFT) != _HELD:
        return False
    ring[_LEFT] = _ACCEPTED
    return True
