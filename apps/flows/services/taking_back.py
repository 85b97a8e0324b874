"""Ending a rollout before its end, and giving flows back what they had before it."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.models import Flow, Rollout, RolloutMember
from apps.flows.services.restore_version import restore_version
from apps.flows.services.walk_session import MissingRoleError

CANNOT = (MappingError, LayerError, ValidationError, MissingRoleError, KeyError)
"""What keeps a flow from being changed, or from being taken back."""


def reason_of(error: Exception) -> str:
    """Return why something cannot be, in words."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return str(error.args[0]) if error.args else str(error)


def stop(rollout: Rollout, reason: str, members: Sequence[RolloutMember], *, made_by: str) -> None:
    """End an open rollout with its reason, and give these flows what they had. The caller holds its row."""
    rollout.state, rollout.reason, rollout.ended_at = Rollout.State.STOPPED, reason[:300], timezone.now()
    rollout.save(update_fields=["state", "reason", "ended_at"])
    audit.record(AuditAction.ROLLOUT_STOPPED, subject="rollout", subject_id=str(rollout.id), details={"reason": reason})
    for member in members:
        put_back(member, made_by=made_by)


def put_back(member: RolloutMember, *, made_by: str) -> None:
    """Put back what a flow had before, unless somebody has published since: that is not ours to undo."""
    flow = Flow.objects.select_related("customer", "source", "target", "live_version").get(id=member.flow_id)
    if flow.live_version_id != member.version_after_id or member.version_before is None:
        member.reason = "Left as it is: another version was published since."
    else:
        try:
            with transaction.atomic():
                # The way back out of trouble is open, whatever the samples say.
                despite = "the rollout is taken back"
                made = restore_version(flow, member.version_before, made_by=made_by, despite=despite)
            if made.published_at is None:
                member.reason = f"Taking it back waits for approval: version {made.number} is among the changes."
            else:
                member.state, member.reason = RolloutMember.State.TAKEN_BACK, ""
        except CANNOT as error:
            member.reason = f"It cannot be taken back: {reason_of(error)}"[:300]
    member.save(update_fields=["state", "reason"])
