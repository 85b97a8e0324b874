"""Failures that no record is to blame for: runs that failed as a whole, and flows that fell silent."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from apps.connectors.errors import BusinessClass
from apps.flows.engine.rhythm import read_rhythm
from apps.flows.engine.states import RunState
from apps.flows.models import Flow, Run
from apps.flows.triggers.quiet import quiet_until
from apps.monitoring import case_book, routing_book
from apps.monitoring.blame import OVERDUE, verdict_for
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.rhythm import learned_silence, silence

OUTAGES_TO_TELL = 3  # a short hiccup is nobody's business
_COMPARING = (Run.Mode.COMPARE,)
_RECONCILING = (Run.Mode.RECONCILE,)
_MOVING = tuple(mode for mode in Run.Mode if mode not in (*_COMPARING, *_RECONCILING))
_NO_RHYTHM = (Run.Mode.REPLAY, Run.Mode.BACKFILL, *_COMPARING, *_RECONCILING)
_STEPS = {Run.Mode.COMPARE: "comparison", Run.Mode.RECONCILE: "reconciliation"}  # where a run of this mode failed
_ENDED_WELL = (RunState.CLEAN, RunState.PARTIAL, RunState.EMPTY)


def judge_runs(now: datetime) -> tuple[int, int]:
    """Open a case per flow whose latest run failed, close those of flows that run again. Returns (opened, closed).

    Call it inside a transaction, after case_book.take_turn().
    """
    opened = sum(_blame_run(run, now) for run in _runs_held_up())
    closed = 0
    # A comparison or a reconciliation says nothing about how records get through, nor they about it.
    for modes in (_MOVING, _COMPARING, _RECONCILING):
        latest = list(_latest_ended_runs(modes))
        healthy = {run.flow_id: run for run in latest if run.state in _ENDED_WELL}
        opened += sum(_blame_run(run, now) for run in latest if run.state == RunState.FAILED)
        closed += _close_healthy(healthy, modes, now)
    closed += _close_of_retired(now)
    _end_vain_retries(now)
    return opened, closed


def judge_silence() -> tuple[int, int]:
    """Open a case per live flow that should have run and did not, close those that ran. Returns (opened, closed)."""
    with transaction.atomic():
        case_book.take_turn()
        now = timezone.now()
        silent = _silent_flows(now)
        opened = sum(_open_silence(flow, sentence, now) for flow, sentence in silent.values())
        routing_book.route_new(now)
        return opened, _close_broken_silences(set(silent), now)


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


def _blame_run(run: Run, now: datetime) -> bool:
    judged = ExceptionCase.objects.filter(run=run).first()
    if judged is not None:
        _follow_run(judged, run, now)
        return False
    business_class = run.error_class or BusinessClass.INTERNAL
    verdict = verdict_for(business_class)
    step = _STEPS.get(Run.Mode(run.mode), "run")
    new = case_book.case_of_flow(run.flow, step, business_class, run.error_message or verdict.explanation, run)
    found = case_book.find_open(new)
    if found is None:
        case_book.open_case(new, title=verdict.title, now=now)
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


def _silent_flows(now: datetime) -> dict[UUID, tuple[Flow, str]]:
    ended = Run.objects.filter(flow=OuterRef("pk"), finished_at__isnull=False, mode__in=_MOVING)
    ended = ended.exclude(state=RunState.CANCELLED)
    flows = (
        Flow.objects.filter(state=Flow.State.LIVE, expected_every_seconds__gt=0)
        .select_related("live_version")
        .annotate(last_ended_at=Subquery(ended.order_by("-id").values("finished_at")[:1]))
    )
    silent = _out_of_rhythm(now)
    for flow in flows:
        found = silence(
            last_ended_at=flow.last_ended_at,
            expected_since=_live_since(flow),
            expected_every_seconds=flow.expected_every_seconds,
            now=now,
        )
        if found:
            silent[flow.id] = (flow, f"No run of {flow.name} has ended since {found.since:%d %b %Y, %H:%M} UTC.")
    return silent


def _out_of_rhythm(now: datetime) -> dict[UUID, tuple[Flow, str]]:
    """Return the live flows that moved no record for longer than their learned rhythm knows, each with a sentence."""
    moved = Run.objects.filter(flow=OuterRef("pk"), finished_at__isnull=False).exclude(mode__in=_NO_RHYTHM)
    moved = moved.filter(Q(written__gt=0) | Q(unchanged__gt=0))
    flows = (
        Flow.objects.filter(state=Flow.State.LIVE, rhythm__isnull=False)
        .select_related("live_version")
        .annotate(moved_at=Subquery(moved.order_by("-id").values("finished_at")[:1]))
    )
    silent: dict[UUID, tuple[Flow, str]] = {}
    for flow in flows:
        since = max(filter(None, (flow.moved_at, _resumed_at(flow), _live_since(flow))))
        if learned_silence(read_rhythm(flow.rhythm), since, now) and quiet_until(flow, now) is None:
            sentence = f"No record has come through {flow.name} since {since:%d %b %Y, %H:%M} UTC: it usually does."
            silent[flow.id] = (flow, sentence)
    return silent


def _live_since(flow: Flow) -> datetime:
    return (flow.live_version and flow.live_version.published_at) or flow.created_at


def _resumed_at(flow: Flow) -> datetime | None:
    stored = (flow.rhythm or {}).get("resumed_at")
    return datetime.fromisoformat(stored) if stored else None


def _open_silence(flow: Flow, sentence: str, now: datetime) -> bool:
    new = case_book.case_of_flow(flow, "rhythm", OVERDUE, sentence)
    if _open_cases().filter(flow=flow, error_class=OVERDUE).exists() or _was_dismissed(flow, sentence):
        return False
    case_book.open_case(new, title=verdict_for(OVERDUE).title, now=now)
    return True


def _was_dismissed(flow: Flow, sentence: str) -> bool:
    """Tell whether a person closed the case of this very silence: the sentence names since when."""
    closed = ExceptionCase.objects.filter(flow=flow, error_class=OVERDUE, explanation=sentence)
    return closed.filter(closed_how=ExceptionCase.ClosedHow.BY_PERSON).exists()


def _close_broken_silences(silent: set[UUID], now: datetime) -> int:
    done = list(_open_cases().filter(error_class=OVERDUE).exclude(flow__in=silent).select_related("flow"))
    for case in done:
        stopped = case.flow is not None and case.flow.state != Flow.State.LIVE
        how = ExceptionCase.ClosedHow.FLOW_STOPPED if stopped else ExceptionCase.ClosedHow.ARRIVED
        reason = "the flow is no longer live." if stopped else "a run has ended since."
        case_book.close_case(case, how, reason=reason, now=now)
    return len(done)


def _open_cases() -> QuerySet[ExceptionCase]:
    """Return open cases, locked: a person may be closing or assigning one of them just now."""
    return ExceptionCase.objects.select_for_update(of=("self",)).exclude(state=ExceptionCase.State.CLOSED)
