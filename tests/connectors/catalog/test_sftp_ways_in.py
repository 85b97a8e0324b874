"""Files over SFTP: to the right server only, by the sign-in that was entered, and a test that says what is there."""

import asyncssh
import pytest

from apps.connectors.contract import CallCounts
from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    MisconfiguredError,
)
from apps.connectors.rate_budget import NoBudget
from apps.connectors.sftp_door import SftpDoor
from apps.connectors.ssh_login import build_login
from tests.connectors.sftp_server import OWN_KEY, PASSWORD, USER, SftpServer, keys_of, rows


async def test_without_a_host_key_nothing_is_sent_and_the_test_says_which_one_the_server_shows(
    server: SftpServer,
) -> None:
    async with server.connector(host_key="") as connector:
        report = await connector.test()
    steps = {step.name: (step.ok, step.sentence) for step in report.steps}
    assert steps["reachable"][0] is True
    assert steps["allowed"][0] is False
    assert server.fingerprint in steps["allowed"][1]
    assert steps["can read"][0] is None
    assert server.asked == []


async def test_a_server_with_another_key_gets_nothing(server: SftpServer) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    with pytest.raises(MisconfiguredError, match="not the one entered") as refused:
        await server.read(host_key=other)
    assert server.fingerprint in refused.value.message
    assert server.asked == []


async def test_a_key_signs_in_as_well_as_a_password_and_the_host_key_may_be_written_whole(server: SftpServer) -> None:
    from tests.connectors.sftp_server import HOST_KEY

    server.put("in/time_entries.csv", rows(1))
    pem = OWN_KEY.export_private_key().decode()
    public = HOST_KEY.export_public_key().decode()
    pages = await server.read(sign_in=pem.replace("\n", " "), host_key=f"{public} old SHA256:{'a' * 43}")
    assert keys_of(pages) == ["T1"]


@pytest.mark.parametrize("how", ["password", "key"])
async def test_a_refused_sign_in_is_the_connections_matter_and_tells_no_secret(server: SftpServer, how: str) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    secret = stranger if how == "key" else "not-" + PASSWORD
    async with server.connector(sign_in=secret) as connector:
        with pytest.raises(AuthExpiredError, match=f"does not let {USER} in") as refused:
            await anext(connector.read("time_entries", None))
        counts = connector.take_counts()
        assert counts == CallCounts(times=counts.times), "a refused sign-in says nothing of the server's health"
        assert (counts.times.calls, counts.times.failed, counts.times.limited) == (1, 0, 0)
    assert refused.value.exchange is not None
    assert refused.value.exchange.status == 401
    assert secret not in f"{refused.value!r} {refused.value.exchange}"


async def test_a_private_address_is_refused_unless_the_operator_allows_it(server: SftpServer) -> None:
    with pytest.raises(MisconfiguredError, match="private address"):
        async with server.connector(allow=False) as connector:
            await anext(connector.read("time_entries", None))
    assert server.connections == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://files.example.com", "begin with sftp://"),
        ("sftp://10.0.0.1", "number address"),
        ("sftp://169.254.169.254", "number address"),
        ("sftp://user@files.example.com", "before the host"),
        ("sftp://files.example.com/in", "folders are settings"),
    ],
)
def test_an_address_that_cannot_be_a_file_server_is_refused(address: str, said: str) -> None:
    login = build_login({"sign_in": "x"}, {"user": "u"})
    with pytest.raises(MisconfiguredError, match=said):
        SftpDoor(base_url=address, login=login, allow=(), budget=NoBudget())


async def test_the_connection_test_says_what_is_there(server: SftpServer) -> None:
    server.put("in/time_entries.csv", rows(1))
    async with server.connector(folder_out="nowhere") as connector:
        report = await connector.test()
    told = {step.name: (step.ok, step.sentence) for step in report.steps}
    assert [told[name][0] for name in ("reachable", "allowed", "can read", "can write", "limits")] == [
        True,
        True,
        True,
        False,
        True,
    ]
    assert "time entries 1, expenses 0" in told["can read"][1]
    assert "nowhere" in told["can write"][1]


async def test_a_folder_one_may_not_read_is_a_matter_of_rights(server: SftpServer) -> None:
    server.put("in/time_entries.csv", rows(1))
    server.denied.add("open")
    async with server.connector() as connector:
        with pytest.raises(MisconfiguredError, match="ask its administrator") as refused:
            await anext(connector.read("time_entries", None))
        counts = connector.take_counts()
    assert refused.value.business_class is BusinessClass.PERMISSION
    assert refused.value.exchange is not None
    assert (refused.value.exchange.status, counts.failed) == (403, 0)
    assert counts.ok == 3, "listing, looking, being refused: the server is well"
