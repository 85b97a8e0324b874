"""`make real`: boots a real Tryton and a real Redmine, runs the product's flow between them, and checks in Tryton itself.

Before that it boots a real TimeTagger, a SCIM directory, a PostgreSQL and, where there is a Python it runs on, a BottleCRM,
and tries the product's connectors on them.

    make real                          prove, then stop everything
    make real ARGS=--keep              leave both systems running and say how to reach them
    make real ARGS=--stop              stop kept ones
    make real ARGS=--fresh             throw the loaded systems away first
    make real ARGS=--sandbox           take the sandbox PSA as the source, as where no Redmine can be installed

The product runs here in processes of its own on throwaway servers, so nothing of a running demo is touched.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.local import broker, postgres
from deploy.local.commands import CommandError, run_logged, tail
from deploy.local.database import PrepareError
from deploy.local.environment import EnvironmentFileError, LocalEnvironment, product_environment
from deploy.local.logbook import log_path
from deploy.local.places import Places
from deploy.local.processes import signal_group
from deploy.local.real_bottlecrm import interpreter, prove_bottlecrm
from deploy.local.real_checks import Check, Proof, show_table
from deploy.local.real_http import AnswerError
from deploy.local.real_redmine import install
from deploy.local.real_scim import prove_scim
from deploy.local.real_server import BootError
from deploy.local.real_systems import (
    Systems,
    clear,
    crm_server,
    directory_server,
    home_of,
    settings_of,
    stop_all,
    systems_of,
    timed,
    timetagger_of,
)
from deploy.local.real_tables import prove_tables
from deploy.local.real_timetagger import prove_timetagger
from deploy.local.real_tryton_invoices import prove_invoices
from deploy.local.services import QUEUES
from deploy.local.testing import ThrowawayError, clear_leftovers, servers_for_tests

END_SECONDS = 40.0
NO_BOTTLECRM = (
    "Skipped: BottleCRM. It runs on Python 3.12 or later alone, and this machine has none; its connector was last proven "
    "where there was one (docs/real-systems.md)."
)
EXPECTED = (
    BootError, AnswerError, CommandError, PrepareError, EnvironmentFileError, ThrowawayError,
    postgres.PostgresError, broker.BrokerError,
)  # fmt: skip


@contextlib.contextmanager
def product(places: Places, systems: Systems) -> Iterator[dict[str, str]]:
    """Run the product's background work on throwaway servers; yields the environment of its commands."""
    with servers_for_tests(places) as local:
        environment = _product_environment(local, systems)
        with timed("product's tables"):
            words = ["manage.py", "migrate_schemas", "--shared", "--database", "owner", "--verbosity", "0"]
            run_logged(places, "real-migrate", words, environment)
        worker = ["-m", "celery", "-A", "config.celery", "worker", "--pool", "prefork", "--concurrency", "2"]
        with (
            _background(places, "worker", [*worker, "--queues", QUEUES, "--loglevel", "INFO"], environment),
            _background(places, "dispatcher", ["manage.py", "run_dispatcher"], environment),
        ):
            yield environment


