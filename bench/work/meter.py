"""What a stretch of work cost: wall time, CPU of this process and of its PostgreSQL server, peak memory."""

import resource
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import psutil


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one stretch. `database_seconds` is None when the server runs on another machine."""

    wall_seconds: float
    own_seconds: float
    database_seconds: float | None
    peak_mb: float

    @property
    def cpu_seconds(self) -> float:
        """CPU of both."""
        return self.own_seconds + (self.database_seconds or 0.0)


class Meter:
    """Reads the clocks at its making and again at `stop`. `backend` is the process id of any of the server's backends."""

    def __init__(self, backend: int | None) -> None:
        self._server = server_of(backend)
        self._database = server_seconds(self._server)
        self._own, self._wall = time.process_time(), time.perf_counter()

    def stop(self) -> Cost:
        """Return what was spent since the making."""
        wall, own = time.perf_counter() - self._wall, time.process_time() - self._own
        database = None if self._server is None else server_seconds(self._server) - self._database
        return Cost(wall, own, database, peak_mb())


def peak_mb() -> float:
    """Return the most memory this process ever held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def server_of(backend: int | None) -> psutil.Process | None:
    """Return the server's first process, whose children do the work; None when it is not on this machine."""
    try:
        found = psutil.Process(backend).parent() if backend else None
    except psutil.Error:
        return None
    return found if found is not None and "postgres" in found.name() else None


def server_seconds(server: psutil.Process | None) -> float:
    """Return the CPU of the server and all its children, living and ended."""
    if server is None:
        return 0.0
    times = server.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in server.children(recursive=True):
        try:
            own = child.cpu_times()
        except psutil.Error:
            continue  # it ended meanwhile and is counted with the ended ones
        spent += own.user + own.system
    return float(spent)


def report(cost: Cost | None, **more: Any) -> None:
    """Print one line that `read_report` understands."""
    print("REPORT " + orjson.dumps({"cost": asdict(cost) if cost else None, **more}).decode(), flush=True)


def read_report(output: str) -> tuple[Cost | None, dict[str, Any]]:
    """Return the cost and the figures a measured process printed last."""
    line = next(line for line in reversed(output.splitlines()) if line.startswith("REPORT "))
    told = orjson.loads(line.removeprefix("REPORT "))
    cost = told.pop("cost")
    return Cost(**cost) if cost else None, told
