"""Unposted time by project: everything that is held, once, with its hours, money, age, reason and who has the next step."""

from decimal import Decimal

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.flows.models import Operation, Reconciliation, ReconciliationRow
from apps.monitoring.models import CaseOperation
from apps.tenants import scope
from tests.monitoring.conftest import Blocked
from tests.monitoring.questions.conftest import Asked

PAGE = "/questions/unposted/"


def test_it_adds_up_to_what_is_held_and_each_figure_has_its_rows(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        held = CaseOperation.objects.filter(open=True)
        hours = sum((row.hours for row in held if row.hours is not None), Decimal(0))
        number = held.count()
    for browser in (blocked.owner, blocked.as_(Role.CUSTOMER_OWNER)):
        context = browser.get(PAGE).context
        rows = context["list"].rows
        assert sum(row.records for row in rows) == number
        assert sum(row.hours or 0 for row in rows) == hours
        for tile in context["tiles"][:3]:
            assert len(browser.get(tile.link).context["page"].rows) == number
        (row, *_others) = rows
        listed = browser.get(context["records_url"], {"what": "held", "kind": "work", "project": row.project})
        assert len(listed.context["page"].rows) == row.records
        assert row.reason
        assert row.waiting_words


def test_a_record_that_two_flows_hold_is_one_record_of_work(asked: Asked) -> None:
    blocked = asked.blocked
    with scope.work_in(blocked.line.partner):
        before = CaseOperation.objects.filter(open=True).count()
        one = Operation.objects.filter(case_operations__open=True).order_by("id")[0]
        payroll = asked.flow("Hours to payroll")
        facts = {name: getattr(one, name) for name in ("business_key", "project_ref", "amount", "currency")}
        asked.line(payroll, "TimeEntry", one.source_key, amount_quality="known", **facts)
    asked.judge()
    with scope.work_in(blocked.line.partner):
        assert CaseOperation.objects.filter(open=True).count() == before + 1
    rows = blocked.owner.get(PAGE).context["list"].rows
    assert sum(row.records for row in rows) == before


def test_what_goes_on_by_itself_and_what_was_not_read_are_told_apart(asked: Asked) -> None:
    line = asked.blocked.line
    with scope.work_in(line.partner):
        asked.line(line.flow, "TimeEntry", "W-1", state="waiting", error_class="", project_ref="Quiet")
        found = Reconciliation.objects.create(
            customer=line.customer,
            flow=line.flow,
            version_number=1,
            first="2026-11-20",
            last="2026-11-20",
            zone="UTC",
            since=timezone.now(),
            until=timezone.now(),
            begun_at=timezone.now(),
            finished_at=timezone.now(),
        )
        for rank, (cause, kind) in enumerate((("never_read", "TimeEntry"), ("waiting", "Invoice"))):
            ReconciliationRow.objects.create(
                customer=line.customer, reconciliation=found, rank=rank, cause=cause, difference=1,
                business_key=f"{kind}:sandbox_psa:N-1", source_amount="80", source_currency="EUR",
            )  # fmt: skip
    response = asked.blocked.owner.get(PAGE)
    (quiet,) = [row for row in response.context["list"].rows if row.project == "Quiet"]
    assert (quiet.records, quiet.on_the_way, quiet.hours) == (0, 1, None)
    (missing,) = response.context["not_read"]
    assert (missing.records, missing.money.known) == (1, 80)
    assert f"/reconciliations/{found.id}/" in response.content.decode()
    waiting = asked.blocked.owner.get("/reports/records/?what=waiting&kind=work&project=Quiet")
    assert len(waiting.context["page"].rows) == 1


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        pytest.param("age=day", 0, id="nothing is that old"),
        pytest.param("q=no+such+project", 0, id="no such project"),
        pytest.param("waiting=provider", 0, id="nothing is with a provider"),
        pytest.param("age=nonsense&customer=nonsense&waiting=%00", None, id="nonsense asks for all"),
    ],
)
def test_filters_leave_what_is_asked_for(blocked: Blocked, query: str, fits: int | None) -> None:
    every = len(blocked.owner.get(PAGE).context["list"].rows)
    assert len(blocked.owner.get(f"{PAGE}?{query}").context["list"].rows) == (every if fits is None else fits)


def test_the_old_address_leads_here(blocked: Blocked) -> None:
    response = blocked.owner.get(f"/reports/unposted/?customer={blocked.line.customer.id}&period=7")
    assert response.headers["Location"] == f"{PAGE}?customer={blocked.line.customer.id}"
    assert blocked.as_(Role.CUSTOMER_VIEWER).get(PAGE).status_code == 403


def test_a_stranger_sees_good_news(blocked: Blocked) -> None:
    stranger = blocked.as_(Role.CUSTOMER_OWNER, stranger=True)
    assert "All time is posted" in stranger.get(PAGE).content.decode()
