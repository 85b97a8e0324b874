"""Taking back what a failed operation had done: chosen by a person, done in reverse order, tried again, recorded, once."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import breaker, call_hours, registry
from apps.connectors.breaker import PausedError
from apps.connectors.contract import UndoOutcome, UndoState
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import FailureKind, RateLimitedError, RemoteError
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.flows.engine.definition import FlowDefinition, Step, parse_definition
from apps.flows.engine.retry import next_attempt
from apps.flows.engine.states import OperationState, StepState
from apps.flows.engine.walk import MAKES_SOMETHING, DoneStep, undo_verdict
from apps.flows.models import Milestone, Operation, OperationStep, Run
from apps.flows.services import walk_rows
from apps.flows.services.run_end import move_count, withdraw
from apps.flows.services.walk_calls import take_back
from apps.flows.services.walk_lanes import UNDO_KIND, resume, start_next
from apps.flows.services.walk_session import UNDONE_TIMES, WalkSession, open_walk
from apps.flows.signals import ledger_changed

BY_POLICY = "the flow"
NOT_TAKEN_BACK = "What had been done could not be taken back: "
_IN_DOUBT = "It is unknown whether it arrived: look for it in the system."


# What an interrupted rolling back had not come to yet counts as done.
_MADE = Q(state__in=[StepState.DONE, StepState.UNDOING], kind__in=MAKES_SOMETHING)


class CannotRollBackError(ValueError):
    """The operation is not in a state to be rolled back; the message says why."""


@dataclass(frozen=True, slots=True)
class StepOutlook:
    """What rolling back would do about one step that is done. `stays` is "" when it is taken back."""

    name: str
    title: str
    note: str
    stays: str
    needs_agreement: bool


def outlook(operation: Operation) -> list[StepOutlook]:
    """Return the steps that made something, last first, each with what rolling back would do about it."""
    definition = _definition(operation)
    rows = OperationStep.objects.select_related("connection").filter(operation_id=operation.id)
    made = rows.filter(_MADE | Q(state=StepState.FAILED, ambiguous=True))
    return [_outlook(definition, row) for row in made.order_by("-position")]


def _outlook(definition: FlowDefinition, row: OperationStep) -> StepOutlook:
    step = _step(definition, row)
    if row.state == StepState.FAILED:
        return StepOutlook(row.name, step.title or row.name, row.error_message, _IN_DOUBT, needs_agreement=False)
    done = DoneStep(step, row.created, _can_undo(row))
    stays = undo_verdict(done, allowed=True)
    return StepOutlook(
        name=row.name,
        title=step.title or row.name,
        note=row.note,
        stays=stays,
        needs_agreement=not stays and bool(undo_verdict(done, allowed=False)),
    )


def _definition(operation: Operation) -> FlowDefinition:
    return parse_definition(Run.objects.select_related("version").get(id=operation.last_run_id).version.definition)


def _step(definition: FlowDefinition, row: OperationStep) -> Step:
    return definition.step_named(row.name) or Step(row.kind, name=row.name)


def _can_undo(row: OperationStep) -> bool:
    if row.kind != "deliver":
        return True
    if row.connection is None or not row.outside_key:
        return False
    writing = registry.manifest(row.connection.system).object_named(row.object_name).writing
    return writing is not None and bool(writing.undo_method)


def roll_back(operation_id: UUID, *, agreed: bool, made_by: str, reason: str) -> None:
    """Begin to take back what a failed operation had done. `agreed` includes the steps that need to be agreed to.

    Raises:
        CannotRollBackError: it has not failed, or nothing of it was done.

    """
    with transaction.atomic():
        operation = Operation.objects.select_for_update(no_key=True).get(id=operation_id)
        if operation.state != OperationState.REJECTED:
            raise CannotRollBackError(gettext("Only a failed record can be rolled back: this one has moved on."))
        definition = _definition(operation)
        _require_latest(operation)
        rows = OperationStep.objects.select_related("connection").filter(_MADE, operation_id=operation.id)
        if not rows:
            raise CannotRollBackError(gettext("Nothing was done yet that could be taken back."))
        for row in rows:
            stays = undo_verdict(DoneStep(_step(definition, row), row.created, _can_undo(row)), allowed=agreed)
            walk_rows.save(row, StepState.KEPT if stays else StepState.UNDOING, note=stays or row.note, attempts=0)
        Operation.objects.filter(id=operation.id).update(
            state=OperationState.WAITING,
            due_at=None,
            error_message="It is being rolled back.",
            changed_at=timezone.now(),
        )
        move_count_of(operation, OperationState.REJECTED, OperationState.WAITING)
        resume(operation, priority=Priority.RETRY, kind=UNDO_KIND)
        details = {"flow": str(operation.flow_id), "reason": reason, "agreed": agreed, "by": made_by}
        audit.record(
            AuditAction.OPERATION_ROLLED_BACK, subject="operation", subject_id=str(operation.id), details=details
        )
        ledger_changed.send(sender=Operation, flow_id=operation.flow_id, customer_id=operation.customer_id)


def roll_back_by_policy(operation: Operation) -> None:
    """Begin to roll back what has just failed, as its flow says; what nobody agreed to is left for a person to decide."""
    if any(step.needs_agreement for step in outlook(operation)):
        return
    try:
        roll_back(operation.id, agreed=False, made_by=BY_POLICY, reason="The flow rolls back by itself.")
    except CannotRollBackError:
        return  # nothing was done, or a newer version builds on it: it stays with a person


def _require_latest(operation: Operation) -> None:
    """Refuse while a later version of the record builds on what this one made."""
    later = Operation.objects.filter(
        flow_id=operation.flow_id,
        canonical_type=operation.canonical_type,
        business_key=operation.business_key,
        id__gt=operation.id,
    )
    begun = OperationStep.objects.filter(operation_id=OuterRef("id"), position__gt=0)
    walks = Q(Exists(begun), state=OperationState.WAITING)
    if later.filter(walks | Q(state__in=[OperationState.WRITTEN, OperationState.UNCHANGED])).exists():
        raise CannotRollBackError(gettext("A newer version of this record carries on from what was done: it stays."))


def move_count_of(operation: Operation, old: OperationState, new: OperationState) -> None:
    """Count an operation of an ended run anew: its counts follow what becomes of its records."""
    move_count(operation.last_run_id, old, new)


def is_in_the_way(session: WalkSession) -> bool:
    """Say whether a walk must stand aside: its record, or an earlier version of it, is being rolled back.

    Whoever ends the rolling back starts the next version.
    """
    if StepState.UNDOING in session.states.values():
        return True
    operation = session.operation
    return OperationStep.objects.filter(
        operation__flow_id=operation.flow_id,
        operation__business_key=operation.business_key,
        operation__state=OperationState.WAITING,
        operation_id__lt=operation.id,
        state=StepState.UNDOING,
    ).exists()


def undo_on(work: LeasedWork) -> RunAgain | None:
    """Take back one step after the other, the last one first; ends the operation when none is left."""
    with transaction.atomic():
        work.confirm()
        session = open_walk(work)
    if session is None:
        return None
    while (row := _next_to_undo(session)) is not None:
        again = _undo(session, row)
        if again is not None:
            return again
        if session.operation.state != OperationState.WAITING:
            return None
    with transaction.atomic():
        session.work.confirm()
        _close(session, OperationState.UNDONE, "Rolled back.")
    return None


def _next_to_undo(session: WalkSession) -> OperationStep | None:
    undoing = [row for row in session.rows.values() if row.state == StepState.UNDOING]
    return max(undoing, key=lambda row: row.position, default=None)


def _undo(session: WalkSession, row: OperationStep) -> RunAgain | None:
    if row.kind == "milestone":
        with transaction.atomic():
            session.work.confirm()
            Milestone.objects.filter(operation_id=session.operation.id, state=row.result.get("state", "")).update(
                left_at=timezone.now()
            )
            walk_rows.save(row, StepState.UNDONE, note="Left again.")
        return None
    return _undo_delivery(session, row)


def _undo_delivery(session: WalkSession, row: OperationStep) -> RunAgain | None:
    called = [row.connection_id] if row.connection_id else []
    try:
        breaker.require_closed(called)
    except PausedError as paused:
        return RunAgain(paused.until, waiting_for=paused.connection_id)
    with transaction.atomic():
        session.work.confirm()
        walk_rows.save(row, StepState.UNDOING, attempts=row.attempts + 1, note=row.note)
    try:
        outcome = _taken_back(session, row, called)
    except UnsealError as error:
        _stop(session, row, str(error))
        return None
    except (RemoteError, LookupError) as error:
        return _failed(session, row, error)
    if outcome.state is UndoState.REFUSED:
        if outcome.error is not None:
            return _failed(session, row, outcome.error)
        _stop(session, row, "The system refused it.")
        return None
    with transaction.atomic():
        session.work.confirm()
        note = "It was gone already." if outcome.state is UndoState.ALREADY_GONE else "Taken back."
        walk_rows.save(row, StepState.UNDONE, note=note, result={UNDONE_TIMES: row.result.get(UNDONE_TIMES, 0) + 1})
        # The system holds it no longer: a later delivery must create it anew.
        if row.connection_id is not None:
            walk_rows.drop_link(session, row.connection_id, row.outside_key)
    return None


def _taken_back(session: WalkSession, row: OperationStep, called: list[UUID]) -> UndoOutcome:
    """Make the call, and tell the breaker how it fared. Raises UnsealError, RemoteError, LookupError."""
    step = _step(session.definition, row)
    with transaction.atomic():  # the secrets are read
        connector = session.connector(getattr(step.options, "role", ""))
    try:
        return take_back(connector, row.object_name, row.outside_key, idempotency_key=f"{row.idempotency_key}:undo")
    finally:
        for connection_id in called:
            call_hours.note_calls(connection_id, connector.take_counts())


def _failed(session: WalkSession, row: OperationStep, error: RemoteError | LookupError) -> RunAgain | None:
    if not isinstance(error, RemoteError):
        _stop(session, row, str(error).strip("'\""))
        return None
    if error.kind is FailureKind.AUTH_EXPIRED and row.connection_id is not None:
        breaker.note_refusal(row.connection_id, error.message)
        row.attempts -= 1  # the door was shut: nothing was tried
        with transaction.atomic():
            session.work.confirm()
            walk_rows.save(row, StepState.UNDOING, note=row.note, error_message=error.message[:600])
        return RunAgain()  # it waits with its connection
    until = error.until if isinstance(error, RateLimitedError) else None
    again = next_attempt(error.kind, row.attempts, timezone.now(), until=until)
    if again is None:
        _stop(session, row, error.message)
        return None
    with transaction.atomic():
        session.work.confirm()
        walk_rows.save(row, StepState.UNDOING, due_at=again, note=row.note, error_message=error.message[:600])
    return RunAgain(again)


def _stop(session: WalkSession, row: OperationStep, reason: str) -> None:
    """Hand it back to a person: what is undone stays undone, what is left stands as done."""
    with transaction.atomic():
        session.work.confirm()
        for left in session.rows.values():
            if left.state in (StepState.UNDOING, StepState.KEPT):
                message = reason[:600] if left is row else ""
                walk_rows.save(left, StepState.DONE, note=left.note, error_message=message)
        _close(session, OperationState.REJECTED, f"{NOT_TAKEN_BACK}{reason}")


def _close(session: WalkSession, state: OperationState, sentence: str) -> None:
    operation, now = session.operation, timezone.now()
    Operation.objects.filter(id=operation.id).update(
        state=state, due_at=None, error_message=sentence[:600], changed_at=now
    )
    operation.state = state
    withdraw([operation.id])
    move_count_of(operation, OperationState.WAITING, state)
    start_next(operation)
    ledger_changed.send(sender=Operation, flow_id=operation.flow_id, customer_id=operation.customer_id)
