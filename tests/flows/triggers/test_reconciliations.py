"""When flows reconcile by themselves: once for each night, for the day before on the customer's clock, never while it makes no sense."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.connectors import registry
from apps.connectors.manifest import SystemManifest
from apps.dispatch.models import Queue
from apps.dispatch.services import enqueue
from apps.flows.models import Flow, Reconciliation, ReconciliationRule, Run, SeenPage
from apps.flows.services.cancel_run import cancel_run
from apps.flows.triggers import reconciliations
from apps.flows.triggers.reconciliations import (
    RECONCILIATIONS_KIND,
    ReconciliationError,
    next_reconciliation_at,
    reconcile_now,
    require_days,
    set_nightly,
    why_unreconcilable,
)
from apps.tenants import scope
from tests.deals import Deals
from tests.lines import Line

MakeLine = Callable[..., Line]
TODAY = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("nightly", "zone", "now", "due"),
    [
        pytest.param(True, "UTC", "2026-03-02T00:30", "2026-03-02T01:00", id="tonight"),
        pytest.param(True, "Europe/Berlin", "2026-07-10T00:30", "2026-07-10T23:00", id="on the customer's clock"),
        pytest.param(False, "UTC", "2026-03-02T00:30", None, id="only when asked"),
    ],
)
def test_the_next_time_follows_the_customers_clock(nightly: bool, zone: str, now: str, due: str | None) -> None:
    rule = ReconciliationRule(nightly=nightly, at=time(1))
    found = next_reconciliation_at(rule, zone, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (datetime.fromisoformat(due).replace(tzinfo=UTC) if due else None)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        pytest.param(TODAY, TODAY, "", id="today so far"),
        pytest.param(TODAY - timedelta(days=30), TODAY, "", id="a month"),
        pytest.param(TODAY, TODAY - timedelta(days=1), "last", id="the wrong way round"),
        pytest.param(TODAY, TODAY + timedelta(days=1), "last", id="tomorrow"),
        pytest.param(TODAY - timedelta(days=31), TODAY, "last", id="too many"),
        pytest.param(TODAY - timedelta(days=93), TODAY - timedelta(days=90), "first", id="too long ago"),
    ],
)
def test_days_that_cannot_be_are_refused_by_name(first: date, last: date, field: str) -> None:
    if not field:
        require_days(first, last, today=TODAY)
        return
    with pytest.raises(ReconciliationError) as refused:
        require_days(first, last, today=TODAY)
    assert refused.value.field == field


def _sweep(line: Line) -> None:
    with scope.work_in(line.partner):
        enqueue(kind=RECONCILIATIONS_KIND, unique_key=RECONCILIATIONS_KIND)
    line.work(Queue.MAINT)


def _rule(line: Line) -> ReconciliationRule:
    with scope.work_in(line.partner):
        return ReconciliationRule.objects.get(flow_id=line.flow.id)


def _make_due(line: Line) -> datetime:
    due = timezone.now() - timedelta(minutes=1)
    with scope.work_in(line.partner):
        ReconciliationRule.objects.filter(flow_id=line.flow.id).update(next_at=due)
    return due


def _runs(line: Line) -> list[Run]:
    with scope.work_in(line.partner):
        return list(Run.objects.filter(flow_id=line.flow.id, mode=Run.Mode.RECONCILE).order_by("id"))


def _flow(line: Line) -> Flow:
    with scope.work_in(line.partner):
        return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=line.flow.id)


def test_each_live_flow_reconciles_the_day_before_once_a_night(make_line: MakeLine) -> None:
    line = make_line()
    _sweep(line)
    rule = _rule(line)
    assert rule.nightly
    assert rule.next_at is not None
    assert _runs(line) == []
    due = _make_due(line)
    _sweep(line)
    [run] = _runs(line)
    _sweep(line)
    assert len(_runs(line)) == 1
    line.work()
    with scope.work_in(line.partner):
        found = Reconciliation.objects.get(run_id=run.id)
    yesterday = due.astimezone(ZoneInfo(line.customer.time_zone)).date() - timedelta(days=1)
    assert (found.first, found.last, found.verdict) == (yesterday, yesterday, "agreed")
    assert found.until - found.since == timedelta(days=1)
    assert _rule(line).next_at > timezone.now()  # type: ignore[operator]  # it is on


def test_it_is_not_started_while_it_makes_no_sense_and_can_be_switched_off(make_line: MakeLine) -> None:
    line = make_line()
    _sweep(line)
    _make_due(line)
    senseless = replace(reconciliations.RECONCILIATIONS, why_not=lambda _flow: "no two sides")
    with patch.object(reconciliations, "RECONCILIATIONS", senseless):
        _sweep(line)
    assert _runs(line) == []
    with scope.work_in(line.partner):
        set_nightly(_flow(line), nightly=False)
    assert _rule(line).next_at is None


def test_what_a_cancelled_one_had_seen_is_cleared_away(make_line: MakeLine) -> None:
    line = make_line()
    today = timezone.now().date()
    with scope.work_in(line.partner):
        run = reconcile_now(_flow(line), first=today, last=today, started_by="Fina")
        SeenPage.objects.create(customer_id=line.customer.id, run_id=run.id, side="source", rows=[])
        cancel_run(run, made_by="Fina")
    line.work()
    _sweep(line)
    with scope.work_in(line.partner):
        assert not SeenPage.objects.exists()
        assert not Reconciliation.objects.exists()


def test_a_target_that_shows_nothing_is_told_in_words(make_line: MakeLine) -> None:
    line = make_line()
    flow = _flow(line)
    manifest = registry.manifest(line.target.system)
    blind = replace(manifest, objects=tuple(replace(spec, reading=None) for spec in manifest.objects))
    with scope.work_in(line.partner):
        assert why_unreconcilable(flow) == ""
    real = registry.manifest
    with (
        scope.work_in(line.partner),
        patch.object(registry, "manifest", lambda slug: blind if slug == manifest.slug else real(slug)),
    ):
        assert "ERP does not show what it holds" in why_unreconcilable(flow)
        with pytest.raises(ReconciliationError, match="does not show"):
            reconcile_now(flow, first=TODAY, last=TODAY, started_by="Fina")


def test_a_flow_that_writes_step_by_step_is_compared_each_night_as_well(make_deals: Callable[..., Deals]) -> None:
    deals = make_deals()
    page = deals.browser(Role.OWNER).get(f"/flows/{deals.flow.id}/reconciliation/").content.decode()
    assert "Compare both sides" in page
    with scope.work_in(deals.partner):
        enqueue(kind=RECONCILIATIONS_KIND, unique_key=RECONCILIATIONS_KIND)
    deals.work(Queue.MAINT)
    with scope.work_in(deals.partner):
        due = timezone.now() - timedelta(minutes=1)
        assert ReconciliationRule.objects.filter(flow_id=deals.flow.id, nightly=True).update(next_at=due)
        enqueue(kind=RECONCILIATIONS_KIND, unique_key=RECONCILIATIONS_KIND)
    deals.work(Queue.MAINT)
    deals.work()
    with scope.work_in(deals.partner):
        found = Reconciliation.objects.get(flow_id=deals.flow.id)
    assert (found.verdict, [step["name"] for step in found.statement["steps"]]) == (
        "agreed",
        ["client_in_psa", "project_in_psa", "workspace_made"],
    )


def test_a_walk_of_which_no_system_shows_anything_is_told_in_words(make_deals: Callable[..., Deals]) -> None:
    deals = make_deals()
    real = registry.manifest

    def blind(slug: str) -> SystemManifest:
        shown = real(slug)
        return replace(shown, objects=tuple(replace(spec, reading=None) for spec in shown.objects))

    with scope.work_in(deals.partner):
        flow = Flow.objects.select_related("customer", "source", "target", "live_version").get(id=deals.flow.id)
        assert why_unreconcilable(flow) == ""
        with patch.object(registry, "manifest", blind):
            assert "there is nothing to compare" in why_unreconcilable(flow)
            with pytest.raises(ReconciliationError, match="nothing to compare"):
                reconcile_now(flow, first=TODAY, last=TODAY, started_by="Fina")
