"""Both ends of `make real`: which systems, on which ports, with which secrets; loaded once, put back before each proof."""

import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from deploy.local.environment import load as load_environment
from deploy.local.environment import product_environment
from deploy.local.places import Places
from deploy.local.real_environment import environment_from
from deploy.local.real_firm import build_entries
from deploy.local.real_http import answers, free_port
from deploy.local.real_redmine import Redmine
from deploy.local.real_sandbox import SandboxPsa
from deploy.local.real_server import Server
from deploy.local.real_timetagger import TimeTagger
from deploy.local.real_tryton import Tryton

CLOSED_BEFORE = timedelta(days=90)  # the closed task ended this long before the last working day
OLDEST = timedelta(days=14)  # older entries would slowly leave the window that is read again for changes


@dataclass(frozen=True, slots=True)
class Settings:
    """Ports, secrets and the firm's last working day, chosen at the first boot and kept."""

    tryton_port: int
    redmine_port: int
    sandbox_port: int
    password: str
    tryton_key: str
    redmine_key: str
    last_day: str

    @property
    def day(self) -> date:
        """The last day time was booked for."""
        return date.fromisoformat(self.last_day)

    def is_old(self) -> bool:
        """True when the firm should be made anew."""
        return datetime.now(UTC).date() - self.day > OLDEST


def home_of(places: Places) -> Path:
    """Return the folder of everything `make real` keeps."""
    return places.state / "real"


def settings_of(places: Places) -> Settings:
    """Return the stored settings, making them first."""
    path = home_of(places) / "settings.json"
    if path.exists():
        return Settings(**json.loads(path.read_text()))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    made = Settings(
        tryton_port=free_port(),
        redmine_port=free_port(),
        sandbox_port=free_port(),
        password=secrets.token_urlsafe(16),
        tryton_key=secrets.token_hex(32),
        redmine_key=secrets.token_hex(20),
        last_day=yesterday.isoformat(),
    )
    _store(path, made)
    return made


def _store(path: Path, settings: Settings) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps({field.name: getattr(settings, field.name) for field in fields(settings)}))


@dataclass(frozen=True, slots=True)
class Systems:
    """Tryton, and the system time is booked in."""

    tryton: Tryton
    source: Redmine | SandboxPsa
    last_day: date

    @property
    def ports(self) -> tuple[int, int]:
        """Where both listen on loopback."""
        return self.tryton.server.port, self.source.server.port

    def boot(self) -> None:
        """Start both and load the firm, as freshly loaded as the first time: a proof edits, adds and counts exactly."""
        self.stop()
        for path in self._databases():
            if _loaded(path).exists():
                _put_back(path)
        with timed(self.tryton.server.name):
            self.tryton.boot()
            self.tryton.load(closed_after=self.last_day - CLOSED_BEFORE)
        with timed(self.source.server.name):
            self.source.boot()
            self.source.load(build_entries(self.last_day))
        for path in self._databases():
            if not _loaded(path).exists():
                _copy_live(path, _loaded(path))

    def stop(self) -> None:
        """End both."""
        for server in (self.source.server, self.tryton.server):
            server.stop()

    def _databases(self) -> list[Path]:
        files = [self.tryton.server.folder / "firm.sqlite"]
        return [*files, self.source.server.folder / "redmine.sqlite"] if isinstance(self.source, Redmine) else files


def _loaded(path: Path) -> Path:
    return path.with_suffix(".loaded")


def _put_back(path: Path) -> None:
    """Replace a database nobody uses; what its journals still hold belongs to the old content and must not return."""
    for ending in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    shutil.copy(_loaded(path), path)


def _copy_live(path: Path, copy: Path) -> None:
    """Copy a database that is in use, whole or not at all."""
    draft = copy.with_suffix(".draft")
    with contextlib.closing(sqlite3.connect(path)) as live, contextlib.closing(sqlite3.connect(draft)) as kept:
        live.backup(kept)
    draft.replace(copy)


def systems_of(places: Places, *, sandbox: bool) -> Systems:
    """Return Tryton and its source as the settings describe them, with Tryton's environment installed."""
    home, chosen = home_of(places), _with_free_ports(places)
    tryton = Tryton(
        _server("Tryton", home / "tryton", chosen.tryton_port),
        environment_from(places.root / "requirements" / "real.txt", home, sys.executable, "Tryton"),
        chosen.password,
        chosen.tryton_key,
    )
    source: Redmine | SandboxPsa
    if sandbox:
        environment = product_environment(load_environment(places.env_file), os.environ)
        server = _server("Sandbox PSA", home / "sandbox", chosen.sandbox_port)
        source = SandboxPsa(server, places.python, places.root, environment)
    else:
        server = _server("Redmine", home / "redmine", chosen.redmine_port)
        source = Redmine(server, chosen.password, chosen.redmine_key)
    return Systems(tryton, source, chosen.day)


def timetagger_of(places: Places, systems: Systems) -> TimeTagger:
    """Return a TimeTagger on a free port; it lives for its proof only."""
    return TimeTagger(_server("TimeTagger", home_of(places) / "timetagger", free_port()), systems.tryton.python)


def directory_server(places: Places) -> Server:
    """Return where a SCIM directory runs, on a free port; it lives for its proof only."""
    return _server("SCIM", home_of(places) / "scim", free_port())


def crm_server(places: Places) -> Server:
    """Return where a BottleCRM runs, on a free port; it lives for its proof only."""
    return _server("BottleCRM", home_of(places) / "bottlecrm", free_port())


def _server(name: str, folder: Path, port: int) -> Server:
    folder.mkdir(parents=True, exist_ok=True)
    return Server(name, folder, port)


def _with_free_ports(places: Places) -> Settings:
    """Return the settings, a port that somebody else took meanwhile replaced by a free one."""
    home, chosen = home_of(places), settings_of(places)
    taken = {
        f"{name}_port": free_port()
        for name in ("tryton", "redmine", "sandbox")
        if (port := getattr(chosen, f"{name}_port"))
        and not Server(name, home / name, port).is_running()
        and answers(port)
    }
    if taken:
        chosen = replace(chosen, **taken)  # type: ignore[arg-type]  # only ports are replaced
        _store(home / "settings.json", chosen)
    return chosen


def stop_all(places: Places) -> None:
    """End whatever an earlier `make real` left running."""
    home = home_of(places)
    for name in ("tryton", "redmine", "sandbox", "timetagger", "scim", "bottlecrm"):
        Server(name, home / name, 0).stop()


def clear(places: Places) -> None:
    """Throw away what was loaded; Tryton's environment stays."""
    stop_all(places)
    for name in ("tryton", "redmine", "sandbox", "timetagger", "scim"):
        shutil.rmtree(home_of(places) / name, ignore_errors=True)
    (home_of(places) / "settings.json").unlink(missing_ok=True)


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long a part took."""
    started = time.monotonic()
    yield
    print(f"  {what:<28} {time.monotonic() - started:6.1f} s", flush=True)
