"""When flows look for deletions by themselves: by rule, at a quiet hour, once for each time, never while it makes no sense."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.connectors import registry
from apps.connectors.catalog.redmine.manifest import MANIFEST as REDMINE
from apps.connectors.manifest import ChangeRead, Reading
from apps.dispatch.models import Queue
from apps.dispatch.services import enqueue
from apps.flows.models import ComparisonRule, Flow, ListedPage, Run
from apps.flows.services.cancel_run import cancel_run
from apps.flows.triggers import comparisons, nightly
from apps.flows.triggers.comparisons import COMPARISONS_KIND, ComparisonError, look_now, next_comparison_at, set_rule
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]
Every = ComparisonRule.Every


@pytest.mark.parametrize(
    ("every", "zone", "now", "due"),
    [
        pytest.param("day", "UTC", "2026-03-02T02:00", "2026-03-02T03:00", id="tonight"),
        pytest.param("day", "UTC", "2026-03-02T03:00", "2026-03-03T03:00", id="tomorrow"),
        pytest.param("day", "Europe/Berlin", "2026-01-10T02:30", "2026-01-11T02:00", id="on the customer's clock"),
        pytest.param("day", "Europe/Berlin", "2026-07-10T02:30", "2026-07-11T01:00", id="in summer time"),
        pytest.param("week", "UTC", "2026-03-02T02:00", "2026-03-08T03:00", id="on Sunday"),
        pytest.param("off", "UTC", "2026-03-02T02:00", None, id="never"),
    ],
)
def test_the_next_time_follows_the_customers_clock(every: str, zone: str, now: str, due: str | None) -> None:
    rule = ComparisonRule(every=every, at=time(3))
    found = next_comparison_at(rule, zone, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (datetime.fromisoformat(due).replace(tzinfo=UTC) if due else None)


@pytest.mark.parametrize(
    ("reading", "whole"),
    [
        pytest.param(Reading("x"), True, id="read whole each time"),
        pytest.param(Reading("x", change_read=ChangeRead.MODIFIED_SINCE), True, id="by time of change"),
        pytest.param(Reading("x", change_read=ChangeRead.DELTA_TOKEN), True, id="by a delta"),
        pytest.param(Reading("x", change_read=ChangeRead.WINDOW_RESCAN, rescan_days=62), False, id="the last days"),
        pytest.param(
            Reading("x", change_read=ChangeRead.WINDOW_RESCAN, rescan_days=62, first_whole=True),
            True,
            id="the last days, at first all",
        ),
        pytest.param(Reading("x", change_read=ChangeRead.NEW_FILES), False, id="new files"),
        pytest.param(Reading("x", change_read=ChangeRead.BY_NAME), False, id="by name"),
        pytest.param(Reading("x", change_read=ChangeRead.ANNOUNCED), False, id="by events"),
    ],
)
def test_only_what_is_listed_whole_can_be_compared(reading: Reading, whole: bool) -> None:
    assert reading.lists_everything is whole


def test_redmine_leaves_no_trace_and_lists_all_it_has() -> None:
    assert REDMINE.deletes == "absent"
    assert all(spec.reading is not None and spec.reading.lists_everything for spec in REDMINE.objects)


def _sweep(line: Line) -> None:
    with scope.work_in(line.partner):
        enqueue(kind=COMPARISONS_KIND, unique_key=COMPARISONS_KIND)
    line.work(Queue.MAINT)


def _rule(line: Line) -> ComparisonRule:
    with scope.work_in(line.partner):
        return ComparisonRule.objects.get(flow_id=line.flow.id)


def _compared(line: Line) -> list[Run]:
    with scope.work_in(line.partner):
        return list(Run.objects.filter(flow_id=line.flow.id, mode="compare").order_by("id"))


def _make_due(line: Line, **changes: object) -> datetime:
    due = timezone.now() - timedelta(minutes=1)
    with scope.work_in(line.partner):
        ComparisonRule.objects.filter(flow_id=line.flow.id).update(next_at=due, **changes)
    return due


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=line.flow.id)


def test_a_live_flow_is_compared_every_night_once_each_time(make_line: MakeLine) -> None:
    line = make_line()
    _sweep(line)
    rule = _rule(line)
    assert rule.every == Every.DAY
    assert rule.next_at is not None
    assert timezone.now() < rule.next_at < timezone.now() + timedelta(days=1, hours=1)
    assert _compared(line) == [], "the first night is to come"
    _make_due(line)
    _sweep(line)
    _sweep(line)
    assert len(_compared(line)) == 1
    next_at = _rule(line).next_at
    assert next_at is not None
    assert next_at > timezone.now()
    _make_due(line)
    _sweep(line)
    assert len(_compared(line)) == 1, "one that is under way is enough"
    line.work()
    assert _compared(line)[0].state == "empty"


def test_nothing_starts_in_quiet_times_while_paused_or_where_it_cannot_be(make_line: MakeLine) -> None:
    line = make_line()
    _sweep(line)
    until = timezone.now() + timedelta(hours=2)
    _make_due(line)
    with patch.object(nightly, "quiet_until", return_value=until):
        _sweep(line)
    assert (_compared(line), _rule(line).next_at) == ([], until)
    due = _make_due(line)
    with scope.work_in(line.partner):
        Flow.objects.filter(id=line.flow.id).update(state="paused")
    _sweep(line)
    assert (_compared(line), _rule(line).next_at) == ([], due), "it waits for the flow"
    with scope.work_in(line.partner):
        Flow.objects.filter(id=line.flow.id).update(state="live")
    announced = replace(registry.manifest("sandbox_psa"), deletes="event")
    reads = (announced.objects[0], announced.objects[0])
    with (
        patch.object(registry, "manifest", return_value=announced),
        patch.object(comparisons, "objects_of", return_value=reads),
        scope.work_in(line.partner),
        pytest.raises(ComparisonError, match="announces"),
    ):
        look_now(_flow(line), started_by="Fina")
    with scope.work_in(line.partner):
        set_rule(_flow(line), every=Every.OFF, at=time(4), most_percent=10, most_records=5)
    _sweep(line)
    assert (_compared(line), _rule(line).next_at) == ([], None)


def test_what_a_broken_off_comparison_had_listed_is_cleared_up(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        run = look_now(_flow(line), started_by="Fina")
        ListedPage.objects.create(customer_id=line.customer.id, run=run, keys=["1", "2"])
    _sweep(line)
    with scope.work_in(line.partner):
        assert ListedPage.objects.count() == 1, "it may go on"
        cancel_run(Run.objects.get(id=run.id), made_by="Fina")
    _sweep(line)
    with scope.work_in(line.partner):
        assert not ListedPage.objects.exists()
