"""What a customer's people do about a matter: answer it, and correct a value of their own record where they may."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.accounts.staff_scope import as_staff
from apps.flows.models import Run
from apps.monitoring import case_book
from apps.monitoring.blame import WaitingOn
from apps.monitoring.cases import CaseClosedError, CaseError, edit_and_retry
from apps.monitoring.models import CaseNote, CaseOperation, ExceptionCase

LONGEST_ANSWER = 2000


def answer_case(case_id: UUID, *, text: str, by: Actor) -> CaseNote:
    """Keep a customer's answer where staff read it too; whoever waited for the customer has the next step again.

    Raises:
        CaseError: the answer is empty or too long; the message says what to do.
        CaseClosedError: the matter is settled.

    """
    words = _usable(text)
    now = timezone.now()
    with transaction.atomic():
        case = ExceptionCase.objects.select_for_update(of=("self",)).get(id=case_id)
        if not case.is_open:
            raise CaseClosedError("text", _("This is settled already. Write to us if something is still open."))
        note = CaseNote.objects.create(
            case=case,
            customer_id=case.customer_id,
            author_id=by.user_id,
            author_name=by.shown_name,
            text=words,
            shared=True,
            written_at=now,
        )
        if case.waiting_on == WaitingOn.CUSTOMER:
            case_book.hand_over(case, WaitingOn.PARTNER, now)
            case.changed_at = now
            case.save(update_fields=["waiting_on", "changed_at"])
        case_book.wake(case, "the customer answered.", now)
        case_book.note_step(case, "The customer answered.", by.shown_name, now)
        audit.record(
            AuditAction.CASE_NOTED,
            subject="case",
            subject_id=str(case.id),
            details={"title": case.title, "answer": True},
        )
    return note


def _usable(text: str) -> str:
    words = text.replace("\x00", "").strip()
    if not words:
        raise CaseError("text", _("Write your answer first: what is right, or what you have done."))
    if len(words) > LONGEST_ANSWER:
        raise CaseError(
            "text",
            _("An answer holds %(most)s characters; this has %(count)s. Shorten it, or write us a mail.")
            % {"most": LONGEST_ANSWER, "count": len(words)},
        )
    return words


def correct_own_record(case_id: UUID, record_id: UUID, *, field: str, new_value: str, reason: str, by: Actor) -> Run:
    """Correct one value of a record of the customer in scope and try it again; the source keeps its own value.

    Raises as `edit_and_retry` does; CaseError when the record is not the customer's, or not in the case any more.
    """
    if not CaseOperation.objects.filter(case_id=case_id, operation_id=record_id, open=True).exists():
        raise CaseError("", _("This is not held up any more: nothing was changed."))
    with as_staff():  # starting work again touches what belongs to the partner; whose record it is was asked above
        return edit_and_retry(case_id, record_id, field=field, new_value=new_value, reason=reason, by=by)
