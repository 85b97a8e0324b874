"""What people do with a case: assign, note, retry, correct, translate a value, skip, close. Each leaves a trace."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actions import Action, Role, allowed
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.accounts.models import User
from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, Operation, Run
from apps.flows.services.replay import CorrectionError, NothingToReplayError, correct_operation, replay_operations
from apps.flows.services.replay import skip_operations as skip_ledger_lines
from apps.flows.services.start_run import FlowNotLiveError, run_now
from apps.flows.services.value_maps import add_mapping_value
from apps.flows.triggers.comparisons import ComparisonError, look_now
from apps.monitoring import case_book, case_clocks
from apps.monitoring.case_mentions import tell_mentioned
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import CaseNote, CaseOperation, ExceptionCase

__all__ = [
    "CaseClosedError",
    "CaseError",
    "CorrectionError",
    "FlowNotLiveError",
    "NothingToReplayError",
    "add_value_and_retry",
    "assign_case",
    "close_case",
    "edit_and_retry",
    "judge_ledger",
    "note_case",
    "require_worker",
    "retry_case",
    "retry_operations",
    "skip_operations",
]


class CaseError(ValueError):
    """An action on a case is not possible. `field` names what to mend, the message says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class CaseClosedError(CaseError):
    """The case is closed: somebody, or the records themselves, was quicker."""


def assign_case(case_id: UUID, *, owner_id: UUID | None, by: Actor) -> ExceptionCase:
    """Give the case to a person of the partner, or to nobody (None).

    Raises:
        CaseError: no such person, or one whose role does not work cases.
        CaseClosedError: it is closed.

    """
    owner = require_worker(owner_id) if owner_id else None
    with transaction.atomic():
        case = hold_open_case(case_id)
        case.owner, case.changed_at = owner, timezone.now()
        case.save(update_fields=["owner", "changed_at"])
        if owner:
            _take_up(case, by, case.changed_at)
        words = f"Assigned to {owner}." if owner else "Assigned to nobody."
        case_book.note_step(case, words, by.shown_name, case.changed_at)
        _record(AuditAction.CASE_ASSIGNED, case, owner=str(owner or ""))
    return case


def note_case(case_id: UUID, *, text: str, by: Actor, shared: bool = False) -> CaseNote:
    """Write a note on the case, seen by the customer's people only when `shared`. Raises CaseError when it is empty."""
    if not text.strip():
        raise CaseError("text", _("Write something: an empty note helps nobody."))
    if len(text) > _LONGEST_NOTE:
        words = _("A note holds %(most)d characters; this has %(count)d. Shorten it.")
        raise CaseError("text", words % {"most": _LONGEST_NOTE, "count": len(text)})
    with transaction.atomic():
        case = ExceptionCase.objects.select_related("customer").get(id=case_id)
        note = CaseNote.objects.create(
            case=case,
            customer_id=case.customer_id,
            author_id=by.user_id,
            author_name=by.shown_name,
            text=text.strip(),
            shared=shared,
            written_at=timezone.now(),
        )
        _take_up(case, by, note.written_at)
        tell_mentioned(note, by=by, now=note.written_at)
        _record(AuditAction.CASE_NOTED, case, shared=shared)
    return note


def retry_case(case_id: UUID, *, by: Actor) -> list[Run]:
    """Try everything in the case again; a case without records runs its flow, or compares anew. Returns the runs that do it.

    Raises:
        CaseClosedError: it is closed.
        NothingToReplayError: none of its records is blocked any more.
        FlowNotLiveError: its flow cannot run now.

    """
    with transaction.atomic():
        case = hold_open_case(case_id)
        blocked = _blocked_operations(case)
        if blocked or case.flow is None or CaseOperation.objects.filter(case=case, open=True).exists():
            return _replay(case, blocked, by)
        if case.retry_run is not None and case.retry_run.finished_at is None:
            raise CaseError("", on_the_way())
        if case.run is not None and case.run.mode == Run.Mode.COMPARE:
            run, words = _compared_again(case.flow, by), "The flow's records were compared again."
        else:
            run, words = run_now(case.flow, started_by=by.shown_name), "The flow was started again."
        _follow(case, run, words, by)
        return [run]


