"""Reading cases: all in scope, one of them, who can be given one, and how one is getting on."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from apps.accounts.actions import Action, roles_with
from apps.accounts.models import User
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation
from apps.flows.queries.operations import get_operation
from apps.monitoring.case_pages import CaseProgress
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.queries.case_rows import with_names


def cases() -> QuerySet[ExceptionCase]:
    """Return the cases in scope, newest first."""
    return ExceptionCase.objects.order_by("-id")


def is_late(now: datetime) -> Q:
    """Return the condition for cases that are open past their time."""
    return Q(due_at__lt=now) & ~Q(state=ExceptionCase.State.CLOSED)


def get_case(case_id: UUID) -> ExceptionCase:
    """Return one case in scope. Raises Http404 when it does not exist or belongs to someone else."""
    case = (
        with_names(cases())
        .select_related("retry_run", "flow__source", "flow__target", "merged_into")
        .filter(id=case_id)
        .first()
    )
    if case is None:
        raise Http404("There is no such exception.")
    return case


def get_case_record(case: ExceptionCase, operation_id: UUID) -> Operation:
    """Return one record of the case. Raises Http404 when it never was in it."""
    if not CaseOperation.objects.filter(case=case, operation_id=operation_id).exists():
        raise Http404("This exception has no such record.")
    return get_operation(operation_id)


def list_workers() -> list[tuple[UUID, str]]:
    """Return the people who can be given a case, by name."""
    working = roles_with(Action.WORK_CASES)
    people = User.objects.filter(is_active=True, role__in=working).order_by("name", "email")
    return [(person.id, str(person)) for person in people]


def get_progress(case: ExceptionCase) -> CaseProgress:
    """Return how far a case is: what is still blocked, on its way, and settled."""
    counted: Counter[str] = Counter()
    rows = CaseOperation.objects.filter(case=case).order_by()
    for state, is_open, number in rows.values_list("operation__state", "open").annotate(
        Count("operation_id", distinct=True)
    ):
        name = "settled" if not is_open else "on_their_way" if state == OperationState.WAITING else "still_blocked"
        counted[name] += number
    retrying = case.retry_run is not None and case.retry_run.finished_at is None
    return CaseProgress(
        id=case.id,
        state=case.state,
        records=sum(counted.values()),
        still_blocked=counted["still_blocked"],
        on_their_way=counted["on_their_way"],
        settled=counted["settled"],
        retry_run_id=case.retry_run_id,
        is_resolving=case.is_open and (retrying or case.state == ExceptionCase.State.RESOLVING),
    )
