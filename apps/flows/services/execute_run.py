"""One slice of a run: recover, retry, read on, deliver, settle; give the worker back after a while.

The order of one slice: a batch left open by a lost worker, then questions about what the target has taken, then ledger lines
whose retry is due, then further reading (or the named operations of a replay). Calls happen between two short transactions, never inside one.
"""

import asyncio
import time
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from apps.connectors import connection_state
from apps.connectors.breaker import PausedError
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import FailureKind, RemoteError
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork, should_yield
from apps.flows.engine.counts import Counts, end_state
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.states import BatchState, OperationState, RunState
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Batch, Operation, Run
from apps.flows.services import announced, asking, drift, planning, receipts, telemetry
from apps.flows.services.backfill import window_of
from apps.flows.services.cancel_run import close_cancelled
from apps.flows.services.comparing import compare_on
from apps.flows.services.deliver import deliver_entries
from apps.flows.services.entries import Delivery, OpenBatch
from apps.flows.services.evidence import records_of, source_keys_of
from apps.flows.services.halting import (
    CallWatch,
    RunStoppedError,
    SystemAwayError,
    fail_unopened,
    pause,
    require_present,
    stop,
    stopped_or_away,
    wait_for_system,
)
from apps.flows.services.reading import BatchReader, ReadBatch
from apps.flows.services.reconciling import reconcile_on
from apps.flows.services.reread import Recalled, read_again, recall
from apps.flows.services.rule_book import open_rules, plan_by_rules
from apps.flows.services.run_end import wind_up
from apps.flows.services.session import Session, open_session
from apps.flows.services.settle import reject_lost, settle
from apps.flows.services.verdicts import connection_failure
from apps.flows.signals import ledger_changed

SLICE_SECONDS = 15.0  # then others get their turn
LEAST_DELIVERY_SECONDS = 5.0  # a batch written ahead late in a slice still gets a start
# What keeps a run from starting at all: its version does not compile any more, or a connection cannot be opened.
CANNOT_START = (MappingError, DefinitionError, RemoteError, UnsealError, KeyError)
log = structlog.get_logger(__name__)
_Result = TypeVar("_Result")


def run_slice(work: LeasedWork) -> RunAgain | None:
    """Carry a run on for a while. Returns when to continue, None when the run is over."""
    try:
        with transaction.atomic():
            session = open_session(work)
    except PausedError as paused:
        return pause(work, paused)
    except CANNOT_START as error:
        fail_unopened(work, error)
        return None
    if session is None:
        close_cancelled(UUID(work.reference))
        return None
    with telemetry.watch_run(session) as tally, asyncio.Runner() as runner:
        again = _work_through(session, runner)
        tally.outcome = "over" if again is None else "goes on" if again.at is None else "waits"
        return again


def _work_through(session: Session, runner: asyncio.Runner) -> RunAgain | None:
    watch = CallWatch(session)
    try:
        return _Slice(session, runner, watch).work_through()
    except PausedError as paused:
        telemetry.mark_failed("the connection is paused")
        return pause(session.work, paused)
    except SystemAwayError as away:
        telemetry.mark_failed("the system is away")
        return wait_for_system(session, away, watch)
    except RunStoppedError as stopped:
        telemetry.mark_failed("the run cannot go on until a person mends something")
        return stop(session, stopped)


