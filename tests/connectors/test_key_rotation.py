"""A new operator's key: everything is sealed anew while work goes on, whatever happens in between."""

import base64
import os
import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db import connections
from django.utils import timezone

from apps.connectors import key_checks, key_rotation, vault
from apps.connectors.credentials import UnsealError
from apps.connectors.models import Connection, Credential, KeptSecret, PartnerKey, SignIn, WebhookEndpoint
from apps.connectors.services import NewConnection, create_connection
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef

OLD, NEW = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))


class KilledError(Exception):
    """The process ends here."""


@pytest.fixture
def partner(committed: PartnerRef, settings: Any) -> PartnerRef:
    """A partner with seven secrets, a sign-in under way, a webhook key and that of a channel, all under a key that was just replaced."""
    settings.CREDENTIALS_KEY, settings.CREDENTIALS_OLD_KEYS = OLD, ()
    with scope.work_in(committed):
        customer = create_customer(name="Northwind", currency="EUR")
        wanted = NewConnection("sandbox_erp", "ERP", "https://erp.example.com", {"token": "token-0-4711"}, {})
        connection = create_connection(customer, wanted)
        for number in range(1, 7):
            vault.set_secret(connection, f"secret-{number}", f"value-{number}")
        create_webhook_endpoint(connection)
        _sign_in(connection)
        vault.keep_secret("https://hooks.example.com/4711")
    settings.CREDENTIALS_KEY, settings.CREDENTIALS_OLD_KEYS = NEW, (OLD,)
    return committed


def _sign_in(connection: Connection) -> None:
    now = timezone.now()
    row = SignIn(connection=connection, customer_id=connection.customer_id, mark_hash="m", started_at=now, ends_at=now)
    vault.seal_sign_in(row, {"verifier": "verifier-4711"})
    row.save()


def _held(partner: PartnerRef) -> tuple[dict[str, str], str, dict[str, str], str]:
    with scope.work_in(partner):
        endpoint, sign_in = WebhookEndpoint.objects.get(), SignIn.objects.get()
        return (
            vault.secrets_of(Connection.objects.get()),
            vault.webhook_secret(endpoint),
            vault.sign_in_parts(sign_in),
            vault.kept_value(KeptSecret.objects.get()),
        )


def _told(**options: Any) -> str:
    told = StringIO()
    call_command("rotate_credential_keys", stdout=told, **options)
    return told.getvalue()


def test_everything_is_sealed_anew_and_the_old_key_can_be_taken_out(partner: PartnerRef, settings: Any) -> None:
    before = _held(partner)
    with scope.work_in(partner):
        stamps = list(Credential.objects.order_by("id").values_list("name", "set_at", "generation", "last4"))
    everything = "alder: 7 secrets, 1 sign-ins under way, 1 webhook keys, 1 keys of alert channels"
    assert f"{everything} to be sealed anew; 1 data keys to be" in _told(dry_run=True)
    with scope.work_in(partner):
        assert set(PartnerKey.objects.values_list("version", flat=True)) == {1}
    assert f"{everything} sealed anew; 1 data keys dropped" in _told(batch=2)
    settings.CREDENTIALS_OLD_KEYS = ()
    assert _held(partner) == before
    with scope.work_in(partner):
        assert stamps == list(Credential.objects.order_by("id").values_list("name", "set_at", "generation", "last4"))
        assert set(PartnerKey.objects.values_list("version", flat=True)) == {2}
    assert "alder: 0 secrets" in _told()
    assert "everything is sealed under the newest key" in _told(check=True)


