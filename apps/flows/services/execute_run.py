"""One slice of a run: recover, retry, read on, deliver, settle; give the worker back after a while.

The order of one slice: a batch left open by a lost worker, then ledger lines whose retry is due, then further reading
(or the named operations of a replay). Calls happen between two short transactions, never inside one.
"""

import asyncio
import random
import time
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from apps.connectors import services as connections
from apps.connectors.contract import SourceRecord
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import BusinessClass, FailureKind, RateLimitedError, RemoteError
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.counts import Counts, end_state
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.retry import next_attempt
from apps.flows.engine.states import RUN_TERMINAL, BatchState, OperationState, RunState
from apps.flows.mapping.compile import MappingError
from apps.flows.models import Batch, Operation, Run
from apps.flows.services import planning, telemetry
from apps.flows.services.backfill import window_of
from apps.flows.services.cancel_run import close_cancelled
from apps.flows.services.deliver import deliver_entries
from apps.flows.services.entries import Delivery, OpenBatch
from apps.flows.services.evidence import records_of
from apps.flows.services.reading import BatchReader, ReadBatch
from apps.flows.services.session import Session, open_session
from apps.flows.services.settle import settle
from apps.flows.services.verdicts import connection_failure, is_system_away
from apps.flows.signals import ledger_changed

SLICE_SECONDS = 15.0  # then others get their turn
LEAST_DELIVERY_SECONDS = 5.0  # a batch written ahead late in a slice still gets a start
# What keeps a run from starting at all: its version does not compile any more, or a connection cannot be opened.
CANNOT_START = (MappingError, DefinitionError, RemoteError, UnsealError, KeyError)
log = structlog.get_logger(__name__)
_Result = TypeVar("_Result")


class SystemAwayError(Exception):
    """The whole system is unreachable: the batch stays open and the run waits."""

    def __init__(self, error: RemoteError) -> None:
        super().__init__(error.message)
        self.error = error


class RunStoppedError(Exception):
    """Nothing can pass until a person mends the connection or the set-up: the run has failed."""

    def __init__(self, error: RemoteError, connection_id: UUID) -> None:
        super().__init__(error.message)
        self.error = error
        self.connection_id = connection_id


def run_slice(work: LeasedWork) -> RunAgain | None:
    """Carry a run on for a while. Returns when to continue, None when the run is over."""
    try:
        with transaction.atomic():
            session = open_session(work)
    except CANNOT_START as error:
        _fail_unopened(work, error)
        return None
    if session is None:
        close_cancelled(UUID(work.reference))
        return None
    with telemetry.watch_run(session) as tally, asyncio.Runner() as runner:
        again = _work_through(session, runner)
        tally.outcome = "over" if again is None else "goes on" if again.at is None else "waits"
        return again


def _work_through(session: Session, runner: asyncio.Runner) -> RunAgain | None:
    try:
        return _Slice(session, runner).work_through()
    except SystemAwayError as away:
        telemetry.mark_failed("the system is away")
        return _wait_for_system(session, away.error)
    except RunStoppedError as stop:
        telemetry.mark_failed("the run cannot go on until a person mends something")
        _fail(session, stop.error, stop.connection_id)
        return None