def _compared_again(flow: Flow, by: Actor) -> Run:
    try:
        return look_now(flow, started_by=by.shown_name)
    except ComparisonError as error:
        raise CaseError("", str(error)) from None


def retry_operations(case_id: UUID, operation_ids: Sequence[UUID], *, by: Actor) -> list[Run]:
    """Try some of the case's records again. Raises as retry_case does."""
    with transaction.atomic():
        case = hold_open_case(case_id)
        return _replay(case, _blocked_operations(case, operation_ids), by)


def edit_and_retry(case_id: UUID, operation_id: UUID, *, field: str, new_value: str, reason: str, by: Actor) -> Run:
    """Correct one value of one record and try it again; the source keeps its own value.

    Raises:
        CorrectionError: the value cannot be used; names the field.
        CaseError: the record is not in this case, or no reason was given.
        CaseClosedError, FlowNotLiveError: as retry_case.

    """
    if not reason.strip():
        raise CaseError("reason", _("Say why the value is changed: the reason is kept as evidence."))
    with transaction.atomic():
        case = hold_open_case(case_id)
        operation = _operation_in(case, operation_id)
        _require_not_on_the_way(case, [operation.id])
        correct_operation(operation, field=field, new_value=new_value, reason=reason.strip(), made_by=by.shown_name)
        return _replay(case, [operation.id], by, words=f"{field} of {operation} was corrected and tried again.")[0]


def add_value_and_retry(case_id: UUID, *, target: str, outside_value: str, new_value: str, by: Actor) -> list[Run]:
    """Add one translation to the flow's value map, publish it, and try the case's records again.

    Returns no run where the version waits for approval first: the case says so, and its records stay where they are.

    Raises:
        CaseError: a value is missing, or the case has no flow.
        CaseClosedError, FlowNotLiveError, NothingToReplayError: as retry_case.
        ValueError: the mapping does not take the value; the message says why.

    """
    for name, value in (("target", target), ("outside_value", outside_value), ("new_value", new_value)):
        if not value.strip():
            words = _("Fill this in: a translation needs the field, the value as it comes, and the new one.")
            raise CaseError(name, words)
    with transaction.atomic():
        case = hold_open_case(case_id)
        if case.flow is None:
            words = _("This exception belongs to no flow, so there is no mapping to add a value to.")
            raise CaseError("target", words)
        version = add_mapping_value(
            case.flow,
            target=target.strip(),
            outside_value=outside_value.strip(),
            new_value=new_value.strip(),
            made_by=by.shown_name,
        )
        if version.published_at is None:
            words = f"{target}: {outside_value} becomes {new_value} once version {version.number} is approved."
            case_book.note_step(case, words, by.shown_name, timezone.now())
            return []
        words = f"{target}: {outside_value} is now translated to {new_value}. Tried again."
        return _replay(case, _blocked_operations(case), by, words=words)


def skip_operations(case_id: UUID, operation_ids: Iterable[UUID] | None, *, reason: str, by: Actor) -> int:
    """Leave records out for good, all of the case when `operation_ids` is None. Returns how many.

    Raises:
        CaseError: no reason was given.
        CaseClosedError: it is closed.

    """
    if not reason.strip():
        raise CaseError("reason", _("Say why these records are left out: the reason stays in the ledger."))
    with transaction.atomic():
        case = hold_open_case(case_id)
        chosen = _blocked_operations(case, operation_ids)
        if not chosen:
            raise CaseError("", _("None of these records is blocked any more: nothing was left out."))
        skipped = skip_ledger_lines(chosen, reason=reason.strip(), made_by=by.shown_name)
        now = timezone.now()
        _take_up(case, by, now)
        words = f"{skipped:,} {'record was' if skipped == 1 else 'records were'} left out: {reason.strip()}"
        case_book.note_step(case, words, by.shown_name, now)
    return skipped


