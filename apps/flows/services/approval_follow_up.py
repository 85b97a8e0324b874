"""What becomes of an open question by itself: its mails, reminders, the escalation, and its end when nobody answers.

One row of due work for each question; between two deeds it only waits for its time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.actions import Role
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.models import ApprovalRequest
from apps.flows.services.approval_mail import write_to
from apps.flows.services.approval_voices import asked_voices
from apps.flows.services.approvals import end_unanswered


class Deed(StrEnum):
    """What a question does by itself."""

    ASK = "ask"
    REMIND = "remind"
    ESCALATE = "escalate"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Times:
    """A question's times. `told_at`: when its people were written to last; `escalates`: whether there is somebody else to ask."""

    asked_at: datetime
    told_at: datetime | None
    due_at: datetime | None
    remind_every: timedelta | None
    escalates: bool
    escalated_at: datetime | None


def next_deed(times: Times, now: datetime) -> tuple[Deed, datetime] | None:
    """Return what comes next, and when; None when it only waits for people. Nobody is reminded of what is over.

    Whoever it is escalated to has as long as the first ones had, counted from when they were told.
    """
    if times.told_at is None:
        return Deed.ASK, times.asked_at
    ends = _end_of(times)
    reminds_at = times.told_at + times.remind_every if times.remind_every else None
    if reminds_at is None or (ends is not None and (ends[1] <= now or ends[1] <= reminds_at)):
        return ends
    return Deed.REMIND, reminds_at


def _end_of(times: Times) -> tuple[Deed, datetime] | None:
    if times.due_at is None:
        return None
    if times.escalated_at is not None:
        return Deed.EXPIRE, times.escalated_at + (times.due_at - times.asked_at)
    return Deed.ESCALATE if times.escalates else Deed.EXPIRE, times.due_at


def follow_up(work: LeasedWork) -> RunAgain | None:
    """Do what is due for one question, and come back for the next; nothing once it is closed."""
    with transaction.atomic():
        work.confirm()
        request = (
            ApprovalRequest.objects.select_for_update(of=("self",), no_key=True)
            .filter(id=UUID(work.reference), state=ApprovalRequest.State.OPEN)
            .first()
        )
        if request is None:
            return None
        now = timezone.now()
        coming = next_deed(times_of(request), now)
        if coming is not None and coming[1] <= now:
            _do(coming[0], request, now)
            coming = next_deed(times_of(request), now) if request.state == ApprovalRequest.State.OPEN else None
        return RunAgain(coming[1]) if coming else None


def times_of(request: ApprovalRequest) -> Times:
    """Return the times of a question as they stand."""
    return Times(
        asked_at=request.asked_at,
        told_at=request.reminded_at,
        due_at=request.due_at,
        remind_every=timedelta(seconds=request.remind_every_seconds) if request.remind_every_seconds else None,
        escalates=bool(request.escalate_to),
        escalated_at=request.escalated_at,
    )


def _do(deed: Deed, request: ApprovalRequest, now: datetime) -> None:
    """Do one thing, and remember it in the same transaction as its mails."""
    if deed is Deed.EXPIRE:
        end_unanswered(request)
        return
    roles = None
    if deed is Deed.ESCALATE:
        request.escalated_at = now
        roles = [Role(request.escalate_to)]
    for voice in asked_voices(request, now, roles):
        write_to(voice, request, deed)
    request.reminded_at = now
    request.save(update_fields=["reminded_at", "escalated_at"])
