"""People of two partners and of the platform, and browsers that are signed in as them."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.actor import acting
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

PASSWORD = "correct horse battery"


def host_of(partner: PartnerRef | None) -> str:
    """Return the host name a partner answers at, the platform's for None."""
    return f"{partner.slug}.localhost" if partner else "platform.localhost"


def new_person(partner: PartnerRef | None, role: Role, *, email: str = "", name: str = "") -> User:
    """Add a person at a partner, or on the platform."""
    address = email or f"{role.value}@{partner.slug if partner else 'platform'}.example"
    label = name or role.value.replace("_", " ").title()
    if partner is None:
        return create_user(email=address, name=label, role=role, password=PASSWORD)
    with scope.enter(partner):
        return create_user(email=address, name=label, role=role, password=PASSWORD)


@pytest.fixture
def browser(db: None) -> Callable[[PartnerRef | None, User | None], Client]:
    """Return a function that gives a browser at a host, signed in as somebody or nobody."""

    def open_at(partner: PartnerRef | None, person: User | None = None) -> Client:
        client = Client(headers={"host": host_of(partner)})
        if person is None:
            return client
        if partner is None:
            client.force_login(person)
            return client
        with scope.enter(partner):
            client.force_login(person)
        return client

    return open_at


@pytest.fixture
def owner_a(partner_a: PartnerRef) -> User:
    """The owner of partner A."""
    return new_person(partner_a, Role.OWNER, name="Olivia Owner")


@pytest.fixture
def viewer_a(partner_a: PartnerRef) -> User:
    """Somebody of partner A who may only look."""
    return new_person(partner_a, Role.READ_ONLY, name="Vera Viewer")


@pytest.fixture
def owner_b(partner_b: PartnerRef) -> User:
    """The owner of partner B, with the same address as A's owner: two people."""
    return new_person(partner_b, Role.OWNER, email="owner@alder.example", name="Bruno Owner")


@pytest.fixture
def as_owner_a(in_partner_a: PartnerRef, owner_a: User) -> Iterator[User]:
    """Run the test inside partner A as its owner."""
    with acting(owner_a.as_actor()):
        yield owner_a
