"""Approvals: asking people, and taking their answers from the screen, the API or a mail."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from apps.flows.engine.acts import Ask
from apps.flows.models import ApprovalDecision, ApprovalRequest, Operation


def ask(operation: Operation, step: str, question: Ask) -> ApprovalRequest:
    """Ask everyone of a role about an operation. In the transaction that moves the walk."""
    now = timezone.now()
    return ApprovalRequest.objects.create(
        operation_id=operation.id,
        customer_id=operation.customer_id,
        flow_id=operation.flow_id,
        step=step,
        question=question.question,
        facts=[{"label": label, "value": value} for label, value in question.facts],
        amount=question.amount,
        currency=question.currency,
        role=question.role,
        needed=question.needed,
        asked_at=now,
        due_at=now + timedelta(seconds=question.due_seconds) if question.due_seconds else None,
        remind_every_seconds=question.remind_seconds or None,
        escalate_to=question.escalate_to,
    )


def latest(operation_id: UUID, step: str) -> ApprovalRequest | None:
    """Return what was asked last about a step, None when nothing was."""
    return ApprovalRequest.objects.filter(operation_id=operation_id, step=step).order_by("-asked_at").first()


def words_of(request: ApprovalRequest) -> str:
    """Return who decided, for a sentence: the ones who refused, else the ones who approved."""
    decisions = list(request.decisions.all())
    refused = [one for one in decisions if one.decision == ApprovalDecision.Decision.REJECT]
    return ", ".join(one.person_name for one in refused or decisions) or "nobody"
