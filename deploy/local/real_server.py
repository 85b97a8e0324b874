"""One real system's process: started in its own session, remembered by id and start time, stopped by exactly that."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.real_http import answers, wait_for


class BootError(RuntimeError):
    """A real system did not come up. The message says which, why, and what to do."""


def _started_at(pid: int) -> str | None:
    """Return the kernel's start time of a process, so that a reused id is never taken for ours. None: no process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None
    return None if fields[0] == "Z" else fields[19]


@dataclass(frozen=True, slots=True)
class Server:
    """A server process with its note file (`pid.json`) and its log in `folder`."""

    name: str
    folder: Path
    port: int

    def is_running(self) -> bool:
        """True when the process we started is alive and answers on its port."""
        return self._pid() is not None and answers(self.port)

    def start(self, command: Sequence[str], environment: Mapping[str, str], cwd: Path, *, seconds: float = 60) -> None:
        """Start the server and wait until it answers.

        Raises:
            BootError: it ended or did not answer in time; the message holds the end of its log.

        """
        log = self.folder / "server.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                list(command),
                cwd=cwd,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._note.write_text(json.dumps({"pid": process.pid, "started": _started_at(process.pid)}))
        if not wait_for(self.port, seconds, lambda: process.poll() is None) or process.poll() is not None:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise BootError(f"{self.name} did not answer on port {self.port}. The end of its log:\n{tail}")

    def stop(self) -> None:
        """End the process we started, first politely; nothing happens when it is gone."""
        pid = self._pid()
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if pid is None:
                break
            os.killpg(pid, sign)
            for _ in range(100):
                if self._pid() is None:
                    break
                time.sleep(0.05)
            pid = self._pid()
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.folder / "pid.json"

    def _pid(self) -> int | None:
        try:
            note = json.loads(self._note.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return int(note["pid"]) if note["started"] and _started_at(note["pid"]) == note["started"] else None
