"""What one customer's backfill costs others: webhooks of its neighbour, and of another partner's customer, idle and beside it.

    python -m bench.fairness [--entries 100000] [--events 100] [--backfills 1]

Real processes as production runs them: web server, a worker with two children, the dispatcher. Every event is timed from
the door's answer to its record's arrival in the target. Returns 1 when one is lost or doubled, or the 95th percentile
beside the backfill is more than twice the idle one.
"""

import argparse
import contextlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from statistics import quantiles
from typing import Any

import orjson
import psycopg

from apps.connectors.webhook_signatures import standard_headers
from bench.servers import bench_environment
from bench.webhooks import BenchError, Door, served
from bench.work.entries import expected_amounts, iterate_entries
from bench.work.meter import read_report
from bench.work.systems import ROOT, ask_arrivals, ask_counts, prepare_source, running_systems

DATABASE = "fairlead_bench_fair"
MOST_GROWTH = 2.0
EVERY_SECONDS = 0.2
ARRIVAL_SECONDS = 120.0
WARM_UP = 10
QUEUES = "run,deliver,poll,notify,maint"
NAMES = {"near": "its neighbour", "far": "another partner's"}


class Line:
    """The helper process that installs flows and starts the backfills."""

    def __init__(self, environment: Mapping[str, str], *words: str) -> None:
        command = [sys.executable, "-m", "bench.work.fair_line", *words]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addresses = self._answer()

    def ask(self, word: str) -> dict[str, Any]:
        """Have it do something and return what it reports."""
        if self._process.stdin is not None:
            print(word, file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        for line in self._process.stdout or ():
            if line.startswith("REPORT "):
                return read_report(line)[1]
        raise BenchError("the helper process ended: its reason is above")

    def end(self) -> None:
        """End the helper."""
        self._process.kill()
        self._process.wait()


@dataclass(slots=True)
class Sent:
    """Events of one customer in one stage: when the door answered, by the record's key."""

    accepted: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds from accepted to delivered of one customer in one stage."""

    number: int
    median: float
    p95: float
    most: float


class Callers:
    """Two systems that announce records, each to its own address, one after the other and evenly spread in time."""

    def __init__(self, door: Door, addresses: Mapping[str, Mapping[str, str]], keys: Sequence[str]) -> None:
        self._door, self._addresses = door, addresses
        self._keys, self._position = keys, count()

    def call_while(self, going_on: Iterator[bool]) -> dict[str, Sent]:
        """Announce a record to each address every 200 ms for as long as `going_on` says so."""
        sent = {name: Sent() for name in self._addresses}
        for more in going_on:
            began = time.monotonic()
            position = next(self._position)
            if not more or position >= len(self._keys):
                return sent
            for name, noted in sent.items():
                self._announce(name, self._keys[position], noted)
            time.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - began)))
        return sent

    def _announce(self, name: str, key: str, sent: Sent) -> None:
        told = self._addresses[name]
        body = orjson.dumps({"type": "time.approved", "object": "time-entries", "key": key})
        signed = standard_headers([told["secret"]], delivery_id=f"msg-{key}", timestamp=int(time.time()), body=body)
        headers = {**signed, "Host": told["host"], "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self._door.port}{told['path']}", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            if answer.status != 202:
                raise BenchError(f"an event was answered with {answer.status}")
        sent.accepted[key] = time.time()


def figures_of(place: str, target: str, sent: Sent) -> Figures:
    """Wait until everything sent has arrived and return how long it took. Raises BenchError."""
    until = time.monotonic() + ARRIVAL_SECONDS
    while missing := sent.accepted.keys() - (arrived := ask_arrivals(place, target)).keys():
        if time.monotonic() > until:
            raise BenchError(f"{len(missing)} of {len(sent.accepted)} events to {target} never arrived")
        time.sleep(0.1)
    if doubled := ask_counts(place, target)["dup_effective"]:
        raise BenchError(f"{doubled} records came twice to {target}")
    waits = sorted(max(0.0, arrived[key] - at) for key, at in sent.accepted.items())
    cuts = quantiles(waits, n=20, method="inclusive")
    return Figures(len(waits), cuts[9], cuts[18], waits[-1])


@contextlib.contextmanager
def working(environment: Mapping[str, str]) -> Iterator[None]:
    """Run a worker with two children and a dispatcher, as production does, while the block runs."""
    celery = ["-m", "celery", "-A", "config.celery", "worker", "--pool", "prefork", "--concurrency", "2"]
    commands = [[*celery, "--queues", QUEUES, "--loglevel", "ERROR"], ["manage.py", "run_dispatcher"]]
    with contextlib.ExitStack() as stack:
        for words in commands:
            process = subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env=dict(environment),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)
        _wait_for_hearts(environment["OWNER_DATABASE_URL"])
        yield


def _wait_for_hearts(database: str) -> None:
    until = time.monotonic() + 90
    with psycopg.connect(database, autocommit=True) as connection:
        while time.monotonic() < until:
            found = connection.execute("SELECT role FROM public.dispatch_workerheartbeat").fetchall()
            if sorted(role for (role,) in found) == ["dispatcher", "worker", "worker"]:
                return
            time.sleep(0.2)
    raise BenchError("worker and dispatcher do not start")


def _times(number: int) -> Iterator[bool]:
    yield from (True for _ in range(number))


def _while_under_way(line: Line) -> Iterator[bool]:
    """Say yes until the backfills are over, asking once a second."""
    asked_at = time.monotonic()
    while True:
        if time.monotonic() - asked_at > 1:
            if not line.ask("look")["under_way"]:
                return
            asked_at = time.monotonic()
        yield True


def keys_of(events: int) -> list[str]:
    """Return the keys of the entries that are delivered when announced."""
    wanted = expected_amounts(iterate_entries(events))
    return [str(entry["id"]) for entry in iterate_entries(events) if str(entry["id"]) in wanted]


def measure(place: str, environment: Mapping[str, str], options: argparse.Namespace) -> dict[str, list[Figures]]:
    """Return for each customer its figures idle and beside the backfill."""
    entries = max(2_000, options.events * 2)
    for size in (entries, options.entries):
        prepare_source(place, size)
    line = Line(environment, place, str(options.entries), str(entries), str(options.backfills))
    try:
        with served("config.wsgi:application", environment) as door, working(environment):
            callers = Callers(door, line.addresses, keys_of(entries))
            for name, warm in callers.call_while(_times(WARM_UP)).items():
                figures_of(place, name, warm)
            stages = [callers.call_while(_times(options.events))]
            began = time.monotonic()
            line.ask("start")
            stages.append(callers.call_while(_while_under_way(line)))
            seconds, runs = time.monotonic() - began, line.ask("look")["runs"]
            ends = ", ".join(f"{state}: {written:,} written {error}".strip() for state, written, error in runs)
            print(f"backfilled in {seconds:.0f} s; {ends}")
            # Waited for while the worker is still there.
            table = {name: [figures_of(place, name, stage[name]) for stage in stages] for name in NAMES}
        check_backfills(place, options)
        return table
    finally:
        line.end()


def check_backfills(place: str, options: argparse.Namespace) -> None:
    """Raise BenchError unless every record that should be backfilled arrived once."""
    wanted = len(expected_amounts(iterate_entries(options.entries)))
    for number in range(options.backfills):
        counts = ask_counts(place, f"big{number}")
        if counts["unique"] != wanted or counts["dup_effective"]:
            raise BenchError(f"{wanted} records should have been backfilled, once each: {counts}")


def show(table: Mapping[str, Sequence[Figures]]) -> bool:
    """Print the table; True when every ratio is within what is allowed."""
    print(f"{'webhooks of':20}{'':>14}{'events':>8}{'p50 ms':>9}{'p95 ms':>9}{'most ms':>9}{'p95 x':>7}")
    good = True
    for name, (idle, beside) in table.items():
        ratio = beside.p95 / idle.p95
        good = good and ratio <= MOST_GROWTH
        for words, row, grown in (("idle", idle, ""), ("beside", beside, f"{ratio:.2f}")):
            milliseconds = "".join(f"{value * 1000:9.0f}" for value in (row.median, row.p95, row.most))
            print(f"{NAMES[name]:20}{words:>14}{row.number:8}{milliseconds}{grown:>7}")
    print(f"target: at most {MOST_GROWTH:g} times the idle p95: {'met' if good else 'MISSED'}")
    return good


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="bench.fairness", description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000, help="entries that are backfilled (default 100000)")
    parser.add_argument("--events", type=int, default=100, help="webhooks to each customer while idle (default 100)")
    parser.add_argument("--backfills", type=int, default=1, help="flows that backfill side by side (default 1)")
    options = parser.parse_args(arguments)
    if options.entries < 1 or options.events < 20 or options.backfills < 1:
        parser.error("--entries and --backfills must be at least 1, --events at least 20")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = parsed(arguments)
    with bench_environment(DATABASE) as environment, running_systems() as place:
        try:
            table = measure(place, {**environment, "EGRESS_ALLOW": place, "MAINTENANCE": ""}, options)
        except BenchError as problem:
            print(problem, file=sys.stderr)
            return 1
        print(f"{options.backfills} backfill(s) of {options.entries:,} entries each")
        return 0 if show(table) else 1


if __name__ == "__main__":
    sys.exit(main())
