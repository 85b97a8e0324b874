import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from deploy.local import broker
from deploy.local.broker import BrokerServer
from deploy.local.ports import choose_port


@pytest.fixture
def server(tmp_path: Path) -> BrokerServer:
    server = broker.server_at(tmp_path / "a home", choose_port(27_300), "s3cret")
    broker.write_configuration(server)
    return server


@pytest.fixture
def running(server: BrokerServer) -> Iterator["subprocess.Popen[bytes]"]:
    process = start(server)
    yield process
    process.kill()
    process.wait()


def start(server: BrokerServer) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(broker.command(server), stdout=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 10
    while (reason := broker.why_not_ready(server.url)) and time.monotonic() < until:
        assert process.poll() is None, reason
        time.sleep(0.02)
    assert not reason
    return process


def test_it_keeps_what_it_was_given_through_a_kill(server: BrokerServer, running: "subprocess.Popen[bytes]") -> None:
    with redis.Redis.from_url(server.url + "/0") as client:
        client.rpush("run", "look")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    time.sleep(1.2)  # the log reaches the disk once a second
    running.send_signal(signal.SIGKILL)
    running.wait()
    again = start(server)
    with redis.Redis.from_url(server.url + "/0", decode_responses=True) as client:
        assert client.lrange("run", 0, -1) == ["look"]
    again.send_signal(broker.STOP_SIGNAL)
    assert again.wait(10) == 0


def test_it_answers_nobody_without_the_password(server: BrokerServer, running: "subprocess.Popen[bytes]") -> None:
    assert "authenticated" in broker.why_not_ready(f"redis://127.0.0.1:{server.port}")
    assert broker.why_not_ready(server.url.replace("s3cret", "guess"))


def test_the_password_is_on_no_command_line_and_only_its_owner_can_read_it(server: BrokerServer) -> None:
    assert all("s3cret" not in word for word in broker.command(server))
    assert stat.S_IMODE((server.home / "broker.conf").stat().st_mode) == 0o600


def test_a_leftover_is_known_by_its_settings_file(server: BrokerServer, running: "subprocess.Popen[bytes]") -> None:
    broker.end_leftover(server.home.parent / "another")
    assert running.poll() is None
    broker.end_leftover(server.home)
    assert running.wait(10) is not None