@contextlib.contextmanager
def _background(places: Places, name: str, words: list[str], environment: dict[str, str]) -> Iterator[None]:
    """Run one of the product's processes for as long as the block lasts."""
    with log_path(places.logs, f"real-{name}").open("wb") as output:
        process = subprocess.Popen(
            [str(places.python), *words], cwd=places.root, env=environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            signal_group(process.pid, signal.SIGKILL)
            process.wait()


def _product_environment(local: LocalEnvironment, systems: Systems) -> dict[str, str]:
    allowed = ",".join(f"127.0.0.1:{port}" for port in systems.ports)
    caller = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return product_environment(local, {**caller, "EGRESS_ALLOW": allowed})


class _Steps:
    """Calls the product's own command for each step of the proof."""

    def __init__(self, places: Places, environment: dict[str, str]) -> None:
        self._places, self._environment = places, environment

    def __call__(self, step: str, **asked: Any) -> dict[str, Any]:
        home = home_of(self._places)
        question, answer = home / "asked.json", home / "answer.json"
        for path in (question, answer):
            path.unlink(missing_ok=True)
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


def prove(places: Places, systems: Systems) -> bool:
    """Run every check and print the table. True when all hold."""
    with product(places, systems) as environment:
        proof = Proof(systems.tryton, systems.source, _Steps(places, environment))
        try:
            proof.run()
            proof.checks += prove_invoices(systems.tryton)
        finally:
            show_table(proof.checks)
    return bool(proof.checks) and all(check.holds for check in proof.checks)


def main(arguments: list[str]) -> int:
    """Boot, prove, stop. 0 only when every check holds."""
    parser = argparse.ArgumentParser(prog="make real")
    for option in ("--keep", "--stop", "--fresh", "--sandbox"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args(arguments)
    places = Places()
    places.logs.mkdir(parents=True, exist_ok=True)
    home_of(places).mkdir(parents=True, exist_ok=True)
    try:
        if options.stop:
            stop_all(places)
            print("Both are stopped.")
            return 0
        if options.fresh or settings_of(places).is_old():
            clear(places)
        return _boot_and_prove(places, keep=options.keep, sandbox=options.sandbox)
    except EXPECTED as problem:
        print(f"\n  FAILED: {problem}", file=sys.stderr)
        log = getattr(problem, "log", None)
        if isinstance(log, Path):
            print(f"\n  The end of {log}:\n{tail(log)}", file=sys.stderr)
        return 1


def _boot_and_prove(places: Places, *, keep: bool, sandbox: bool) -> int:
    started = time.monotonic()
    why_not = "" if sandbox else install()
    if why_not:
        print(f"  No real Redmine on this machine: {why_not}\n  The sandbox PSA is the source instead.", flush=True)
    clear_leftovers(places)
    with timed("The systems' environment"):
        systems = systems_of(places, sandbox=sandbox or bool(why_not))
    with timed("TimeTagger"):
        checks = prove_timetagger(timetagger_of(places, systems), systems.last_day)
    with timed("A SCIM directory"):
        checks += prove_scim(directory_server(places), systems.tryton.python)
    with timed("PostgreSQL tables"), servers_for_tests(places) as local:
        checks += prove_tables(local.admin_url)
        crm = _bottlecrm(places, local.admin_url)
        checks += crm
    show_table(checks)
    try:
        systems.boot()
        held = prove(places, systems) and all(check.holds for check in checks)
    finally:
        if not keep:
            systems.stop()
    tried = f"TimeTagger, SCIM, PostgreSQL, {'BottleCRM, ' if crm else ''}{systems.source.server.name} -> Tryton"
    words = f"Every check holds: {tried}" if held else "NOT every check holds"
    print(f"\n  {words} ({time.monotonic() - started:.0f} s in all).")
    if keep:
        _tell(places, systems)
    return 0 if held else 1


def _bottlecrm(places: Places, admin_url: str) -> list[Check]:
    """Return what holds with a real BottleCRM; nothing where this machine cannot run one, which is then said."""
    python = interpreter()
    if not python:
        print(f"  {NO_BOTTLECRM}", flush=True)
        return []
    with timed("BottleCRM"):
        return prove_bottlecrm(crm_server(places), places.root, python, admin_url)


def _tell(places: Places, systems: Systems) -> None:
    chosen, source = settings_of(places), systems.source
    allowed = ",".join(f"127.0.0.1:{port}" for port in systems.ports)
    key = next(iter(source.connection["secrets"].values()))
    print(
        f"\n  Both keep running. To connect them by hand in the demo:\n"
        f"    make stop; EGRESS_ALLOW={allowed} make demo\n"
        f"  {source.server.name:<12} {source.address}   key {key}\n"
        f"  {'Tryton':<12} {systems.tryton.address}   key {chosen.tryton_key}\n"
        f"  Redmine's and Tryton's own sign-in: admin / {chosen.password}\n"
        f"  Stop them with: make real ARGS=--stop"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
