"""The one background process that starts, watches and restarts everything, until it is told to stop.

Started by `make demo` in a session of its own, so it outlives the terminal. SIGTERM stops its children in order.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO

from deploy.local import run_state
from deploy.local.environment import LocalEnvironment, load, place
from deploy.local.logbook import Logbook
from deploy.local.places import Places
from deploy.local.ports import await_free
from deploy.local.processes import end, end_orphans, mark, signal_group
from deploy.local.run_state import RESTARTING, RUNNING, STARTING, STOPPED, WAITING, RunState, ServiceState
from deploy.local.services import Service, all_services

TICK_SECONDS = 0.2
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
HEALTHY_AFTER_SECONDS = 30.0  # a service that lived this long may be started again quickly
PORT_SECONDS = 1.0  # a killed process of many threads gives its port back a moment after its end
SETTLED_AFTER_SECONDS = 1.5  # one without a port counts as running when it has not died by then


@dataclass
class Child:
    """A service and its process."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    state: str = WAITING
    born_at: float = 0
    started_at: float = 0
    next_start_at: float = 0
    pause: float = SHORTEST_PAUSE
    restarts: int = 0
    said_ready: bool = False

    def snapshot(self) -> ServiceState:
        """Return what `.state/run.json` says about it."""
        pid = self.process.pid if self.process else None
        service = self.service
        return ServiceState(service.name, self.state, pid, self.born_at, self.started_at, service.port, self.restarts)


class Supervisor:
    """Keeps the services of one checkout alive."""

    def __init__(self, places: Places, local: LocalEnvironment, services: list[Service]) -> None:
        self.places = places
        self.logbook = Logbook(places.logs)
        self.children = [Child(service) for service in services]
        self.stop_asked = threading.Event()
        self._written: RunState | None = None
        self._started_at = time.time()
        self._database = place(local.admin_database_url) if local.admin_database_url else "embedded"
        self._broker = place(local.external_redis_url) if local.external_redis_url else "embedded"

    def run(self) -> None:
        """Work until a stop is asked for, then stop everything in order."""
        self.say(f"started, process {os.getpid()}")
        while not self.stop_asked.is_set():
            doors_open = self.places.open_doors.exists()
            for child in self.children:
                self._tend(child, doors_open=doors_open)
            self._write_state()
            self.stop_asked.wait(TICK_SECONDS)
        self._stop_all()
        self.places.run_file.unlink(missing_ok=True)
        self.say("stopped")
        self.logbook.close()

    def say(self, words: str) -> None:
        """Write one line of the supervisor's own."""
        self.logbook.write("supervisor", words)

    def _tend(self, child: Child, *, doors_open: bool) -> None:
        if child.process is None:
            wanted = doors_open or not child.service.needs_tables
            if wanted and time.monotonic() >= child.next_start_at:
                self._start(child)
        elif child.process.poll() is not None:
            self._bury(child)
        elif child.state == STARTING and self._is_up(child):
            child.state = RUNNING
            self.say(f"{child.service.name} is running")

    def _is_up(self, child: Child) -> bool:
        if child.service.ready_words:
            return child.said_ready
        settled = child.service.port is not None or time.time() - child.started_at > SETTLED_AFTER_SECONDS
        return settled and child.service.is_ready()

    def _start(self, child: Child) -> None:
        service = child.service
        try:
            if service.prepare:
                service.prepare()
            child.process = subprocess.Popen(
                service.command, cwd=service.working_folder, env=service.environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, **service.run_as,
            )  # fmt: skip
        except (OSError, RuntimeError) as problem:
            self._wait_before_next(child, f"{service.name} cannot be started: {problem}")
            return
        born = mark(child.process.pid)
        child.born_at = born.born_at if born else 0
        child.started_at, child.state, child.said_ready = time.time(), STARTING, False
        self.say(f"{service.name} started, process {child.process.pid}")
        if child.process.stdout:
            threading.Thread(target=self._listen, args=(child, child.process.stdout), daemon=True).start()

    def _listen(self, child: Child, stream: IO[bytes]) -> None:
        words = child.service.ready_words
        with stream:
            for raw in stream:
                line = raw.decode("utf-8", "replace").rstrip()
                self.logbook.write(child.service.name, line)
                child.said_ready = child.said_ready or bool(words and words in line)

    def _bury(self, child: Child) -> None:
        process, service = child.process, child.service
        if process is None:
            return
        if service.owns_group:
            signal_group(process.pid, signal.SIGKILL)
        if time.time() - child.started_at > HEALTHY_AFTER_SECONDS:
            child.pause = SHORTEST_PAUSE
        child.process, child.restarts = None, child.restarts + 1
        self._wait_before_next(child, f"{service.name} {how_it_ended(process.returncode)}")

    def _wait_before_next(self, child: Child, words: str) -> None:
        self.say(f"{words}; starting it again in {child.pause:.0f} s")
        child.state = RESTARTING
        child.next_start_at = time.monotonic() + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def _stop_all(self) -> None:
        """Stop what uses the database first, all at once; then the servers."""
        product = [child for child in self.children if child.service.needs_tables]
        servers = [child for child in self.children if not child.service.needs_tables]
        for group in (product, servers):
            running = [child for child in reversed(group) if child.process is not None]
            for child in running:
                self._ask_to_stop(child)
            for child in running:
                self._await_end(child)

    def _ask_to_stop(self, child: Child) -> None:
        if child.process and child.process.poll() is None:
            self.say(f"stopping {child.service.name}")
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(child.service.stop_signal)

    def _await_end(self, child: Child) -> None:
        if not child.process:
            return
        try:
            child.process.wait(child.service.grace_seconds)
        except subprocess.TimeoutExpired:
            self.say(f"{child.service.name} did not end within {child.service.grace_seconds:.0f} s and is killed")
            child.process.kill()
            child.process.wait()
        if child.service.owns_group:
            signal_group(child.process.pid, signal.SIGKILL)
        child.process, child.state = None, STOPPED
        self._write_state()

    def _write_state(self) -> None:
        services = tuple(child.snapshot() for child in self.children)
        state = RunState(os.getpid(), self._started_at, self._database, self._broker, services)
        if state != self._written:
            run_state.write(self.places.run_file, state)
            self._written = state


def how_it_ended(code: int) -> str:
    """Return the end of a process in words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def end_leftovers(places: Places) -> None:
    """End what a killed supervisor left running. PostgreSQL clears its own way, when it is started."""
    left = run_state.read(places.run_file)
    for service in left.services if left else ():
        if service.process and service.name != "postgres":
            end(service.process, seconds=3)
            end_orphans(service.process.pid, places.root)
        if service.port and service.name != "postgres":
            await_free(service.port, PORT_SECONDS)
    places.run_file.unlink(missing_ok=True)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    places = Places()
    lock = run_state.take_lock(places)
    if lock is None:
        print("A supervisor runs already.", file=sys.stderr)
        return 1
    end_leftovers(places)
    local = load(places.env_file)
    supervisor = Supervisor(places, local, all_services(places, local))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stop_asked.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    supervisor.run()
    os.close(lock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
