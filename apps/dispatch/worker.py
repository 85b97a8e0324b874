"""Draining a queue: claim, run each row inside its partner's scope, settle; until nothing is due or time is up."""

import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import sentry_sdk
import structlog
from django.db import Error, connection

from apps.dispatch import fairness, keeper, leases, telemetry, wakeups
from apps.dispatch.kinds import RunAgain, require_kind
from apps.dispatch.leases import LeasedWork, LeaseLostError
from apps.dispatch.models import Priority, Queue
from apps.tenants import scope
from apps.tenants.collector import spare_the_collector

LONG_SECONDS = 0.25  # what takes as long is done with empty hands

logger = logging.getLogger(__name__)


class Stopping(Protocol):
    """Something that says whether to end: a threading.Event, or a flag shared with other processes."""

    def is_set(self) -> bool:
        """Return True once no more work should be begun."""


def drain(
    queue: Queue,
    *,
    worker: str,
    seconds: float = 25,
    limit: int | None = None,
    stopping: Stopping | None = None,
    wake_others: bool = False,
) -> int:
    """Do what is due in `queue` and return how many rows were begun. Call it outside any partner's transaction.

    Ends when nothing can be claimed, after `limit` rows, when `seconds` are up or `stopping` is set; rows claimed and
    not begun are given back. With `wake_others`, having found something wakes one more worker, which may wake the next.
    """
    spare_the_collector()
    with scope.public():
        return _Drain(queue, worker, seconds, limit, stopping).run(wake_others=wake_others)


class Pace:
    """How long a row of each kind takes by experience; backfills and the like apart from urgent rows of their kind."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, bool], float] = {}

    def note(self, work: LeasedWork, seconds: float) -> None:
        """Remember how long this row took; the last ones count most."""
        known = self._seconds.get(self._sort(work), seconds)
        self._seconds[self._sort(work)] = (known + seconds) / 2

    def is_long(self, work: LeasedWork) -> bool:
        """Return True when other rows had better not wait in the same hand. What was never seen may take long."""
        return self._seconds.get(self._sort(work), LONG_SECONDS) >= LONG_SECONDS

    @staticmethod
    def _sort(work: LeasedWork) -> tuple[str, bool]:
        return work.kind, work.priority > Priority.LIVE


pace = Pace()


class _Drain:
    """One draining of one queue by one worker."""

    def __init__(self, queue: Queue, worker: str, seconds: float, limit: int | None, stopping: Stopping | None) -> None:
        self._queue = queue
        self._worker = worker
        self._ends_at = time.monotonic() + seconds
        self._limit = limit
        self._stopping = stopping
        self._begun = 0
        self._seconds_per_row = 1.0
        self._most = fairness.MOST_AT_ONCE

    def run(self, *, wake_others: bool) -> int:
        while self._may_go_on():
            asked = self._rows_at_once()
            works = leases.claim(queue=self._queue, worker=self._worker, limit=asked)
            if not works:
                break
            if len(works) < asked:
                self._most = len(works)  # so many lanes are free: asking for more walks past all that wait behind them
            if wake_others and not self._begun:
                wakeups.request(self._queue)
            self._run_all(works)
        return self._begun

    def _may_go_on(self) -> bool:
        if self._stopping is not None and self._stopping.is_set():
            return False
        if self._limit is not None and self._begun >= self._limit:
            return False
        return time.monotonic() < self._ends_at

    def _rows_at_once(self) -> int:
        wanted = min(fairness.rows_at_once(self._seconds_per_row), self._most)
        return wanted if self._limit is None else min(wanted, self._limit - self._begun)

    def _run_all(self, claimed: Sequence[LeasedWork]) -> None:
        keeper.keeper.hold(claimed)
        works = deque(sorted(claimed, key=pace.is_long))
        began_at, count = time.monotonic(), len(works)
        try:
            while works and self._may_go_on():
                work = works.popleft()
                # A second attempt may end this process: nobody else's row goes down with it. Nor waits for a long one.
                if work.attempts > 1 or pace.is_long(work):
                    self._give_back(works)
                self._begun += 1
                self._run_timed(work)
        finally:
            self._give_back(works)
        self._seconds_per_row = (time.monotonic() - began_at) / count

    @staticmethod
    def _run_timed(work: LeasedWork) -> None:
        began_at = time.monotonic()
        try:
            run_one(work)
        finally:
            keeper.keeper.drop(work)
            pace.note(work, time.monotonic() - began_at)

    @staticmethod
    def _give_back(works: deque[LeasedWork]) -> None:
        for work in works:
            keeper.keeper.drop(work)
        leases.release(works)
        works.clear()


def run_one(work: LeasedWork) -> None:
    """Run one leased row and settle it, whatever its function does. Every log line meanwhile names it."""
    named = structlog.contextvars.bound_contextvars(partner=work.partner.slug, kind=work.kind, work=work.id)
    with named, telemetry.timed(work.kind) as seen:
        seen.outcome = _run_and_settle(work)


def _run_and_settle(work: LeasedWork) -> str:
    """Return what became of the row, in a word."""
    try:
        answer = _call(work)
        _settle(work, answer)
    except LeaseLostError as lost:
        logger.warning("%s", lost)
        return "lost"
    except Error:
        # The database went away: the lease runs out by itself and another worker repeats the row.
        logger.exception("due work %s (%s) could not be settled", work.id, work.kind)
        connection.close()
        return "unsettled"
    return "done" if answer is None else "again" if isinstance(answer, RunAgain) else "failed"


def _call(work: LeasedWork) -> RunAgain | str | None:
    """Return what the function answered, or the reason why it failed. Raises LeaseLostError."""
    try:
        with scope.enter(work.partner):
            return require_kind(work.kind).function(work)
    except LeaseLostError:
        raise
    except Exception as error:  # noqa: BLE001  the run boundary: recorded in the row, reported, tried again
        _report(work, error)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        return f"{type(error).__name__}: {error}"


def _settle(work: LeasedWork, answer: RunAgain | str | None) -> None:
    if answer is None:
        leases.complete(work)
    elif isinstance(answer, RunAgain):
        leases.run_again(work, answer)
    else:
        leases.fail(work, answer)


def _report(work: LeasedWork, error: Exception) -> None:
    logger.warning(
        "%s %s of partner %s failed, attempt %s",
        work.kind,
        work.reference,
        work.partner.slug,
        work.attempts,
        exc_info=error,
    )
    with sentry_sdk.new_scope() as report:
        report.set_tag("partner", str(work.partner.id))
        report.set_tag("kind", work.kind)
        report.set_context("due work", {"id": work.id, "reference": work.reference, "attempt": work.attempts})
        sentry_sdk.capture_exception(error)
