"""Approvals: asking people, and taking their answers from the screen, the API or a mail."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor, current_actor
from apps.accounts.audit import AuditAction
from apps.accounts.models import User
from apps.accounts.staff_scope import as_staff
from apps.dispatch.services import cancel, enqueue
from apps.flows.engine.acts import Ask
from apps.flows.models import ApprovalDecision, ApprovalRequest, Operation
from apps.flows.services.approval_voices import (
    KEY_NAME,
    has_spoken,
    key_has_spoken,
    key_may_decide,
    voice_of,
    waiting_for,
)
from apps.flows.services.walk_lanes import resume
from apps.tenants.templatetags.wording import absolute_words

APPROVAL_KIND = "flows.approval"  # one row for each open question: its mails, its reminders and its end
LONGEST_REASON, LONGEST_NAME = 500, 200
Decision, Via, State = ApprovalDecision.Decision, ApprovalDecision.Via, ApprovalRequest.State


class ApprovalError(Exception):
    """A decision that is not taken; `field` is what to mend in it ("" for all of it), the text says how."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class ApprovalClosedError(ApprovalError):
    """It is decided already, or nobody needs the answer any more."""


class NotAskedError(ApprovalError):
    """This person is not asked, or has answered already."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said: a Decision, why, and by which way it came."""

    decision: str
    reason: str
    via: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whose answer it is: a person, perhaps for a colleague, or a key (`person` None)."""

    name: str
    person: User | None = None
    for_person: User | None = None


def ask(operation: Operation, step: str, question: Ask) -> ApprovalRequest:
    """Ask everyone of a role about an operation; their mails are due work. In the transaction that moves the walk."""
    now = timezone.now()
    request = ApprovalRequest.objects.create(
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
    enqueue(
        kind=APPROVAL_KIND,
        reference=str(request.id),
        unique_key=f"{APPROVAL_KIND}:{request.id}",
        customer_id=request.customer_id,
    )
    return request


def latest(operation_id: UUID, step: str) -> ApprovalRequest | None:
    """Return what was asked last about a step, None when nothing was."""
    return ApprovalRequest.objects.filter(operation_id=operation_id, step=step).order_by("-asked_at").first()


def words_of(request: ApprovalRequest) -> str:
    """Return who decided, for a sentence: the ones who refused, else the ones who approved."""
    decisions = list(request.decisions.all())
    refused = [one for one in decisions if one.decision == Decision.REJECT]
    return ", ".join(one.person_name for one in refused or decisions) or "nobody"


def open_requests_for(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Return the open questions in scope that `actor` may answer, the most urgent first."""
    found = waiting_for(actor, timezone.now()).select_related("flow", "customer")
    return found.prefetch_related("decisions").order_by("due_at", "id")


def decide(
    request_id: UUID,
    *,
    person: User | None,
    decision: str,
    reason: str = "",
    via: str = Via.SCREEN,
    for_person: User | None = None,
) -> ApprovalRequest:
    """Take one answer: one no ends the question, as many yeses as are needed approve it, and then the record walks on.

    `person` None: the API key that acts now. `for_person`: in whose place; without it a stand-in's colleague is found.
    Returns the question as it is then.

    Raises:
        ApprovalRequest.DoesNotExist: there is none such in scope.
        ApprovalClosedError: it is over; the message says who ended it and when.
        NotAskedError: nobody asked them, or they have answered already.
        ApprovalError: no such decision, or a refusal without a reason.

    """
    answer = _checked(decision, reason, via)
    ApprovalRequest.objects.get(id=request_id)  # in the asker's own scope: what is not theirs does not exist
    with as_staff(), transaction.atomic():
        request = ApprovalRequest.objects.select_for_update(of=("self",), no_key=True).get(id=request_id)
        if request.state != State.OPEN:
            raise ApprovalClosedError("", closed_words(request))
        _record(request, _speaker(request, person, for_person), answer)
        if _is_over(request):
            _end(request)
        _leave_trace(request, answer)
    return request


def end_unanswered(request: ApprovalRequest) -> None:
    """Let a question expire, so that its record stops there. The caller holds its lock, in a transaction."""
    request.state = State.EXPIRED
    _end(request)


