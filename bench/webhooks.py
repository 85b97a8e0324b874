"""W2: webhooks accepted, stored and delivered: the product's own door and worker, beside a bare one-row door, in one call.

    python -m bench.webhooks [--events 5000] [--at-once 16] [--repeats 3]

The door is served as production serves it (one granian worker, four threads); the product's worker delivers meanwhile.
Returns 1 when an event is lost, doubled or refused. CPU is of the web process, the worker and PostgreSQL.
"""

import argparse
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

import psutil
import psycopg

from apps.connectors.webhook_signatures import new_secret
from bench.servers import bench_environment
from bench.work.entries import expected_amounts, iterate_entries
from bench.work.hook_table import COUNT, TABLE
from bench.work.meter import read_report, server_of, server_seconds
from bench.work.systems import ROOT, ask_counts, running_systems

DATABASE = "fairlead_bench_hooks"
MUST = {"rate": 1_000.0, "p99": 40.0, "cpu_ms": 1.5}
WARM_UP = 200
_FIGURES = ("rate", "p50", "p99", "cpu_ms", "web_ms", "worker_ms", "database_ms")
DRAIN_SECONDS = 300.0
THREADS = 4


class BenchError(RuntimeError):
    """A measured process failed, or what was accepted did not arrive. The message says which."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. `until_delivered` is None where nothing is delivered."""

    rate: float
    p50: float
    p99: float
    cpu_ms: float
    web_ms: float
    worker_ms: float
    database_ms: float
    until_delivered: float | None


class Door:
    """A web process and whom to ask for its CPU."""

    def __init__(self, application: str, environment: Mapping[str, str]) -> None:
        self.port = _free_port()
        served = [application, "--host", "127.0.0.1", "--port", str(self.port)]
        limits = ["--workers", "1", "--blocking-threads", str(THREADS), "--no-ws", "--no-log"]
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", *served, *limits]
        self.process = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=subprocess.DEVNULL)

    def wait(self) -> None:
        """Wait until it answers. Raises BenchError."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.5):
                return
            time.sleep(0.1)
        raise BenchError("the web process does not answer")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


@contextlib.contextmanager
def served(application: str, environment: Mapping[str, str]) -> Iterator[Door]:
    """Serve an application while the block runs."""
    door = Door(application, environment)
    try:
        door.wait()
        yield door
    finally:
        door.stop()


@contextlib.contextmanager
def working(environment: Mapping[str, str]) -> Iterator[psutil.Process]:
    """Run one worker while the block runs."""
    command = [sys.executable, "-m", "bench.work.hook_line", "work"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=dict(environment), text=True, **pipes) as process:  # type: ignore[call-overload]
        if "ready" not in process.stdout.readline():
            raise BenchError("the worker does not start")
        try:
            yield psutil.Process(process.pid)
        finally:
            process.stdin.close()
            process.wait(60)


class Measuring:
    """Measures doors on one database."""

    def __init__(self, environment: Mapping[str, str], place: str, options: argparse.Namespace) -> None:
        self._environment = {**environment, "EGRESS_ALLOW": place, "MAINTENANCE": ""}
        self._place, self._number, self._at_once = place, options.events, options.at_once
        self._targets = iter(range(1, 1_000))
        self._connection = psycopg.connect(environment["OWNER_DATABASE_URL"], autocommit=True)
        self._server = server_of(self._connection.info.backend_pid)
        self._most = self._number + WARM_UP

    def product(self) -> Row:
        """Measure the product: accept, and deliver meanwhile to the end."""
        target = f"h{next(self._targets)}"
        told = self._told("bench.work.hook_line", "prepare", self._place, str(self._most), target)
        with served("config.wsgi:application", self._environment) as door, working(self._environment) as worker:
            self._send(door, told, WARM_UP, 0)
            self._wait_for(target, WARM_UP)
            return self._measure(door, told, worker, target)

    def bare(self) -> Row:
        """Measure the bare door."""
        secret = new_secret()
        self._connection.execute("DROP TABLE IF EXISTS bench_inbox")
        self._connection.execute(TABLE)
        with served("bench.work.bare_hook:application", {**self._environment, "BENCH_HOOK_SECRET": secret}) as door:
            told = {"path": "/in/bare", "secret": secret}
            self._send(door, told, WARM_UP, 0)
            row = self._measure(door, told, None, "")
        (stored,) = self._connection.execute(COUNT).fetchone() or (0,)
        if stored != self._most:
            raise BenchError(f"the bare door stored {stored} of {self._most}")
        return row

    def _measure(self, door: Door, told: Mapping[str, Any], worker: psutil.Process | None, target: str) -> Row:
        processes = [psutil.Process(door.process.pid)]
        web, own, database = _spent(processes), _spent([worker] if worker else []), server_seconds(self._server)
        began = time.perf_counter()
        sent = self._send(door, told, self._number, WARM_UP)
        if worker:
            self._wait_for(target, self._most)
        wall = time.perf_counter() - began
        web = _spent(processes) - web
        own = _spent([worker] if worker else []) - own
        database = server_seconds(self._server) - database
        each = 1000 / self._number
        cpu = (web + own + database) * each
        rate = self._number / sent["seconds"]
        delivered = wall if worker else None
        return Row(rate, sent["p50"], sent["p99"], cpu, web * each, own * each, database * each, delivered)

    def _send(self, door: Door, told: Mapping[str, Any], number: int, first: int) -> dict[str, Any]:
        words = [str(door.port), told["path"], told["secret"], str(number), str(self._at_once), str(first)]
        sent = self._told("bench.work.hook_sender", *words)
        if sent["answers"] != {"202": number}:
            raise BenchError(f"{number} were sent, the answers: {sent['answers']}")
        return sent

    def _wait_for(self, target: str, number: int) -> None:
        wanted = len(expected_amounts(islice(iterate_entries(self._most), number)))
        until = time.monotonic() + DRAIN_SECONDS
        while (counts := ask_counts(self._place, target))["unique"] < wanted:
            if time.monotonic() > until:
                raise BenchError(f"{counts['unique']} of {wanted} arrived within {DRAIN_SECONDS:g} s")
            time.sleep(0.05)
        if counts["unique"] > wanted or counts["dup_effective"]:
            raise BenchError(f"{wanted} should have arrived, once each: {counts}")

    def _told(self, module: str, *words: str) -> dict[str, Any]:
        command = [sys.executable, "-m", module, *words]
        done = subprocess.run(
            command, cwd=ROOT, env=dict(self._environment), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BenchError(f"{module} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
        return read_report(done.stdout)[1]

    def prepare(self) -> None:
        """Make the product's tables and partner."""
        command = [sys.executable, "-m", "bench.work.product_line", "prepare"]
        subprocess.run(command, cwd=ROOT, env=dict(self._environment), check=True)


