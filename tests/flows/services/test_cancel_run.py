"""Cancelling a run: before it starts, while it waits, and while a batch is on its way."""

from collections.abc import Callable
from unittest.mock import patch

import pytest

from apps.accounts.audit import AuditAction
from apps.accounts.models import AuditEntry
from apps.dispatch.models import DueWork
from apps.flows.models import Operation, Run
from apps.flows.services import execute_run
from apps.flows.services.cancel_run import RunOverError, cancel_run, close_cancelled
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


def _cancel(line: Line, run: Run) -> Run:
    with scope.work_in(line.partner):
        cancel_run(Run.objects.get(id=run.id), made_by="Fina")
    return line.reload(run)


def _adds_up(run: Run) -> bool:
    return run.read == run.written + run.unchanged + run.skipped + run.rejected + run.waiting


def test_a_queued_run_never_starts_and_frees_its_flow(make_line: MakeLine) -> None:
    line = make_line()
    run = _cancel(line, line.start())
    assert (run.state, run.error_message) == ("cancelled", "Cancelled by Fina.")
    assert run.finished_at is not None
    assert not DueWork.objects.filter(reference=str(run.id)).exists()
    line.work()
    assert (line.reload(run).state, line.time_lines()) == ("cancelled", [])
    assert line.run().state == "clean"
    with scope.work_in(line.partner):
        assert AuditEntry.objects.filter(action=AuditAction.RUN_CANCELLED.value).count() == 1


def test_what_waits_in_a_cancelled_run_is_handed_to_a_person(make_line: MakeLine) -> None:
    line = make_line()
    run = line.run()
    with scope.work_in(line.partner):
        first = Operation.objects.filter(run_id=run.id, state="written").values("id")[:2]
        Operation.objects.filter(id__in=list(first.values_list("id", flat=True))).update(state="waiting")
        Run.objects.filter(id=run.id).update(state="waiting", finished_at=None, written=run.written - 2, waiting=2)
    waiting = line.operations(state="waiting")
    ended = _cancel(line, run)
    assert (ended.state, ended.waiting) == ("cancelled", 0)
    assert _adds_up(ended)
    handed = [op for op in line.operations(state="rejected") if op.id in {w.id for w in waiting}]
    assert len(handed) == len(waiting) == 2
    assert all(op.error_message and op.error_class and op.due_at is None for op in handed)


def test_a_run_at_work_settles_its_batch_and_stops(make_line: MakeLine) -> None:
    line = make_line(people=14, weeks=2)
    with scope.work_in(line.partner):
        version = line.flow.live_version
        assert version is not None
        definition = {**version.definition, "batch_size": 10}  # so that each page read is a batch
        type(version).objects.filter(id=version.id).update(definition=definition)
    run = line.start()
    settle, calls = execute_run.settle, []

    def settle_and_cancel(*args: object, **kwargs: object) -> None:
        if not calls:
            _cancel(line, run)
        calls.append(1)
        settle(*args, **kwargs)  # type: ignore[arg-type]

    with patch.object(execute_run, "settle", settle_and_cancel):
        line.work()
    ended = line.reload(run)
    assert (ended.state, len(calls)) == ("cancelled", 1)
    assert ended.error_message == "Cancelled by Fina."
    assert _adds_up(ended)
    assert 0 < ended.read < len(line.entries())
    assert not DueWork.objects.filter(reference=str(run.id)).exists()
    rest = line.run()
    assert rest.read > 0
    assert len(line.time_lines()) == len(line.entries(status="approved", billable=True))


def test_a_run_that_is_over_cannot_be_cancelled(make_line: MakeLine) -> None:
    line = make_line()
    run = line.run()
    with scope.work_in(line.partner):
        with pytest.raises(RunOverError, match="over already"):
            cancel_run(run, made_by="Fina")
        close_cancelled(run.id)
    assert line.reload(run).state == "clean"
