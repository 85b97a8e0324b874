"""One log per service and one of all, with lines a person can read: time, service, text."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

LARGEST_BYTES = 20_000_000
ALL = "all"
_NAME_WIDTH = 10


class Logbook:
    """Writes lines of several services at once. A log that grows too large is kept once as `<name>.log.1`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._files: dict[str, TextIO] = {}
        self._one_at_a_time = threading.Lock()

    def write(self, service: str, line: str) -> None:
        """Append one line of `service` to its own log and to the log of all."""
        clock = datetime.now(UTC).strftime("%H:%M:%S")
        with self._one_at_a_time:
            self._append(service, f"{clock} {line}\n")
            self._append(ALL, f"{clock} {service:<{_NAME_WIDTH}} | {line}\n")

    def close(self) -> None:
        """Close every file. A later line opens its own again."""
        with self._one_at_a_time:
            for file in self._files.values():
                file.close()
            self._files.clear()

    def _append(self, name: str, text: str) -> None:
        file = self._files.get(name)
        if file is not None and file.tell() > LARGEST_BYTES:
            file.close()
            path = log_path(self._folder, name)
            path.replace(path.with_name(path.name + ".1"))
            file = None
        if file is None:
            file = self._files[name] = log_path(self._folder, name).open("a", encoding="utf-8")
        file.write(text)
        file.flush()


def log_path(folder: Path, name: str) -> Path:
    """Return the log of one service, or of `ALL`."""
    return folder / f"{name}.log"


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a log, none when there is no log yet."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - count * 400))
        return file.read().decode("utf-8", "replace").splitlines()[-count:]
