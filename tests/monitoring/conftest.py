"""A flow whose first run left records blocked, the cases that were opened for them, and browsers of everybody."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.test import Client

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.customers.services import add_member, create_customer
from apps.flows.models import Operation, Run
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.lines import Line

PASSWORD = "correct horse battery"


@dataclass
class Blocked:
    """One line with the cases its first run opened, seen and worked by people of its partner."""

    line: Line
    run: Run
    people: dict[str, User] = field(default_factory=dict)

    def judge(self) -> None:
        """Let the cases follow the ledger."""
        with scope.enter(self.line.partner):
            judge_ledger()

    def work(self) -> None:
        """Let workers do what is due, then let the cases follow the ledger."""
        self.line.work()
        self.judge()

    def cases(self, **filters: object) -> list[ExceptionCase]:
        """Return cases, all open ones unless asked otherwise."""
        with scope.work_in(self.line.partner):
            return list(ExceptionCase.objects.filter(**(filters or {"closed_at": None})).order_by("id"))

    def case(self, error_field: str, **filters: object) -> ExceptionCase:
        """Return the open case that blames a field."""
        (found, *_) = self.cases(error_field=error_field, **(filters or {"closed_at": None}))
        return found

    def again(self, case: ExceptionCase) -> ExceptionCase:
        """Return the case as it is now."""
        (found,) = self.cases(id=case.id)
        return found

    def records(self, case: ExceptionCase) -> list[Operation]:
        """Return the case's records."""
        with scope.work_in(self.line.partner):
            return list(Operation.objects.filter(case_operations__case=case).distinct().order_by("id"))

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


@pytest.fixture
def blocked(make_line: Callable[..., Line]) -> Blocked:
    """A line with faulty records, run once, its cases opened."""
    line = make_line(problems=True)
    made = Blocked(line, line.run())
    made.judge()
    return made
