from pathlib import Path

import pytest

from deploy.local import control, environment, run_state
from deploy.local.control import ControlError
from deploy.local.places import Places
from deploy.local.run_state import RESTARTING, RUNNING, RunState, ServiceState

STATE = RunState(
    1, 1000.0, "embedded", "cache.example:6379",
    (
        ServiceState("postgres", RUNNING, pid=71, started_at=1000.0, port=15432),
        ServiceState("worker", RESTARTING, restarts=3),
    ),
)  # fmt: skip


def test_the_table_says_state_process_port_time_and_restarts() -> None:
    header, postgres, worker = control.status_table(STATE, now=4725.0)
    assert header.split() == ["service", "state", "process", "port", "up", "for", "restarts"]
    assert postgres.split() == ["postgres", "running", "71", "15432", "1:02:05"]
    assert worker.split() == ["worker", "restarting", "3"]


def test_status_without_anything_running_says_how_to_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.show_status(Places(tmp_path)) == 1
    assert "make demo" in capsys.readouterr().out


def test_other_servers_than_those_in_use_are_refused_while_it_runs(tmp_path: Path) -> None:
    places = Places(tmp_path)
    environment.load(places.env_file)
    lock = run_state.take_lock(places)
    assert lock is not None
    assert control.start(places, {}) == environment.load(places.env_file)
    with pytest.raises(
        ControlError, match=r"DATABASE_URL names db\.example:5432, but its own server is in use: .*make stop"
    ):
        control.start(places, {"DATABASE_URL": "postgresql://root:x@db.example:5432/postgres"})


@pytest.mark.parametrize(
    ("name", "url"),
    [("DATABASE_URL", "postgresql://root:x@127.0.0.1:1/postgres"), ("REDIS_URL", "redis://127.0.0.1:1")],
)
def test_a_real_server_that_does_not_answer_is_refused_before_anything_starts(
    tmp_path: Path, name: str, url: str
) -> None:
    with pytest.raises(ControlError, match=rf"{name} names 127\.0\.0\.1:1, which does not let us in: .*refused"):
        control.start(Places(tmp_path), {name: url})
    assert not run_state.is_supervised(Places(tmp_path))


def test_an_unknown_log_is_answered_with_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = Places(tmp_path)
    places.logs.mkdir(parents=True)
    (places.logs / "web.log").write_text("hello\n")
    assert control.show_logs(places, "wbe") == 1
    assert "Known: web" in capsys.readouterr().out
    assert control.show_logs(places, "web") == 0
    assert capsys.readouterr().out == "hello\n"
