import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local import postgres
from deploy.local.ports import choose_port
from deploy.local.postgres import PostgresServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    server = postgres.server_at(tmp_path / "a home", choose_port(27_100), "s3cret word")
    postgres.make_cluster(server)
    yield server
    postgres.clear_the_way(server)
    shutil.rmtree(server.cluster.parent)


@pytest.fixture
def unmade(tmp_path: Path) -> PostgresServer:
    """A server whose cluster is an empty folder: enough for what happens before a start."""
    server = PostgresServer(postgres.find_binaries(), tmp_path / "cluster", 27_199, "s3cret", {})
    server.cluster.mkdir()
    return server


def start(server: PostgresServer) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        postgres.command(server), cwd="/", env=postgres.clean_environment(os.environ), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **server.run_as,
    )  # fmt: skip
    until = time.monotonic() + 20
    while (reason := postgres.why_not_ready(server.url)) and time.monotonic() < until:
        assert process.poll() is None, reason
        time.sleep(0.05)
    assert not reason
    return process


def test_it_starts_keeps_what_was_committed_through_a_kill_and_stops(server: PostgresServer) -> None:
    process = start(server)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Ärger' AS word")
        assert connection.execute("SELECT lower('ÄRGER')").fetchone() == ("ärger",)
        assert connection.execute("SHOW max_locks_per_transaction").fetchone() == ("1024",)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
    # Not waited for on purpose: the zombie is what keeps PostgreSQL itself from starting again.
    os.kill(process.pid, signal.SIGKILL)
    while postgres.living_postmaster(server):
        time.sleep(0.02)
    assert (server.cluster / "postmaster.pid").exists()
    postgres.clear_the_way(server)
    time.sleep(0.5)
    again = start(server)
    process.wait()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("Ärger",)
    leftover = postgres.living_postmaster(server)
    assert leftover
    assert leftover.pid == again.pid
    again.send_signal(postgres.STOP_SIGNAL)
    assert again.wait(20) == 0


def test_a_wrong_password_is_refused_with_the_servers_own_words(server: PostgresServer) -> None:
    process = start(server)
    try:
        assert "password authentication failed" in postgres.why_not_ready(server.url.replace("s3cret%20word", "guess"))
    finally:
        process.send_signal(postgres.STOP_SIGNAL)
        process.wait(20)


def test_a_cluster_is_made_once_and_a_half_made_one_anew(server: PostgresServer) -> None:
    assert not postgres.make_cluster(server)
    (server.cluster / "PG_VERSION").unlink()
    assert postgres.make_cluster(server)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("not a number\n", id="damaged"),
        pytest.param("999999999\n/somewhere\n", id="a process that never was"),
        pytest.param(f"{os.getpid()}\n/somewhere\n", id="another program that got the number"),
    ],
)
def test_a_stale_lock_file_is_removed(unmade: PostgresServer, content: str) -> None:
    lock = unmade.cluster / "postmaster.pid"
    lock.write_text(content)
    assert postgres.living_postmaster(unmade) is None
    postgres.clear_the_way(unmade)
    assert not lock.exists()


def test_the_callers_own_postgres_settings_do_not_reach_the_server() -> None:
    given = postgres.clean_environment({"PGDATA": "/elsewhere", "LC_CTYPE": "de_DE", "PATH": "/bin"})
    assert given == {"PATH": "/bin", "LC_ALL": given["LC_ALL"]}
    assert given["LC_ALL"] in {"C", "C.UTF-8"}


def test_a_folder_behind_a_closed_one_is_not_open_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    assert not postgres.is_open_to_others(closed / "checkout" / ".state")
    assert postgres.is_open_to_others(Path("/usr/lib"))


def test_two_checkouts_get_two_shelters() -> None:
    one, other = (postgres.shelter(Path(home) / ".state" / "postgres") for home in ("/srv/a b", "/srv/c"))
    assert one != other
    assert " " not in str(one)


def test_the_programs_are_copied_once_with_the_libraries_beside_them(tmp_path: Path) -> None:
    binaries = postgres.find_binaries()
    copy = postgres.copy_binaries(binaries, tmp_path / "shelter")
    found = subprocess.run([copy / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL" in found.stdout
    born = copy.stat().st_ctime_ns
    assert postgres.copy_binaries(binaries, tmp_path / "shelter").stat().st_ctime_ns == born
