"""The rows of deliveries that a system has taken and not yet answered for: kept, asked about in time, given up."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Greatest

from apps.connectors.contract import Receipt, WriteOutcome
from apps.connectors.manifest import LateAnswer
from apps.flows.engine.states import OperationState
from apps.flows.models import OpenReceipt, Operation, OperationStep
from apps.flows.services.entries import Entry
from apps.flows.services.session import Session
from apps.flows.services.verdicts import Verdict

DELIVER = "deliver"  # the step of records that go with their batch
_BEHIND = timedelta(seconds=5)  # what waits behind a receipt whose question is due looks again so soon


def late_answer(session: Session) -> LateAnswer | None:
    """Return how the run's target tells later what became of a record; None where it tells at once."""
    writing = session.pinned.target_object.writing
    return writing.late_answer if writing is not None else None


def keep(
    session: Session,
    judged: Iterable[tuple[Entry, Verdict]],
    outcomes: Mapping[UUID, WriteOutcome],
    now: datetime,
) -> None:
    """Keep the receipts that a batch was handed. In the transaction that settles it."""
    rows = []
    for entry, verdict in judged:
        outcome = outcomes.get(entry.operation_id)
        if outcome is None or outcome.receipt is None or verdict.due_at is None:
            continue
        rows.append(
            OpenReceipt(
                operation_id=entry.operation_id,
                customer_id=session.customer_id,
                step=DELIVER,
                connection_id=session.target_id,
                object_name=session.pinned.target_object.name,
                canonical_type=session.compiled.described.name,
                fingerprint=entry.planned.fingerprint,
                taken_at=now,
                due_at=verdict.due_at,
                **columns(outcome.receipt),
            )
        )
    OpenReceipt.objects.bulk_create(rows)


def columns(receipt: Receipt) -> dict[str, str | bool]:
    """Return what a row keeps of a receipt as it was handed out."""
    return {"place": receipt.place, "target_key": (receipt.target_key or "")[:120], "created": receipt.created}


def shown(row: OpenReceipt) -> Receipt:
    """Return a row as connectors take it."""
    return Receipt(row.place, target_key=row.target_key or None, created=row.created)


def due_receipts(session: Session, now: datetime, most: int) -> list[OpenReceipt]:
    """Return the receipts of a run that are to be asked about, the oldest first, with their operations."""
    of_run = OpenReceipt.objects.select_related("operation").filter(
        operation__last_run_id=session.run_id,
        operation__state=OperationState.WAITING,
        connection_id=session.target_id,
        due_at__lte=now,
    )
    return list(of_run.order_by("id")[:most])


def without_receipts(lines: QuerySet[Operation]) -> QuerySet[Operation]:
    """Leave out the lines whose system is asked instead of being sent the record once more."""
    return lines.filter(~Exists(OpenReceipt.objects.filter(operation_id=OuterRef("id"))))


def taken_keys(session: Session, keys: Sequence[str]) -> dict[str, datetime]:
    """Return of which records the target has taken a version without answering, and when it is asked next."""
    held = OpenReceipt.objects.filter(
        operation__flow_id=session.flow_id,
        operation__canonical_type=session.compiled.described.name,
        operation__business_key__in=keys,
    )
    return dict(held.values_list("operation__business_key").annotate(until=Max("due_at")))


def put_behind(session: Session, now: datetime) -> None:
    """Put off the run's due lines whose record the target has taken in another version. In a transaction."""
    of_key = OpenReceipt.objects.filter(
        operation__flow_id=OuterRef("flow_id"), operation__business_key=OuterRef("business_key")
    )
    due = Operation.objects.filter(last_run_id=session.run_id, state=OperationState.WAITING, due_at__lte=now)
    without_receipts(due).filter(Exists(of_key)).update(
        due_at=Greatest(Subquery(of_key.order_by("-due_at").values("due_at")[:1]), Value(now + _BEHIND))
    )


def close(operation_id: UUID, step: str) -> None:
    """Let a receipt go that was answered or will not be. In the transaction that says what follows from it."""
    OpenReceipt.objects.filter(operation_id=operation_id, step=step).delete()


def give_up(operation_ids: Sequence[UUID]) -> None:
    """Ask no further about these operations: what their systems have taken may arrive. In a transaction."""
    rows = OpenReceipt.objects.filter(operation_id__in=operation_ids)
    taken = list(rows.values_list("operation_id", "step"))
    if not taken:
        return
    Operation.objects.filter(id__in=[operation_id for operation_id, _ in taken]).update(ambiguous=True)
    for step in {step for _, step in taken}:
        ids = [operation_id for operation_id, name in taken if name == step]
        OperationStep.objects.filter(operation_id__in=ids, name=step).update(ambiguous=True)
    rows.delete()
