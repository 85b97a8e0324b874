"""A customer with a sandbox PSA, a sandbox ERP and the flow between them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from django.utils import timezone

from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from apps.flows.models import Flow, Operation, Run
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.sandbox_server import SandboxServer

_companies = itertools.count(1)


def customers_day() -> date:
    """Return which day it is for the customers of these tests: an hour or two before midnight in UTC it is tomorrow there."""
    return timezone.now().astimezone(ZoneInfo("Europe/Berlin")).date()


@cache
def _hands() -> httpx2.Client:
    """Return what calls the systems as their own users do: each new one would read all authorities of the web first."""
    return httpx2.Client()


@dataclass
class Line:
    """One installed flow, and the hands to drive it: the partner's scope is entered for each call."""

    partner: PartnerRef
    sandbox: SandboxServer
    company: str
    customer: Customer
    source: Connection
    target: Connection
    flow: Flow
    tokens: dict[str, str]

    def start(self) -> Run:
        """Ask for a run."""
        with scope.work_in(self.partner):
            return run_now(Flow.objects.get(id=self.flow.id), started_by="test")

    def work(self, *queues: Queue) -> None:
        """Let a worker do everything that is due."""
        for queue in queues or (Queue.RUN,):
            drain(queue, worker="test", seconds=30)

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

    def time_lines(self) -> list[dict[str, Any]]:
        """Return what the ERP really holds."""
        return list(self.sandbox.do(lambda client: client.records("erp", self.company, "time-lines")))

    def psa(self, method: str, path: str, body: Any = None) -> Any:
        """Call the PSA as its own users do."""
        return self._call("psa", method, path, body)

    def erp(self, method: str, path: str, body: Any = None) -> Any:
        """Call the ERP as its own users do."""
        return self._call("erp", method, path, body)

    def _call(self, system: str, method: str, path: str, body: Any) -> Any:
        answer = _hands().request(
            method,
            f"{self.sandbox.url}/{system}/{self.company}/api/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.tokens[system]}"},
        )
        assert answer.status_code < 400, answer.text
        return answer.json()

    def entries(self, **values: Any) -> list[dict[str, Any]]:
        """Return the PSA's time entries whose fields have these values."""
        records = self.sandbox.do(lambda client: client.records("psa", self.company, "time-entries"))
        return [r for r in records if all(r.get(name) == value for name, value in values.items())]

    def faults(self, system: str, **shares: float) -> None:
        """Set what goes wrong in one of the two systems."""
        self.sandbox.do(lambda client: client.set_faults(system, self.company, **shares))


def next_company() -> str:
    """Return a name that no firm in the sandbox has yet."""
    return f"firm-{next(_companies)}"


def found_line(partner: PartnerRef, sandbox: SandboxServer, *, name: str = "", **wishes: Any) -> Line:
    """Found a firm in the sandbox, and a customer with both its systems connected and the flow between them."""
    company = next_company()
    wishes = {"people": 6, "weeks": 1, "seed": 3, "problems": False, **wishes}
    tokens = {
        system: sandbox.do(lambda client, system=system: client.found_company(system, company, **wishes))
        for system in ("psa", "erp")
    }
    with scope.work_in(partner):
        customer = create_customer(name=name or f"Customer {company}", currency="EUR")
        psa, erp = (
            create_connection(
                customer,
                NewConnection(
                    system=f"sandbox_{system}",
                    name=system.upper(),
                    base_url=f"{sandbox.url}/{system}/{company}/api/v1",
                    secrets={"token": token},
                    settings={},
                ),
            )
            for system, token in tokens.items()
        )
        flow = install_template(
            template="approved-time-to-bill", name="Approved time to bill", source=psa, target=erp, installed_by="t"
        )
    return Line(partner, sandbox, company, customer, psa, erp, flow, tokens)


@pytest.fixture
def make_line(committed: PartnerRef, sandbox: SandboxServer) -> Callable[..., Line]:
    """Return a maker of lines: wishes are those of the sandbox's firm."""

    def make(**wishes: Any) -> Line:
        return found_line(committed, sandbox, **wishes)

    return make
