import os
from pathlib import Path

from deploy.local import run_state
from deploy.local.places import Places
from deploy.local.run_state import RUNNING, STARTING, RunState, ServiceState


def state(*states: str) -> RunState:
    services = tuple(ServiceState(f"service-{number}", name, pid=number + 1) for number, name in enumerate(states))
    return RunState(1, 1000.0, "embedded", "db.example:5432", services)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    run_state.write(tmp_path / "run.json", state(RUNNING, STARTING))
    assert run_state.read(tmp_path / "run.json") == state(RUNNING, STARTING)


def test_a_missing_or_damaged_file_reads_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    assert run_state.read(path) is None
    for damaged in ("", "{", "[]", '{"pid": 1}', '{"services": [{"colour": "red"}]}'):
        path.write_text(damaged)
        assert run_state.read(path) is None


def test_all_running_needs_every_service_and_at_least_one() -> None:
    assert state(RUNNING, RUNNING).is_all_running
    assert not state(RUNNING, STARTING).is_all_running
    assert not state().is_all_running


def test_the_lock_has_one_holder_and_is_free_after_its_end(tmp_path: Path) -> None:
    places = Places(tmp_path)
    assert not run_state.is_supervised(places)
    lock = run_state.take_lock(places)
    assert lock is not None
    assert run_state.take_lock(places) is None
    assert run_state.is_supervised(places)
    os.close(lock)
    assert not run_state.is_supervised(places)
