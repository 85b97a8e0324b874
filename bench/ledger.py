"""A full ledger: what the portal's pages and a run's statements cost over it, how large its indexes are, what payloads take.

    python -m bench.ledger [--operations 1000000]

The ledger is made by the database itself, over a year and a month, of ten customers. Returns 1 when the database works for
more than 100 ms for a page.
"""

import argparse
import base64
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice

import orjson
import zstandard

from bench.servers import bench_environment
from bench.work.entries import iterate_entries
from bench.work.systems import ROOT

DATABASE = "fairlead_bench_ledger"
MEASURED = 2_000
LEARNED = 500


def show_payloads() -> None:
    """Print how many bytes a time entry takes as evidence, alone and in batches, with and without a dictionary."""
    entries = list(islice(iterate_entries(MEASURED + LEARNED), MEASURED + LEARNED))
    plain: list[bytes | bytearray | memoryview] = [orjson.dumps(entry) for entry in entries]
    learned = zstandard.train_dictionary(16 * 1024, plain[MEASURED:])
    print(f"\n{'bytes a record, by records a batch':40}{'plain':>8}{'zstd':>8}{'with a dictionary':>20}")
    for size in (1, 10, 100, 500):
        blocks = [b"[" + b",".join(plain[at : at + size]) + b"]" for at in range(0, MEASURED, size)]
        usual, taught = zstandard.ZstdCompressor(level=1), zstandard.ZstdCompressor(level=1, dict_data=learned)
        sums = [sum(map(len, blocks)), *(sum(len(c.compress(block)) for block in blocks) for c in (usual, taught))]
        print(
            f"{size:<40}"
            + "".join(f"{total / MEASURED:{width}.0f}" for total, width in zip(sums, (8, 8, 20), strict=True))
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the ledger, measure, print; 1 when a page is over its budget."""
    parser = argparse.ArgumentParser(prog="bench.ledger", description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000_000, help="ledger lines (default 1000000)")
    options = parser.parse_args(arguments)
    if options.operations < 1:
        parser.error("--operations must be at least 1")
    show_payloads()
    with bench_environment(DATABASE) as environment:
        environment.setdefault("CREDENTIALS_KEY", base64.b64encode(b"b" * 32).decode())
        words = [sys.executable, "-m", "bench.work.ledger_pages", str(options.operations)]
        return subprocess.run(
            words, cwd=ROOT, env={**environment, "EGRESS_ALLOW": "127.0.0.1:9"}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
