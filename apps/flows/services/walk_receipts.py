"""A walking step whose system has taken the record and tells later: it waits as a row with a due time, and asks."""

from django.db import transaction
from django.utils import timezone

from apps.connectors.contract import Receipt, WriteOutcome
from apps.flows.engine.definition import Step
from apps.flows.engine.states import OperationState, StepState
from apps.flows.models import OpenReceipt, Operation, OperationStep
from apps.flows.services import receipts, verdicts, walk_rows
from apps.flows.services.verdicts import Verdict
from apps.flows.services.walk_calls import CallAnswer
from apps.flows.services.walk_delivered import keep_disputes
from apps.flows.services.walk_delivery import Prepared
from apps.flows.services.walk_session import WalkSession


def open_receipt(session: WalkSession, step: Step) -> OpenReceipt | None:
    """Return the receipt that the step was handed and that is not answered for yet."""
    row = session.rows.get(step.name)
    if row is None or row.state != StepState.WAITING:
        return None
    with transaction.atomic():
        of_step = OpenReceipt.objects.select_related("connection").filter(operation_id=session.operation.id)
        return of_step.filter(step=step.name).first()


def follow(session: WalkSession, step: Step, prepared: Prepared, answer: CallAnswer) -> Verdict | None:
    """Write down that the system is asked (again), and when; nothing when its time is over, which the verdict says.

    None: the walk was cancelled meanwhile. In a transaction, after the lease was confirmed.
    """
    row, held, now, outcome = walk_rows.row_of(session, step), prepared.receipt, timezone.now(), answer.outcome
    if held is None:
        walk_rows.close_evidence(session, row, outcome, answer.minded)
        keep_disputes(session, prepared, outcome.target_key or prepared.made.outside_key, answer.minded)
    if not walk_rows.is_walking(session.operation.id):
        if held is None:  # taken, and nobody will ask: whoever tries it again looks first
            walk_rows.save(row, StepState.WAITING, note="The run was cancelled.", ambiguous=True)
        return None
    asked, taken_at = (held.asked + 1, held.taken_at) if held is not None else (0, now)
    verdict = verdicts.of_receipt(outcome, step.name, prepared.late, asked=asked, taken_at=taken_at, now=now)
    if verdict.state != OperationState.WAITING:
        walk_rows.note_answer(session, row, outcome)
        return verdict
    if held is None:
        _open(session, row, prepared, outcome, verdict)
    else:
        held.asked, held.due_at = asked, verdict.due_at or now
        held.save(update_fields=["asked", "due_at"])
    walk_rows.save(row, StepState.WAITING, due_at=verdict.due_at, ambiguous=False, note=verdict.error_message[:300])
    Operation.objects.filter(id=session.operation.id).update(step=step.name)
    return verdict


def _open(
    session: WalkSession, row: OperationStep, prepared: Prepared, outcome: WriteOutcome, verdict: Verdict
) -> None:
    receipt = outcome.receipt or Receipt("")
    OpenReceipt.objects.create(
        operation_id=session.operation.id,
        customer_id=session.operation.customer_id,
        step=row.name,
        connection_id=prepared.connection_id,
        object_name=prepared.made.object_name[:60],
        canonical_type=prepared.type_name,
        fingerprint=prepared.fingerprint,
        taken_at=timezone.now(),
        due_at=verdict.due_at or timezone.now(),
        **receipts.columns(receipt),
    )
