"""What runs right now, as the supervisor writes it to `.state/run.json` and everybody else reads it."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.local.places import Places
from deploy.local.processes import ProcessMark

WAITING, STARTING, RUNNING, RESTARTING, STOPPED = "waiting", "starting", "running", "restarting", "stopped"


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service: its state, its process and how often it had to be started again."""

    name: str
    state: str
    pid: int | None = None
    born_at: float = 0
    started_at: float = 0  # seconds since 1970
    port: int | None = None
    restarts: int = 0

    @property
    def process(self) -> ProcessMark | None:
        """The process, if there is one."""
        return ProcessMark(self.pid, self.born_at) if self.pid else None


@dataclass(frozen=True, slots=True)
class RunState:
    """The supervisor and its services."""

    pid: int
    started_at: float
    database: str  # "embedded", or host:port of a real server
    broker: str
    services: tuple[ServiceState, ...] = ()

    @property
    def is_all_running(self) -> bool:
        """Whether every service is up."""
        return bool(self.services) and all(service.state == RUNNING for service in self.services)


def write(path: Path, state: RunState) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(asdict(state), indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def read(path: Path) -> RunState | None:
    """Return what was written last; None when nothing was, or when it cannot be read."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        services = tuple(ServiceState(**service) for service in raw.pop("services"))
        return RunState(**raw, services=services)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def take_lock(places: Places) -> int | None:
    """Become the one supervisor of this checkout. Returns the open lock, None when there is one already."""
    places.state.mkdir(parents=True, exist_ok=True)
    lock = os.open(places.supervisor_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def is_supervised(places: Places) -> bool:
    """Say whether a supervisor lives. The lock says so, not a process id: the system frees it with the process."""
    if not places.supervisor_lock.exists():
        return False
    lock = take_lock(places)
    if lock is None:
        return True
    os.close(lock)
    return False