class _Slice:
    """The walk of one slice, with the event loop that its connectors live on."""

    def __init__(self, session: Session, runner: asyncio.Runner, watch: CallWatch) -> None:
        self.session = session
        self.runner = runner
        self.watch = watch
        self.ends_at = time.monotonic() + SLICE_SECONDS
        self.upcoming: ReadBatch | RemoteError | None = None
        self.behind = False
        self.rules = open_rules(session)

    def work_through(self) -> RunAgain | None:
        session = self.session
        self._complete(open_connectors(session))
        try:
            if session.mode == Run.Mode.COMPARE:
                again = compare_on(session, self._complete, self._time_is_up)
                return _finish(session) if again is None else RunAgain(again.at, behind=self.behind)
            if session.mode == Run.Mode.RECONCILE:
                again = reconcile_on(session, self._complete, self._time_is_up)
                return _finish(session) if again is None else RunAgain(again.at, behind=self.behind)
            self._recover()
            if not self._ask_due():
                return RunAgain(behind=self.behind)
            drift.require_agreed(session, self._complete)
            if not self._retry_due():
                return RunAgain(behind=self.behind)
            if not session.reading_done and not self._read_on():
                return RunAgain(behind=self.behind)
        except RunStoppedError as stopped:
            raise drift.explained(session, stopped, self._complete) from stopped
        finally:
            self._complete(close_connectors(session))
            self.watch.note()
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

    def _ask_due(self) -> bool:
        """Ask the target about what it has taken, a batch at a time. Returns False when the time is up."""
        while asking.ask_batch(self.session, self._complete):
            self.watch.note()
            self.watch.require_closed()
            if self._time_is_up():
                return False
        return True

    def _retry_due(self) -> bool:
        """Try due ledger lines again, a batch at a time. Returns False when the time is up."""
        while lines := self._due_lines():
            self._try_again(lines)
            if self._time_is_up():
                return False
        return True

    def _due_lines(self) -> list[Operation]:
        now = timezone.now()
        with transaction.atomic():
            if receipts.late_answer(self.session) is not None:
                receipts.put_behind(self.session, now)
            waiting = Operation.objects.filter(last_run_id=self.session.run_id, state=OperationState.WAITING)
            due = receipts.without_receipts(waiting.filter(due_at__lte=now))
            return list(due.order_by("id")[: self.session.compiled.definition.batch_size])

    def _try_again(self, lines: list[Operation]) -> None:
        """Try ledger lines once more: each is settled, put off, replaced by its newer version, or handed to a person."""
        recalled = self._recall(lines)
        reject_lost(self.session, recalled.lost)
        if recalled.records:
            batch = plan_by_rules(self.session, self.rules, self._complete, recalled.records, None, again=True)
            batch.replaced = recalled.replaced
            self._deliver_and_settle(batch, reader=None)

    def _recall(self, lines: list[Operation]) -> Recalled:
        """Return the records of ledger lines: as they are kept, or from their source where they are not."""
        with transaction.atomic():
            kept = records_of(lines)
            keys = source_keys_of([line for line in lines if line.id not in kept])
        try:
            found = self._complete(read_again(self.session, list(keys.values())))
        except RemoteError as error:
            raise stopped_or_away(error, self.session.source_id) from error
        return recall(lines, kept=kept, keys=keys, found=found)

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
            batch = plan_by_rules(self.session, self.rules, self._complete, read.records, read.checkpoint)
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
        elif session.brought:
            pages = announced.pages_of(session.brought)
        else:
            pages = session.source.read(name, position, named)
        return BatchReader(pages, session.compiled.definition.batch_size)

    def _taken(self) -> ReadBatch:
        if isinstance(self.upcoming, RemoteError):
            raise stopped_or_away(self.upcoming, self.session.source_id)
        if self.upcoming is None:
            raise RuntimeError("nothing was read ahead")
        if self.session.mode == Run.Mode.RECORDS:
            return ReadBatch(self.upcoming.records, None, self.upcoming.last)  # named records move no checkpoint
        return self.upcoming

    def _end_reading(self) -> None:
        with transaction.atomic():
            self.session.work.confirm()
            Run.objects.filter(id=self.session.run_id).update(reading_done=True)
            connection_state.mark_working(self.session.source_id)
        self.session.reading_done = True

    def _replay(self) -> bool:
        chosen = [UUID(operation_id) for operation_id in self.session.payload.get("operations", [])]
        size = self.session.compiled.definition.batch_size
        for start in range(0, len(chosen), size):
            with transaction.atomic():
                rejected = Operation.objects.filter(
                    id__in=chosen[start : start + size], flow_id=self.session.flow_id, state=OperationState.REJECTED
                )
                lines = list(rejected.exclude(last_run_id=self.session.run_id).order_by("id"))
            if lines:
                self._try_again(lines)
            if self._time_is_up():
                return False
        with transaction.atomic():
            self.session.work.confirm()
            Run.objects.filter(id=self.session.run_id).update(reading_done=True)
        return True

    def _deliver_and_settle(self, batch: OpenBatch, reader: BatchReader | None) -> None:
        with telemetry.batch(batch.number, len(batch.entries)):
            try:
                delivery, self.upcoming = self._complete(
                    _deliver_and_read_on(self.session, batch, reader, self._delivery_ends_at())
                )
                outcomes = list(delivery.outcomes.values())
                require_present(outcomes, self.session.target_id)
            except (SystemAwayError, RunStoppedError):
                planning.abandon_unsent(self.session, batch)
                raise
            blocked = connection_failure(outcomes)
            if blocked is not None:
                _drop_untried(batch, delivery)
                settle(self.session, batch, delivery, keep_checkpoint=True)
                raise RunStoppedError(blocked, self.session.target_id)
            settle(self.session, batch, delivery)
        if outcomes:
            self.session.known_links.update(delivery.found_links)
            self.watch.note()
            self.watch.require_closed()

    def _complete(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        # Not Runner.run: it sets a signal handler each time, and Python then spells out the finished task with its
        # whole result (an enum lookup that fails), which costs as much as mapping the batch.
        return self.runner.get_loop().run_until_complete(work)

    def _delivery_ends_at(self) -> float:
        return max(self.ends_at, time.monotonic() + LEAST_DELIVERY_SECONDS)

    def _time_is_up(self) -> bool:
        self.behind = self._had_better_yield()
        over = time.monotonic() >= self.ends_at or self.session.work.lost or _is_cancelled(self.session.run_id)
        return over or self.behind

    def _had_better_yield(self) -> bool:
        """Return True when something more urgent waits: between two batches a less urgent run lets it go first.

        Another run of the flow may so overtake this one, yet no version of a record overtakes a newer one: the batch is
        settled, what was read ahead is dropped and read again, and planning leaves an older version than the ledger's out.
        """
        with transaction.atomic():
            return should_yield(self.session.work)


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
        raise stopped_or_away(error, session.target_id) from error


def _drop_untried(batch: OpenBatch, delivery: Delivery) -> None:
    """Leave out of the ledger what nothing can be said about yet: it is read again.

    Lines that exist already (retry, replay) stay in where the run ends here: the failure is theirs until someone mends the
    set-up. A refused sign-in only pauses the run, so that they are as they were.
    """
    failures = {id_: outcome.error.kind for id_, outcome in delivery.outcomes.items() if outcome.error is not None}
    batch.entries = [
        entry
        for entry in batch.entries
        if failures.get(entry.operation_id) not in (FailureKind.AUTH_EXPIRED, FailureKind.MISCONFIGURED)
        or (failures[entry.operation_id] is FailureKind.MISCONFIGURED and entry.known is not None)
    ]


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
        wind_up(run)
        if counts.written or counts.unchanged:
            connection_state.mark_working(session.target_id)
        ledger_changed.send(sender=Run, flow_id=session.flow_id, customer_id=session.customer_id)
    return None


def _next_due(run_id: UUID) -> datetime | None:
    waiting = Operation.objects.filter(last_run_id=run_id, state=OperationState.WAITING)
    due: datetime | None = waiting.aggregate(first=Min("due_at"))["first"]
    return due
