"""A client certificate and its key are checked where they are entered, and replaced together."""

import re

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.connectors import vault
from apps.connectors.models import Connection, CredentialLink
from apps.customers.models import Customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.authority import Authority
from tests.connectors.views.desk import browser_of, new_customer, words_of

OURS = Authority()
PAIR, RENEWED, EXPIRED = OURS.issue("one", days=20), OURS.issue("two"), OURS.issue("three", days=-1)
NEW = "/connections/new/adp/"


@pytest.fixture
def customer(partner_a: PartnerRef) -> Customer:
    return new_customer(partner_a, "Brightforge")


@pytest.fixture
def owner(partner_a: PartnerRef) -> Client:
    return browser_of(partner_a, Role.OWNER)


def _typed(customer: Customer, pair: tuple[str, str]) -> dict[str, str]:
    return {
        "customer": str(customer.id),
        "name": "Payroll",
        "environment": "sandbox",
        "base_url": "https://api.adp.com",
        "secret_client_id": "of-the-project",
        "secret_client_secret": "a-secret-of-the-project",
        "secret_client_certificate": pair[0].replace("\n", " "),  # a field of one line drops the line breaks
        "secret_client_key": pair[1].replace("\n", " "),
    }


def _connected(partner_a: PartnerRef, owner: Client, customer: Customer) -> Connection:
    made = owner.post(NEW, _typed(customer, PAIR))
    assert made.status_code == 302
    with scope.work_in(partner_a):
        return Connection.objects.get(system="adp")


WRONG = {
    "of another key": ((PAIR[0], RENEWED[1]), "does not belong to the certificate"),
    "expired": (EXPIRED, "This certificate expired on"),
    "no certificate": (("mine", PAIR[1]), "no certificate in PEM form"),
}


@pytest.mark.parametrize(("pair", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_pair_that_cannot_be_used_is_refused_beside_its_field(
    partner_a: PartnerRef, owner: Client, customer: Customer, pair: tuple[str, str], said: str
) -> None:
    refused = owner.post(NEW, _typed(customer, pair))
    assert refused.status_code == 400
    assert said in words_of(refused)
    assert "BEGIN" not in words_of(refused).replace("from the line with BEGIN", "").replace("from BEGIN", "")
    with scope.work_in(partner_a):
        assert not Connection.objects.exists()


def test_the_day_it_ends_is_read_from_the_certificate(partner_a: PartnerRef, owner: Client, customer: Customer) -> None:
    connection = _connected(partner_a, owner, customer)
    assert "expires in 20 days" in words_of(owner.get(f"/connections/{connection.id}/"))


def test_certificate_and_key_are_replaced_together(partner_a: PartnerRef, owner: Client, customer: Customer) -> None:
    connection = _connected(partner_a, owner, customer)
    path = f"/connections/{connection.id}/secrets/client_certificate/"
    page = words_of(owner.get(path))
    assert 'name="client_certificate"' in page
    assert 'name="client_key"' in page
    refused = owner.post(path, {"client_certificate": RENEWED[0], "client_key": PAIR[1]})
    assert (refused.status_code, "does not belong to the certificate" in words_of(refused)) == (400, True)
    assert owner.post(path, {"client_certificate": RENEWED[0], "client_key": RENEWED[1]}).status_code == 302
    with scope.work_in(partner_a):
        held = vault.secrets_of(connection)
    assert (held["client_certificate"], held["client_key"]) == tuple(part.strip() for part in RENEWED)
    assert "expires in 90 days" in words_of(owner.get(f"/connections/{connection.id}/"))


def test_a_colleagues_link_stays_open_until_what_is_entered_can_be_used(
    partner_a: PartnerRef, owner: Client, customer: Customer
) -> None:
    connection = _connected(partner_a, owner, customer)
    made = words_of(owner.post(f"/connections/{connection.id}/colleague/", {"for_whom": "Robin Vale"}))
    found = re.search(r"(/credentials/[\w-]{43}/)", made)
    assert found is not None
    colleague, path = Client(headers={"host": "alder.localhost"}), found[1]
    typed = {"client_id": "i", "client_secret": "s", "client_certificate": RENEWED[0], "client_key": PAIR[1]}
    refused = colleague.post(path, typed)
    assert (refused.status_code, "does not belong to the certificate" in words_of(refused)) == (400, True)
    with scope.work_in(partner_a):
        assert CredentialLink.objects.get().used_at is None
        assert vault.secrets_of(connection)["client_id"] == "of-the-project"
    assert colleague.post(path, {**typed, "client_key": RENEWED[1]}).status_code == 302
