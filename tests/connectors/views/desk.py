"""A partner's desk without any outside system: browsers of its people, customers, connections that nobody calls."""

from typing import Any
from urllib.parse import urlencode

from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors.models import Connection
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef


def browser_of(partner: PartnerRef, role: Role) -> Client:
    """Return a browser that is signed in as somebody of this role."""
    client = Client(headers={"host": f"{partner.slug}.localhost"})
    with scope.work_in(partner):
        address = f"{role.value}@{partner.slug}.example"
        known = User.objects.filter(email=address).first()
        client.force_login(known or create_user(email=address, name=role.value, role=role, password="correct horse"))
    return client


def new_customer(partner: PartnerRef, name: str, **values: Any) -> Customer:
    """Add a customer."""
    with scope.work_in(partner):
        return create_customer(name=name, currency="EUR", **values)


def connect(partner: PartnerRef, customer: Customer, name: str, **values: Any) -> Connection:
    """Store a connection as it is, untested and without secrets; a state's beginning can be set, too."""
    since = values.pop("state_since", None)
    wanted = {"system": "sandbox_psa", "base_url": "https://psa.example", **values}
    with scope.work_in(partner):
        made = Connection.objects.create(customer=customer, name=name, **wanted)
        if since is not None:
            Connection.objects.filter(id=made.id).update(state_since=since)
        return made


def words_of(response: Any) -> str:
    """Return a page's text."""
    return str(response.content.decode())


def asked(path: str, **query: str) -> str:
    """Return an address with a query."""
    return f"{path}?{urlencode(query)}" if query else path
