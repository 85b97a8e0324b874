"""Counters and histograms of many processes in one folder: what the dead counted stays counted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.exposition import generate_latest

from apps.dispatch import metric_files

COUNTING = """
import sys
from prometheus_client import Counter, Histogram
Counter("calls", "Calls.", ("system",)).labels("erp").inc(float(sys.argv[1]))
seconds = Histogram("call_seconds", "Seconds.", buckets=(1, 5))
for value in sys.argv[2:]:
    seconds.observe(float(value))
"""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path)


def _count(folder: str, *words: str) -> None:
    """Let a process count and die."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder}
    subprocess.run([sys.executable, "-c", COUNTING, *words], env=environment, check=True)


def _read(folder: str) -> list[str]:
    with metric_files.registry_of(folder) as registry:
        return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def test_what_dead_processes_counted_is_kept_and_their_files_are_not(folder: str) -> None:
    _count(folder, "2", "0.5", "3")
    _count(folder, "3", "9")
    lines = _read(folder)
    assert 'calls_total{system="erp"} 5.0' in lines
    assert [line for line in lines if line.startswith("call_seconds_bucket")] == [
        'call_seconds_bucket{le="1.0"} 1.0',
        'call_seconds_bucket{le="5.0"} 2.0',
        'call_seconds_bucket{le="+Inf"} 3.0',
    ]
    assert "call_seconds_sum 12.5" in lines
    assert sorted(path.name for path in Path(folder).iterdir()) == ["counter_0.db", "histogram_0.db", "lock"]


def test_totals_never_fall_whoever_comes_and_goes(folder: str) -> None:
    totals = []
    for round_ in range(1, 4):
        _count(folder, str(round_))
        totals.append(next(line for line in _read(folder) if line.startswith("calls_total")))
    assert totals == [f'calls_total{{system="erp"}} {total}' for total in (1.0, 3.0, 6.0)]
    assert metric_files.tidy(folder) == 0


def test_a_living_process_keeps_its_file(folder: str) -> None:
    _count(folder, "1")
    (dead,) = Path(folder).glob("counter_*.db")
    own = dead.rename(dead.with_name(f"counter_{os.getpid()}.db"))
    assert metric_files.tidy(folder) == 1  # the histogram's only
    assert own.exists()
    assert 'calls_total{system="erp"} 1.0' in _read(folder)


def test_without_a_folder_this_process_answers_for_itself() -> None:
    assert metric_files.tidy("") == 0
    with metric_files.registry_of("") as registry:
        assert registry is REGISTRY