def close_case(case_id: UUID, *, reason: str, by: Actor) -> ExceptionCase:
    """Close the case by hand; records still blocked stay as they are and open a new case when they fail again.

    Raises:
        CaseError: no reason was given.
        CaseClosedError: it is closed already.

    """
    if not reason.strip():
        raise CaseError("reason", _("Say why it is closed although its records are not settled."))
    with transaction.atomic():
        case = hold_open_case(case_id)
        how = ExceptionCase.ClosedHow.BY_PERSON
        now = timezone.now()
        _take_up(case, by, now)
        case_book.close_case(case, how, reason=reason.strip(), now=now, done_by=by.shown_name)
        _record(AuditAction.CASE_CLOSED, case, reason=reason.strip())
    return case


_LONGEST_NOTE = 4000


def on_the_way() -> str:
    """Return what a second click on "Retry" is told."""
    return _("This is being tried again already: wait for what comes of it.")


def hold_open_case(case_id: UUID) -> ExceptionCase:
    """Return a case that is open, held until the transaction ends. Raises CaseClosedError."""
    case = (
        ExceptionCase.objects.select_for_update(of=("self",)).select_related("flow", "run", "retry_run").get(id=case_id)
    )
    if not case.is_open:
        raise CaseClosedError("", _("This exception is closed: nothing was changed."))
    return case


def require_worker(owner_id: UUID) -> User:
    """Return a person who can be given cases. Raises CaseError for anybody else."""
    owner = User.objects.filter(id=owner_id, is_active=True).first()
    if owner is None or not allowed(Role(owner.role), Action.WORK_CASES):
        raise CaseError("owner", _("Choose a person whose role works exceptions."))
    return owner


def require_workers(people: Iterable[UUID], *, field: str = NON_FIELD_ERRORS) -> None:
    """Raise ValidationError, at the field of a form, where one of these people cannot be given cases."""
    for person in people:
        try:
            require_worker(person)
        except CaseError as error:
            raise ValidationError({field: str(error)}) from error


def _operation_in(case: ExceptionCase, operation_id: UUID) -> Operation:
    row = (
        CaseOperation.objects.filter(case=case, operation_id=operation_id, open=True)
        .select_related("operation")
        .first()
    )
    if row is None:
        raise CaseError("operation", _("This record is not in the exception any more."))
    return row.operation


def _blocked_operations(case: ExceptionCase, among: Iterable[UUID] | None = None) -> list[UUID]:
    rows = CaseOperation.objects.filter(case=case, open=True, operation__state=OperationState.REJECTED)
    if among is not None:
        rows = rows.filter(operation_id__in=list(among))
    return list(rows.values_list("operation_id", flat=True))


def _require_not_on_the_way(case: ExceptionCase, operation_ids: Sequence[UUID]) -> None:
    """Refuse a second click: a replay that has not ended tries all of these already."""
    if case.retry_run is None or case.retry_run.finished_at is not None or not operation_ids:
        return
    tried = set(case.retry_run.event.payload.get("operations", ()))
    if tried.issuperset(str(operation_id) for operation_id in operation_ids):
        raise CaseError("", on_the_way())


def _replay(case: ExceptionCase, operation_ids: list[UUID], by: Actor, *, words: str = "") -> list[Run]:
    _require_not_on_the_way(case, operation_ids)
    runs = replay_operations(operation_ids, started_by=by.shown_name)
    number = len(operation_ids)
    _follow(case, runs[0], words or f"{number:,} {'record' if number == 1 else 'records'} tried again.", by)
    return runs


def _follow(case: ExceptionCase, run: Run, words: str, by: Actor) -> None:
    now: datetime = timezone.now()
    case.retry_run, case.state, case.changed_at = run, ExceptionCase.State.RESOLVING, now
    case.save(update_fields=["retry_run", "state", "changed_at"])
    _take_up(case, by, now)
    case_book.note_step(case, words, by.shown_name, now)


def _take_up(case: ExceptionCase, by: Actor, now: datetime) -> None:
    """Whatever one of the partner's people does to a case acknowledges it; a customer's own correction does not."""
    if not by.is_customer:
        case_clocks.acknowledge(case, now)


def _record(action: AuditAction, case: ExceptionCase, **details: object) -> None:
    audit.record(action, subject="case", subject_id=str(case.id), details={"title": case.title, **details})
