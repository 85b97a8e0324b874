"""A flow that has run with records of every kind, a customer at the start of its onboarding, and everybody's browsers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.lines import Line
from tests.people import PASSWORD, Watched


def page_of(response: Any) -> str:
    """Return what was answered, as text."""
    return response.content.decode()


class Shown(Watched):
    """One line with its first run."""


@pytest.fixture
def shown(make_line: Callable[..., Line]) -> Shown:
    """A line with faulty records, run once."""
    line = make_line(problems=True)
    return Shown(line, line.run())


def typed_line(**changes: Any) -> dict[str, Any]:
    """Return a mapping line's form as it is sent, the description filled from the note."""
    return {"source": "note", "expression": "", "transforms": "", "default": "", "write_mode": "overwrite", **changes}


@dataclass
class Desk:
    """The partner's side of an onboarding: browsers by role, and the customer."""

    partner: PartnerRef
    customer: Customer

    def as_(self, role: Role) -> Client:
        """Return the browser of one of the team."""
        client = Client(headers={"host": "alder.localhost"})
        with scope.work_in(self.partner):
            address = f"{role.value}@alder.example"
            known = User.objects.filter(email=address).first()
            client.force_login(
                known or create_user(email=address, name=role.value.title(), role=role, password=PASSWORD)
            )
        return client

    def path(self, rest: str = "") -> str:
        """Return an address of this customer's onboarding."""
        return f"/onboarding/{self.customer.id}/{rest}"


def work_onboarding() -> None:
    """Let workers test connections and try flows."""
    for queue in (Queue.POLL, Queue.RUN):
        drain(queue, worker="test", seconds=30)


@pytest.fixture
def desk(committed: PartnerRef, clean_cache: None) -> Desk:
    """A customer that was just added."""
    with scope.work_in(committed):
        return Desk(committed, create_customer(name="Fresh Firm", country="DE"))


@pytest.fixture
def browser(desk: Desk) -> Client:
    """The owner's browser."""
    return desk.as_(Role.OWNER)
