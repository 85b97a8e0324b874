"""The cut-off board over HTTP: what must be posted by each coming cut-off, what stands in its way, and when it is through."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.customers.cut_offs import Rhythm, Rule
from apps.customers.services import add_cut_off
from apps.flows.models import ApprovalRequest, Flow, FlowDay, Run, TriggerEvent
from apps.monitoring.models import CaseAmount
from tests.service_levels import Firm

NOW = timezone.now()


def _next_cut_off(firm: Firm, days: int) -> None:
    day = NOW + timedelta(days=days)
    add_cut_off(firm.customer, name="Billing", purpose="", rule=Rule(Rhythm.WEEKLY, day.weekday(), time(12)))


def test_the_cut_off_board_counts_what_stands_in_the_way(firm: Firm) -> None:
    _next_cut_off(firm, 3)
    Run.objects.filter(id=firm.run.id).update(
        started_at=NOW - timedelta(minutes=30), finished_at=NOW - timedelta(minutes=20), read=60, written=60
    )
    FlowDay.objects.create(customer=firm.customer, flow=firm.flow, day=NOW.date(), read=60, written=60)
    for number in range(3):
        firm.operation(f"w{number}", "waiting", created_at=NOW)
    asked = firm.operation("a", "waiting", created_at=NOW)
    ApprovalRequest.objects.create(
        customer=firm.customer, flow=firm.flow, operation=asked, step="ask", question="?", role="owner", asked_at=NOW
    )
    firm.operation("r", "rejected", created_at=NOW)
    case = firm.open(now=NOW)
    CaseAmount.objects.create(
        customer=firm.customer, case=case, currency="EUR", amount=1200, quality="known", records=1
    )
    (row,) = firm.browser(Role.FINANCE).get("/cut-offs/").context["list"].rows
    assert (row.posted, row.ready, row.to_approve, row.blocked) == (60, 3, 1, 1)
    assert [(part.currency, part.amount) for part in row.money] == [("EUR", Decimal(1200))]
    assert (row.per_hour, row.sample) == (360, 1)
    assert timedelta(seconds=29) < row.expected_at - timezone.now() < timedelta(seconds=31)
    assert row.state == "at_risk"
    assert row.risks == ("1 record is blocked.", "1 waits for an approval.")


@pytest.mark.parametrize(
    ("minutes", "risks"),
    [
        pytest.param(1, (), id="quick enough"),
        pytest.param(60 * 24 * 10, ("At the present rate it ends too late.",), id="too slow"),
        pytest.param(
            None,
            ("How long what is ready takes is not known yet: no run of it has ended lately.",),
            id="never measured",
        ),
    ],
)
def test_a_cut_off_is_at_risk_when_the_present_rate_does_not_reach_it(
    firm: Firm, minutes: int | None, risks: tuple[str, ...]
) -> None:
    _next_cut_off(firm, 3)
    firm.operation("w", "waiting", created_at=NOW)
    if minutes is not None:
        Run.objects.filter(id=firm.run.id).update(
            started_at=NOW - timedelta(minutes=minutes), finished_at=NOW, read=1, written=1
        )
    browser = firm.browser(Role.OWNER)
    (row,) = browser.get("/cut-offs/").context["list"].rows
    assert row.risks == risks
    assert browser.get("/cut-offs/?risk=yes").context["list"].total == bool(risks)


def test_the_pace_that_is_told_is_that_of_the_flow_that_is_through_last(firm: Firm) -> None:
    """A quick flow with nothing left must not make a slow walk look quick."""
    _next_cut_off(firm, 3)
    firm.operation("w", "waiting", created_at=NOW)
    Run.objects.filter(id=firm.run.id).update(started_at=NOW - timedelta(hours=20), finished_at=NOW, read=2, written=2)
    quick = Flow.objects.get(id=firm.flow.id)
    quick.pk, quick.name = None, "Quick"
    quick.save(force_insert=True)
    event = TriggerEvent.objects.create(
        customer=firm.customer, flow=quick, kind="person", dedupe_key=f"first:{quick.id}", received_at=NOW
    )
    Run.objects.create(
        customer=firm.customer, flow=quick, event=event, version=firm.run.version, created_at=NOW,
        started_at=NOW - timedelta(seconds=1), finished_at=NOW, read=900, written=900,
    )  # fmt: skip
    answer = firm.browser(Role.OWNER).get("/cut-offs/")
    (row,) = answer.context["list"].rows
    assert (row.flows, row.per_hour, row.sample) == (2, 0, 1)
    assert timedelta(hours=9, minutes=59) < row.expected_at - timezone.now() < timedelta(hours=10, minutes=1)
    assert "measured: less than one an hour, by 1 run" in answer.content.decode()


def test_cut_offs_that_are_far_away_are_asked_for(firm: Firm) -> None:
    day = (NOW + timedelta(days=20)).day
    add_cut_off(firm.customer, name="Month end", purpose="", rule=Rule(Rhythm.MONTHLY, min(day, 28), time(12)))
    browser = firm.browser(Role.OWNER)
    assert browser.get("/cut-offs/?within=31").context["list"].total == 1
    assert browser.get("/cut-offs/?within=2").context["list"].total == 0
