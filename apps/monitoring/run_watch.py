"""Failures that no record is to blame for: runs that failed as a whole, or that wait for a system in vain."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from apps.connectors.errors import BusinessClass
from apps.flows.engine.states import RunState
from apps.flows.models import Flow, Run
from apps.monitoring import case_book
from apps.monitoring.blame import verdict_for
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.monitor_kinds import kind_of_failure
from apps.monitoring.monitor_switches import Switches, read_switches

OUTAGES_TO_TELL = 3  # a short hiccup is nobody's business
_COMPARING = (Run.Mode.COMPARE,)
_RECONCILING = (Run.Mode.RECONCILE,)
_MOVING = tuple(mode for mode in Run.Mode if mode not in (*_COMPARING, *_RECONCILING))
_STEPS = {Run.Mode.COMPARE: "comparison", Run.Mode.RECONCILE: "reconciliation"}  # where a run of this mode failed
_ENDED_WELL = (RunState.CLEAN, RunState.PARTIAL, RunState.EMPTY)


def judge_runs(now: datetime) -> tuple[int, int]:
    """Open a case per flow whose latest run failed, close those of flows that run again. Returns (opened, closed).

    Call it inside a transaction, after case_book.take_turn().
    """
    switches = read_switches(now)
    opened = sum(_blame_run(run, switches, now) for run in _runs_held_up())
    closed = 0
    # A comparison or a reconciliation says nothing about how records get through, nor they about it.
    for modes in (_MOVING, _COMPARING, _RECONCILING):
        latest = list(_latest_ended_runs(modes))
        healthy = {run.flow_id: run for run in latest if run.state in _ENDED_WELL}
        opened += sum(_blame_run(run, switches, now) for run in latest if run.state == RunState.FAILED)
        closed += _close_healthy(healthy, modes, now)
    closed += _close_of_retired(now)
    _end_vain_retries(now)
    return opened, closed


def _latest_ended_runs(modes: Collection[Run.Mode]) -> QuerySet[Run]:
    ended = Run.objects.filter(flow=OuterRef("pk"), finished_at__isnull=False, mode__in=modes)
    ended = ended.exclude(state=RunState.CANCELLED)
    latest = Flow.objects.exclude(state=Flow.State.RETIRED).values_list(
        Subquery(ended.order_by("-id").values("id")[:1]), flat=True
    )
    return Run.objects.filter(id__in=[run_id for run_id in latest if run_id]).select_related("flow").order_by("id")


def _runs_held_up() -> QuerySet[Run]:
    """Return runs that wait for a system which did not answer several times: they go on by themselves."""
    waiting = Run.objects.filter(state=RunState.WAITING, outages__gte=OUTAGES_TO_TELL).exclude(error_class="")
    return waiting.select_related("flow").order_by("id")


def _blame_run(run: Run, switches: Switches, now: datetime) -> bool:
    judged = ExceptionCase.objects.filter(run=run).first()
    if judged is not None:
        _follow_run(judged, run, now)
        return False
    business_class = run.error_class or BusinessClass.INTERNAL
    kind = kind_of_failure(business_class, held_up=run.state == RunState.WAITING)
    if switches.is_off(run.flow_id, kind):
        return False
    verdict = verdict_for(business_class)
    step = _STEPS.get(Run.Mode(run.mode), "run")
    new = case_book.case_of_flow(run.flow, step, business_class, run.error_message or verdict.explanation, run)
    found = case_book.find_open(new)
    if found is None:
        opened = case_book.open_case(new, title=verdict.title, now=now)
        case_book.grade(opened, switches.severity(run.flow_id, kind))
        return True
    found.run, found.changed_at = run, now
    found.save(update_fields=["run", "changed_at"])
    case_book.note_step(found, "The next run failed for the same reason.", case_book.SYSTEM, now)
    case_book.wake(found, "the next run failed.", now)
    return False


def _follow_run(case: ExceptionCase, run: Run, now: datetime) -> None:
    """A run that was held up may have given up since: the case then says so."""
    if run.state == RunState.FAILED and case.is_open and run.error_message and case.explanation != run.error_message:
        case.explanation, case.changed_at = run.error_message, now
        case.save(update_fields=["explanation", "changed_at"])
        case_book.note_step(case, "The run gave up.", case_book.SYSTEM, now)


def _end_vain_retries(now: datetime) -> None:
    """A case without records that was started again is open again once that run ended and it was not closed by it."""
    tried = _open_cases().filter(state=ExceptionCase.State.RESOLVING, retry_run__finished_at__isnull=False)
    records = CaseOperation.objects.filter(case=OuterRef("pk"), open=True)
    for case in tried.filter(~Exists(records)):
        case.state, case.changed_at = ExceptionCase.State.OPEN, now
        case.save(update_fields=["state", "changed_at"])
        case_book.note_step(case, "It was tried again in vain.", case_book.SYSTEM, now)


def _close_healthy(healthy: dict[UUID, Run], modes: Collection[Run.Mode], now: datetime) -> int:
    waiting = _open_cases().filter(flow__in=healthy, run__mode__in=modes)
    done = [case for case in waiting if case.run_id and case.flow_id and case.run_id <= healthy[case.flow_id].id]
    for case in done:
        case_book.close_case(case, ExceptionCase.ClosedHow.RAN_WELL, reason="a later run ended well.", now=now)
    return len(done)


def _close_of_retired(now: datetime) -> int:
    done = list(_open_cases().filter(flow__state=Flow.State.RETIRED))
    for case in done:
        case_book.close_case(case, ExceptionCase.ClosedHow.FLOW_STOPPED, reason="the flow was retired.", now=now)
    return len(done)


def _open_cases() -> QuerySet[ExceptionCase]:
    """Return open cases, locked: a person may be closing or assigning one of them just now."""
    return ExceptionCase.objects.select_for_update(of=("self",)).exclude(state=ExceptionCase.State.CLOSED)
