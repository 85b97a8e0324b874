"""The folder in which the processes of one machine keep their counters and histograms, and tidying up after the dead.

Worker children come and go; each leaves a file per kind of metric. What a dead one counted is added to one archive per
kind before its file goes: totals never fall, and the folder stays small however long nobody asks.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

_OF_A_PROCESS = re.compile(r"(counter|histogram)_([1-9]\d*)\.db")
_ARCHIVE = "0"  # no process of ours has this number


@contextmanager
def registry_of(folder: str) -> Iterator[CollectorRegistry]:
    """Hand out what all processes of this machine counted, while nobody moves it; without a folder, only this one's."""
    if not folder:
        yield REGISTRY
        return
    with _alone_in(Path(folder)):
        _archive_the_dead(Path(folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        yield registry


def tidy(folder: str) -> int:
    """Add what dead processes counted to the archives and remove their files; returns how many. "" has none."""
    if not folder or not Path(folder).is_dir():
        return 0
    with _alone_in(Path(folder)):
        return _archive_the_dead(Path(folder))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Nobody reads between the adding and the removing: a total that falls looks to Prometheus like a restart."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _archive_the_dead(folder: Path) -> int:
    gone = [
        (found[1], path)
        for path in sorted(folder.iterdir())
        if (found := _OF_A_PROCESS.fullmatch(path.name)) and not psutil.pid_exists(int(found[2]))
    ]
    for kind, path in gone:
        _add_to_archive(path, folder / f"{kind}_{_ARCHIVE}.db")
        path.unlink()
    return len(gone)


def _add_to_archive(path: Path, archive: Path) -> None:
    kept = MmapedDict(os.fspath(archive))  # type: ignore[no-untyped-call]
    try:
        for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(os.fspath(path)):  # type: ignore[no-untyped-call]
            before, _at = kept.read_value(key)  # type: ignore[no-untyped-call]
            kept.write_value(key, before + value, timestamp)  # type: ignore[no-untyped-call]
    finally:
        kept.close()  # type: ignore[no-untyped-call]
