"""The demo shows an insight from the start: a project whose hours run out."""

import asyncio
from collections.abc import Callable

import pytest

from apps.customers.models import Customer
from apps.monitoring.models import Insight
from apps.tenants import scope
from config import demo_insights
from tests.lines import Line


def test_a_project_of_the_demo_has_few_hours_left(
    make_line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = make_line(weeks=3, daily_approvals=True, problems=True)
    monkeypatch.setattr(demo_insights, "sandbox", line.sandbox.client)
    line.run()
    with scope.work_in(line.partner):
        Customer.objects.filter(id=line.customer.id).update(state=Customer.State.LIVE)
    asyncio.run(demo_insights.use_up_a_budget(line.company))
    demo_insights.look_for_insights(line.partner)
    with scope.work_in(line.partner):
        found = Insight.objects.get(cause="budget_hours")
        assert 85 <= found.facts["share"] < 100
        assert found.operation_id is not None
