"""Retries that wait: for a moment, say when a period is open again, or for another flow that brings what is missing."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.actions import Action
from apps.accounts.actor import Actor, acting
from apps.connectors.errors import BusinessClass
from apps.flows.engine.states import RunState
from apps.flows.models import Flow, FlowRole
from apps.flows.services.start_run import run_now
from apps.monitoring import case_book, case_clocks, cases
from apps.monitoring.blame import WaitingOn
from apps.monitoring.cases import CaseError, FlowNotLiveError, NothingToReplayError, hold_open_case
from apps.monitoring.models import ExceptionCase

FARTHEST = timedelta(days=90)
_WENT_WELL = (RunState.CLEAN, RunState.PARTIAL, RunState.EMPTY)
# The kinds of failure that another flow can mend by bringing something.
_MISSING = {BusinessClass.MISSING_REFERENCE, BusinessClass.INVALID_DIMENSION}
_PLAN = ["retry_at", "retry_after", "retry_planned_by", "changed_at"]


def plan_retry(case_id: UUID, *, at: datetime, question: str, by: Actor) -> ExceptionCase:
    """Let everything in the case be tried again at a moment; a `question` is put to the customer's people meanwhile.

    Raises:
        CaseError: the moment is past or more than FARTHEST away, or a program asks.
        CaseClosedError: it is closed.

    """
    now = timezone.now()
    if at <= now:
        raise CaseError("day", _("Choose a moment that is still to come."))
    if at > now + FARTHEST:
        raise CaseError("day", _("At most %(days)d days from now.") % {"days": FARTHEST.days})
    with transaction.atomic():
        case = hold_open_case(case_id)
        _keep_plan(case, by, now, at=at)
        case_book.note_step(case, f"To be tried again at {at:%d %b %Y, %H:%M} UTC.", by.shown_name, now)
        if question.strip():
            cases.note_case(case_id, text=question, shared=True, by=by)
            case_book.hand_over(case, WaitingOn.CUSTOMER, now, question.strip())
            case.save(update_fields=["waiting_on"])
    return case


def bring_and_retry(case_id: UUID, *, flow_id: UUID, by: Actor) -> ExceptionCase:
    """Run a flow that brings what the case's records miss, and try them again once it is through.

    Nothing can arrive twice: the flow writes only what is not there, as it always does.

    Raises:
        CaseError: the flow does not write to the system that misses something.
        CaseClosedError: the case is closed.
        FlowNotLiveError: the flow cannot run now.

    """
    now = timezone.now()
    with transaction.atomic():
        case = hold_open_case(case_id)
        flow = bringing_flows(case).filter(id=flow_id).first()
        if flow is None:
            raise CaseError("flow", _("Choose a flow that is live and writes to the same system."))
        _keep_plan(case, by, now)
        case.retry_after = run_now(flow, started_by=by.shown_name)
        case.save(update_fields=["retry_after"])
        words = f"“{flow.name}” was started; the records are tried again once it is through."
        case_book.note_step(case, words, by.shown_name, now)
    return case


def bringing_flows(case: ExceptionCase) -> QuerySet[Flow]:
    """Return the customer's other live flows that write to the system the case's records did not get into."""
    if case.flow is None or case.error_class not in _MISSING:
        return Flow.objects.none()
    target = case.flow.target_id
    in_role = FlowRole.objects.filter(flow=OuterRef("pk"), connection_id=target)
    live = Flow.objects.filter(customer_id=case.customer_id, state=Flow.State.LIVE).exclude(id=case.flow.id)
    return live.filter(Q(target_id=target) | Q(Exists(in_role))).order_by("name")


def drop_plan(case_id: UUID, *, by: Actor) -> ExceptionCase:
    """Plan no retry any more. Raises CaseClosedError."""
    now = timezone.now()
    with transaction.atomic():
        case = hold_open_case(case_id)
        if case.retry_at is not None or case.retry_after_id is not None:
            _forget_plan(case, now)
            case_book.note_step(case, "The planned retry was taken back.", by.shown_name, now)
    return case


def retry_planned(now: datetime) -> int:
    """Start the retries whose moment has come, or whose flow is through; returns how many started.

    Each in a transaction of its own that takes the plan away with it: whoever else looks finds nothing left to do.
    """
    due = Q(retry_at__lte=now) | Q(retry_after__finished_at__isnull=False)
    with transaction.atomic():
        waiting = ExceptionCase.objects.filter(due).exclude(state=ExceptionCase.State.CLOSED)
        ids = list(waiting.values_list("id", flat=True))
    return sum(_start(case_id, due, now) for case_id in ids)


def _start(case_id: UUID, due: Q, now: datetime) -> bool:
    with transaction.atomic():
        waiting = ExceptionCase.objects.select_for_update(of=("self",), skip_locked=True).filter(due, id=case_id)
        case = (
            waiting.exclude(state=ExceptionCase.State.CLOSED).select_related("retry_after", "retry_planned_by").first()
        )
        if case is None:
            return False
        run, person = case.retry_after, case.retry_planned_by
        _forget_plan(case, now)
        who = person.as_actor() if person is not None and person.is_active else None
        if who is None or not who.can(Action.WORK_CASES):
            problem = "whoever planned it may not do this any more."
        elif run is not None and run.state not in _WENT_WELL:
            problem = "what was to bring the missing records did not end well."
        else:
            problem = _retry(case, who)
        if problem:
            case_book.note_step(case, f"The planned retry did not start: {problem}", case_book.SYSTEM, now)
    return not problem


def _retry(case: ExceptionCase, who: Actor) -> str:
    """Try the case again as whoever planned it; return why that was not possible, "" when it was."""
    try:
        with acting(who), transaction.atomic():
            cases.retry_case(case.id, by=who)
    except (CaseError, NothingToReplayError, FlowNotLiveError) as error:
        return str(error)
    return ""


def _keep_plan(case: ExceptionCase, by: Actor, now: datetime, *, at: datetime | None = None) -> None:
    if by.user_id is None:
        raise CaseError("", _("Only a person can plan a retry: it is done in their name."))
    case.retry_at, case.retry_after, case.retry_planned_by_id, case.changed_at = at, None, by.user_id, now
    case.save(update_fields=_PLAN)
    case_clocks.acknowledge(case, now)


def _forget_plan(case: ExceptionCase, now: datetime) -> None:
    case.retry_at, case.retry_after, case.retry_planned_by, case.changed_at = None, None, None, now
    case.save(update_fields=_PLAN)