class _Slice:
    """The walk of one slice, with the event loop that its connectors live on."""

    def __init__(self, session: Session, runner: asyncio.Runner) -> None:
        self.session = session
        self.runner = runner
        self.ends_at = time.monotonic() + SLICE_SECONDS
        self.upcoming: ReadBatch | RemoteError | None = None

    def work_through(self) -> RunAgain | None:
        session = self.session
        self._complete(open_connectors(session))
        try:
            self._recover()
            if not self._retry_due():
                return RunAgain()
            if not session.reading_done and not self._read_on():
                return RunAgain()
        finally:
            self._complete(close_connectors(session))
        return _finish(session)

    def _recover(self) -> None:
        # Those without a number belong to single walks, which recover by themselves.
        open_rows = Batch.objects.filter(run_id=self.session.run_id, number__isnull=False).exclude(
            state__in=[BatchState.SETTLED, BatchState.ABANDONED]
        )
        with transaction.atomic():
            batches = [planning.recover_batch(self.session, row) for row in open_rows.order_by("number")]
        for batch in batches:
            log.info("batch_recovered", batch=batch.number)
            self._deliver_and_settle(batch, reader=None)
            if batch.checkpoint_after is not None:
                self.session.position = batch.checkpoint_after

    def _retry_due(self) -> bool:
        """Try due ledger lines again, a batch at a time. Returns False when the time is up."""
        while records := self._due_records():
            self._try_again(records)
            if self._time_is_up():
                return False
        return True

    def _due_records(self) -> list[SourceRecord]:
        with transaction.atomic():
            due = Operation.objects.filter(
                last_run_id=self.session.run_id, state=OperationState.WAITING, due_at__lte=timezone.now()
            ).order_by("id")
            return list(records_of(due[: self.session.compiled.definition.batch_size]).values())

    def _try_again(self, records: list[SourceRecord]) -> None:
        with transaction.atomic():
            batch = planning.plan_and_write_ahead(self.session, records, None, again=True)
        self._deliver_and_settle(batch, reader=None)

    def _read_on(self) -> bool:
        """Read, deliver and settle to the end. Returns False when the time is up before it."""
        if self.session.mode == Run.Mode.REPLAY:
            return self._replay()
        reader = self._reader()
        self.upcoming = self._complete(reader.next_batch())
        while True:
            read = self._taken()
            if not read.records:
                break
            with transaction.atomic():
                batch = planning.plan_and_write_ahead(self.session, read.records, read.checkpoint)
            self._deliver_and_settle(batch, reader=None if read.last else reader)
            if read.last:
                break
            if self._time_is_up():
                return False
        self._end_reading()
        return True

    def _reader(self) -> BatchReader:
        session = self.session
        name = session.pinned.source_object.name
        named = session.payload.get("keys", []) if session.mode == Run.Mode.RECORDS else []
        position = None if session.mode == Run.Mode.RECORDS else session.position
        if session.mode == Run.Mode.BACKFILL:
            pages = session.source.read_window(name, *window_of(session.payload), session.position)
        else:
            pages = session.source.read(name, position, named)
        return BatchReader(pages, session.compiled.definition.batch_size)

    def _taken(self) -> ReadBatch:
        if isinstance(self.upcoming, RemoteError):
            raise _stopped_or_away(self.upcoming, self.session.source_id)
        if self.upcoming is None:
            raise RuntimeError("nothing was read ahead")
        if self.session.mode == Run.Mode.RECORDS:
            return ReadBatch(self.upcoming.records, None, self.upcoming.last)  # named records move no checkpoint
        return self.upcoming

    def _end_reading(self) -> None:
        with transaction.atomic():
            self.session.work.confirm()
            Run.objects.filter(id=self.session.run_id).update(reading_done=True)
            connections.mark_working(self.session.source_id)
        self.session.reading_done = True

    def _replay(self) -> bool:
        chosen = [UUID(operation_id) for operation_id in self.session.payload.get("operations", [])]
        size = self.session.compiled.definition.batch_size
        for start in range(0, len(chosen), size):
            with transaction.atomic():
                lines = Operation.objects.filter(
                    id__in=chosen[start : start + size], flow_id=self.session.flow_id, state=OperationState.REJECTED
                ).exclude(last_run_id=self.session.run_id)
                records = list(records_of(lines).values())
            if records:
                self._try_again(records)
            if self._time_is_up():
                return False
        with transaction.atomic():
            self.session.work.confirm()
            Run.objects.filter(id=self.session.run_id).update(reading_done=True)
        return True

    def _deliver_and_settle(self, batch: OpenBatch, reader: BatchReader | None) -> None:
        with telemetry.batch(batch.number, len(batch.entries)):
            delivery, self.upcoming = self._complete(
                _deliver_and_read_on(self.session, batch, reader, self._delivery_ends_at())
            )
            outcomes = list(delivery.outcomes.values())
            away = is_system_away(outcomes)
            if away is not None:
                raise SystemAwayError(away)
            blocked = connection_failure(outcomes)
            if blocked is not None:
                _drop_untried(batch, delivery)
                settle(self.session, batch, delivery, keep_checkpoint=True)
                raise RunStoppedError(blocked, self.session.target_id)
            settle(self.session, batch, delivery)
        if outcomes:
            self.session.known_links.update(delivery.found_links)

    def _complete(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        # Not Runner.run: it sets a signal handler each time, and Python then spells out the finished task with its
        # whole result (an enum lookup that fails), which costs as much as mapping the batch.
        return self.runner.get_loop().run_until_complete(work)

    def _delivery_ends_at(self) -> float:
        return max(self.ends_at, time.monotonic() + LEAST_DELIVERY_SECONDS)

    def _time_is_up(self) -> bool:
        return time.monotonic() >= self.ends_at or self.session.work.lost or _is_cancelled(self.session.run_id)


def _is_cancelled(run_id: UUID) -> bool:
    with transaction.atomic():
        return Run.objects.filter(id=run_id, state=RunState.CANCELLED).exists()


async def open_connectors(session: Session) -> None:
    """Open both sides of a session."""
    await session.source.__aenter__()
    await session.target.__aenter__()


async def close_connectors(session: Session) -> None:
    """Close both sides, the target first."""
    await session.target.__aexit__(None, None, None)
    await session.source.__aexit__(None, None, None)


async def _deliver_and_read_on(
    session: Session, batch: OpenBatch, reader: BatchReader | None, ends_at: float
) -> tuple[Delivery, ReadBatch | RemoteError | None]:
    """Deliver this batch and read the next one meanwhile."""
    delivering = _deliver(session, batch, ends_at)
    if reader is None:
        return await delivering, None
    delivery, upcoming = await asyncio.gather(delivering, reader.next_batch())
    return delivery, upcoming


async def _deliver(session: Session, batch: OpenBatch, ends_at: float) -> Delivery:
    to_deliver = [entry for entry in batch.entries if entry.to_deliver]
    if not to_deliver:
        return Delivery({})
    try:
        with telemetry.step("deliver", len(to_deliver)):
            known = session.known_links
            return await deliver_entries(session.target, session.pinned, to_deliver, known, ends_at=ends_at)
    except RemoteError as error:
        raise _stopped_or_away(error, session.target_id) from error


def _stopped_or_away(error: RemoteError, connection_id: UUID) -> Exception:
    if error.kind in (FailureKind.RETRYABLE, FailureKind.RATE_LIMITED):
        return SystemAwayError(error)
    return RunStoppedError(error, connection_id)


def _drop_untried(batch: OpenBatch, delivery: Delivery) -> None:
    """Leave out of the ledger what nothing can be said about yet: the next run reads it again.

    Lines that exist already (retry, replay) stay in: the failure is theirs until someone mends the connection.
    """
    blocking = {FailureKind.AUTH_EXPIRED, FailureKind.MISCONFIGURED}
    untried: set[UUID] = set()
    for operation_id, outcome in delivery.outcomes.items():
        if outcome.error is not None and outcome.error.kind in blocking:
            untried.add(operation_id)
    batch.entries = [entry for entry in batch.entries if entry.operation_id not in untried or entry.known is not None]


def _wait_for_system(session: Session, error: RemoteError) -> RunAgain | None:
    """Let the run wait for a system that is away, longer each time; give up after the last wait."""
    outages = session.outages + 1
    until = error.until if isinstance(error, RateLimitedError) else None
    at = next_attempt(error.kind, outages, timezone.now(), until=until, jitter=spread())
    if at is None:
        _fail(session, error, session.target_id)
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


def spread() -> float:
    """Return a share of a delay, so that many retries do not come back in one moment."""
    return 0.5 + random.random() / 2  # noqa: S311  spreading load, no secret


def _fail(session: Session, error: RemoteError, connection_id: UUID) -> None:
    with transaction.atomic():
        session.work.confirm()
        abandon_waiting(session.run_id, error)
        Batch.objects.filter(run_id=session.run_id).exclude(state=BatchState.SETTLED).update(state=BatchState.ABANDONED)
        Run.objects.filter(id=session.run_id).exclude(state__in=RUN_TERMINAL).update(
            state=RunState.FAILED,
            finished_at=timezone.now(),
            error_class=error.business_class,
            error_message=error.message[:600],
        )
        connections.mark_attention(connection_id, error.message)
        ledger_changed.send(sender=Run, flow_id=session.flow_id, customer_id=session.customer_id)


def _fail_unopened(work: LeasedWork, error: Exception) -> None:
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
        ledger_changed.send(sender=Run, flow_id=run.flow_id, customer_id=run.customer_id)


def abandon_waiting(run_id: UUID, error: RemoteError) -> None:
    """Hand lines that still wait to a person: their run will not come back for them."""
    waiting = Operation.objects.filter(last_run_id=run_id, state=OperationState.WAITING)
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


def _finish(session: Session) -> RunAgain | None:
    with transaction.atomic():
        session.work.confirm()
        next_due = _next_due(session.run_id)
        run = Run.objects.select_for_update(no_key=True).get(id=session.run_id)
        if run.state == RunState.CANCELLED:
            return RunAgain()
        if next_due is not None:
            run.state = RunState.WAITING
            run.save(update_fields=["state"])
            return RunAgain(next_due)
        if run.waiting and session.compiled.definition.walks:
            # Its records walk on by themselves, for days perhaps: the lane is free, and the last of them ends the run.
            run.state = RunState.WAITING
            run.save(update_fields=["state"])
            return None
        counts = Counts(run.read, run.written, run.unchanged, run.skipped, run.rejected, run.waiting)
        run.state = end_state(counts)
        run.finished_at = timezone.now()
        run.error_class = run.error_message = ""
        run.save(update_fields=["state", "finished_at", "error_class", "error_message"])
        if counts.written or counts.unchanged:
            connections.mark_working(session.target_id)
        ledger_changed.send(sender=Run, flow_id=session.flow_id, customer_id=session.customer_id)
    return None


def _next_due(run_id: UUID) -> datetime | None:
    waiting = Operation.objects.filter(last_run_id=run_id, state=OperationState.WAITING)
    due: datetime | None = waiting.aggregate(first=Min("due_at"))["first"]
    return due