def test_one_that_was_killed_half_way_goes_on_where_it_stopped(
    partner: PartnerRef, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    before, real = _held(partner), vault.reseal
    done: list[Any] = []

    def reseal(row: Any) -> None:
        if len(done) == 5:
            raise KilledError
        real(row)
        done.append(row.id)

    monkeypatch.setattr(vault, "reseal", reseal)
    with pytest.raises(KilledError):
        key_rotation.rotate_partner(partner, batch=2)
    monkeypatch.undo()
    settings.CREDENTIALS_KEY, settings.CREDENTIALS_OLD_KEYS = NEW, (OLD,)
    assert _held(partner) == before  # both keys are in use, and everything opens
    rotation = key_rotation.rotate_partner(partner, batch=2)
    assert rotation.resealed["secrets"] == 3  # four were committed, the fifth was undone with its batch
    assert rotation.dropped_keys == 1
    settings.CREDENTIALS_OLD_KEYS = ()
    assert _held(partner) == before


def test_what_is_entered_meanwhile_is_kept(partner: PartnerRef, monkeypatch: pytest.MonkeyPatch) -> None:
    real = vault.reseal
    met: list[Any] = []

    def reseal(row: Any) -> None:
        if not met:
            met.append(row)
            thread = threading.Thread(target=enter)
            thread.start()
            threads.append(thread)
        real(row)

    def enter() -> None:
        try:
            with scope.work_in(partner):
                for number in range(7):
                    name = f"secret-{number}" if number else "token"
                    vault.set_secret(Connection.objects.get(), name, f"entered-meanwhile-{number}")
        finally:
            connections.close_all()

    threads: list[threading.Thread] = []
    monkeypatch.setattr(vault, "reseal", reseal)
    key_rotation.rotate_partner(partner, batch=100)
    threads[0].join(20)
    key_rotation.rotate_partner(partner)
    assert set(_held(partner)[0].values()) == {f"entered-meanwhile-{number}" for number in range(7)}


def test_a_key_under_which_something_is_being_sealed_just_now_is_not_dropped(
    partner: PartnerRef, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    sealed, go_on = threading.Event(), threading.Event()

    def slow_hand() -> None:
        """Seal with the old data key, and commit only when the rotation is through but for dropping it."""
        try:
            with scope.work_in(partner):
                vault.set_secret(Connection.objects.get(), "late", "entered-late-4711")
                sealed.set()
                go_on.wait(20)
        finally:
            connections.close_all()

    settings.CREDENTIALS_KEY, settings.CREDENTIALS_OLD_KEYS = OLD, ()
    thread = threading.Thread(target=slow_hand)
    thread.start()
    assert sealed.wait(20)
    settings.CREDENTIALS_KEY, settings.CREDENTIALS_OLD_KEYS = NEW, (OLD,)
    real = key_rotation._drop_older

    def drop(target: int) -> int | None:
        go_on.set()
        return real(target)

    monkeypatch.setattr(key_rotation, "_drop_older", drop)
    rotation = key_rotation.rotate_partner(partner)
    thread.join(20)
    assert rotation.resealed["secrets"] == 8
    settings.CREDENTIALS_OLD_KEYS = ()
    assert _held(partner)[0]["late"] == "entered-late-4711"


def test_a_worker_that_read_a_row_before_it_was_sealed_anew_opens_it_all_the_same(partner: PartnerRef) -> None:
    with scope.work_in(partner):
        rows = list(Credential.objects.order_by("id"))
    key_rotation.rotate_partner(partner)
    with scope.work_in(partner):
        assert vault.value_of(rows[0]) == "token-0-4711"


def test_a_key_that_is_not_there_is_told_by_the_command_and_by_the_check(partner: PartnerRef, settings: Any) -> None:
    def checked() -> list[tuple[str, str]]:
        with scope.public():
            return [(str(one.id), one.msg) for one in key_checks.check_credential_keys(databases=["default"])]

    assert [one[0] for one in checked()] == ["connectors.W001"]
    with pytest.raises(CommandError) as needed:
        _told(check=True)
    assert needed.value.returncode == 3
    settings.CREDENTIALS_OLD_KEYS = ()
    assert [one[0] for one in checked()] == ["connectors.E002"]
    assert "alder" in checked()[0][1]
    with pytest.raises(CommandError) as missing:
        _told(check=True)
    assert missing.value.returncode == 1
    with pytest.raises(CommandError, match="10 rows are sealed with a key that is not in the settings"):
        _told()
    with scope.work_in(partner), pytest.raises(UnsealError, match="CREDENTIALS_OLD_KEYS"):
        vault.secrets_of(Connection.objects.get())
    settings.CREDENTIALS_OLD_KEYS = (OLD,)
    _told()
    assert checked() == []
    assert key_checks.check_credential_keys(databases=["owner"]) == []


def test_an_ended_sign_in_holds_no_key(partner: PartnerRef) -> None:
    with scope.work_in(partner):
        SignIn.objects.update(sealed=b"")
    rotation = key_rotation.rotate_partner(partner)
    assert (rotation.resealed["sign-ins under way"], rotation.dropped_keys) == (0, 1)


def test_a_partner_without_secrets_and_a_wrong_name_are_no_trouble(committed: PartnerRef) -> None:
    with scope.public():
        assert Partner.objects.filter(slug="brightforge").exists()
    assert "brightforge: 0 secrets" in _told(partner="brightforge")
    with pytest.raises(CommandError, match="no partner with the short name"):
        _told(partner="nobody")
    with pytest.raises(CommandError, match="--batch"):
        _told(batch=0)
    assert not database.in_atomic_block
