"""Applies what the policy lets the product apply by itself: once for a case, in the system's own name."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.actions import Action
from apps.accounts.actor import Actor, acting
from apps.monitoring.models import ExceptionCase, TriageProposal
from apps.monitoring.triage.applying import REFUSALS, apply_proposal, ruling_of
from apps.monitoring.triage.policies import fallen, policy_for, read_policies
from apps.monitoring.triage.policy import Handling

AT_ONCE = 100
SYSTEM = Actor(
    user_id=None,
    name="Triage",
    email="",
    role=None,
    role_label="",
    is_customer=False,
    is_operator=False,
    actions=frozenset({Action.VIEW_CASES, Action.WORK_CASES, Action.EDIT_FLOWS}),
)


def apply_alone(now: datetime) -> int:
    """Apply the open proposals that need nobody; returns how many. Each in a transaction of its own; safe to repeat."""
    with transaction.atomic():
        ids = _needing_nobody(now)
    return sum(_apply(proposal_id, now) for proposal_id in ids)


def _needing_nobody(now: datetime) -> list[UUID]:
    policies, by_hand = read_policies(), fallen()
    may = [policy for policy in policies.values() if Handling.ALONE in {policy.known, policy.estimated, policy.unknown}]
    if not may:
        return []
    waiting = TriageProposal.objects.filter(state=TriageProposal.State.OPEN, tried_alone_at__isnull=True)
    waiting = waiting.filter(case__state=ExceptionCase.State.OPEN).select_related("case__customer")
    alone: list[UUID] = []
    rest: list[UUID] = []
    for one in waiting.order_by("id")[:AT_ONCE]:
        policy = policy_for(policies, one.case.error_class)
        ruling = ruling_of(one, one.case, now, policy=policy, by_hand=by_hand)
        (alone if ruling.handling is Handling.ALONE else rest).append(one.id)
    # Looked at once: a policy that is loosened later holds for what is proposed from then on.
    TriageProposal.objects.filter(id__in=rest).update(tried_alone_at=now)
    return alone


def _apply(proposal_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        # Whatever comes of it, it is tried once: what stood in the way is for a person to see.
        free = TriageProposal.objects.filter(id=proposal_id, tried_alone_at__isnull=True)
        if not free.update(tried_alone_at=now):
            return False
        try:
            with acting(SYSTEM), transaction.atomic():
                apply_proposal(proposal_id, by=SYSTEM, now=now, alone=True)
        except REFUSALS:  # it waits for a person then
            return False
    return True
