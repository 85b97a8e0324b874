"""Changes carry a CSRF token and its cookies; where those have ended they are fetched again, once."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.errors import FailureKind, RemoteError
from apps.connectors.http import Door
from tests.connectors.conftest import door_to, read_request, reply, wire

SPEC = AuthSpec(AuthScheme.BASIC, csrf_path="$metadata")
SECRETS = {"username": "COMM_USER", "password": "p4ssword-of-it"}


@dataclass
class Gateway:
    """A system that hands out one session at a time, and takes changes of that session only."""

    gives: bool = True
    is_down: bool = False
    session: int = 0
    fetched: int = 0
    changes: list[tuple[str, str, int]] = field(default_factory=list)  # token, cookies, status
    reads: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await read_request(reader)).partition(b"\r\n\r\n")[0].decode()
            method = head.split(" ")[0]
            lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
            writer.write(self._answer(method, {name.lower(): value for name, _, value in lines}))
            await writer.drain()

    def _answer(self, method: str, headers: dict[str, str]) -> bytes:
        if self.is_down:  # and echoes what it was sent, as careless systems do
            return reply("500 Oops", ("echo " + " ".join(headers.values())).encode())
        shown = headers.get("x-csrf-token", "")
        if method == "GET" and shown == "Fetch":
            self.fetched += 1
            self.session += 1
            told = f"X-CSRF-Token: token-{self.session}\r\n" if self.gives else ""
            cookies = (
                f"Set-Cookie: SAP_SESSIONID_S4H_100=session-{self.session}==; path=/; secure; HttpOnly\r\n"
                f"Set-Cookie: sap-XSRF_S4H_100=twin-{self.session}; path=/\r\n"
            )
            return reply("200 OK", b"{}", f"Content-Type: application/json\r\n{told}{cookies}")
        if method == "GET":
            self.reads.append(headers)
            return reply("200 OK")
        right = f"SAP_SESSIONID_S4H_100=session-{self.session}==; sap-XSRF_S4H_100=twin-{self.session}"
        fits = (shown, headers.get("cookie", "")) == (f"token-{self.session}", right)
        self.changes.append((shown, headers.get("cookie", ""), 201 if fits else 403))
        if fits:
            return reply("201 Created")
        return reply("403 Forbidden", b"{}", "Content-Type: application/json\r\nX-CSRF-Token: Required\r\n")


def _door(url: str, **changes: Any) -> Door:
    return door_to(url, auth=build_signer(SPEC, SECRETS), **changes)


async def test_changes_carry_one_token_and_all_its_cookies() -> None:
    gateway = Gateway()
    async with wire(gateway.serve) as url, _door(url) as door:
        answers = await asyncio.gather(*(door.request("POST", "A_Thing", body={"n": n}) for n in range(6)))
    assert {answer.status for answer in answers} == {201}
    assert gateway.fetched == 1


async def test_readings_need_none() -> None:
    gateway = Gateway()
    async with wire(gateway.serve) as url, _door(url) as door:
        await door.request("GET", "A_Thing")
    assert gateway.fetched == 0
    assert "cookie" not in gateway.reads[0]
    assert gateway.reads[0]["authorization"].startswith("Basic ")


async def test_a_session_that_has_ended_is_renewed_once_for_all_and_the_change_repeated() -> None:
    gateway = Gateway()
    async with wire(gateway.serve) as url, _door(url) as door:
        await door.request("POST", "A_Thing", body={})
        gateway.session += 1  # what was handed out is good no more
        answers = await asyncio.gather(*(door.request("PATCH", "A_Thing", body={}) for _ in range(4)))
    assert {answer.status for answer in answers} == {201}
    assert gateway.fetched == 2


async def test_another_connections_door_has_a_session_of_its_own() -> None:
    gateway = Gateway()
    async with wire(gateway.serve) as url:
        for _ in range(2):
            async with _door(url) as door:
                await door.request("POST", "A_Thing", body={})
    assert [token for token, _, _ in gateway.changes] == ["token-1", "token-2"]


async def test_a_system_that_hands_out_none_says_so() -> None:
    gateway = Gateway(gives=False)
    async with wire(gateway.serve) as url, _door(url) as door:
        with pytest.raises(RemoteError, match="no CSRF token") as caught:
            await door.request("POST", "A_Thing", body={})
    assert caught.value.kind is FailureKind.MISCONFIGURED
    assert gateway.changes == []


async def test_neither_token_nor_cookie_shows_in_what_is_kept() -> None:
    gateway = Gateway()
    async with wire(gateway.serve) as url, _door(url) as door:
        await door.request("POST", "A_Thing", body={})
        gateway.is_down = True
        answer = await door.send("POST", "A_Thing?t=token-1", body={"said": "session-1== and twin-1"})
    assert answer.status == 500
    assert "echo" in str(answer.exchange)
    for secret in ("token-1", "session-1", "twin-1", "p4ssword-of-it"):
        assert secret not in str(answer.exchange)
