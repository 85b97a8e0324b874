import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local import demo, run_state
from deploy.local.demo import Demo, NotReadyError
from deploy.local.places import Places
from deploy.local.run_state import RUNNING, RunState, ServiceState


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path)
    places.logs.mkdir(parents=True)
    return places


class Steps(Demo):
    """A demo of other steps."""

    own: list[tuple[str, Callable[[], str]]]

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        return self.own


def demo_of(places: Places, *own: tuple[str, Callable[[], str]]) -> Steps:
    steps = Steps(places, {})
    steps.own = list(own)
    return steps


def fail(log: Path) -> Callable[[], str]:
    def step() -> str:
        raise NotReadyError("The portal does not answer", log)

    return step


def test_every_step_is_named_with_what_it_found_and_its_seconds(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run_steps(demo_of(places, ("database", lambda: "right"), ("migrations", lambda: "up to date")))
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("  database         right (0.")
    assert len(shown) == 2


def test_a_failure_names_the_step_the_reason_and_the_end_of_the_log_that_matters(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    log = places.logs / "web.log"
    log.write_text("\n".join(f"line {number}" for number in range(100)))
    after: list[str] = []
    steps = demo_of(places, ("services", fail(log)), ("first flows", lambda: after.append("ran") or ""))
    assert not demo.run_steps(steps)
    words = capsys.readouterr().err
    assert "FAILED: services" in words
    assert "The portal does not answer" in words
    assert "line 99" in words
    assert "line 10\n" not in words
    assert not after, "what comes after a failed step must not run"


def test_a_demo_counts_as_running_only_with_a_summary_of_this_very_start(places: Places) -> None:
    lock = run_state.take_lock(places)
    assert lock is not None
    services = (ServiceState("web", RUNNING, pid=1, port=1),)
    run_state.write(places.run_file, RunState(1, time.time(), "embedded", "embedded", services))
    assert not demo.is_running(places), "no summary"
    places.summary.write_text("{}")
    os.utime(places.summary, (1000, 1000))
    assert not demo.is_running(places), "a summary of an earlier start"
    os.utime(places.summary)
    assert not demo.is_running(places), "nobody answers on the port"
    os.close(lock)


def test_newer_code_than_the_running_processes_is_noticed(places: Places) -> None:
    (places.root / "apps").mkdir()
    source = places.root / "apps" / "models.py"
    source.write_text("")
    compiled = places.root / "apps" / "models.cpython-311.pyc"
    compiled.write_text("")
    os.utime(compiled, (2e9, 2e9))
    assert demo.code_changed_since(places, time.time() - 60)
    assert not demo.code_changed_since(places, time.time() + 60)
