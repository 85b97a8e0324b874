"""A question that waits for people, on a record that waits in its flow: without a system, a run or a worker."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors.services import NewConnection, create_connection
from apps.customers.models import Customer
from apps.customers.services import add_member, create_customer
from apps.flows.engine.acts import Ask
from apps.flows.models import ApprovalRequest, Delegation, Flow, Operation, Run, TriggerEvent
from apps.flows.services import approvals
from apps.flows.services.install import install_template
from tests.people import PASSWORD

HOUR = 3600
QUESTION = Ask(
    question="Approve invoice 4711 of Nordlicht GmbH?",
    facts=(("Project", "P-100"), ("Period", "2026-10")),
    amount=Decimal("18240.5"),
    currency="EUR",
    role="finance",
    needed=1,
    due_seconds=0,
    remind_seconds=0,
    escalate_to="",
)


@dataclass
class Office:
    """A customer with one flow, and the people who may be asked. To be used inside the partner's scope."""

    customer: Customer
    flow: Flow

    def operation(self, **values: Any) -> Operation:
        """Add a record that waits."""
        now = timezone.now()
        event = TriggerEvent.objects.create(
            customer=self.customer, flow=self.flow, kind="person", dedupe_key=str(uuid7()), received_at=now
        )
        run = Run.objects.create(
            customer=self.customer,
            flow=self.flow,
            event=event,
            version_id=self.flow.live_version_id,
            state="waiting",
            read=1,
            waiting=1,
            created_at=now,
        )
        key = str(values.pop("key", uuid7()))
        facts = {
            "canonical_type": "TimeEntry",
            "business_key": key,
            "source_key": key,
            "source_version": "1",
            "state": "waiting",
            "step": "approve",
            "label": "Ada Adler, 7.5 hours on Launch",
            "correlation_id": str(run.id),
            "created_at": now,
            "changed_at": now,
        }
        return Operation.objects.create(
            customer=self.customer, flow=self.flow, run=run, last_run=run, **{**facts, **values}
        )

    def ask(self, **changes: Any) -> ApprovalRequest:
        """Ask about a new record."""
        return approvals.ask(self.operation(), "approve", replace(QUESTION, **changes))

    def person(self, role: Role, name: str = "", *, stranger: bool = False) -> User:
        """Add somebody; customer roles belong to this customer, or as a stranger to another."""
        called = name or f"{role.value}{'-elsewhere' if stranger else ''}"
        known = User.objects.filter(email=f"{called.lower()}@alder.example").first()
        if known is not None:
            return known
        person = create_user(email=f"{called.lower()}@alder.example", name=called.title(), role=role, password=PASSWORD)
        if role in CUSTOMER_ROLES:
            home = create_customer(name=f"Elsewhere of {called}") if stranger else self.customer
            add_member(user=person, customer_id=home.id)
        return person


def open_office(name: str = "Nordlicht GmbH") -> Office:
    """Found a customer with a flow, inside the partner's scope."""
    customer = create_customer(name=name, currency="EUR")
    source, target = (
        create_connection(
            customer,
            NewConnection(
                system=f"sandbox_{system}",
                name=system.upper(),
                base_url=f"https://{system}.example/api/v1",
                secrets={"token": "t"},
                settings={},
            ),
        )
        for system in ("psa", "erp")
    )
    flow = install_template(
        template="approved-time-to-bill", name="Approved time to bill", source=source, target=target, installed_by="t"
    )
    return Office(customer, Flow.objects.get(id=flow.id))


def stand_in(person: User, other: User, first: int = 0, last: int = 0) -> Delegation:
    """Let `other` stand in from so many days from today to so many days from today."""
    today = timezone.now().date()
    return Delegation.objects.create(
        person=person,
        stand_in=other,
        starts_on=today + timedelta(days=first),
        ends_on=today + timedelta(days=last),
    )


def browser_of(person: User | None) -> Client:
    """Return a browser at the partner's host, signed in as somebody or nobody."""
    client = Client(headers={"host": "alder.localhost"})
    if person is not None:
        client.force_login(person)
    return client
