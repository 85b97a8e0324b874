"""Every page of a partner's portal over millions of records: forty customers, two hundred flows, thirteen months, hundreds of open cases.

    python -m bench.dashboards [--operations 1000000] [--keep NAME]

Asks every GET page of the partner's people and of a customer's, as the URL patterns list them, and prints the slowest first:
median and worst of five times at the server, what the database took of it, how many statements, and how the slowest reads.
Pages that take more than 200 ms are asked for again after all others, up to three times, and the quickest round counts; returns 1 when
one still takes more. A loop that only counts runs between the pages: what it took from first to last says how steady the machine
was. `--keep` leaves the database NAME on the server of the environment, and uses it again when it is there.
"""

import argparse
import base64
import subprocess
import sys
from collections.abc import Sequence

from bench.servers import bench_environment
from bench.work.systems import ROOT

DATABASE = "fairlead_bench_dashboards"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, measure, print; 1 when a page is over its budget."""
    parser = argparse.ArgumentParser(prog="bench.dashboards", description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000_000, help="ledger lines (default 1000000)")
    parser.add_argument(
        "--keep", metavar="NAME", default="", help="keep the database under this name, and use it again"
    )
    parser.add_argument(
        "--only", metavar="PATTERN", default="", help="only pages whose address fits this regular expression"
    )
    parser.add_argument("--repeats", type=int, default=5, help="how often each page is asked for (default 5)")
    options = parser.parse_args(arguments)
    if options.operations < 20_000:
        parser.error("--operations must be at least 20000: every flow needs a run that failed")
    with bench_environment(options.keep or DATABASE, keep=bool(options.keep)) as environment:
        environment.setdefault("CREDENTIALS_KEY", base64.b64encode(b"b" * 32).decode())
        print(f"python -m bench.dashboards --operations {options.operations}", flush=True)
        words = [sys.executable, "-m", "bench.work.dashboard_pages", str(options.operations)]
        words += [options.only, str(options.repeats)]
        return subprocess.run(
            words, cwd=ROOT, env={**environment, "EGRESS_ALLOW": "127.0.0.1:9", "LOG_LEVEL": "ERROR"}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
