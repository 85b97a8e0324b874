"""A customer with a flow and a promise, in rows alone: what is about clocks calls no system."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.accounts.actor import Actor, actor_for_person
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors.models import Connection
from apps.customers.models import Customer
from apps.customers.services import add_member, create_customer
from apps.flows.models import Flow, FlowVersion, Operation, Run, TriggerEvent
from apps.monitoring import case_book, sla_settings
from apps.monitoring.case_book import NewCase
from apps.monitoring.fingerprint import Cause, fingerprint
from apps.monitoring.models import BusinessCalendar, CustomerSla, ExceptionCase, SlaBreach, SlaClock, SlaPolicy
from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.credits import CreditBand
from apps.monitoring.sla.opening import BusinessHours, always
from apps.monitoring.sla.terms import Promise, Target
from apps.monitoring.sla_settings import Package
from apps.tenants.scope import PartnerRef

PASSWORD = "correct horse battery"
START = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)  # a Tuesday
GOLD = Package(
    name="Gold",
    summary="For firms that bill every week",
    targets=(
        Target(Promise.DETECT, 15),
        Target(Promise.ACKNOWLEDGE, 60),
        Target(Promise.RESOLVE, 480),
        Target(Promise.RESOLVE, 240, severity="high"),
        Target(Promise.DELIVERY, 30),
        Target(Promise.CUT_OFF, 0),
    ),
    pauses=frozenset({PauseCause.CUSTOMER}),
    bands=(CreditBand(0, Decimal(1)), CreditBand(60, Decimal(5))),
    cap_percent=Decimal(8),
)


def at(minutes: float) -> datetime:
    """Return the instant so many minutes after the start."""
    return START + timedelta(minutes=minutes)


@dataclass
class Firm:
    """One customer of a partner with a live flow; its scope is entered by whoever calls."""

    partner: PartnerRef
    customer: Customer
    flow: Flow
    run: Run
    people: dict[str, User] = field(default_factory=dict)

    @property
    def staff(self) -> Actor:
        """Return somebody of the partner's people, without an account row."""
        return actor_for_person(user_id=None, name="Sam Support", email="sam@alder.example", role=Role.SUPPORT)  # type: ignore[arg-type]

    def promise(
        self,
        package: Package = GOLD,
        *,
        hours: BusinessHours | None = None,
        since: datetime = START,
        fee: int | None = 1000,
    ) -> CustomerSla:
        """Give the customer a package from a moment on."""
        policy = SlaPolicy.objects.filter(name=package.name).first()
        policy = policy or sla_settings.save_policy(None, package, by=self.staff)
        calendar = BusinessCalendar.objects.filter(name="Hours").first()
        calendar = calendar or sla_settings.save_calendar(None, name="Hours", hours=hours or always(), by=self.staff)
        agreed = sla_settings.agree(
            self.customer,
            policy=policy,
            calendar=calendar,
            fee=None if fee is None else Decimal(fee),
            currency="EUR",
            by=self.staff,
        )
        CustomerSla.objects.filter(id=agreed.id).update(valid_from=since)
        return agreed

    def open(
        self,
        error_class: str = "mapping_gap",
        *,
        now: datetime = START,
        failed_at: datetime | None = None,
        name: str = "x",
    ) -> ExceptionCase:
        """Open a case of a class."""
        cause = Cause(str(self.flow.id), "map", error_class, name, "", "")
        new = NewCase(self.flow, cause, fingerprint(cause), "It failed.", failed_at=failed_at)
        return case_book.open_case(new, title=f"Trouble with {name}", now=now)

    def operation(
        self, key: str, state: str, *, created_at: datetime, changed_at: datetime | None = None, **more: Any
    ) -> Operation:
        """Write a ledger line."""
        return Operation.objects.create(
            customer=self.customer,
            flow=self.flow,
            run=self.run,
            last_run=self.run,
            canonical_type="TimeEntry",
            business_key=key,
            source_key=key,
            source_version="1",
            state=state,
            step="deliver",
            correlation_id="c",
            created_at=created_at,
            changed_at=changed_at or created_at,
            **more,
        )

    def clock(self, case: ExceptionCase | None, promise: Promise) -> SlaClock:
        """Return a clock as it is now."""
        return SlaClock.objects.get(case=case, promise=promise, customer=self.customer)

    def breaches(self) -> list[SlaBreach]:
        """Return the customer's breaches, the first first."""
        return list(SlaBreach.objects.filter(customer=self.customer).order_by("breached_at", "id"))

    def person(self, role: Role) -> User:
        """Return somebody with `role`, of the customer for a customer's role."""
        if role not in self.people:
            name = f"{role.value}-{self.customer.id.hex[-6:]}"
            person = create_user(email=f"{name}@alder.example", name=name.title(), role=role, password=PASSWORD)
            self.people[role] = person
            if role in CUSTOMER_ROLES:
                add_member(user=person, customer_id=self.customer.id)
        return self.people[role]

    def browser(self, role: Role) -> Client:
        """Return the browser of somebody with `role`."""
        client = Client(headers={"host": "alder.localhost"})
        client.force_login(self.person(role))
        return client


def found_firm(partner: PartnerRef, name: str) -> Firm:
    """Write a customer with two connections, a live flow and a run."""
    customer = create_customer(name=name, currency="EUR")
    source, target = (
        Connection.objects.create(
            customer=customer, system=f"sandbox_{system}", name=system.upper(), base_url="https://example.com"
        )
        for system in ("psa", "erp")
    )
    flow = Flow.objects.create(
        customer=customer,
        template="approved-time-to-bill",
        name="Approved time to bill",
        source=source,
        target=target,
        state="live",
    )
    now = timezone.now()
    version = FlowVersion.objects.create(
        flow=flow,
        customer=customer,
        number=1,
        definition={},
        layers=[],
        template_version=1,
        made_at=now,
        published_at=now,
    )
    Flow.objects.filter(id=flow.id).update(live_version=version)
    event = TriggerEvent.objects.create(
        customer=customer, flow=flow, kind="person", dedupe_key=f"first:{flow.id}", received_at=now
    )
    run = Run.objects.create(customer=customer, flow=flow, event=event, version=version, created_at=now)
    return Firm(partner, customer, Flow.objects.get(id=flow.id), run)


@pytest.fixture
def firm(in_partner_a: PartnerRef) -> Firm:
    """A customer with a live flow, inside its partner's scope."""
    return found_firm(in_partner_a, "Harbour Consulting")
