"""`make real`: boots a real Tryton and a real Redmine, runs the product's flow between them, and checks in Tryton itself.

    python -m deploy.local.real            prove, then stop everything
    python -m deploy.local.real --keep     leave both systems running and say how to reach them
    python -m deploy.local.real --stop     stop kept ones
    python -m deploy.local.real --fresh    throw the loaded systems away first

The product runs here in processes of its own on throwaway servers, so nothing of a running demo is touched.
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.local import broker, postgres
from deploy.local.commands import CommandError, run_logged, tail
from deploy.local.database import PrepareError
from deploy.local.environment import EnvironmentFileError, LocalEnvironment, product_environment
from deploy.local.places import Places
from deploy.local.real_checks import Proof, show_table
from deploy.local.real_firm import build_entries
from deploy.local.real_http import AnswerError, free_port
from deploy.local.real_redmine import Redmine, install
from deploy.local.real_server import BootError, Server
from deploy.local.real_tryton import Tryton, prepare_environment
from deploy.local.testing import ThrowawayError, clear_leftovers, servers_for_tests

EXPECTED = (
    BootError, AnswerError, CommandError, PrepareError, EnvironmentFileError, ThrowawayError,
    postgres.PostgresError, broker.BrokerError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Ports, secrets and the firm's last working day, chosen at the first boot and kept."""

    tryton_port: int
    redmine_port: int
    password: str
    tryton_key: str
    redmine_key: str
    last_day: str

    def is_old(self) -> bool:
        """True when the entries lie too far back: edits of older ones are not read again for ever."""
        return datetime.now(UTC).date() - date.fromisoformat(self.last_day) > timedelta(days=14)


def settings_in(folder: Path) -> Settings:
    """Return the stored settings of the real systems, making them first."""
    path = folder / "settings.json"
    if not path.exists():
        made = Settings(
            free_port(), free_port(), secrets.token_urlsafe(16), secrets.token_hex(32), secrets.token_hex(20),
            (datetime.now(UTC).date() - timedelta(days=1)).isoformat(),
        )  # fmt: skip
        path.touch(mode=0o600)
        path.write_text(json.dumps({name: getattr(made, name) for name in Settings.__slots__}))
    return Settings(**json.loads(path.read_text()))


@dataclass(frozen=True, slots=True)
class Systems:
    """Both real systems."""

    tryton: Tryton
    redmine: Redmine

    @property
    def databases(self) -> tuple[Path, Path]:
        """The database file of each."""
        return self.tryton.server.folder / "firm.sqlite", self.redmine.server.folder / "redmine.sqlite"

    def mark_used(self) -> None:
        """Keep both databases as they were loaded: a proof edits and adds entries, and counts exactly."""
        for path in self.databases:
            with (
                contextlib.closing(sqlite3.connect(path)) as live,
                contextlib.closing(sqlite3.connect(_loaded(path))) as kept,
            ):
                live.backup(kept)

    def restore(self) -> None:
        """Put both databases back as they were loaded."""
        self.stop()
        for path in self.databases:
            if _loaded(path).exists():
                path.unlink(missing_ok=True)
                shutil.copy(_loaded(path), path)

    def stop(self) -> None:
        """End both."""
        for server in (self.redmine.server, self.tryton.server):
            server.stop()


def _loaded(path: Path) -> Path:
    return path.with_suffix(".loaded")


def systems_in(root: Path, folder: Path) -> Systems:
    """Return both systems as the settings describe them, with Tryton's environment installed."""
    chosen = settings_in(folder)
    for name in ("tryton", "redmine"):
        (folder / name).mkdir(exist_ok=True)
    tryton = Tryton(
        Server("Tryton", folder / "tryton", chosen.tryton_port),
        prepare_environment(root, folder),
        chosen.password,
        chosen.tryton_key,
    )
    redmine = Redmine(Server("Redmine", folder / "redmine", chosen.redmine_port), chosen.password, chosen.redmine_key)
    return Systems(tryton, redmine)


def boot(systems: Systems, last_day: date) -> None:
    """Start both systems and load the firm; what is there already stays."""
    with _timed("Tryton"):
        systems.tryton.boot()
        systems.tryton.load(closed_after=last_day - timedelta(days=90))
    with _timed("Redmine"):
        systems.redmine.boot()
        systems.redmine.load(build_entries(last_day))


@contextlib.contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"  {what:<28} {time.monotonic() - started:6.1f} s", flush=True)


