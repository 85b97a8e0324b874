"""Is that process still ours? Process ids are used again by the system, so each is kept with its time of birth."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    born_at: float


def mark(pid: int) -> ProcessMark | None:
    """Return the mark of a living process. A zombie is dead: nobody has read its last word yet, that is all."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessMark(pid, process.create_time())
    except psutil.Error:
        return None


def is_alive(process: ProcessMark) -> bool:
    """Say whether this very process lives."""
    living = mark(process.pid)
    return living is not None and abs(living.born_at - process.born_at) < 1


def command_of(pid: int) -> str:
    """Return the command line of a living process, empty when there is none."""
    try:
        return "" if mark(pid) is None else " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to every process of the group that `pid` leads or led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def end_orphans(leader: int, folder: Path) -> None:
    """End what a dead leader left of its process group: pool and server processes outlive a kill of their parent.

    Only programs of `folder` count, because the system may have given the number to somebody else's group by now.
    """
    for process in psutil.process_iter(["pid", "cmdline"]):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            ours = any(str(folder) in word for word in process.info["cmdline"] or [])
            orphan = mark(process.info["pid"]) if ours and os.getpgid(process.info["pid"]) == leader else None
            if orphan:
                os.kill(orphan.pid, signal.SIGKILL)
                wait_until_gone(orphan, 5)  # its port is free only then


def wait_until_gone(process: ProcessMark, seconds: float) -> bool:
    """Wait for the end of a process that is not our child. False when it still lives after `seconds`."""
    until = time.monotonic() + seconds
    while is_alive(process):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def end(process: ProcessMark, first: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
    """Ask a process to end, wait, then end it and what is left of its group."""
    if not is_alive(process):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, first)
    if not wait_until_gone(process, seconds):
        signal_group(process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        wait_until_gone(process, 5)
