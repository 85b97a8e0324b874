"""What it costs to claim 32 rows of due work behind a backlog of 100,000, in several shapes of it.

    python -m bench.claims [--rows 100000] [--claims 200]

Prints milliseconds per claim: the look at who stands where, the sharing out and the lease, as a worker does them.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from bench.servers import bench_environment
from bench.work.systems import ROOT

DATABASE = "fairlead_bench_claims"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.claims", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="rows that are due (default 100000)")
    parser.add_argument("--claims", type=int, default=200, help="claims measured per shape (default 200)")
    options = parser.parse_args(arguments)
    if options.rows < 1 or options.claims < 2:
        parser.error("--rows must be at least 1 and --claims at least 2")
    with bench_environment(DATABASE) as environment:
        words = [sys.executable, "-m", "bench.work.claiming", str(options.rows), str(options.claims)]
        return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
