"""A whole inhabited house for tests that walk through all of it: two partners, three customers, everybody who can sign in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.test import Client
from uuid_utils.compat import uuid7

from apps.accounts.actions import CUSTOMER_ROLES, PARTNER_ROLES, Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.customers.services import add_member
from apps.dispatch.models import Queue
from apps.monitoring.judging import judge_ledger
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef
from tests.architecture.house_rows import ids_of
from tests.lines import Line, found_line
from tests.sandbox_server import SandboxServer

PASSWORD = "correct horse battery"
PLATFORM_HOST = "platform.localhost"


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser at one host. `label` is how a failing test names them."""

    label: str
    host: str
    role: Role | None
    partner: PartnerRef | None
    customer: str = ""  # which of the house's customers, "" for staff
    email: str = ""

    def client(self) -> Client:
        """Return a fresh browser, signed in."""
        browser = Client(headers={"host": self.host})
        browser.raise_request_exception = False
        if self.role is None:
            return browser
        if self.partner is None:
            with scope.public(), transaction.atomic():
                browser.force_login(User.objects.get(email=self.email))
        else:
            with scope.work_in(self.partner):
                browser.force_login(User.objects.get(email=self.email))
        return browser


@dataclass
class House:
    """Two partners with their lines, and the ids of everything that an address may name, by customer.

    `seen` keeps the pages that somebody was shown, for whoever asks for the same ones again.
    """

    a: PartnerRef
    b: PartnerRef
    lines: dict[str, Line]
    ids: dict[str, dict[str, Any]]
    visitors: dict[str, Visitor]
    seen: dict[str, list[Any]] = field(default_factory=dict)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Let a request do what it does, and take it back."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)


def host_of(partner: PartnerRef) -> str:
    """Return the host a partner answers at."""
    return f"{partner.slug}.localhost"


def build_house(sandbox: SandboxServer) -> House:
    """Found three firms, run their flows, judge what came of them, and invite everybody."""
    cache.clear()
    a, b = (Partner.objects.get(slug=slug).as_ref() for slug in ("alder", "brightforge"))
    lines = {
        "one": found_line(a, sandbox, name="Meridian Consulting", problems=True),
        "two": found_line(a, sandbox, name="Northfield Engineering", problems=True, seed=5),
        "three": found_line(b, sandbox, name="Kestrel Labs", problems=True, seed=7),
    }
    for line in lines.values():
        run_through(line)
    visitors = {visitor.label: visitor for visitor in _people(a, b, lines)}
    ids = {name: ids_of(line, password=PASSWORD) for name, line in lines.items()}
    ids["nowhere"] = {name: uuid7() if isinstance(value, UUID) else value for name, value in ids["one"].items()}
    return House(a, b, lines, ids, visitors)


def run_through(line: Line) -> None:
    """Carry a line's first run to its end and open its cases."""
    line.run()
    line.work(*Queue)
    with scope.work_in(line.partner):
        judge_ledger()


def _people(a: PartnerRef, b: PartnerRef, lines: dict[str, Line]) -> Iterator[Visitor]:
    yield Visitor("nobody", host_of(a), None, a)
    for role in sorted(PARTNER_ROLES):
        yield _person(a, role)
    for role in sorted(CUSTOMER_ROLES):
        yield _person(a, role, lines["one"], "one")
    yield _person(a, Role.CUSTOMER_OWNER, lines["two"], "two", prefix="other_")
    yield _person(b, Role.OWNER, prefix="foreign_")
    yield _person(b, Role.SUPPORT, prefix="foreign_")
    yield _person(b, Role.FINANCE_APPROVER, lines["three"], "three", prefix="foreign_")
    with scope.public(), transaction.atomic():
        create_user(email="operator@platform.example", name="Ola Operator", role=Role.OPERATOR, password=PASSWORD)
    yield Visitor("operator", PLATFORM_HOST, Role.OPERATOR, None, email="operator@platform.example")
    yield Visitor("nobody_at_platform", PLATFORM_HOST, None, None)


def _person(partner: PartnerRef, role: Role, line: Line | None = None, customer: str = "", prefix: str = "") -> Visitor:
    label = f"{prefix}{role.value}"
    email = f"{label}@{partner.slug}.example"
    with scope.work_in(partner):
        user = create_user(email=email, name=label.replace("_", " ").title(), role=role, password=PASSWORD)
        if line is not None:
            add_member(user=user, customer_id=line.customer.id)
    return Visitor(label, host_of(partner), role, partner, customer, email)
