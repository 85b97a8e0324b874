"""What a Celery worker does beside its tasks: beat, stop claiming when told to end, and end itself when it is deaf."""

import logging
import mmap
import os
import signal
import threading
import time
from typing import Any

from celery import signals
from celery.worker import state
from django.db import Error, connection
from django.db.backends.postgresql.base import DatabaseWrapper

from apps.dispatch import heartbeats, statements
from apps.dispatch.models import Queue

DEAF_AFTER_SECONDS = 30.0
CHECK_SECONDS = 5.0

logger = logging.getLogger(__name__)


class SharedFlag:
    """One byte that parent and forked children share: set in the parent, seen in the children, without a lock."""

    def __init__(self) -> None:
        self._byte = mmap.mmap(-1, 1)

    def is_set(self) -> bool:
        """Return True once `set` was called in any of the processes."""
        return self._byte[0] != 0

    def set(self) -> None:
        """Raise the flag."""
        self._byte[0] = 1


class Watchdog:
    """Ends a worker that hears nothing although work is waiting: after a broken connection some never hear again.

    Deaf means: idle, and for 30 s no message came while every look found work of its queues overdue.
    """

    def __init__(self, queues: tuple[Queue, ...]) -> None:
        self._queues = queues
        self._waiting_since: float | None = None
        self.heard_at = time.monotonic()

    def is_deaf(self, *, now: float, work_waits: bool, busy: bool) -> bool:
        """Note one look and return whether the worker has been deaf for too long. Pure but for what it remembers."""
        if not work_waits or busy:
            self._waiting_since = None
            return False
        if self._waiting_since is None:
            self._waiting_since = now
        return now - max(self._waiting_since, self.heard_at) >= DEAF_AFTER_SECONDS

    def watch_for_ever(self) -> None:
        """Look every few seconds; end this process, for its supervisor to start anew, when it is deaf."""
        while not stopping.is_set():
            time.sleep(CHECK_SECONDS)
            if self.is_deaf(now=time.monotonic(), work_waits=self._work_waits(), busy=bool(state.reserved_requests)):
                logger.error(
                    "no message for %s s while work is waiting: this worker is deaf and ends", DEAF_AFTER_SECONDS
                )
                os.kill(os.getpid(), signal.SIGTERM)
                return

    def _work_waits(self) -> bool:
        try:
            return bool(statements.fetch(statements.WAITING, queues=[queue.value for queue in self._queues]))
        except Error:
            return False  # without a database there is nothing to hear about
        finally:
            connection.close()


stopping = SharedFlag()
_hearts: list[heartbeats.Heart] = []


def forget_inherited_pools() -> None:
    """Drop the connection pools that came with the fork: their sockets are the parent's, their threads stayed there.

    Closing them would end the parent's sessions; psycopg leaves a connection of another process alone when it is freed.
    """
    DatabaseWrapper._connection_pools.clear()  # type: ignore[attr-defined]  # Django keeps it to itself


@signals.worker_process_init.connect
def begin_to_beat(**_: Any) -> None:
    """Leave the parent's database connections to the parent, then start this child's heartbeat."""
    forget_inherited_pools()
    heart = heartbeats.Heart("worker")
    heart.start()
    _hearts.append(heart)


@signals.worker_process_shutdown.connect
def leave_the_list(**_: Any) -> None:
    """End this child's heartbeat in good order."""
    while _hearts:
        _hearts.pop().stop()


@signals.worker_shutting_down.connect
def stop_claiming(**_: Any) -> None:
    """Let running rows finish and begin no more."""
    stopping.set()


@signals.worker_ready.connect
def start_watchdog(sender: Any = None, **_: Any) -> None:
    """Watch over the queues that this worker listens to."""
    heard = set(sender.app.amqp.queues.consume_from) if sender is not None else set()
    watchdog = Watchdog(tuple(queue for queue in Queue if queue.value in heard))

    def note_message(**_: Any) -> None:
        watchdog.heard_at = time.monotonic()

    signals.task_received.connect(note_message, weak=False)
    threading.Thread(target=watchdog.watch_for_ever, name="watchdog", daemon=True).start()
