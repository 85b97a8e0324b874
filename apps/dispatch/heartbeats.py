"""Which processes take work, by their heartbeats in the database; the dead give their leases back."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from functools import lru_cache

from django.db import Error, connection

from apps.dispatch import statements
from apps.dispatch.statements import execute, fetch

BEAT_SECONDS = 5.0
RETRY_SECONDS = 1.0
DEAD_AFTER_SECONDS = 20

logger = logging.getLogger(__name__)


def worker_name() -> str:
    """Return this process's name: host, process number and a random part, as numbers are used again."""
    return _name_of(os.getpid())


@lru_cache(maxsize=1)
def _name_of(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{secrets.token_hex(3)}"[:120]


def beat(name: str, role: str) -> None:
    """Write one heartbeat. Call it in public scope."""
    execute(statements.BEAT, name=name, role=role)


def sweep_dead() -> list[str]:
    """Forget processes that fell silent and let their leases run out now. Returns their names."""
    names = [name for (name,) in fetch(statements.SWEEP_DEAD, silent_seconds=DEAD_AFTER_SECONDS)]
    for name in names:
        logger.warning("worker %s fell silent: its leases are given back", name)
    return names


def say_goodbye(name: str) -> None:
    """Take a process that ends in good order off the list."""
    execute(statements.GOODBYE, name=name)


class Heart:
    """Beats for this process from a thread, until stopped."""

    def __init__(self, role: str, *, every_seconds: float = BEAT_SECONDS) -> None:
        self._role = role
        self._every_seconds = every_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat_for_ever, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop beating and leave the list."""
        self._stopping.set()
        self._thread.join(timeout=2)

    def _beat_for_ever(self) -> None:
        name = worker_name()
        wait_seconds = 0.0
        while not self._stopping.wait(wait_seconds):
            wait_seconds = self._every_seconds if self._tried(lambda: beat(name, self._role)) else RETRY_SECONDS
        self._tried(lambda: say_goodbye(name))

    @staticmethod
    def _tried(act: Callable[[], None]) -> bool:
        try:
            act()
        except Error as error:
            logger.info("no heartbeat, trying again: %s", error)
            return False
        else:
            return True
        finally:
            connection.close()
