"""Approved time reaches the ERP: the whole path, over real HTTP, with a real database."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest

from apps.connectors.models import Connection
from apps.flows.models import Batch, Checkpoint, Flow, FlowDay, Link, Operation, Run
from apps.flows.services import execute_run
from apps.flows.services.flow_state import pause_flow
from apps.flows.services.publish import change_line
from apps.flows.services.replay import CorrectionError, correct_operation, replay_operations, skip_operations
from apps.flows.services.start_run import FlowNotLiveError
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


def _adds_up(run: Run) -> bool:
    return run.read == run.written + run.unchanged + run.skipped + run.rejected + run.waiting


def test_every_approved_entry_arrives_once_and_the_counts_add_up(make_line: MakeLine) -> None:
    line = make_line()
    run = line.run()
    billable = line.entries(status="approved", billable=True)
    assert run.state == "clean", (run.state, run.error_message)
    assert _adds_up(run)
    assert run.written == len(line.time_lines()) == len(billable) > 0
    assert {row["external_id"] for row in line.time_lines()} == {
        op.source_key for op in line.operations(state="written")
    }
    sent = sum(Decimal(str(row["amount"])) for row in line.time_lines())
    assert sent == sum(op.amount for op in line.operations(state="written"))
    with scope.work_in(line.partner):
        day = FlowDay.objects.filter(flow=line.flow).first()
        assert (day.read, day.written, day.skipped) == (run.read, run.written, run.skipped)


def test_a_second_run_changes_nothing(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    before = line.time_lines()
    effects = len(line.sandbox.do(lambda c: c.effects("erp", line.company)))
    again = line.run()
    assert again.written == again.rejected == again.waiting == 0
    assert _adds_up(again)
    assert line.time_lines() == before
    assert len(line.sandbox.do(lambda c: c.effects("erp", line.company))) == effects


def test_an_edited_entry_becomes_one_update(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    entry = line.entries(status="approved", billable=True)[0]
    count = len(line.time_lines())
    line.psa("PATCH", f"time-entries/{entry['id']}", {"hours": 1.25})
    run = line.run()
    assert (run.written, run.rejected) == (1, 0)
    assert len(line.time_lines()) == count
    (changed,) = [row for row in line.time_lines() if row["external_id"] == entry["id"]]  # under its first number still
    assert Decimal(str(changed["quantity"])) == Decimal("1.25")


def test_bad_records_are_rejected_with_a_sentence_and_do_not_stop_the_others(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    run = line.run()
    assert run.state == "partial"
    assert _adds_up(run)
    rejected = line.operations(state="rejected")
    assert run.rejected == len(rejected) >= 6
    classes = Counter(op.error_class for op in rejected)
    assert {"closed_period", "missing_reference", "invalid_dimension"} <= set(classes), classes
    assert all(len(op.error_message) > 20 and "Traceback" not in op.error_message for op in rejected)
    assert run.written == len(line.time_lines())


def _rejected(line: Line, error_class: str) -> Operation:
    return next(op for op in line.operations(state="rejected") if op.error_class == error_class)


def _replay(line: Line, *ids: UUID) -> Run:
    with scope.work_in(line.partner):
        (run,) = replay_operations(list(ids), started_by="test")
    line.work()
    return line.reload(run)


def test_a_mended_record_is_replayed_and_posts_exactly_one_line(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    line.run()
    before = len(line.time_lines())
    blocked = next(op for op in line.operations(state="rejected") if "25" in op.error_message)
    with scope.work_in(line.partner):
        correct_operation(
            Operation.objects.get(id=blocked.id), field="hours", new_value="7.5", reason="typo", made_by="Fina"
        )
    run = _replay(line, blocked.id)
    assert (run.state, run.read, run.written) == ("clean", 1, 1)
    assert len(line.time_lines()) == before + 1
    (op,) = line.operations(id=blocked.id)
    assert (op.state, len(op.attempts)) == ("written", 2)
    (posted,) = [row for row in line.time_lines() if row["external_id"] == op.source_key]
    assert Decimal(str(posted["quantity"])) == Decimal("7.5")


def test_a_record_mended_in_the_source_replaces_its_blocked_version(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    line.run()
    blocked = next(op for op in line.operations(state="rejected") if "25" in op.error_message)
    line.psa("PATCH", f"time-entries/{blocked.source_key}", {"hours": 2.5})
    run = line.run()
    assert run.written == 1
    assert [op.state for op in line.operations(business_key=blocked.business_key)] == ["superseded", "written"]


def test_a_replay_of_a_closed_period_works_once_it_is_open(make_line: MakeLine) -> None:
    line = make_line()
    line.faults("erp", closed_period=1)
    run = line.run()
    assert (run.state, run.written) == ("partial", 0)
    blocked = line.operations(state="rejected")
    assert {op.error_class for op in blocked} == {"closed_period"}
    line.faults("erp")
    replay = _replay(line, *[op.id for op in blocked])
    assert (replay.state, replay.written) == ("clean", len(blocked))
    assert len(line.time_lines()) == len(blocked)


def test_a_skipped_record_stays_out_with_its_reason(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    line.run()
    blocked = _rejected(line, "closed_period")
    with scope.work_in(line.partner):
        assert skip_operations([blocked.id], reason="billed by hand", made_by="Fina") == 1
    (op,) = line.operations(id=blocked.id)
    assert op.state == "skipped"
    assert "billed by hand" in op.error_message


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("hours", "a lot", "Hours"), ("colour", "red", "no field"), ("work_date", "31.02.2026", "Day")],
    ids=["not a number", "unknown field", "impossible day"],
)
def test_a_correction_that_cannot_be_is_refused_by_field(
    make_line: MakeLine, field: str, value: str, words: str
) -> None:
    line = make_line(problems=True)
    line.run()
    blocked = line.operations(state="rejected")[0]
    with scope.work_in(line.partner), pytest.raises(CorrectionError, match=words) as caught:
        correct_operation(Operation.objects.get(id=blocked.id), field=field, new_value=value, reason="", made_by="x")
    assert caught.value.field == field


def test_a_system_that_is_down_lets_the_run_wait_and_loses_nothing(make_line: MakeLine) -> None:
    line = make_line()
    line.faults("erp", down=1)
    run = line.run()
    assert run.state == "waiting"
    assert run.error_message
    assert (run.read, len(line.time_lines())) == (0, 0)
    line.faults("erp")
    _pull_forward()
    line.work()
    run = line.reload(run)
    assert (run.state, run.outages) == ("clean", 0)
    assert len(line.time_lines()) == run.written


def _pull_forward() -> None:
    from apps.dispatch.models import DueWork

    DueWork.objects.update(due_at="2020-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("system", "fault"),
    [
        ("psa", "html"),
        ("erp", "html"),
        ("erp", "forbidden"),
    ],
)
def test_a_broken_connection_fails_the_run_with_one_sentence_and_is_marked(
    make_line: MakeLine, system: str, fault: str
) -> None:
    line = make_line()
    line.faults(system, **{fault: 1})
    run = line.run()
    assert run.state == "failed"
    assert len(run.error_message) > 20
    broken = line.source if system == "psa" else line.target
    with scope.work_in(line.partner):
        assert Connection.objects.get(id=broken.id).state == "attention"
        assert not Operation.objects.filter(state="rejected").exists()
    line.faults(system)
    assert line.run().state == "clean"
    assert len(line.time_lines()) == len(line.entries(status="approved", billable=True))


def test_answers_lost_after_the_write_make_no_double(make_line: MakeLine) -> None:
    line = make_line()
    line.faults("erp", error_after=0.5, drop_after=0.3, error_before=0.3)
    run = line.run()
    line.faults("erp")
    for _ in range(12):
        if line.reload(run).state not in {"waiting", "running"}:
            break
        _make_retries_due(line)
        line.work()
    run = line.reload(run)
    assert run.state == "clean", (
        run.written,
        run.rejected,
        run.waiting,
        [(op.state, op.due_at, op.error_message, op.step) for op in line.operations() if op.state != "written"][:3],
    )
    keys = Counter(row["external_id"] for row in line.time_lines())
    assert max(keys.values()) == 1
    assert len(keys) == len(line.entries(status="approved", billable=True))


def _make_retries_due(line: Line) -> None:
    with scope.work_in(line.partner):
        Operation.objects.filter(state="waiting").update(due_at="2020-01-01T00:00:00Z")
    _pull_forward()


def test_rate_limits_are_waited_out(make_line: MakeLine) -> None:
    line = make_line()
    line.faults("erp", rate_limit=0.4, retry_after_seconds=1)
    run = line.run()
    line.faults("erp")
    for _ in range(6):
        _make_retries_due(line)
        line.work()
    assert line.reload(run).state == "clean"
    assert len(line.time_lines()) == len(line.entries(status="approved", billable=True))


def test_a_worker_lost_between_delivery_and_settling_neither_loses_nor_doubles(make_line: MakeLine) -> None:
    line = make_line()
    run = line.start()

    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemError("the worker is gone")

    with patch.object(execute_run, "settle", die):
        line.work()
    assert len(line.time_lines()) > 0
    assert line.operations() == []
    with scope.work_in(line.partner):
        assert Batch.objects.exclude(state="settled").count() == 1
    _pull_forward()
    line.work()
    run = line.reload(run)
    assert run.state == "clean", (
        run.written,
        run.rejected,
        run.waiting,
        [(op.state, op.due_at, op.error_message, op.step) for op in line.operations() if op.state != "written"][:3],
    )
    keys = Counter(row["external_id"] for row in line.time_lines())
    assert max(keys.values()) == 1
    assert run.written == len(keys) == len(line.entries(status="approved", billable=True))


def test_pages_that_repeat_records_make_no_double(make_line: MakeLine) -> None:
    line = make_line(people=20, weeks=2)
    line.faults("psa", duplicate_pages=1)
    run = line.run()
    assert _adds_up(run)
    keys = Counter(row["external_id"] for row in line.time_lines())
    assert max(keys.values()) == 1
    assert len(keys) == len(line.entries(status="approved", billable=True))


def test_a_paused_flow_keeps_what_it_is_asked_for_and_a_retired_one_says_no(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        pause_flow(line.flow, reason="ERP upgrade", made_by="Hanna")
    run = line.run()
    assert (run.state, line.time_lines()) == ("queued", [])
    with scope.work_in(line.partner):
        Flow.objects.filter(id=line.flow.id).update(state=Flow.State.RETIRED)
    with pytest.raises(FlowNotLiveError, match="retired"):
        line.start()


def test_a_changed_mapping_is_a_new_version_and_updates_what_was_delivered(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    with scope.work_in(line.partner):
        line.flow.refresh_from_db()
        version = change_line(line.flow, target="cost_center", changes={"default": "CC-100"}, made_by="Bela")
        assert version.number == 2
        Checkpoint.objects.all().delete()  # read everything again
        assert Link.objects.exists()
    run = line.run()
    assert run.rejected == 0
    assert _adds_up(run)


def test_a_slow_system_gets_its_records_in_several_slices(make_line: MakeLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute_run, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(execute_run, "LEAST_DELIVERY_SECONDS", -1.0)
    line = make_line()
    run = line.run()
    assert (run.state, run.written) == ("waiting", 0)
    assert run.waiting > 0
    assert _adds_up(run)
    monkeypatch.undo()
    _make_retries_due(line)
    line.work()
    run = line.reload(run)
    assert (run.state, run.waiting) == ("clean", 0)
    assert _adds_up(run)
    assert run.written == len(line.time_lines()) == len(line.entries(status="approved", billable=True))
