"""What work found out about a connection, as its state: it answers, or a person must look at it. One switched off stays off."""

from uuid import UUID

from django.utils import timezone

from apps.connectors import identity, subscriptions
from apps.connectors.models import Connection


def mark_working(connection_id: UUID) -> None:
    """Note that the system answered well just now; a subscription that ended still needs a look."""
    reason = identity.question_of(connection_id) or subscriptions.lapse_reason(connection_id)
    state = Connection.State.ATTENTION if reason else Connection.State.WORKING
    Connection.objects.filter(id=connection_id).exclude(state=Connection.State.DISABLED).update(
        state=state, state_reason=reason, last_success_at=timezone.now()
    )


def mark_attention(connection_id: UUID, reason: str) -> None:
    """Note that a person must look at the connection, and why."""
    Connection.objects.filter(id=connection_id).exclude(state=Connection.State.DISABLED).update(
        state=Connection.State.ATTENTION, state_reason=reason[:400]
    )
