"""A customer with those sandbox systems that one template needs, and the flow of that template between them."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from apps.customers.services import create_customer
from apps.dispatch.models import DueWork
from apps.flows.models import Operation, OperationStep
from apps.flows.services.install import install_template
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.deals import Deals, connect
from tests.sandbox_server import SandboxServer

_companies = itertools.count(1)


class Wired(Deals):
    """The hands of `Deals` for any template: the systems are called by their sandbox names."""

    def change(self, system: str, kind: str, key: str, /, **values: Any) -> dict[str, Any]:
        """Change a record of a system as a person there does."""
        return dict(self.sandbox.do(lambda client: client.change_record(system, self.company, kind, key, **values)))

    def add(self, system: str, kind: str, /, **values: Any) -> dict[str, Any]:
        """Make a record in a system as a person there does."""
        return dict(self.sandbox.do(lambda client: client.create_record(system, self.company, kind, **values)))

    def record(self, system: str, kind: str, /, **values: Any) -> dict[str, Any]:
        """Return the one record of a system whose fields have these values."""
        (found,) = self.records(system, kind, **values)
        return found

    def written(self, system: str) -> list[tuple[str, str]]:
        """Return what was done in a system so far, by kind of record: ("create", "expense-lines")."""
        return [(effect["action"], effect["object"]) for effect in self.effects(system)]

    def let_waits_end(self) -> None:
        """Make due what waits for its next try."""
        past = "2020-01-01T00:00:00Z"
        with scope.work_in(self.partner):
            OperationStep.objects.filter(flow_id=self.flow.id, state="waiting").update(due_at=past)
            Operation.objects.filter(flow_id=self.flow.id, state="waiting").update(due_at=past)
        DueWork.objects.update(due_at=past)

    def cases(self) -> list[ExceptionCase]:
        """Let monitoring judge the ledger, and return the open exceptions of the flow."""
        with scope.enter(self.partner):
            judge_ledger()
        with scope.work_in(self.partner):
            return list(ExceptionCase.objects.filter(flow_id=self.flow.id, closed_at=None))


def wire(
    partner: PartnerRef,
    sandbox: SandboxServer,
    template: str,
    *,
    source: str,
    target: str,
    roles: Mapping[str, str] | None = None,
    **wishes: Any,
) -> Wired:
    """Found a firm in the sandbox and install a template between its systems, "crm" or "erp" say; `roles` by role."""
    company = f"wired-{next(_companies)}"
    wishes = {"people": 6, "weeks": 1, "seed": 3, "problems": False, **wishes}
    further = dict(roles or {})
    names = dict.fromkeys((source, target, *further.values()))
    tokens = {
        system: sandbox.do(lambda client, system=system: client.found_company(system, company, **wishes))
        for system in names
    }
    with scope.work_in(partner):
        customer = create_customer(name=f"Customer {company}", currency="EUR")
        systems = {system: connect(customer, sandbox, system, company, token) for system, token in tokens.items()}
        flow = install_template(
            template=template,
            name=template,
            source=systems[source],
            target=systems[target],
            installed_by="t",
            roles={role: systems[system] for role, system in further.items()},
        )
    return Wired(partner, sandbox, company, customer, systems, flow)


@pytest.fixture
def make_wired(committed: PartnerRef, sandbox: SandboxServer) -> Callable[..., Wired]:
    """Return a maker: `make_wired("expenses-to-bill", source="expense", target="erp", **wishes of the firm)`."""

    def make(template: str, **parts: Any) -> Wired:
        return wire(committed, sandbox, template, **parts)

    return make
