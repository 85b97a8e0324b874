"""Where every answer starts: what open cases hold, what goes on by itself, and what the last comparisons saw."""

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, QuerySet, Subquery

from apps.flows.engine.reconcile import Cause
from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, Operation, Reconciliation, ReconciliationRow
from apps.monitoring.models import CaseOperation, ExceptionCase

MOST_ROWS = 1000  # of one question and source, the oldest first: what is more is worked off by cause, not by record

Row = TypeVar("Row", bound=Model)


def held_now() -> QuerySet[CaseOperation]:
    """Return what open cases hold."""
    return CaseOperation.objects.filter(open=True).exclude(case__state=ExceptionCase.State.CLOSED)


def of_customer(rows: QuerySet[Row], customer_id: UUID | None) -> QuerySet[Row]:
    """Return the rows of one customer, all of them without one."""
    return rows.filter(customer_id=customer_id) if customer_id else rows


def is_too_many(rows: QuerySet[Any]) -> bool:
    """Return whether there are more than are listed by record."""
    return rows.order_by().values("pk")[: MOST_ROWS + 1].count() > MOST_ROWS


def held_once() -> QuerySet[CaseOperation]:
    """Return the same with each root record once, by the latest that is held of it."""
    later = CaseOperation.objects.filter(
        customer_id=OuterRef("customer_id"), root=OuterRef("root"), open=True, id__gt=OuterRef("id")
    ).exclude(root="")
    return held_now().exclude(Exists(later))


def on_the_way() -> QuerySet[Operation]:
    """Return what waits in its flow and belongs to no case: it goes on by itself, or once somebody has answered."""
    in_case = CaseOperation.objects.filter(operation=OuterRef("pk"), open=True)
    return Operation.objects.filter(state=OperationState.WAITING).exclude(Exists(in_case))


def compared_lately(causes: Collection[Cause]) -> QuerySet[ReconciliationRow]:
    """Return the rows with these causes of each flow's last comparison of both sides."""
    of_flow = Reconciliation.objects.filter(flow=OuterRef("pk"), finished_at__isnull=False).order_by("-id")
    last = Flow.objects.exclude(state=Flow.State.RETIRED).annotate(last=Subquery(of_flow.values("id")[:1]))
    ids = list(last.filter(last__isnull=False).values_list("last", flat=True))
    rows = ReconciliationRow.objects.filter(reconciliation_id__in=ids, cause__in=[cause.value for cause in causes])
    return rows.select_related("reconciliation__flow__source", "reconciliation__flow__target")
