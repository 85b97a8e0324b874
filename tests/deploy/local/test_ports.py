import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local import ports
from deploy.local.places import ROOT
from deploy.local.ports import await_free, choose_port, is_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_somebody_listens_on_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_a_taken_port_is_passed_over_for_the_next_free_one(taken: int) -> None:
    assert taken < choose_port(taken) <= 65_535


def test_a_free_port_stays_as_preferred() -> None:
    free = choose_port(28_000)
    assert choose_port(free) == free


def test_a_port_chosen_for_another_service_is_not_given_twice() -> None:
    first = choose_port(28_000)
    assert choose_port(first, taken=[first]) != first


def test_past_the_last_port_any_free_one_is_given() -> None:
    assert 1024 < choose_port(65_536) < 65_536


def test_a_listener_on_ipv6_counts_because_browsers_may_end_there() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        assert is_free(choose_port(28_000))  # no IPv6 on this machine: nothing can be taken there
        return
    with listener:
        assert not is_free(listener.getsockname()[1])


def test_it_waits_for_a_port_only_so_long(taken: int) -> None:
    assert not await_free(taken, 0.05)
    assert await_free(choose_port(28_000), 0.05)


@contextmanager
def _another_process_that_chose(preferred: int) -> Iterator[int]:
    """Give the port that another process chose, which listens on nothing yet."""
    words = f"from deploy.local.ports import choose_port; print(choose_port({preferred}), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", words], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def test_a_port_that_another_process_chose_is_not_given_before_anybody_listens_on_it() -> None:
    with _another_process_that_chose(29_000) as chosen, _another_process_that_chose(29_000) as other:
        assert is_free(chosen)
        assert len({chosen, other, choose_port(chosen)}) == 3
    assert choose_port(chosen) == chosen  # it is free again, however that process ended


def test_where_no_lock_can_be_kept_ports_are_chosen_by_looking_only(
    taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setattr(ports, "CLAIMS", tmp_path / "a file")
    assert taken < choose_port(taken) <= 65_535
