import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from deploy.local import processes
from deploy.local.processes import ProcessMark

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_living_process_is_known_by_number_and_birth() -> None:
    mark = processes.mark(os.getpid())
    assert mark is not None
    assert processes.is_alive(mark)
    assert not processes.is_alive(ProcessMark(mark.pid, mark.born_at - 100)), "a later process with the same number"


def test_a_zombie_counts_as_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        until = time.monotonic() + 10
        while processes.mark(child.pid) is not None and time.monotonic() < until:
            time.sleep(0.02)
        assert processes.mark(child.pid) is None
        assert processes.command_of(child.pid) == ""


def test_it_ends_a_process_that_ignores_the_first_signal() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout
        child.stdout.readline()
        mark = processes.mark(child.pid)
        assert mark
        processes.end(mark, seconds=0.2)
        assert child.wait(5) == -signal.SIGKILL


def test_orphans_of_a_dead_leader_are_ended_only_when_they_are_ours(tmp_path: Path) -> None:
    leader = (
        "import subprocess, sys; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', sys.argv[1]]); "
        "print(child.pid, flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", leader, str(tmp_path)], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as parent:
        orphan = int(parent.stdout.readline()) if parent.stdout else 0
    mark = processes.mark(orphan)
    assert mark
    processes.end_orphans(parent.pid, tmp_path / "another checkout")
    assert processes.is_alive(mark)
    processes.end_orphans(parent.pid, tmp_path)
    assert processes.wait_until_gone(mark, 5)
