"""A case as every list shows it."""

from datetime import datetime

from django.db.models import QuerySet

from apps.monitoring.blame import QUEUE_LABELS, WAITING_LABELS, Severity, WaitingOn, WorkQueue
from apps.monitoring.models import ExceptionCase
from apps.monitoring.pages import CaseRow


def with_names(cases: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    """Return the same cases with what a row names, so that a list of any length is one query."""
    return cases.select_related("customer", "flow", "owner")


def case_row(case: ExceptionCase, now: datetime) -> CaseRow:
    """Return the row of a case that `with_names` read."""
    return CaseRow(
        id=case.id,
        title=case.title,
        sentence=case.explanation,
        customer_id=case.customer_id,
        customer=case.customer.name,
        flow=case.flow.name if case.flow else "",
        queue=QUEUE_LABELS[WorkQueue(case.queue)],
        waiting_on=WAITING_LABELS[WaitingOn(case.waiting_on)],
        state=case.state,
        is_severe=case.severity == Severity.HIGH,
        is_late=case.is_open and case.due_at < now,
        records=case.operation_count,
        amount=case.amount,
        currency=case.currency,
        quality=case.amount_quality,
        owner=case.owner.name if case.owner else "",
        opened_at=case.opened_at,
        due_at=case.due_at,
        closed_at=case.closed_at,
    )
