"""The product's real processes for one chaos run: started as `make demo` starts them, killed, and started again."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import psutil

from deploy.local import postgres
from deploy.local.database import prepare
from deploy.local.environment import LocalEnvironment, load, product_environment
from deploy.local.places import Places
from deploy.local.processes import signal_group
from deploy.local.services import Service, all_services

START_SECONDS = 60.0
AGAIN_SECONDS = 0.3  # after a start that failed: a port or shared memory may be held a moment longer


class StackError(RuntimeError):
    """A process does not come up. The message holds the end of its log."""


@dataclass(frozen=True)
class ChaosPlaces(Places):
    """The checkout's programs with a state folder of its own."""

    home: Path = Path()

    @property
    def state(self) -> Path:
        """The folder of everything that is made at run time."""
        return self.home


class Stack:
    """Servers and processes by name: postgres, broker, sandbox, worker, dispatcher, web."""

    def __init__(self, places: ChaosPlaces, local: LocalEnvironment) -> None:
        self.environment = product_environment(local, os.environ)
        self._logs = places.logs
        self._logs.mkdir(parents=True, exist_ok=True)
        self._services = {service.name: service for service in all_services(places, local)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._outputs: dict[str, IO[bytes]] = {}
        self._due_back: dict[str, float] = {}
        self._frozen: dict[int, float] = {}

    def start(self, name: str) -> None:
        """Start a process without waiting for it."""
        service = self._services[name]
        if service.prepare is not None:
            service.prepare()
        output = self._outputs.get(name) or self._outputs.setdefault(name, self.log(name).open("ab"))
        self._processes[name] = subprocess.Popen(
            service.command, cwd=service.working_folder, env=service.environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True, **service.run_as,
        )  # fmt: skip

    def start_and_wait(self, name: str) -> None:
        """Start a process and wait until it is up. Raises StackError."""
        self.start(name)
        until = time.monotonic() + START_SECONDS
        while not self._is_up(self._services[name]):
            if self._processes[name].poll() is not None or time.monotonic() > until:
                raise StackError(f"{name} does not start:\n{self.tail(name)}")
            time.sleep(0.1)

    def kill(self, name: str, *, back_after: float) -> None:
        """End a process and all of its group at once; it is started again after so many seconds."""
        process = self._processes[name]
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        self._due_back[name] = time.monotonic() + back_after

    def kill_postgres(self, *, back_after: float) -> None:
        """End the database server as a crash would: its children notice by themselves."""
        self._processes["postgres"].kill()
        self._processes["postgres"].wait()
        self._due_back["postgres"] = time.monotonic() + back_after

    def kill_pool_child(self, choose: Any) -> bool:
        """End one working child of the worker; the worker replaces it. False when there is none."""
        try:
            children = psutil.Process(self._processes["worker"].pid).children()
            choose(children).kill()
        except (psutil.Error, IndexError):
            return False
        return True

    def freeze_pool_child(self, choose: Any, *, seconds: float) -> bool:
        """Let one working child stand still, as a machine without memory does, and wake it after its leases are gone."""
        try:
            child = choose(psutil.Process(self._processes["worker"].pid).children())
            child.suspend()
        except (psutil.Error, IndexError):
            return False
        self._frozen[child.pid] = time.monotonic() + seconds
        return True

    def is_down(self, name: str) -> bool:
        """Return True between a kill and the next start."""
        return name in self._due_back

    def tend(self) -> None:
        """Start again what is due back, and what ended without being told to."""
        now = time.monotonic()
        for name, process in self._processes.items():
            if name not in self._due_back and process.poll() is not None:
                self._due_back[name] = now + AGAIN_SECONDS
        for name in [name for name, due in self._due_back.items() if due <= now]:
            del self._due_back[name]
            self.start(name)
        for pid in [pid for pid, due in self._frozen.items() if due <= now]:
            del self._frozen[pid]
            with contextlib.suppress(psutil.Error):
                psutil.Process(pid).resume()

    def stop(self) -> None:
        """End everything: the product at once, the servers in order."""
        for name in ("web", "dispatcher", "worker", "sandbox", "broker"):
            if process := self._processes.get(name):
                signal_group(process.pid, signal.SIGKILL)
                process.wait()
        if process := self._processes.get("postgres"):
            process.send_signal(postgres.STOP_SIGNAL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
        for output in self._outputs.values():
            output.close()

    def log(self, name: str) -> Path:
        """Return where a process's words go."""
        return self._logs / f"{name}.log"

    def tail(self, name: str) -> str:
        """Return the end of a process's log."""
        return self.log(name).read_text(encoding="utf-8", errors="replace")[-3000:]

    def count_words(self, words: str) -> int:
        """Return how often the workers and the dispatcher said these words."""
        return sum(
            self.log(name).read_bytes().count(words.encode())
            for name in ("worker", "dispatcher")
            if self.log(name).exists()
        )

    def _is_up(self, service: Service) -> bool:
        if service.ready_words:
            return service.ready_words.encode() in self.log(service.name).read_bytes()
        return service.is_ready()


@contextlib.contextmanager
def running_stack() -> Iterator[Stack]:
    """Run a whole stack on free ports with nothing in it, and remove every trace afterwards."""
    home = Places().state / "test" / str(os.getpid())
    home.mkdir(parents=True)
    places = ChaosPlaces(home=home)
    local = replace(load(places.env_file), admin_database_url="", external_redis_url="")
    cluster = postgres.server_at(home / "postgres", local.postgres_port, local.postgres_password).cluster
    stack = Stack(places, local)
    try:
        for name in ("postgres", "broker", "sandbox"):
            stack.start_and_wait(name)
        prepare(local)
        yield stack
    finally:
        stack.stop()
        for folder in (cluster.parent, home):
            shutil.rmtree(folder, ignore_errors=True)
