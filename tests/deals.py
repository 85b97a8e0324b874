"""A customer with a CRM, a PSA, an ERP, workspaces and a tax service, and a flow that walks won deals through them."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import CUSTOMER_ROLES, Action, Role
from apps.accounts.actor import acting
from apps.accounts.models import User
from apps.accounts.services import create_api_key, create_user
from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.customers.models import Customer
from apps.customers.services import add_member, create_customer
from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from apps.flows.models import Flow, Operation, OperationStep, Run
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.flows.triggers.webhook import listen
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.people import PASSWORD
from tests.sandbox_server import SandboxServer

_companies = itertools.count(1)
SYSTEMS = ("crm", "psa", "erp", "workspace", "tax")


@dataclass
class Deals:
    """One customer's five systems and one flow between them; the partner's scope is entered for each call."""

    partner: PartnerRef
    sandbox: SandboxServer
    company: str
    customer: Customer
    systems: dict[str, Connection]
    flow: Flow

    def win(self, *keys: str, copies: int = 1) -> None:
        """Win deals in the CRM; a listener is told of each, `copies` times at once."""
        self.sandbox.do(lambda client: client.win(self.company, *keys, copies=copies))

    def change_deal(self, key: str, **values: Any) -> None:
        """Change a deal in the CRM as its owner does."""
        self.sandbox.do(lambda client: client.change_record("crm", self.company, "opportunities", key, **values))

    def open_deals(self) -> list[str]:
        """Return the numbers of the CRM's deals that are not won yet."""
        return [deal["id"] for deal in self.records("crm", "opportunities") if deal["stage"] != "won"]

    def announce_to(self, port: int) -> None:
        """Let the CRM announce won deals to the web process that answers on `port`."""
        with scope.work_in(self.partner):
            endpoint, address, secret = create_webhook_endpoint(self.systems["crm"])
            listen(Flow.objects.get(id=self.flow.id), endpoint)
        url = f"http://127.0.0.1:{port}/in/{address.rsplit('/in/', 1)[1]}"
        host = f"alder.localhost:{port}"
        self.sandbox.do(lambda client: client.set_webhook(self.company, url, secret, host=host, system="crm"))

    def answers_heard(self, number: int) -> list[int]:
        """Return what the CRM's announcements were answered, once there are so many."""
        until = time.monotonic() + 20
        while True:
            heard = self.sandbox.do(lambda client: client.deliveries(self.company, system="crm"))
            if len(heard) >= number or time.monotonic() > until:
                return [one["status"] for one in heard]
            time.sleep(0.05)

    def won(self) -> list[dict[str, Any]]:
        """Return the CRM's won deals."""
        return [deal for deal in self.records("crm", "opportunities") if deal["stage"] == "won"]

    def records(self, system: str, kind: str, **values: Any) -> list[dict[str, Any]]:
        """Return what a system really holds, where its fields have these values."""
        found = self.sandbox.do(lambda client: client.records(system, self.company, kind))
        return [one for one in found if all(one.get(name) == value for name, value in values.items())]

    def effects(self, system: str) -> list[dict[str, Any]]:
        """Return a system's own journal of what was written to it."""
        return list(self.sandbox.do(lambda client: client.effects(system, self.company)))

    def faults(self, system: str, **shares: float) -> None:
        """Set what goes wrong in one of the systems."""
        self.sandbox.do(lambda client: client.set_faults(system, self.company, **shares))

    def work(self, *queues: Queue) -> None:
        """Let a worker do everything that is due."""
        for queue in queues or (Queue.RUN,):
            drain(queue, worker="test", seconds=30)

    def person(self, role: Role) -> User:
        """Return somebody with `role`; customer roles belong to this customer."""
        with scope.work_in(self.partner):
            email = f"{role.value}-{self.company if role in CUSTOMER_ROLES else 'team'}@alder.example"
            known = User.objects.filter(email=email).first()
            if known is not None:
                return known
            person = create_user(email=email, name=role.value.title(), role=role, password=PASSWORD)
            if role in CUSTOMER_ROLES:
                add_member(user=person, customer_id=self.customer.id)
            return person

    def browser(self, role: Role) -> Client:
        """Return the browser of somebody with `role`, signed in."""
        client, person = Client(headers={"host": "alder.localhost"}), self.person(role)
        with scope.work_in(self.partner):
            client.force_login(person)
        return client

    def program(self, *rights: Action) -> Client:
        """Return what calls the API with a key of these rights."""
        owner = self.person(Role.OWNER)
        with scope.work_in(self.partner), acting(owner.as_actor()):
            _, text = create_api_key(name="Program", scopes=list(rights), customer_id=None)
        return Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})

    def start(self) -> Run:
        """Ask for a run."""
        with scope.work_in(self.partner):
            return run_now(Flow.objects.get(id=self.flow.id), started_by="test")

    def run(self) -> Run:
        """Start a run and carry it to its end (or to its next wait)."""
        run = self.start()
        self.work()
        return self.reload(run)

    def reload(self, run: Run) -> Run:
        """Return the run as it is now."""
        with scope.work_in(self.partner):
            return Run.objects.get(id=run.id)

    def operations(self, **filters: Any) -> list[Operation]:
        """Return ledger lines."""
        with scope.work_in(self.partner):
            return list(Operation.objects.filter(flow_id=self.flow.id, **filters).order_by("id"))

    def steps(self, operation: Operation) -> dict[str, str]:
        """Return the states of an operation's steps."""
        with scope.work_in(self.partner):
            rows = OperationStep.objects.filter(operation_id=operation.id, position__gt=0)
            return dict(rows.values_list("name", "state"))


