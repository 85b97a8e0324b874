import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import environment, run_state, supervisor
from deploy.local.places import Places
from deploy.local.run_state import RESTARTING, RUNNING, WAITING, ServiceState
from deploy.local.services import Service
from deploy.local.supervisor import Supervisor

SLEEP = "import sys, time; print('I am up', flush=True); time.sleep(60)"


def service(name: str, program: str = SLEEP, *, needs_tables: bool = False, ready_words: str = "I am up") -> Service:
    return Service(
        name=name, command=[sys.executable, "-c", program], environment=dict(os.environ), working_folder="/",
        is_ready=lambda: True, needs_tables=needs_tables, ready_words=ready_words, grace_seconds=5,
    )  # fmt: skip


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path)
    places.state.mkdir()
    return places


@pytest.fixture
def supervise(places: Places, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Supervisor]]:
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 0.02)
    running: list[tuple[Supervisor, threading.Thread]] = []

    def start(*services: Service) -> Supervisor:
        one = Supervisor(places, environment.load(places.env_file), list(services))
        thread = threading.Thread(target=one.run)
        thread.start()
        running.append((one, thread))
        return one

    yield start
    for one, thread in running:
        one.stop_asked.set()
        thread.join(20)


def state_of(places: Places, name: str) -> ServiceState | None:
    state = run_state.read(places.run_file)
    return next((one for one in state.services if one.name == name), None) if state else None


def wait_for(places: Places, name: str, wanted: Callable[[ServiceState], bool]) -> ServiceState:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found = state_of(places, name)
        if found and wanted(found):
            return found
        time.sleep(0.02)
    raise AssertionError(f"{name} is {state_of(places, name)}")


def log(places: Places, name: str) -> str:
    return (places.logs / f"{name}.log").read_text()


def test_a_killed_service_is_started_again_and_the_log_says_so(
    places: Places, supervise: Callable[..., Supervisor]
) -> None:
    supervise(service("web"))
    first = wait_for(places, "web", lambda one: one.state == RUNNING)
    assert first.pid
    os.kill(first.pid, signal.SIGKILL)
    again = wait_for(places, "web", lambda one: one.state == RUNNING and one.pid != first.pid)
    assert again.restarts == 1
    assert "web was ended by SIGKILL; starting it again in 1 s" in log(places, "supervisor")


def test_one_that_dies_at_once_is_tried_ever_more_slowly(places: Places, supervise: Callable[..., Supervisor]) -> None:
    supervise(service("worker", "raise SystemExit('no settings')"))
    wait_for(places, "worker", lambda one: one.state == RESTARTING and one.restarts == 2)
    words = log(places, "supervisor")
    assert "worker ended with code 1; starting it again in 1 s" in words
    assert "worker ended with code 1; starting it again in 2 s" in words
    assert "no settings" in log(places, "worker")
    assert " worker     | no settings" in log(places, "all")


def test_a_program_that_is_not_there_is_named_and_tried_again(
    places: Places, supervise: Callable[..., Supervisor]
) -> None:
    missing = Service("web", ["/nowhere/python"], {}, "/", is_ready=lambda: True)
    supervise(missing)
    wait_for(places, "web", lambda one: one.state == RESTARTING)
    assert "web cannot be started: [Errno 2] No such file or directory: '/nowhere/python'" in log(places, "supervisor")


def test_what_needs_tables_waits_for_the_migrations(places: Places, supervise: Callable[..., Supervisor]) -> None:
    supervise(service("postgres"), service("web", needs_tables=True))
    wait_for(places, "postgres", lambda one: one.state == RUNNING)
    assert wait_for(places, "web", lambda one: True).state == WAITING
    places.open_doors.touch()
    wait_for(places, "web", lambda one: one.state == RUNNING)


def test_it_is_running_only_once_it_says_so(places: Places, supervise: Callable[..., Supervisor]) -> None:
    supervise(service("worker", "import time; print('loading', flush=True); time.sleep(60)"))
    wait_for(places, "worker", lambda one: one.pid is not None)
    time.sleep(0.5)
    assert wait_for(places, "worker", lambda one: True).state == "starting"


def test_a_stop_ends_the_product_before_the_servers(places: Places, supervise: Callable[..., Supervisor]) -> None:
    places.open_doors.touch()
    one = supervise(service("postgres"), service("web", needs_tables=True))
    for name in ("postgres", "web"):
        wait_for(places, name, lambda found: found.state == RUNNING)
    one.stop_asked.set()
    until = time.monotonic() + 20
    while places.run_file.exists() and time.monotonic() < until:
        time.sleep(0.02)
    words = log(places, "supervisor")
    assert words.index("stopping web") < words.index("stopping postgres")
    assert all(child.process is None for child in one.children)


@pytest.mark.parametrize(
    ("code", "words"), [(0, "ended with code 0"), (3, "ended with code 3"), (-9, "was ended by SIGKILL")]
)
def test_an_end_is_told_in_words(code: int, words: str) -> None:
    assert supervisor.how_it_ended(code) == words
