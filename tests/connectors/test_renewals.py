"""A refresh token that each use replaces: one worker at a time, the new one stored before anything else, nothing shown."""

import asyncio
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from apps.connectors.access_tokens import Borrowed, TokenShelf
from apps.connectors.auth import REFRESH_TOKEN, build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.errors import FailureKind, RemoteError
from apps.connectors.http import Door
from tests.connectors.conftest import door_to
from tests.connectors.vendor import Vendor, open_for_business

SPEC = AuthSpec(AuthScheme.OAUTH_CODE, token_path="token")
SECRETS = {"client_id": "the-client", "client_secret": "client-secret-1", REFRESH_TOKEN: "refresh-number-0"}


@dataclass
class Safe:
    """A keeper in memory. `story` tells in which order things happened."""

    held: Borrowed = field(default_factory=lambda: Borrowed("refresh-number-0", 1))
    lent: bool = False
    story: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def borrow(self) -> Borrowed | None:
        with self.lock:
            if self.lent:
                return None
            self.lent = True
            return self.held

    def keep(self, borrowed: Borrowed, new_token: str) -> None:
        with self.lock:
            self.story.append(f"kept {new_token or 'the old one'}")
            if new_token:
                self.held = replace(borrowed, token=new_token, generation=borrowed.generation + 1)
            self.lent = False

    def give_back(self, borrowed: Borrowed) -> None:
        self.lent = False

    def note_refused(self, borrowed: Borrowed, reason: str) -> None:
        self.lent = False
        self.refused.append(reason)


def _door(url: str, safe: Safe, *, secrets: dict[str, str] | None = None, **changes: Any) -> Door:
    return door_to(url, auth=build_signer(SPEC, secrets or SECRETS), keeper=safe, **changes)


def _vendor(**wishes: Any) -> Vendor:
    return Vendor(refresh_token="refresh-number-0", **wishes)


async def test_the_new_token_is_stored_before_the_access_token_is_used() -> None:
    vendor, safe = _vendor(), Safe()

    class Watching(Safe):
        def keep(self, borrowed: Borrowed, new_token: str) -> None:
            assert vendor.calls == []
            super().keep(borrowed, new_token)

    safe = Watching()
    with open_for_business(vendor) as url:
        async with _door(url, safe) as door:
            assert (await door.request("GET", "things")).status == 200
    assert safe.story == ["kept refresh-number-1"]
    assert safe.held.token == vendor.refresh_token
    assert vendor.forms[0] == {"grant_type": "refresh_token", "refresh_token": "refresh-number-0"}
    assert vendor.signed_by[0].startswith("Basic ")


async def test_many_doors_renew_one_after_the_other_and_no_token_is_used_twice() -> None:
    vendor, safe = _vendor(slow=0.05), Safe()
    with open_for_business(vendor) as url:

        async def worker() -> None:  # each with a shelf of its own: as if Redis were gone
            async with _door(url, safe) as door:
                assert (await door.request("GET", "things")).status == 200

        await asyncio.gather(*(worker() for _ in range(5)))
    shown = [form["refresh_token"] for form in vendor.forms]
    assert len(shown) == len(set(shown)) == 5
    assert vendor.most_at_once == 1
    assert safe.refused == []


async def test_doors_that_share_a_shelf_renew_once() -> None:
    vendor, safe = _vendor(slow=0.1), Safe()
    shelf = TokenShelf(key="connection", secret="s")
    with open_for_business(vendor) as url:

        async def worker() -> None:
            async with _door(url, safe, shelf=shelf) as door:
                await asyncio.gather(*(door.request("GET", "things") for _ in range(4)))

        await asyncio.gather(*(worker() for _ in range(4)))
    assert len(vendor.forms) == 1
    assert len(vendor.calls) == 16


async def test_a_system_that_keeps_its_refresh_token_is_asked_with_it_again() -> None:
    vendor, safe = _vendor(rotates=False, gives_refresh_tokens=False), Safe()
    with open_for_business(vendor) as url:
        async with _door(url, safe) as door:
            await door.request("GET", "things")
            vendor.good.clear()  # the access token has ended
            await door.request("GET", "things")
    assert [form["refresh_token"] for form in vendor.forms] == ["refresh-number-0"] * 2
    assert safe.story == ["kept the old one"] * 2