@contextlib.contextmanager
def product(places: Places, systems: Systems) -> Iterator[dict[str, str]]:
    """Run the product's background work on throwaway servers; yields the environment of its commands."""
    with servers_for_tests(places) as local:
        environment = _product_environment(local, systems)
        with _timed("product's tables"):
            words = ["manage.py", "migrate_schemas", "--shared", "--database", "owner", "--verbosity", "0"]
            run_logged(places, "real-migrate", words, environment)
        log = places.logs / "real-dispatcher.log"
        command = [str(places.python), "manage.py", "run_dispatcher"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=places.root, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            yield environment
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _product_environment(local: LocalEnvironment, systems: Systems) -> dict[str, str]:
    ports = (systems.tryton.server.port, systems.redmine.server.port)
    allowed = ",".join(f"127.0.0.1:{port}" for port in ports)
    caller = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return product_environment(local, {**caller, "EGRESS_ALLOW": allowed})


def prove(places: Places, systems: Systems) -> bool:
    """Run every check and print the table. True when all hold."""
    with product(places, systems) as environment:
        proof = Proof(systems.tryton, systems.redmine, _Steps(places, environment))
        try:
            proof.run()
        finally:
            show_table(proof.checks)
    return bool(proof.checks) and all(check.holds for check in proof.checks)


class _Steps:
    """Calls the product's own command for each step of the proof."""

    def __init__(self, places: Places, environment: dict[str, str]) -> None:
        self._places, self._environment = places, environment

    def __call__(self, step: str, **asked: Any) -> dict[str, Any]:
        folder = self._places.state / "real"
        question, answer = folder / "asked.json", folder / "answer.json"
        answer.unlink(missing_ok=True)
        question.unlink(missing_ok=True)
        question.touch(mode=0o600)
        question.write_text(json.dumps(asked))
        words = ["manage.py", "run_real_proof", step, "--asked", str(question), "--answer", str(answer)]
        try:
            run_logged(self._places, f"real-{step}", words, self._environment)
            found: dict[str, Any] = json.loads(answer.read_text())
        finally:
            question.unlink(missing_ok=True)
            answer.unlink(missing_ok=True)
        return found


def _keep(systems: Systems) -> None:
    ports = f"127.0.0.1:{systems.tryton.server.port},127.0.0.1:{systems.redmine.server.port}"
    print(
        f"\n  Both keep running. To connect them by hand in the demo:\n"
        f"    make stop; EGRESS_ALLOW={ports} make demo\n"
        f"  Redmine  {systems.redmine.address}   sign in as admin / {systems.redmine.password}   key {systems.redmine.key}\n"
        f"  Tryton   {systems.tryton.address}   user admin / {systems.tryton.password}\n"
        f"           key {systems.tryton.key}\n"
        f"  Stop them with: make real ARGS=--stop"
    )


def main(arguments: list[str]) -> int:
    """Boot, prove, stop. 0 only when every check holds."""
    parser = argparse.ArgumentParser(prog="make real")
    for option in ("--keep", "--stop", "--fresh"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args(arguments)
    places = Places()
    folder = places.state / "real"
    folder.mkdir(parents=True, exist_ok=True)
    places.logs.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    try:
        if options.stop or options.fresh:
            _stop_and_clear(places, folder, clear=options.fresh)
        if options.stop:
            print("Both are stopped.")
            return 0
        return _main(places, folder, keep=options.keep, started=started)
    except EXPECTED as problem:
        print(f"\n  FAILED: {problem}", file=sys.stderr)
        log = getattr(problem, "log", None)
        if isinstance(log, Path):
            print(f"\n  The end of {log}:\n{tail(log)}", file=sys.stderr)
        return 1


def _stop_and_clear(places: Places, folder: Path, *, clear: bool) -> None:
    if (folder / "settings.json").exists():
        systems_in(places.root, folder).stop()
    if clear:
        for name in ("tryton", "redmine", "settings.json"):
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _systems_as_loaded(places: Places, folder: Path) -> Systems:
    if settings_in(folder).is_old():
        _stop_and_clear(places, folder, clear=True)
    systems = systems_in(places.root, folder)
    systems.restore()
    return systems


def _main(places: Places, folder: Path, *, keep: bool, started: float) -> int:
    why_not = install()
    if why_not:
        print(f"Redmine cannot be the source on this machine. {why_not}", file=sys.stderr)
        return 1
    clear_leftovers(places)
    with _timed("Tryton's environment"):
        systems = _systems_as_loaded(places, folder)
    try:
        boot(systems, date.fromisoformat(settings_in(folder).last_day))
        systems.mark_used()
        held = prove(places, systems)
    finally:
        if not keep:
            systems.stop()
    print(
        f"\n  {'Every check holds' if held else 'NOT every check holds'} ({time.monotonic() - started:.0f} s in all)."
    )
    if keep:
        _keep(systems)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
