"""The refresh token in the database: lent to one at a time across threads, never overwritten by an older exchange."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.connectors import refresh_tokens, vault
from apps.connectors.access_tokens import Borrowed
from apps.connectors.auth import REFRESH_TOKEN, build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.errors import AuthExpiredError
from apps.connectors.models import CircuitBreaker, Connection, Credential
from apps.connectors.refresh_tokens import StoredRefreshToken
from apps.connectors.services import NewConnection, create_connection
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.conftest import door_to
from tests.connectors.vendor import Vendor, open_for_business


@pytest.fixture
def signed_in(committed: PartnerRef) -> Connection:
    """A connection with a refresh token."""
    with scope.work_in(committed):
        customer = create_customer(name="Northwind", currency="EUR")
        wanted = NewConnection("sandbox_erp", "ERP", "https://erp.example.com", {"token": "a-token-4711"}, {})
        connection = create_connection(customer, wanted)
        vault.set_secret(connection, REFRESH_TOKEN, "refresh-1")
    return connection


@pytest.fixture
def keeper(signed_in: Connection, committed: PartnerRef) -> StoredRefreshToken:
    """Its keeper."""
    return StoredRefreshToken(signed_in.id, committed)


def _stored(connection: Connection, partner: PartnerRef) -> str:
    with scope.work_in(partner):
        return vault.secrets_of(connection)[REFRESH_TOKEN]


def _in_threads(count: int, work: Callable[[], object]) -> list[object]:
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(work())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return answers


def test_of_many_workers_one_gets_it(keeper: StoredRefreshToken) -> None:
    lent = [answer for answer in _in_threads(6, keeper.borrow) if answer is not None]
    assert [(one.token, one.generation) for one in lent if isinstance(one, Borrowed)] == [("refresh-1", 1)]


def test_workers_that_share_nothing_but_the_database_never_use_a_token_twice(
    keeper: StoredRefreshToken, signed_in: Connection, committed: PartnerRef
) -> None:
    vendor = Vendor(refresh_token="refresh-1", slow=0.05)  # one that is used twice ends the sign-in
    spec = AuthSpec(AuthScheme.OAUTH_CODE, token_path="token")
    signer = build_signer(spec, {"client_id": "public", REFRESH_TOKEN: "refresh-1"})

    async def call(url: str) -> int:
        async with door_to(url, auth=signer, keeper=keeper) as door:
            return (await door.request("GET", "things")).status

    with open_for_business(vendor) as url:
        assert _in_threads(5, lambda: asyncio.run(call(url))) == [200] * 5
    assert len({form["refresh_token"] for form in vendor.forms}) == 5
    assert vendor.most_at_once == 1
    assert _stored(signed_in, committed) == vendor.refresh_token


def test_the_next_worker_gets_what_the_last_one_brought(
    keeper: StoredRefreshToken, signed_in: Connection, committed: PartnerRef
) -> None:
    first = keeper.borrow()
    assert first is not None
    keeper.keep(first, "refresh-2")
    second = keeper.borrow()
    assert second is not None
    assert (second.token, second.generation) == ("refresh-2", 2)
    with scope.work_in(committed):
        assert b"refresh-2" not in bytes(Credential.objects.get(name=REFRESH_TOKEN).sealed)


def test_one_that_stays_good_or_was_not_exchanged_can_be_borrowed_again(keeper: StoredRefreshToken) -> None:
    for given in ("", "refresh-1"):  # no new one, or the same again
        borrowed = keeper.borrow()
        assert borrowed is not None
        keeper.keep(borrowed, given)
    borrowed = keeper.borrow()
    assert borrowed is not None
    assert keeper.borrow() is None
    keeper.give_back(borrowed)
    assert keeper.borrow() is not None


def test_a_worker_that_died_with_it_holds_it_for_a_while_only(
    keeper: StoredRefreshToken, committed: PartnerRef
) -> None:
    assert keeper.borrow() is not None
    with scope.work_in(committed):
        held = Credential.objects.get(name=REFRESH_TOKEN)
        assert held.borrowed_until is not None
        assert timedelta(seconds=60) < held.borrowed_until - timezone.now() < timedelta(seconds=120)
        Credential.objects.filter(id=held.id).update(borrowed_until=timezone.now() - timedelta(seconds=1))
    assert keeper.borrow() is not None


def test_who_signed_in_anew_meanwhile_is_not_written_over(
    keeper: StoredRefreshToken, signed_in: Connection, committed: PartnerRef
) -> None:
    old = keeper.borrow()
    assert old is not None
    with scope.work_in(committed):
        vault.set_secret(signed_in, REFRESH_TOKEN, "of-the-new-sign-in")
    keeper.keep(old, "of-the-old-sign-in")
    assert _stored(signed_in, committed) == "of-the-new-sign-in"
    keeper.note_refused(old, "The sign-in has ended.")
    with scope.work_in(committed):
        assert not CircuitBreaker.objects.exists()


def test_a_refusal_makes_the_connection_wait_for_a_person(
    keeper: StoredRefreshToken, signed_in: Connection, committed: PartnerRef
) -> None:
    held = keeper.borrow()
    assert held is not None
    keeper.note_refused(held, "The sign-in has ended.")
    with scope.work_in(committed):
        assert CircuitBreaker.objects.get().needs_person
        connection = Connection.objects.get(id=signed_in.id)
        assert (connection.state, connection.state_reason) == ("attention", "The sign-in has ended.")


def test_a_database_that_is_away_for_a_moment_loses_no_token(
    keeper: StoredRefreshToken, signed_in: Connection, committed: PartnerRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, tries = keeper.borrow(), []
    assert held is not None

    def away_twice(credential: Credential, value: str) -> None:
        tries.append(value)
        if len(tries) < 3:
            raise OperationalError("the connection is closed")
        replace_value(credential, value)

    replace_value = vault.replace_value
    monkeypatch.setattr(vault, "replace_value", away_twice)
    monkeypatch.setattr(refresh_tokens, "_PAUSES", (0.01, 0.01, 0.01))
    keeper.keep(held, "refresh-2")
    assert tries == ["refresh-2"] * 3
    assert _stored(signed_in, committed) == "refresh-2"


def test_a_sign_in_that_is_gone_asks_for_a_person(keeper: StoredRefreshToken, committed: PartnerRef) -> None:
    with scope.work_in(committed):
        Credential.objects.filter(name=REFRESH_TOKEN).delete()
    with pytest.raises(AuthExpiredError, match="sign in again"):
        keeper.borrow()
