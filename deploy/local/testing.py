"""`make test`: a throwaway PostgreSQL and broker, all tests, and nothing left behind.

Arguments go to pytest. DATABASE_URL (an administrator's login) and REDIS_URL use real servers instead.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType

from deploy.local import broker, postgres, translations
from deploy.local.browser import warn_without_browser
from deploy.local.database import PrepareError, prepare
from deploy.local.environment import (
    EnvironmentFileError,
    LocalEnvironment,
    load,
    product_environment,
    with_real_servers,
)
from deploy.local.places import Places
from deploy.local.ports import choose_port
from deploy.local.processes import mark, signal_group

READY_SECONDS = 30.0
WORKERS = "3"
EXPECTED = (
    postgres.PostgresError, broker.BrokerError, PrepareError, EnvironmentFileError, translations.TranslationError,
)  # fmt: skip


class ThrowawayError(RuntimeError):
    """A throwaway server does not come up. The message holds the end of its log."""


@contextlib.contextmanager
def throwaway_postgres(home: Path, *, careless: bool = True) -> Iterator[postgres.PostgresServer]:
    """Run a PostgreSQL server that keeps nothing, for as long as the block lasts."""
    server = postgres.server_at(home / "postgres", choose_port(25432), secrets.token_hex(8), careless=careless)
    try:
        postgres.make_cluster(server)
        postgres.clear_the_way(server)
        environment = postgres.clean_environment(os.environ)
        log = home / "postgres.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                postgres.command(server), cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, **server.run_as,
            )  # fmt: skip
        with _ended_by(process, postgres.STOP_SIGNAL):
            _await(process, lambda: postgres.why_not_ready(server.url), log)
            yield server
    finally:
        shutil.rmtree(server.cluster.parent, ignore_errors=True)


@contextlib.contextmanager
def throwaway_broker(home: Path) -> Iterator[broker.BrokerServer]:
    """Run a broker that keeps nothing, for as long as the block lasts."""
    server = broker.server_at(home / "broker", choose_port(26379), secrets.token_hex(8), careless=True)
    broker.write_configuration(server)
    log = home / "broker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            broker.command(server),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with _ended_by(process, broker.STOP_SIGNAL):
        _await(process, lambda: broker.why_not_ready(server.url), log)
        yield server


@contextlib.contextmanager
def _ended_by(process: "subprocess.Popen[bytes]", first: signal.Signals) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(first)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            signal_group(process.pid, signal.SIGKILL)
            process.wait()


def _await(process: "subprocess.Popen[bytes]", why_not: Callable[[], str], log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while reason := why_not():
        if process.poll() is not None or time.monotonic() > until:
            raise ThrowawayError(f"{reason}\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
        time.sleep(0.05)


@contextlib.contextmanager
def servers_for_tests(places: Places, *, careless: bool = True) -> Iterator[LocalEnvironment]:
    """Give the servers of one test run: own throwaway ones, or those the caller names.

    `careless` ones do not wait for the disk: right for tests, wrong for measuring.
    """
    local = with_real_servers(load(places.env_file), os.environ)
    home = places.state / "test" / str(os.getpid())
    home.mkdir(parents=True)
    try:
        with contextlib.ExitStack() as stack:
            if not local.admin_database_url:
                local = replace(
                    local, admin_database_url=stack.enter_context(throwaway_postgres(home, careless=careless)).url
                )
                prepare(local)
            if not local.external_redis_url:
                local = replace(local, external_redis_url=stack.enter_context(throwaway_broker(home)).url)
            yield local
    finally:
        shutil.rmtree(home, ignore_errors=True)


def clear_leftovers(places: Places) -> None:
    """End and remove what a killed test run left: its folder carries its process id."""
    for home in (places.state / "test").glob("[0-9]*"):
        if mark(int(home.name)) is not None:
            continue
        left = postgres.server_at(home / "postgres", 0, "")
        postgres.clear_the_way(left)
        broker.end_leftover(home / "broker")
        for folder in (left.cluster.parent, home):
            shutil.rmtree(folder, ignore_errors=True)


def environment_for_tests(local: LocalEnvironment) -> dict[str, str]:
    """Return the environment pytest runs with."""
    return {
        **product_environment(local, os.environ),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "TEST_ADMIN_DATABASE_URL": local.admin_url,
    }


def main(arguments: list[str]) -> int:
    """Run pytest between the servers' start and stop, and return its code."""
    places = Places()
    signal.signal(signal.SIGTERM, _leave)
    try:
        clear_leftovers(places)
        warn_without_browser()
        translations.ensure(places)
        with servers_for_tests(places) as local:
            # A file stays on one worker: what it sets up once (a web server, an inhabited house) is not set up twice.
            # Files are handed out in the order tests/conftest.py gives them, the longest first.
            spread = ["-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder"]
            command = [str(places.python), "-m", "pytest", *spread, *arguments]
            return _run(command, places, environment_for_tests(local))
    except (ThrowawayError, *EXPECTED) as problem:
        print(f"The tests could not start: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(command: list[str], places: Places, environment: dict[str, str]) -> int:
    with subprocess.Popen(command, cwd=places.root, env=environment) as process:
        try:
            return process.wait()
        except (KeyboardInterrupt, SystemExit):
            process.terminate()
            process.wait(20)
            raise


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
