"""The demo's client onboardings end where the demo says, by the product's own doing."""

from typing import Any

import pytest
from django.conf import settings

from apps.accounts.models import User
from apps.connectors.models import Connection
from apps.connectors.sandbox.client import SandboxClient
from apps.connectors.services import NewConnection, create_connection
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.flows.models import ApprovalRequest, EventWait, Flow, Operation, OperationStep
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from config import demo_deals, demo_history
from config.demo import PARTNERS, DemoCustomer
from config.management.commands.seed_demo import _ensure_person
from tests.sandbox_server import SandboxServer


@pytest.fixture
def firm(committed: PartnerRef, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> demo_deals.Firm:
    """The demo's customer that wins deals, with its people, its PSA and its ERP."""

    def controls() -> SandboxClient:
        return sandbox.client()

    monkeypatch.setattr(settings, "SANDBOX_URL", sandbox.url)
    for module in (demo_deals, demo_history):
        monkeypatch.setattr(module, "sandbox", controls)
    wanted = next(one for one in PARTNERS[0].customers if one.wins_deals)
    wishes = {"people": wanted.people, "weeks": 1, "seed": wanted.seed, "problems": True}
    company = f"demo-{wanted.slug}"
    for system in ("psa", "erp"):
        token = sandbox.do(lambda client, system=system: client.found_company(system, company, **wishes))
        _connect(committed, wanted, sandbox, system, f"{system}/{company}", token)
    with scope.work_in(committed):
        for person in PARTNERS[0].people:
            _ensure_person(person)
    return demo_deals.found_firm(committed, wanted, company)


def _connect(
    partner: PartnerRef, wanted: DemoCustomer, sandbox: SandboxServer, system: str, place: str, token: str
) -> None:
    with scope.work_in(partner):
        customer = Customer.objects.filter(name=wanted.name).first() or create_customer(
            name=wanted.name, currency="EUR"
        )
        create_connection(
            customer,
            NewConnection(f"sandbox_{system}", system, f"{sandbox.url}/{place}/api/v1", {"token": token}, {}),
        )


def _step_states(operation: Operation) -> dict[str, Any]:
    return dict(OperationStep.objects.filter(operation_id=operation.id).values_list("name", "state"))


def test_every_deal_stands_where_the_demo_says(firm: demo_deals.Firm) -> None:
    demo_deals.live_deals(firm)
    with scope.work_in(firm.partner):
        assert Flow.objects.get(id=firm.flow_id).state == "live"
        lines = {
            one.source_key: one
            for one in Operation.objects.filter(flow_id=firm.flow_id).exclude(state="skipped").order_by("id")
        }
        stands = {key: (line.state, line.step) for key, line in lines.items()}
        assert stands == {
            "OP-0006": ("written", "emit"),
            "OP-0004": ("written", "emit"),
            "OP-0002": ("undone", "workspace_made"),
            "OP-0007": ("rejected", "workspace_made"),
            "OP-0005": ("waiting", "contract"),
            "OP-0003": ("waiting", "deal_agreed"),
        }
        assert _step_states(lines["OP-0002"])["project_in_erp"] == "undone"
        assert _step_states(lines["OP-0007"])["project_in_erp"] == "done"
        assert EventWait.objects.get(state="open").correlation == "OP-0005"
        assert ApprovalRequest.objects.get(state="open").role == "finance_approver"
        assert [case.operation_count for case in ExceptionCase.objects.filter(closed_at=None)] == [1]
        held = CaseOperation.objects.exclude(segment="").exclude(region="").exclude(service_line="")
        assert {one.operation.source_key for one in held} >= {"OP-0007"}, "exceptions by client segment show something"
        assert Connection.objects.filter(system="sandbox_workspace").count() == 1
        assert User.objects.filter(role="delivery_lead").exists()