async def test_a_sign_in_that_has_ended_asks_for_a_person_once() -> None:
    vendor, safe = Vendor(refresh_token="another one by now"), Safe()
    with open_for_business(vendor) as url:
        async with _door(url, safe) as door:
            answers = await asyncio.gather(*(door.request("GET", "things") for _ in range(5)), return_exceptions=True)
    assert all(isinstance(answer, RemoteError) and answer.kind is FailureKind.AUTH_EXPIRED for answer in answers)
    assert len(vendor.forms) == 1
    assert safe.refused == [
        "The sign-in at the system has ended or was withdrawn: sign in again on the connection's page."
    ]
    shown = " ".join(str(answer.exchange) for answer in answers if isinstance(answer, RemoteError))
    assert "refresh-number-0" not in shown
    assert "client-secret-1" not in shown


OUTAGES = {
    "an outage": (("503 Away", b""), FailureKind.RETRYABLE),
    "too often": (("429 Slow", b""), FailureKind.RATE_LIMITED),
    "no token in the answer": (("200 OK", b'{"ok": true}'), FailureKind.MISCONFIGURED),
    "half an answer": (("200 OK", b'{"access_tok'), FailureKind.RETRYABLE),
    "a web page": (("200 OK", b"<html>Welcome</html>"), FailureKind.MISCONFIGURED),
}


@pytest.mark.parametrize(("says", "kind"), OUTAGES.values(), ids=OUTAGES.keys())
async def test_an_exchange_that_fails_gives_the_token_back(says: tuple[str, bytes], kind: FailureKind) -> None:
    vendor, safe = _vendor(says=says), Safe()
    with open_for_business(vendor) as url:
        async with _door(url, safe) as door:
            with pytest.raises(RemoteError) as caught:
                await door.request("GET", "things")
    assert caught.value.kind is kind
    assert (safe.lent, safe.refused, safe.held.token) == (False, [], "refresh-number-0")


async def test_a_wrong_client_secret_is_not_taken_for_an_ended_sign_in() -> None:
    vendor, safe = _vendor(says=("401 Unauthorized", b'{"error": "invalid_client"}')), Safe()
    with open_for_business(vendor) as url:
        async with _door(url, safe) as door:
            with pytest.raises(RemoteError, match="client id and secret"):
                await door.request("GET", "things")


async def test_a_call_that_is_given_up_loses_no_new_token() -> None:
    vendor, safe = _vendor(slow=0.3), Safe()
    with open_for_business(vendor) as url:
        async with _door(url, safe) as door:
            call = asyncio.create_task(door.request("GET", "things"))
            while not vendor.forms:
                await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
    assert safe.held.token == vendor.refresh_token == "refresh-number-1"
    assert vendor.calls == []


async def test_who_has_no_client_secret_is_known_by_the_id() -> None:
    vendor, safe = _vendor(), Safe()
    with open_for_business(vendor) as url:
        async with _door(url, safe, secrets={"client_id": "public", REFRESH_TOKEN: "x"}) as door:
            await door.request("GET", "things")
    assert vendor.forms[0]["client_id"] == "public"
    assert vendor.signed_by == [""]


class _Nothing(set[str]):
    """Takes nothing in: what is handed out is turned away all the same."""

    def add(self, element: str) -> None:
        """Forget it."""


async def test_no_token_shows_in_what_is_kept_of_a_call() -> None:
    vendor, safe = _vendor(good=_Nothing()), Safe()
    with open_for_business(vendor) as url:
        async with _door(url, safe) as door:
            answer = await door.send("POST", "things?a=access-number-1", body={"said": "access-number-2"})
    assert answer.status == 401
    assert [token for _, token, _ in vendor.calls] == ["access-number-1", "access-number-2"]
    assert "access-number" not in str(answer.exchange)
