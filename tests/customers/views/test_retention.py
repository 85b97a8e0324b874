"""The pages about how long records are kept."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.services import create_user
from apps.customers import retention
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef


@pytest.fixture
def customer(partner_a: PartnerRef) -> Customer:
    """A customer of partner A."""
    with scope.enter(partner_a):
        return create_customer(name="Meridian Consulting")


@pytest.fixture
def owner(partner_a: PartnerRef) -> Client:
    """The browser of partner A's owner."""
    return _browser(partner_a, Role.OWNER)


def _browser(partner: PartnerRef, role: Role) -> Client:
    client = Client(headers={"host": "alder.localhost"})
    with scope.enter(partner):
        client.force_login(
            create_user(
                email=f"{role.value}@alder.example", name=role.value, role=role, password="correct horse battery"
            )
        )
    return client


def _page(response: Any) -> str:
    return str(response.content.decode())


def test_an_owner_chooses_that_nothing_is_stored(owner: Client, customer: Customer, partner_a: PartnerRef) -> None:
    settings = f"/customers/{customer.id}/settings/"
    assert "kept for 30 days" in _page(owner.get(settings))
    answer = owner.post(f"/customers/{customer.id}/contents/", {"contents": "not_kept", "keep_days": "30"})
    assert (answer.status_code, answer["Location"]) == (302, settings)
    assert "not stored" in _page(owner.get(settings))
    with scope.enter(partner_a):
        assert not retention.payload_rule(customer.id).stored


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"contents": "kept", "keep_days": "0"}, "greater than or equal to 1"),
        ({"contents": "kept", "keep_days": "9999"}, "less than or equal to 400"),
        ({"contents": "kept", "keep_days": "soon"}, "Enter a whole number"),
        ({"contents": "elsewhere", "keep_days": "30"}, "Select a valid choice"),
        ({"keep_days": "30"}, "This field is required"),
    ],
    ids=["no day", "too many days", "no number", "an unknown choice", "no choice"],
)
def test_a_wrong_choice_is_answered_in_place(
    owner: Client, customer: Customer, partner_a: PartnerRef, typed: dict[str, str], sentence: str
) -> None:
    answer = owner.post(f"/customers/{customer.id}/contents/", typed)
    assert answer.status_code == 400
    assert sentence in _page(answer)
    with scope.enter(partner_a):
        assert retention.payload_rule(customer.id) == retention.PayloadRule()


def test_the_ledgers_time_is_set_in_the_settings(owner: Client, partner_a: PartnerRef) -> None:
    page = _page(owner.get("/settings/records/"))
    assert 'value="13"' in page
    assert owner.post("/settings/records/", {"keep_months": "1"}).status_code == 400
    assert owner.post("/settings/records/", {"keep_months": "24"}).status_code == 302
    with scope.enter(partner_a):
        assert retention.ledger_months() == 24


def test_who_may_only_read_finds_no_way_to_change_it(customer: Customer, partner_a: PartnerRef) -> None:
    reader = _browser(partner_a, Role.SUPPORT)
    assert "/contents/" not in _page(reader.get(f"/customers/{customer.id}/settings/"))
    assert reader.get(f"/customers/{customer.id}/contents/").status_code == 403
    assert reader.post("/settings/records/", {"keep_months": "24"}).status_code == 403
