import socket
from collections.abc import Iterator

import pytest

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
