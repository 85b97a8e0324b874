"""Backfills: a span of days read with a position of its own, safely over what is known, stopped and gone on with."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import AuditEntry
from apps.connectors.protocols.rest_window import no_window
from apps.customers.models import Customer
from apps.dispatch.models import DueWork, Priority
from apps.flows.models import Batch, Checkpoint, Flow, FlowVersion, Run
from apps.flows.services import execute_run
from apps.flows.services.backfill import BackfillError, require_span, resume_backfill, start_backfill
from apps.flows.services.cancel_run import cancel_run
from apps.tenants import scope
from tests.lines import Line, customers_day

MakeLine = Callable[..., Line]
YEAR = timedelta(days=365)


def _start(line: Line, **days: date) -> Run:
    with scope.work_in(line.partner):
        flow = Flow.objects.select_related("customer").get(id=line.flow.id)
        return start_backfill(
            flow,
            started_by="Suki",
            first=days.get("first", customers_day() - YEAR),
            last=days.get("last", customers_day()),
        )


def _backfill(line: Line, **days: date) -> Run:
    run = _start(line, **days)
    line.work()
    return line.reload(run)


def _small_batches(line: Line) -> None:
    with scope.work_in(line.partner):
        version = Flow.objects.get(id=line.flow.id).live_version
        assert version is not None
        definition = {**version.definition, "batch_size": 10}
        FlowVersion.objects.filter(id=version.id).update(definition=definition)


def _checkpoint(line: Line) -> object:
    with scope.work_in(line.partner):
        found = Checkpoint.objects.filter(flow_id=line.flow.id).first()
        return (found.position, found.moved_at) if found else None


def test_a_backfill_delivers_what_was_never_read_and_moves_no_checkpoint(make_line: MakeLine) -> None:
    line = make_line()
    run = _backfill(line)
    wanted = line.entries(status="approved", billable=True)
    assert (run.state, run.mode, run.written) == ("clean", "backfill", len(wanted))
    assert len(line.time_lines()) == len(wanted)
    assert _checkpoint(line) is None
    assert line.run().written == 0, "the live reading begins where it would have begun, and finds everything done"
    assert len(line.time_lines()) == len(wanted)
    with scope.work_in(line.partner):
        assert AuditEntry.objects.filter(action="run_started", subject_id=str(run.id)).count() == 1


def test_what_was_read_before_is_left_as_it_is(make_line: MakeLine) -> None:
    line = make_line()
    first, before = line.run(), _checkpoint(line)
    again = _backfill(line)
    assert (again.written, again.read) == (0, first.read)
    assert again.unchanged + again.skipped == again.read
    assert len(line.time_lines()) == first.written
    assert _checkpoint(line) == before


def test_only_the_days_asked_for_are_read(make_line: MakeLine) -> None:
    line = make_line()
    run = _backfill(line, first=customers_day() - timedelta(days=700), last=customers_day() - timedelta(days=690))
    assert (run.state, run.read) == ("empty", 0)


def test_days_are_those_of_the_customers_time_zone(make_line: MakeLine) -> None:
    line = make_line()
    zone = ZoneInfo("Pacific/Kiritimati")  # 14 hours before UTC: most of the day it is tomorrow there
    with scope.work_in(line.partner):
        Customer.objects.filter(id=line.customer.id).update(time_zone=zone.key)
    today = datetime.now(zone).date()
    assert _backfill(line, last=today).written, "what was written a moment ago belongs to this day"
    with pytest.raises(BackfillError, match="days that have come"):
        _start(line, last=today + timedelta(days=1))


def test_a_backfill_stands_behind_live_work(make_line: MakeLine) -> None:
    line = make_line()
    run = _start(line)
    with scope.work_in(line.partner):
        assert DueWork.objects.get(reference=str(run.id)).priority == Priority.BACKFILL
        with pytest.raises(BackfillError, match="under way"):
            start_backfill(
                Flow.objects.select_related("customer").get(id=line.flow.id),
                started_by="x",
                first=customers_day() - YEAR,
                last=customers_day(),
            )


def test_a_cancelled_backfill_goes_on_where_it_was(make_line: MakeLine) -> None:
    line = make_line(people=14, weeks=2)
    _small_batches(line)
    run, settle, settled = _start(line), execute_run.settle, []  # type: ignore[attr-defined]  # as the slice calls it

    def settle_and_cancel(*args: Any, **kwargs: Any) -> None:
        settled.append(1)
        if len(settled) == 1:
            with scope.work_in(line.partner):
                cancel_run(Run.objects.get(id=run.id), made_by="Suki")
        settle(*args, **kwargs)

    with patch.object(execute_run, "settle", settle_and_cancel):
        line.work()
    stopped = line.reload(run)
    assert (stopped.state, len(settled)) == ("cancelled", 1)
    with scope.work_in(line.partner):
        following = resume_backfill(Run.objects.select_related("flow", "event").get(id=run.id), started_by="Suki")
    line.work()
    rest = line.reload(following)
    assert rest.state == "clean"
    assert stopped.read + rest.read >= len(line.entries())
    assert rest.read < len(line.entries()), "it did not begin anew"
    assert len(line.time_lines()) == len(line.entries(status="approved", billable=True))
    with scope.work_in(line.partner):
        again = Run.objects.select_related("flow", "event").get(id=run.id)
        with pytest.raises(BackfillError, match="already"):
            resume_backfill(again, started_by="Suki")
        with pytest.raises(BackfillError, match="Only a backfill"):
            resume_backfill(Run.objects.select_related("flow", "event").get(id=rest.id), started_by="Suki")
        assert Batch.objects.filter(run_id=rest.id, state="settled").exists()


def test_a_system_that_knows_no_spans_says_so_and_stays_in_order(make_line: MakeLine) -> None:
    line = make_line()
    with patch("apps.connectors.protocols.rest.start_by_change", side_effect=_cannot):
        run = _backfill(line)
    assert run.state == "failed"
    assert "span of time" in run.error_message
    with scope.work_in(line.partner):
        source = type(line.source).objects.get(id=line.source.id)
        assert source.state != "attention"


def _cannot(manifest: object, spec: object, _since: object) -> None:
    raise no_window(manifest, spec)  # type: ignore[arg-type]  # as the connector passes them


@pytest.mark.parametrize(
    ("first", "last", "field", "words"),
    [
        pytest.param(date(2026, 3, 2), date(2026, 3, 1), "last", "not before the first", id="the wrong way round"),
        pytest.param(date(2026, 5, 1), date(2026, 6, 2), "last", "has not", id="ends in the future"),
        pytest.param(date(2026, 6, 2), date(2026, 6, 2), "first", "has not", id="begins in the future"),
        pytest.param(date(2024, 5, 1), date(2026, 6, 1), "first", "two years", id="more than two years"),
    ],
)
def test_impossible_days_are_refused_by_field(first: date, last: date, field: str, words: str) -> None:
    with pytest.raises(BackfillError, match=words) as caught:
        require_span(first, last, today=date(2026, 6, 1))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(date(2026, 6, 1), date(2026, 6, 1), id="today alone"),
        pytest.param(date(2024, 6, 1), date(2026, 6, 1), id="two years"),
    ],
)
def test_days_that_can_be(first: date, last: date) -> None:
    require_span(first, last, today=date(2026, 6, 1))


def test_a_live_run_of_the_same_flow_goes_between_two_batches_of_a_backfill(make_line: MakeLine) -> None:
    line = make_line(people=14, weeks=2)
    _small_batches(line)
    backfill = _start(line)
    urgent: list[Run] = []
    settle = execute_run.settle  # type: ignore[attr-defined]  # as the slice calls it

    def settle_and_ask(*args: Any, **kwargs: Any) -> None:
        settle(*args, **kwargs)
        if not urgent:
            urgent.append(line.start())

    with patch.object(execute_run, "settle", settle_and_ask):
        line.work()
    with scope.work_in(line.partner):
        ends = [
            (run.mode, run.state)
            for run in Run.objects.filter(id__in=[backfill.id, urgent[0].id]).order_by("finished_at")
        ]
        batches = Batch.objects.filter(run_id=backfill.id).count()
    assert [mode for mode, _ in ends] == ["read", "backfill"], "the person's run began later and ended first"
    assert {state for _, state in ends} <= {"clean", "empty"}
    assert batches > 1
    assert len(line.time_lines()) == len(line.entries(status="approved", billable=True))
