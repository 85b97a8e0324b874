"""Wake-ups: "there may be work", said after the commit, at most every 200 ms per queue, never waited for.

A message carries no work. Losing every one of them costs the second until the dispatcher looks at the database.
"""

import logging
import threading
import time
from collections.abc import Callable

from celery import current_app

from apps.dispatch import telemetry
from apps.dispatch.models import Queue

TASK = "dispatch.wake"
WINDOW_SECONDS = 0.2
SILENCE_SECONDS = 5.0  # after a failed publish: the broker is gone, and the dispatcher works without it
MESSAGE_SECONDS = 30

logger = logging.getLogger(__name__)


def publish(queue: Queue) -> None:
    """Send one wake-up to the broker. Raises whatever the broker's client raises when it cannot be reached."""
    current_app.send_task(
        TASK, args=[queue.value], queue=queue.value, expires=MESSAGE_SECONDS, retry=False, ignore_result=True
    )


class Publisher:
    """Publishes from a thread of its own, so that a broker that hangs never holds up a request.

    `failures` counts the publishes that failed since the process began; `broker_gone` says that the last one did.
    """

    def __init__(self, send: Callable[[Queue], None] = publish, *, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._send = send
        self._silence_seconds = silence_seconds
        self._wanted: set[Queue] = set()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._quiet_until = 0.0
        self.failures = 0
        self.broker_gone = False

    def request(self, queue: Queue) -> None:
        """Ask for a wake-up of `queue`; returns at once."""
        with self._condition:
            self._wanted.add(queue)
            # A forked child has the object but not its thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._publish_for_ever, name="wake-ups", daemon=True)
                self._thread.start()
            self._condition.notify()

    def publish_now(self, queue: Queue) -> bool:
        """Publish at once; False when the broker cannot be reached or could not a moment ago."""
        if time.monotonic() < self._quiet_until:
            return False
        try:
            self._send(queue)
        except Exception as error:  # noqa: BLE001  kombu's transports raise their own kinds; losing a wake-up is harmless
            self.failures += 1
            telemetry.WAKEUPS_FAILED.inc()
            self.broker_gone = True
            self._quiet_until = time.monotonic() + self._silence_seconds
            logger.warning("wake-up %s not sent (%s so far): %s", queue, self.failures, error)
            return False
        self.broker_gone = False
        return True

    def _publish_for_ever(self) -> None:
        while True:
            with self._condition:
                while not self._wanted:
                    self._condition.wait()
                wanted, self._wanted = self._wanted, set()
            for queue in sorted(wanted):
                self.publish_now(queue)
            time.sleep(WINDOW_SECONDS)


publisher = Publisher()


def request(queue: Queue) -> None:
    """Ask for a wake-up of `queue` by this process's publisher."""
    publisher.request(queue)
