"""W1 and W1b: time entries from a time system into an ERP, by the product and by a bare loop, in one call.

    python -m bench.throughput [--entries 10000] [--single | --batch] [--repeats 3]

Both do the same work on the same systems; each measured program is a warm process of its own. Returns 1 when a record
is lost, doubled or wrong by a cent. CPU-seconds are the figure to trust; wall time depends on who else works here.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.servers import bench_environment
from bench.work.entries import expected_amounts, iterate_entries
from bench.work.meter import Cost, read_report
from bench.work.systems import ROOT, ask_counts, running_systems

DATABASE = "fairlead_bench"
SMALL = 10_000
MUST = {"W1": 3.4, "W1b": 1.9}  # CPU-seconds per 10,000 entries
MOST_GROWTH_MB = 15.0
PROGRAMS = {
    "limit a": ("bench.work.bare_loop",),
    "limit b": ("bench.work.bare_loop", "--ledger"),
    "product": ("bench.work.product_line",),
}


class BenchError(RuntimeError):
    """A measured process failed. The message holds the end of what it said."""


@dataclass(slots=True)
class Series:
    """The repeats of one program at one size, and what is wrong with any of them."""

    program: str
    kind: str
    number: int
    costs: list[Cost] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    delivered: int = 0

    @property
    def cpu(self) -> float:
        """Median CPU-seconds."""
        return median(cost.cpu_seconds for cost in self.costs)

    @property
    def per_ten_thousand(self) -> float:
        """Median CPU-seconds for 10,000 entries."""
        return self.cpu * SMALL / self.number

    @property
    def wall(self) -> float:
        """Median wall seconds."""
        return median(cost.wall_seconds for cost in self.costs)

    @property
    def peak_mb(self) -> float:
        """The most memory of any repeat."""
        return max(cost.peak_mb for cost in self.costs)


class Measuring:
    """Measures programs on one set of systems and checks what each of them delivered."""

    def __init__(self, place: str, environment: Mapping[str, str]) -> None:
        self._place = place
        self._environment = {**environment, "EGRESS_ALLOW": place}
        self._expected: dict[int, tuple[int, int]] = {}
        self._targets = iter(range(1, 1_000_000))

    def prepare(self) -> None:
        """Make the product's tables and partner."""
        self._call(["bench.work.product_line", "prepare"])

    def series(self, kind: str, number: int, repeats: int) -> list[Series]:
        """Measure all programs, one after the other, `repeats` times."""
        table = [Series(program, kind, number) for program in PROGRAMS]
        for _ in range(repeats):
            for row in table:
                self._measure(row)
        return table

    def _measure(self, row: Series) -> None:
        target = f"t{next(self._targets)}"
        module, *options = PROGRAMS[row.program]
        words = [module, *(["run"] if row.program == "product" else []), self._place, str(row.number), target, *options]
        cost, told = read_report(self._call([*words, *(["--batch"] if row.kind == "W1b" else [])]))
        if cost is None:
            raise BenchError(f"{row.program} reported no cost")
        row.costs.append(cost)
        row.delivered, problems = self._check(target, row.number)
        state = told.get("run", {}).get("state", "clean")
        if state not in {"clean", "partial"}:
            problems.append(f"the run ended {state}: {told['run']['error']}")
        row.wrong += problems

    def _call(self, words: Sequence[str]) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BenchError(f"{' '.join(words)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
        return done.stdout

    def _check(self, target: str, number: int) -> tuple[int, list[str]]:
        """Return how many records arrived, and what is wrong with them."""
        if number not in self._expected:
            amounts = expected_amounts(iterate_entries(number))
            self._expected[number] = len(amounts), sum(int(amount.scaleb(2)) for amount in amounts.values())
        wanted, cents = self._expected[number]
        counts = ask_counts(self._place, target)
        differences = {
            "lost": wanted - counts["unique"],
            "doubled": counts["dup_effective"],
            "cents too few": cents - counts["cents"],
        }
        return counts["unique"], [f"{name}: {value}" for name, value in differences.items() if value]


def show(table: Sequence[Series]) -> None:
    """Print the figures of one kind of work."""
    first = table[0]
    floors = {row.program: row.cpu for row in table}
    print(f"\n{first.kind}, {first.number:,} entries, median of {len(first.costs)}")
    print(
        f"{'program':10}{'wall s':>8}{'CPU s':>8}{'own':>7}{'PostgreSQL':>12}{'per 10,000':>12}"
        f"{'x a':>6}{'x b':>6}{'rec/s':>9}{'rec/s/core':>12}{'peak MB':>9}{'delivered':>11}  cents"
    )
    for row in table:
        own = median(cost.own_seconds for cost in row.costs)
        print(
            f"{row.program:10}{row.wall:8.2f}{row.cpu:8.2f}{own:7.2f}{row.cpu - own:12.2f}{row.per_ten_thousand:12.2f}"
            f"{row.cpu / floors['limit a']:6.1f}{row.cpu / floors['limit b']:6.1f}{row.delivered / row.wall:9,.0f}"
            f"{row.delivered / row.cpu:12,.0f}{row.peak_mb:9.0f}{row.delivered:11,}  {'ok' if not row.wrong else row.wrong}",
            flush=True,
        )
    product = table[-1]
    verdict = "met" if product.per_ten_thousand <= MUST[first.kind] else "MISSED"
    print(f"target {MUST[first.kind]} CPU-s per 10,000: {verdict} with {product.per_ten_thousand:.2f}")


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="bench.throughput", description=__doc__)
    parser.add_argument("--entries", type=int, default=SMALL, help="entries in the source (default 10000)")
    parser.add_argument("--repeats", type=int, default=3, help="repeats of each measurement (default 3)")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--single", action="store_true", help="W1 only: one call a record")
    only.add_argument("--batch", action="store_true", help="W1b only: batches of 100")
    options = parser.parse_args(arguments)
    if options.entries < 1 or options.repeats < 1:
        parser.error("--entries and --repeats must be at least 1")
    return options


def kinds_of(options: argparse.Namespace) -> Iterator[str]:
    """Yield which kinds of work are wanted."""
    if not options.batch:
        yield "W1"
    if not options.single:
        yield "W1b"


def measure_all(measuring: Measuring, options: argparse.Namespace) -> list[Series]:
    """Measure and show everything that was asked for."""
    rows: list[Series] = []
    for kind in kinds_of(options):
        table = measuring.series(kind, options.entries, options.repeats)
        show(table)
        rows += table
        if options.entries > SMALL:
            small = measuring.series(kind, SMALL, 1)
            show(small)
            rows += small
            growth = table[-1].peak_mb - small[-1].peak_mb
            linear = table[-1].per_ten_thousand / small[-1].per_ten_thousand
            print(
                f"{kind}: peak memory grows by {growth:.1f} MB (target {MOST_GROWTH_MB:g}), CPU per record x {linear:.2f}"
            )
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when anything was lost, doubled or wrong."""
    options = parsed(arguments)
    with bench_environment(DATABASE) as environment, running_systems() as place:
        measuring = Measuring(place, environment)
        try:
            measuring.prepare()
            rows = measure_all(measuring, options)
        except BenchError as problem:
            print(problem, file=sys.stderr)
            return 1
    wrong: list[Any] = [(row.kind, row.program, row.wrong) for row in rows if row.wrong]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