def _spent(processes: Sequence[psutil.Process]) -> float:
    """Return the CPU-seconds of these processes and all below them."""
    every = [child for process in processes for child in (process, *process.children(recursive=True))]
    return sum(sum(one.cpu_times()[:2]) for one in every)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def show(name: str, rows: Sequence[Row]) -> Row:
    """Print the medians of one door and return them."""
    waits = [row.until_delivered for row in rows if row.until_delivered is not None]
    figures = {figure: median(getattr(row, figure) for row in rows) for figure in _FIGURES}
    middle = Row(**figures, until_delivered=median(waits) if waits else None)
    last = f"{middle.until_delivered:9.2f}" if middle.until_delivered is not None else f"{'-':>9}"
    print(
        f"{name:10}{middle.rate:12,.0f}{middle.p50:9.1f}{middle.p99:9.1f}{middle.cpu_ms:10.2f}{middle.web_ms:8.2f}"
        f"{middle.worker_ms:8.2f}{middle.database_ms:12.2f}{last}",
        flush=True,
    )
    return middle


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="bench.webhooks", description=__doc__)
    parser.add_argument("--events", type=int, default=5_000, help="events a measurement (default 5000)")
    parser.add_argument("--at-once", type=int, default=16, help="deliveries under way at once (default 16)")
    parser.add_argument("--repeats", type=int, default=3, help="repeats of each measurement (default 3)")
    options = parser.parse_args(arguments)
    if min(options.events, options.at_once, options.repeats) < 1:
        parser.error("--events, --at-once and --repeats must be at least 1")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when anything was lost, doubled or refused."""
    options = parsed(arguments)
    with bench_environment(DATABASE) as environment, running_systems() as place:
        measuring = Measuring(environment, place, options)
        try:
            measuring.prepare()
            bare, product = [], []
            for _ in range(options.repeats):
                bare.append(measuring.bare())
                product.append(measuring.product())
        except (BenchError, subprocess.CalledProcessError) as problem:
            print(problem, file=sys.stderr)
            return 1
    print(f"W2, {options.events:,} events, {options.at_once} at once, median of {options.repeats}; CPU in ms an event")
    print(
        f"{'door':10}{'accepted/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU':>10}{'web':>8}{'worker':>8}{'PostgreSQL':>12}{'done s':>9}"
    )
    show("bare", bare)
    row = show("product", product)
    for words, value, least in (("accepted/s", row.rate, MUST["rate"]), ("p99 ms", row.p99, MUST["p99"]),
                                ("CPU ms an event", row.cpu_ms, MUST["cpu_ms"])):  # fmt: skip
        met = value >= least if words == "accepted/s" else value <= least
        print(f"target {least:g} {words}: {'met' if met else 'MISSED'} with {value:,.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
