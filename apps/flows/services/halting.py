"""Runs that cannot go on just now, or not at all: waiting for a system, paused with its connection, failed."""

import random
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.connectors import breaker, call_hours, connection_state
from apps.connectors.breaker import PausedError
from apps.connectors.contract import CallCounts, WriteOutcome
from apps.connectors.errors import BusinessClass, FailureKind, RateLimitedError, RemoteError
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.retry import next_attempt
from apps.flows.engine.states import RUN_TERMINAL, BatchState, OperationState, RunState
from apps.flows.models import Batch, Operation, Run
from apps.flows.services import receipts
from apps.flows.services.run_end import tell_caller
from apps.flows.services.session import Session
from apps.flows.services.verdicts import is_system_away
from apps.flows.signals import ledger_changed

_ON_THE_SIDE = (Run.Mode.BACKFILL, Run.Mode.COMPARE, Run.Mode.RECONCILE)


class SystemAwayError(Exception):
    """The whole system is unreachable: the batch stays open and the run waits."""

    def __init__(self, error: RemoteError, connection_id: UUID) -> None:
        super().__init__(error.message)
        self.error = error
        self.connection_id = connection_id


class RunStoppedError(Exception):
    """Nothing can pass until a person mends the connection or the set-up."""

    def __init__(self, error: RemoteError, connection_id: UUID) -> None:
        super().__init__(error.message)
        self.error = error
        self.connection_id = connection_id


def stopped_or_away(error: RemoteError, connection_id: UUID) -> SystemAwayError | RunStoppedError:
    """Return what a failure of a whole system means for the run."""
    if error.kind in (FailureKind.RETRYABLE, FailureKind.RATE_LIMITED):
        return SystemAwayError(error, connection_id)
    return RunStoppedError(error, connection_id)


def require_present(outcomes: list[WriteOutcome], connection_id: UUID) -> None:
    """Raise SystemAwayError when every single record failed because the whole system is unreachable."""
    away = is_system_away(outcomes)
    if away is not None:
        raise SystemAwayError(away, connection_id)


