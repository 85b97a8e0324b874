"""The clock: every second it looks for due work, wakes workers, sweeps what was lost, and works itself if nobody does."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connection, transaction

from apps.dispatch import heartbeats, kinds, leases, metric_files, statements, wakeups, worker
from apps.dispatch.models import Priority, Queue
from apps.dispatch.statements import execute, fetch

TICK_SECONDS = 1.0
STALLED_SECONDS = 10.0
SWEEP_SECONDS = 5.0
TIDY_SECONDS = 3600.0
DRAIN_SECONDS = 10.0
ROLE = "dispatcher"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue with due work: how old the oldest is, and how long ago anything was claimed (None: never)."""

    queue: Queue
    oldest_seconds: float
    claimed_seconds_ago: float | None

    @property
    def stalled(self) -> bool:
        """True when work is overdue and nobody has claimed any for as long."""
        quiet = self.claimed_seconds_ago is None or self.claimed_seconds_ago > STALLED_SECONDS
        return self.oldest_seconds > STALLED_SECONDS and quiet


def list_waiting(queues: Sequence[Queue] = tuple(Queue)) -> list[Waiting]:
    """Return the queues that have due work."""
    return [
        Waiting(Queue(queue), float(oldest), None if claimed is None else float(claimed))
        for queue, _due_at, oldest, claimed in fetch(statements.WAITING, queues=[queue.value for queue in queues])
    ]


def fire_periodic() -> list[str]:
    """Make every periodic kind whose tick has come due for all active partners; returns the kinds that fired."""
    periodic = kinds.list_periodic()
    if not periodic:
        return []
    due = fetch(
        statements.PERIODIC_DUE,
        kinds=[one.kind for one in periodic],
        everys=[one.every_seconds for one in periodic],
    )
    return [kind for kind, every in due if _fire(kind, every)]


def _fire(kind: str, every_seconds: int) -> bool:
    queue = kinds.require_kind(kind).queue
    with transaction.atomic():
        if not fetch(statements.TICK, kind=kind, every=every_seconds):
            return False  # another dispatcher was quicker
        execute(statements.ENQUEUE_PERIODIC, kind=kind, queue=queue.value, priority=Priority.SCHEDULED.value)
        return True


class Dispatcher:
    """One dispatcher; several may run side by side, none is needed for another.

    `publisher` tells workers; `helpers` is the most queues it works off itself at a time when they do not answer.
    """

    def __init__(self, publisher: wakeups.Publisher | None = None, *, helpers: int = 2) -> None:
        self.stopping = threading.Event()
        self.name = heartbeats.worker_name()
        self._publisher = publisher or wakeups.publisher
        self._helpers = helpers
        self._working: dict[Queue, threading.Thread] = {}
        self._next: dict[str, float] = {}
        self._reached_database_at: float | None = None

    def run(self) -> None:
        """Tick every second until `stopping` is set, whatever happens to database and broker; then leave in order."""
        logger.info("dispatcher %s looks for due work every second", self.name)
        while not self.stopping.is_set():
            began_at = time.monotonic()
            self._tick_and_survive()
            self.stopping.wait(max(0.0, TICK_SECONDS - (time.monotonic() - began_at)))
        for thread in self._working.values():
            thread.join(timeout=DRAIN_SECONDS)
        self._leave()

    def tick(self) -> None:
        """Look once: periodic kinds, expired leases, waiting queues; heartbeat and sweeping now and then."""
        if self._reached_database_at is None:
            self._reached_database_at = time.monotonic()
        if self._is_time("sweep", SWEEP_SECONDS):
            heartbeats.beat(self.name, ROLE)
            self._sweep()
        fire_periodic()
        leases.reclaim_expired()
        if self._is_time("tidy", TIDY_SECONDS):
            self._tidy()
        for waiting in list_waiting():
            self._see_to(waiting)

    def _tick_and_survive(self) -> None:
        try:
            self.tick()
        except Error as error:
            logger.warning("the database cannot be asked, trying again: %s", error)
            self._reached_database_at = None
            connection.close()

    def _see_to(self, waiting: Waiting) -> None:
        self._publisher.request(waiting.queue)
        if waiting.stalled and self._is_time(f"stalled {waiting.queue}", STALLED_SECONDS):
            logger.warning(
                "queue %s: work is due since %.0f s and nobody claims it", waiting.queue, waiting.oldest_seconds
            )
        if waiting.stalled or self._publisher.broker_gone:
            self._work_off(waiting.queue)

    def _work_off(self, queue: Queue) -> None:
        self._working = {q: thread for q, thread in self._working.items() if thread.is_alive()}
        if queue in self._working or len(self._working) >= self._helpers:
            return
        thread = threading.Thread(target=self._drain, args=(queue,), name=f"drain-{queue}")
        self._working[queue] = thread
        thread.start()

    def _drain(self, queue: Queue) -> None:
        try:
            worker.drain(queue, worker=self.name, seconds=DRAIN_SECONDS, stopping=self.stopping)
        except Error as error:
            logger.warning("queue %s not worked off: %s", queue, error)
        finally:
            connection.close()

    def _sweep(self) -> None:
        # After an outage every heartbeat is old: give the living as long to be seen again.
        reached = self._reached_database_at
        if reached is not None and time.monotonic() - reached > heartbeats.DEAD_AFTER_SECONDS:
            heartbeats.sweep_dead()

    def _tidy(self) -> None:
        execute(statements.DROP_OLD_FAILURES)
        metric_files.tidy(settings.METRICS_FOLDER)

    def _is_time(self, what: str, every_seconds: float) -> bool:
        now = time.monotonic()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + every_seconds
        return True

    def _leave(self) -> None:
        try:
            heartbeats.say_goodbye(self.name)
        except Error as error:
            logger.warning("left without goodbye: %s", error)
        finally:
            connection.close()
