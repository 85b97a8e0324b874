"""A real web server on the tests' database, and hands that do the background work beside it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.db import connections

from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from tests.architecture.house import House, Visitor

LOOPBACK = "127.0.0.1"
READY_SECONDS = 60.0
JUDGED_AFTER_SECONDS = 1.1  # cases follow the ledger a second later, so that several batches are judged at once
Answer = TypeVar("Answer")


@dataclass
class Site:
    """Where the portal answers, who lives in it, and a thread that may use the database.

    The browser's own library keeps an event loop on the test's thread, where neither Django's ORM nor the engine may work.
    """

    port: int
    house: House
    hands: ThreadPoolExecutor

    def address(self, host: str, path: str = "/") -> str:
        """Return the full address of a path at a host."""
        return f"http://{host}:{self.port}{path}"

    def do(self, work: Callable[[], Answer]) -> Answer:
        """Do something with the database, and wait for it."""
        return self.hands.submit(work).result(120)

    def work(self) -> None:
        """Do everything that is due, as the workers would."""
        self.do(_drain_all)

    def visitor(self, label: str) -> Visitor:
        """Return somebody of the house."""
        return self.house.visitors[label]


def _drain_all() -> None:
    for queue in Queue:
        drain(queue, worker="browser-test", seconds=60)
    time.sleep(JUDGED_AFTER_SECONDS)
    drain(Queue.MAINT, worker="browser-test", seconds=60)


def _login(alias: str) -> str:
    known = settings.DATABASES[alias]
    return (
        f"postgresql://{quote(str(known['USER']))}:{quote(str(known['PASSWORD']))}"
        f"@{known['HOST']}:{known['PORT']}/{known['NAME']}"
    )


def web_environment(port: int) -> dict[str, str]:
    """Return the environment in which the product's processes work on the tests' database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": _login("default"),
        "OWNER_DATABASE_URL": _login("owner"),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "CREDENTIALS_KEY": settings.CREDENTIALS_KEY,
        "EGRESS_ALLOW": ",".join(settings.EGRESS_ALLOW),
        "PUBLIC_PORT": str(port),
    }


@contextmanager
def served(log: Path) -> Iterator[int]:
    """Run the web process on a free port for as long as the block lasts, and give the port."""
    with socket.socket() as trial:
        trial.bind((LOOPBACK, 0))
        port = trial.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application", "--host", LOOPBACK,
        "--port", str(port), "--workers", "1", "--blocking-threads", "4", "--no-ws",
    ]  # fmt: skip
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=web_environment(port), stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            _await(process, port, log)
            yield port
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _await(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while True:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"The web process did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)


def close_connections() -> None:
    """Give this thread's connections back."""
    for alias in ("default", "owner"):
        connections[alias].close()


def plainly(value: Any) -> str:
    """Return a value as one line of words, for a failing test."""
    return " ".join(str(value).split())
