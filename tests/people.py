"""Everybody who looks at a line's pages: people of its partner and of its customer, each with a browser."""

from dataclasses import dataclass, field

from django.test import Client

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.customers.services import add_member, create_customer
from apps.flows.models import Run
from apps.tenants import scope
from tests.lines import Line

PASSWORD = "correct horse battery"


@dataclass
class Watched:
    """One line with its first run, seen and worked by people of its partner."""

    line: Line
    run: Run
    people: dict[str, User] = field(default_factory=dict)

    def as_(self, role: Role, *, stranger: bool = False) -> Client:
        """Return the browser of somebody with `role`; customer roles belong to the line's customer, or to another."""
        client = Client(headers={"host": "alder.localhost"})
        with scope.work_in(self.line.partner):
            client.force_login(self.person(role, stranger=stranger))
        return client

    def person(self, role: Role, *, stranger: bool = False) -> User:
        """Return somebody with `role`; call it inside the partner's scope."""
        name = f"{role.value}{'-elsewhere' if stranger else ''}"
        if name not in self.people:
            person = create_user(email=f"{name}@alder.example", name=name.title(), role=role, password=PASSWORD)
            self.people[name] = person
            if role in CUSTOMER_ROLES:
                home = create_customer(name="Elsewhere Ltd") if stranger else self.line.customer
                add_member(user=person, customer_id=home.id)
        return self.people[name]

    @property
    def owner(self) -> Client:
        """Return the browser of the partner's owner."""
        return self.as_(Role.OWNER)