class CallWatch:
    """Tells the breakers how the calls of one slice fare, and remembers it until the slice is over."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._fared: dict[UUID, CallCounts] = {}

    def note(self) -> None:
        """Tell what is new. Outside any transaction that must not fail for it."""
        session = self._session
        for connection_id, connector in ((session.source_id, session.source), (session.target_id, session.target)):
            new, before = connector.take_counts(), self._fared.get(connection_id, CallCounts())
            self._fared[connection_id] = CallCounts(before.ok + new.ok, before.failed + new.failed, new.reason)
            call_hours.note_calls(connection_id, new)

    def require_closed(self) -> None:
        """Raise PausedError once a breaker of this run has opened, here or in another worker."""
        breaker.require_closed(self._session.calls)

    def found_it_away(self, connection_id: UUID) -> bool:
        """Say whether not a single call of this slice came through to the system."""
        counts = self._fared.get(connection_id, CallCounts())
        return bool(counts.failed and not counts.ok)


def pause(work: LeasedWork, paused: PausedError) -> RunAgain:
    """Let the run wait until its connection is back, without spending an attempt."""
    run = Run.objects.filter(id=UUID(work.reference))
    with transaction.atomic():
        work.confirm()
        why = {"error_class": BusinessClass.CONNECTION, "error_message": paused.message[:600]}
        begun = run.filter(state__in=[RunState.RUNNING, RunState.WAITING])
        if not begun.update(state=RunState.WAITING, outages=0, **why):
            run.filter(state=RunState.QUEUED).exclude(error_message=paused.message[:600]).update(**why)
        if run.filter(state=RunState.CANCELLED).exists():
            return RunAgain()  # closed at once
    return RunAgain(paused.until, waiting_for=paused.connection_id)


def wait_for_system(session: Session, away: SystemAwayError, watch: CallWatch) -> RunAgain | None:
    """Let the run wait for a system that is away: until its breaker lets go, or so long that nothing opens it."""
    error = away.error
    if error.kind is FailureKind.RETRYABLE:
        if watch.found_it_away(away.connection_id):
            breaker.note_outage(away.connection_id, error.message)
        try:
            watch.require_closed()
        except PausedError as paused:
            return pause(session.work, paused)
    return _wait(session, away)


def stop(session: Session, stopped: RunStoppedError) -> RunAgain | None:
    """End the run that nothing can bring on; one whose sign-in was refused waits for valid credentials instead."""
    if stopped.error.kind is FailureKind.AUTH_EXPIRED:
        breaker.note_refusal(stopped.connection_id, stopped.error.message)
        try:
            breaker.require_closed([stopped.connection_id])
        except PausedError as paused:
            return pause(session.work, paused)
        return RunAgain()  # somebody has entered new ones this very moment
    _fail(session, stopped.error, stopped.connection_id)
    return None


def _wait(session: Session, away: SystemAwayError) -> RunAgain | None:
    """Wait longer each time; give up after the last."""
    error, outages = away.error, session.outages + 1
    until = error.until if isinstance(error, RateLimitedError) else None
    jitter = 0.5 + random.random() / 2  # noqa: S311  spreading load, no secret
    at = next_attempt(error.kind, outages, timezone.now(), until=until, jitter=jitter)
    if at is None:
        _fail(session, error, away.connection_id)
        return None
    with transaction.atomic():
        session.work.confirm()
        still_on = Run.objects.filter(id=session.run_id, state=RunState.RUNNING).update(
            state=RunState.WAITING,
            outages=outages,
            error_class=error.business_class,
            error_message=f"{error.message} Trying again by itself."[:600],
        )
        ledger_changed.send(sender=Run, flow_id=session.flow_id, customer_id=session.customer_id)
    return RunAgain(at if still_on else None)  # a run cancelled meanwhile is closed at once


def _fail(session: Session, error: RemoteError, connection_id: UUID) -> None:
    with transaction.atomic():
        session.work.confirm()
        if not session.compiled.definition.walks:  # records that walk by themselves do not end with their reading
            abandon_waiting(session.run_id, error)
        Batch.objects.filter(run_id=session.run_id, number__isnull=False).exclude(state=BatchState.SETTLED).update(
            state=BatchState.ABANDONED
        )
        Run.objects.filter(id=session.run_id).exclude(state__in=RUN_TERMINAL).update(
            state=RunState.FAILED,
            finished_at=timezone.now(),
            error_class=error.business_class,
            error_message=error.message[:600],
        )
        if session.mode not in _ON_THE_SIDE or error.kind != FailureKind.MISCONFIGURED:
            # A system that knows no spans of time, or shows fewer records than before, is in order all the same.
            connection_state.mark_attention(connection_id, error.message)
        tell_caller(session.run_id)
        ledger_changed.send(sender=Run, flow_id=session.flow_id, customer_id=session.customer_id)


def fail_unopened(work: LeasedWork, error: Exception) -> None:
    """End a run that could not even be opened."""
    remote = error if isinstance(error, RemoteError) else None
    with transaction.atomic():
        work.confirm()
        run = Run.objects.filter(id=UUID(work.reference)).first()
        if run is None:
            return
        Run.objects.filter(id=run.id).exclude(state__in=RUN_TERMINAL).update(
            state=RunState.FAILED,
            finished_at=timezone.now(),
            error_class=remote.business_class if remote else BusinessClass.MAPPING_GAP,
            error_message=f"The run could not start: {error}"[:600],
        )
        tell_caller(run.id)
        ledger_changed.send(sender=Run, flow_id=run.flow_id, customer_id=run.customer_id)


def abandon_waiting(run_id: UUID, error: RemoteError) -> None:
    """Hand lines that still wait to a person: their run will not come back for them."""
    waiting = Operation.objects.filter(last_run_id=run_id, state=OperationState.WAITING)
    receipts.give_up(list(waiting.values_list("id", flat=True)))
    number = waiting.update(
        state=OperationState.REJECTED,
        due_at=None,
        error_kind=error.kind,
        error_class=error.business_class,
        error_message=error.message[:600],
        changed_at=timezone.now(),
    )
    if number:
        run = Run.objects.select_for_update(no_key=True).get(id=run_id)
        run.waiting -= number
        run.rejected += number
        run.save(update_fields=["waiting", "rejected"])