def found_deals(
    partner: PartnerRef, sandbox: SandboxServer, template: str = "lead-to-project", *, name: str = "", **wishes: Any
) -> Deals:
    """Found a firm in the sandbox, and a customer with all its systems connected and a walking flow between them."""
    company = f"deals-{next(_companies)}"
    wishes = {"people": 12, "weeks": 1, "seed": 3, "problems": False, **wishes}
    tokens = {
        system: sandbox.do(lambda client, system=system: client.found_company(system, company, **wishes))
        for system in SYSTEMS
    }
    with scope.work_in(partner):
        customer = create_customer(name=name or f"Customer {company}", currency="EUR")
        systems = {system: connect(customer, sandbox, system, company, token) for system, token in tokens.items()}
        flow = _install(template, systems)
    return Deals(partner, sandbox, company, customer, systems, flow)


def connect(customer: Customer, sandbox: SandboxServer, system: str, company: str, token: str) -> Connection:
    """Connect a customer with its company in one sandbox system; call it inside the partner's scope."""
    secrets = {"client_id": company, "client_secret": token} if system == "crm" else {"token": token}
    return create_connection(
        customer,
        NewConnection(
            system=f"sandbox_{system}",
            name=system.upper(),
            base_url=f"{sandbox.url}/{system}/{company}/api/v1",
            secrets=secrets,
            settings={},
        ),
    )


def _install(template: str, systems: dict[str, Connection]) -> Flow:
    onboards = template == "client-onboarding"
    target = systems["erp"] if onboards else systems["psa"]
    roles = {name: systems[name] for name in (("psa", "workspace", "tax") if onboards else ("workspace",))}
    return install_template(
        template=template, name=template, source=systems["crm"], target=target, installed_by="t", roles=roles
    )


@pytest.fixture
def make_deals(committed: PartnerRef, sandbox: SandboxServer) -> Callable[..., Deals]:
    """Return a maker of customers with walking flows: `make_deals(template, **wishes of the sandbox's firm)`."""

    def make(template: str = "lead-to-project", **wishes: Any) -> Deals:
        return found_deals(committed, sandbox, template, **wishes)

    return make