def closed_words(request: ApprovalRequest) -> str:
    """Return why a question takes no answer any more: who decided, and when."""
    when = absolute_words(request.closed_at or request.asked_at)
    if request.state == State.APPROVED:
        return _("%(who)s approved this already: %(when)s.") % {"who": words_of(request), "when": when}
    if request.state == State.REJECTED:
        return _("%(who)s refused this already: %(when)s.") % {"who": words_of(request), "when": when}
    if request.state == State.EXPIRED:
        return _("Nobody answered in time: the question ran out, %(when)s.") % {"when": when}
    return _("No answer is needed any more: the record was stopped, %(when)s.") % {"when": when}


def _checked(decision: str, reason: str, via: str) -> Answer:
    if decision not in Decision.values:
        raise ApprovalError("decision", _("Choose approve or reject."))
    words = reason.replace("\x00", "").strip()
    if decision == Decision.REJECT and not words:
        raise ApprovalError("reason", _("Say why you refuse: whoever mends the record reads it."))
    if len(words) > LONGEST_REASON:
        raise ApprovalError(
            "reason",
            _("A reason holds %(most)s characters; this has %(count)s: shorten it.")
            % {"most": LONGEST_REASON, "count": len(words)},
        )
    return Answer(decision, words, Via(via))


def _speaker(request: ApprovalRequest, person: User | None, for_person: User | None) -> Speaker:
    """Return who speaks, looked at anew: a right that was taken away meanwhile counts. Raises NotAskedError."""
    if person is None:
        return _speaking_key(request)
    present = User.objects.filter(id=person.id).first()
    voice = voice_of(request, present, timezone.now(), for_person=for_person) if present else None
    if voice is not None:
        return Speaker(str(voice.person), voice.person, voice.for_person)
    if has_spoken(request, person.id):
        raise NotAskedError("", _("Your answer to this is known already; it waits for somebody else's."))
    raise NotAskedError("", _("This is for others to decide: only they are asked, and their stand-ins."))


def _speaking_key(request: ApprovalRequest) -> Speaker:
    actor = current_actor()
    if actor is None or actor.api_key_id is None:
        raise NotAskedError("", _("Sign in to decide."))
    if key_has_spoken(request):
        raise NotAskedError("", _("A key has answered this already: the other answers must come from people."))
    if not key_may_decide(request, actor):
        raise NotAskedError("", _("This key belongs to a customer, and only the partner's people are asked."))
    return Speaker(f"{KEY_NAME}{actor.name}"[:LONGEST_NAME])


def _record(request: ApprovalRequest, speaker: Speaker, answer: Answer) -> None:
    ApprovalDecision.objects.create(
        request=request,
        customer_id=request.customer_id,
        person=speaker.person,
        person_name=speaker.name[:LONGEST_NAME],
        for_person=speaker.for_person,
        decision=answer.decision,
        reason=answer.reason,
        via=answer.via,
        decided_at=timezone.now(),
    )


def _is_over(request: ApprovalRequest) -> bool:
    said = list(request.decisions.values_list("decision", flat=True))
    if Decision.REJECT in said:
        request.state = State.REJECTED
    elif len(said) >= request.needed:
        request.state = State.APPROVED
    return request.state != State.OPEN


def _end(request: ApprovalRequest) -> None:
    request.closed_at = timezone.now()
    request.save(update_fields=["state", "closed_at"])
    cancel(kind=APPROVAL_KIND, reference=str(request.id))
    operation = Operation.objects.filter(id=request.operation_id).first()
    if operation is not None:  # the ledger may have been cut meanwhile
        resume(operation)


def _leave_trace(request: ApprovalRequest, answer: Answer) -> None:
    details = {
        "question": request.question,
        "decision": answer.decision,
        "reason": answer.reason,
        "via": answer.via,
        "state": request.state,
    }
    if request.amount is not None:
        details |= {"amount": f"{request.amount.normalize():f}", "currency": request.currency}
    audit.record(AuditAction.APPROVAL_DECIDED, subject="approval", subject_id=request.id, details=details)
