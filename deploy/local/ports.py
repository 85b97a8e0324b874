"""Free ports: chosen at the first start, kept, and chosen again when somebody else took one meanwhile.

Between the choice and the moment in which somebody listens lie minutes. Until it ends, the process that chose holds a lock
for each of its ports which all checkouts of this machine respect; the system frees it, however the process ends.
"""

import fcntl
import os
import socket
import tempfile
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
NEIGHBOURS = 50
CLAIMS = Path(tempfile.gettempdir()) / "fairlead-ports"  # one for all users: there is one set of ports
_held: dict[Path, int] = {}


def is_free(port: int) -> bool:
    """Say whether nobody listens on `port` of this machine, on IPv4 or IPv6.

    IPv6 counts because browsers may turn `*.localhost` into ::1, where another program would answer instead.
    """
    return _can_bind(socket.AF_INET, LOOPBACK, port) and _can_bind(socket.AF_INET6, "::1", port)


def _can_bind(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address, port))
    except OSError as problem:
        # A machine without IPv6 cannot have the port taken there.
        return family == socket.AF_INET6 and "in use" not in str(problem).lower()
    return True


def await_free(port: int, seconds: float) -> bool:
    """Wait until nobody listens on `port`. False when somebody still does after `seconds`."""
    until = time.monotonic() + seconds
    while not is_free(port):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def choose_port(preferred: int, taken: Collection[int] = ()) -> int:
    """Return `preferred`, or the next free port after it, or any free port; never one of `taken`.

    It belongs to this process from then on: no other one that asks here is given it.
    """
    for port in range(preferred, min(preferred + NEIGHBOURS, 65_536)):
        if port not in taken and _claim(port):
            return port
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
            trial.bind((LOOPBACK, 0))
            port = int(trial.getsockname()[1])
        if port not in taken and _claim(port):
            return port


def _claim(port: int) -> bool:
    """Lock a free port for this process. False when somebody listens on it, or another process is about to."""
    path = CLAIMS / str(port)
    if path in _held:
        return is_free(port)
    try:
        file = _opened(path)
    except OSError:
        return is_free(port)  # no folder that all may use: then the ports are looked at, as before
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    if not is_free(port):
        os.close(file)
        return False
    _held[path] = file
    return True


def _opened(path: Path) -> int:
    """Open the lock file of a port for reading, which is all that a lock needs: another user may have made it."""
    if not path.parent.exists():
        with suppress(FileExistsError):
            path.parent.mkdir()
            path.parent.chmod(0o1777)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDONLY, 0o644))
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
