"""A flow's health: its runs as bars that lead to them, what it moved, what is left, and the promises under way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.flows.models import FlowDay, Run
from apps.monitoring.models import SlaClock
from apps.monitoring.sla.terms import Promise
from apps.monitoring.telemetry.flow_health import get_flow_health
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


def _page(blocked: Blocked) -> str:
    return f"/flows/{blocked.line.flow.id}/health/"


def test_every_run_is_a_bar_of_its_result_and_leads_to_it(blocked: Blocked) -> None:
    response = blocked.owner.get(_page(blocked))
    runs, _speed, days, hours, causes = response.context["charts"]
    with scope.work_in(blocked.line.partner):
        (run,) = Run.objects.filter(flow=blocked.line.flow)
        moved = FlowDay.objects.get(flow=blocked.line.flow, currency="EUR")
    told = {one.label: one.values for one in runs.series if any(one.values)}
    assert list(told) == [run.state.capitalize()]
    assert runs.series[0].links == [f"/runs/{run.id}/"]
    assert blocked.owner.get(runs.series[0].links[0]).status_code == 200
    for chart in (days, hours):  # the day's rollup and the runs of the hours say the same
        assert [sum(one.values) for one in chart.series] == [
            moved.written,
            moved.unchanged,
            moved.skipped,
            moved.rejected,
        ]
    assert sum(causes.series[0].values) == run.rejected
    for number, link in zip(causes.series[0].values, causes.series[0].links, strict=True):
        assert len(blocked.owner.get(link).context["page"].rows) == number


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_the_hours_hold_every_run_also_where_a_zone_is_half_an_hour_apart(blocked: Blocked, zone: str) -> None:
    with scope.work_in(blocked.line.partner), timezone.override(zone):
        (run,) = Run.objects.filter(flow=blocked.line.flow)
        hours = get_flow_health(blocked.line.flow, timezone.now()).charts[3]
    assert [sum(one.values) for one in hours.series] == [run.written, run.unchanged, run.skipped, run.rejected]


def test_what_is_left_is_told_with_its_pace_and_the_figures_ask_again(blocked: Blocked) -> None:
    tiles = {tile.name: tile for tile in blocked.owner.get(_page(blocked)).context["tiles"]}
    assert tiles["backlog"].number == str(len(blocked.line.operations(state="rejected")))
    (blocked_records,) = tiles["backlog"].details
    assert blocked.owner.get(blocked_records.link).context["list"].total == int(tiles["backlog"].number)
    assert tiles["last-success"].moment is not None
    again = blocked.owner.get(f"{_page(blocked)}?figures=1")
    assert again.context["charts"] == ()
    assert [tile.name for tile in again.context["tiles"]] == list(tiles)


def test_time_left_of_promises_shows_on_flow_customer_and_home(blocked: Blocked) -> None:
    now, case = timezone.now(), blocked.case("hours")
    with scope.work_in(blocked.line.partner):
        SlaClock.objects.all().delete()
        for due_at, kind in (
            (now - timedelta(hours=1), Promise.ACKNOWLEDGE),
            (now + timedelta(hours=2), Promise.RESOLVE),
        ):
            SlaClock.objects.create(
                customer=blocked.line.customer,
                promise=kind,
                case=case,
                started_at=now - timedelta(days=1),
                due_at=due_at,
            )
    context = blocked.owner.get(_page(blocked)).context
    assert [row.state for row in context["clocks"]] == ["breached", "running"]
    assert context["clocks"][0].url == f"/exceptions/{case.id}/"
    for path in ("/", f"/customers/{blocked.line.customer.id}/"):
        tile = next(one for one in blocked.owner.get(path).context["tiles"] if one.name == "promises")
        assert (tile.number, [detail.words for detail in tile.details]) == ("1", ["1 due within 4 hours"])
        assert blocked.owner.get(tile.link).context["list"].total == 1
        assert blocked.owner.get(tile.details[0].link).context["list"].total == 1


def test_customers_have_pages_of_their_own(blocked: Blocked) -> None:
    assert blocked.as_(Role.CUSTOMER_OWNER).get(_page(blocked)).status_code == 403
