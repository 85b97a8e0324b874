"""Free ports: chosen at the first start, kept, and chosen again when somebody else took one meanwhile."""

import socket
import time
from collections.abc import Collection

LOOPBACK = "127.0.0.1"
NEIGHBOURS = 50


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
    """Return `preferred`, or the next free port after it, or any free port; never one of `taken`."""
    for port in range(preferred, min(preferred + NEIGHBOURS, 65_536)):
        if port not in taken and is_free(port):
            return port
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
            trial.bind((LOOPBACK, 0))
            port = int(trial.getsockname()[1])
        if port not in taken:
            return port
