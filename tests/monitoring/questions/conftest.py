"""A customer whose systems hold invoices and assignments as well: two more flows and ledger lines as their runs leave them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.flows.models import Flow, Link, Operation
from apps.monitoring.judging import judge_ledger
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


@dataclass
class Asked:
    """The blocked line, with hands to add what the questions are about."""

    blocked: Blocked
    flows: dict[str, Flow] = field(default_factory=dict)

    def flow(self, name: str, *, back: bool = False) -> Flow:
        """Return a further flow between the two systems, the other way round with `back`; call it inside the scope."""
        if name not in self.flows:
            line = self.blocked.line
            source, target = (line.target, line.source) if back else (line.source, line.target)
            self.flows[name] = Flow.objects.create(
                customer=line.customer, name=name, template=line.flow.template, source=source, target=target
            )
        return self.flows[name]

    def line(self, flow: Flow, kind: str, number: str, **facts: Any) -> Operation:
        """Add a ledger line of a record of `flow`'s source; refused unless `facts` say otherwise."""
        now, run = timezone.now() - timedelta(seconds=1), self.blocked.run
        usual: dict[str, Any] = {
            "business_key": f"{kind}:{flow.source.system}:{number}",
            "source_key": number,
            "source_version": "1",
            "state": "rejected",
            "step": "deliver",
            "label": f"{kind} {number}",
            "error_class": "closed_period",
            "error_message": f"{kind} {flow.name} was refused.",
            "correlation_id": "test",
            "created_at": now,
            "changed_at": now,
        }
        return Operation.objects.create(
            id=uuid7(),
            customer_id=flow.customer_id,
            flow=flow,
            run=run,
            last_run=run,
            canonical_type=kind,
            **{**usual, **facts},
        )

    def link(self, flow: Flow, operation: Operation, number: str) -> Link:
        """Say that the flow's target holds a record under this number."""
        return Link.objects.create(
            customer_id=flow.customer_id,
            connection=flow.target,
            canonical_type=operation.canonical_type,
            business_key=operation.business_key,
            outside_key=number,
            delivered_at=timezone.now() - timedelta(days=3),
        )

    def judge(self) -> None:
        """Let the cases follow the ledger."""
        with scope.enter(self.blocked.line.partner):
            judge_ledger()


@pytest.fixture
def asked(blocked: Blocked) -> Asked:
    """The line with its blocked time entries, ready for more."""
    return Asked(blocked)


@pytest.fixture
def invoices(asked: Asked) -> Callable[[], list[Operation]]:
    """Refuse two invoices; the first is refused again on its way back, under the number the other system gave it."""

    def refuse() -> list[Operation]:
        with scope.work_in(asked.blocked.line.partner):
            there, back = asked.flow("Invoices"), asked.flow("Invoice status", back=True)
            money = {"amount": "1000", "currency": "EUR", "amount_quality": "known"}
            first = asked.line(there, "Invoice", "INV-1", client_ref="Aster", project_ref="P-1", **money)
            asked.link(there, first, "9001")
            again = asked.line(back, "Invoice", "9001", error_class="conflict", **money)
            second = asked.line(there, "Invoice", "INV-2", client_ref="Birch", **{**money, "amount": "250"})
        asked.judge()
        return [first, again, second]

    return refuse
