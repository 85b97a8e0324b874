"""Asking and judging around a batch: what a lost worker leaves, what counts of a record's own past, what a flow without rules does."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.protocols.rest import RestConnector
from apps.dispatch.models import DueWork
from apps.flows.models import BookedRecord, FlowVersion
from apps.flows.services import execute_run
from apps.flows.services.dry_run import request_dry_run, rows_kept
from apps.flows.services.replay import replay_operations
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


def _first(line: Line, count: int, **changes: Any) -> list[dict[str, Any]]:
    """Change the first entries that are to be billed; all others become drafts."""
    approved = line.entries(status="approved", billable=True)
    for place, entry in enumerate(approved):
        changed = changes if place < count else {"status": "draft"}
        line.psa("PATCH", f"time-entries/{entry['id']}", changed)
    return approved[:count]


def _states(line: Line) -> list[tuple[str, str, str]]:
    return [(op.state, op.step, op.error_code) for op in line.operations()]


def test_what_was_held_back_stays_so_when_the_worker_is_lost_and_passes_when_it_is_retried(make_line: MakeLine) -> None:
    line = make_line(entries=8)
    (entry,) = _first(line, 1, cost_center="CC-777")
    line.start()

    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemError("the worker is gone")

    with patch.object(execute_run, "settle", die):
        line.work()
    assert line.operations() == []
    new = {"code": "CC-777", "name": "New", "active": True}
    line.sandbox.do(lambda client: client.create_record("erp", line.company, "cost-centers", **new))
    DueWork.objects.update(due_at=timezone.now() - timedelta(days=1))
    line.work()
    blocked = line.operations(state="rejected")
    assert [(op.source_key, op.step, op.error_code) for op in blocked] == [
        (entry["id"], "check", "rule:cost_center_mapped")
    ]
    with scope.work_in(line.partner):
        replay_operations([op.id for op in blocked], started_by="test")
    line.work()
    assert [row["external_id"] for row in line.time_lines()] == [entry["id"]]


def test_a_changed_entry_replaces_itself_in_its_persons_day(make_line: MakeLine) -> None:
    line = make_line(entries=8)
    day = line.entries()[0]["worked_on"]
    one, other = _first(line, 2, person_id="E-0001", worked_on=day, hours=2.0)
    line.psa("PATCH", f"time-entries/{other['id']}", {"status": "draft", "notes": "Another thing"})
    for hours in (20.0, 22.0):
        line.psa("PATCH", f"time-entries/{one['id']}", {"hours": hours})
        assert line.run().state == "clean"
    with scope.work_in(line.partner):
        assert [booked.hours for booked in BookedRecord.objects.all()] == [22]
    line.psa("PATCH", f"time-entries/{other['id']}", {"status": "approved", "hours": 2.5})
    assert line.run().rejected == 1
    assert _states(line)[-1] == ("rejected", "check", "rule:hours_of_day")
    line.psa("PATCH", f"time-entries/{one['id']}", {"hours": 21.5})
    line.run()
    with scope.work_in(line.partner):
        replay_operations([op.id for op in line.operations(state="rejected")], started_by="test")
    line.work()
    assert {row["quantity"] for row in line.time_lines()} == {21.5, 2.5}


def test_a_dry_run_foresees_the_rule_and_a_flow_without_it_hears_from_the_system_itself(make_line: MakeLine) -> None:
    line = make_line(entries=8)
    _first(line, 1, cost_center="CC-777")
    with scope.work_in(line.partner):
        request_dry_run(line.flow, by="test", sample=None)
    line.work()
    with scope.work_in(line.partner):
        tried = line.flow.dry_runs.get()
        (row,) = [row for row in rows_kept(tried) if row["outcome"] == "rejected"]
        version = FlowVersion.objects.get(id=line.flow.live_version_id)
        check = version.definition["steps"][1]
        check["switched_off"] = dict.fromkeys(check["library"], "The ERP says it itself.")
        FlowVersion.objects.filter(id=version.id).update(definition=version.definition)
    assert (row["step"], tried.rejected) == ("check", 1)
    assert "Cost centre CC-777 does not exist in Sandbox ERP." in row["reasons"][0]["reason"]
    line.run()
    assert ("rejected", "deliver", "invalid_cost_center") in _states(line)
    with scope.work_in(line.partner):
        assert not BookedRecord.objects.exists(), "nothing is kept for rules that nobody has"


def test_each_kind_of_fact_is_one_question_a_batch(make_line: MakeLine) -> None:
    line = make_line(people=20, weeks=2)
    asked: list[tuple[str, int]] = []
    read, find = RestConnector.read, RestConnector.find

    def reading(self: RestConnector, name: str, *rest: Any) -> Any:
        asked.append((name, 0))
        return read(self, name, *rest)

    async def finding(self: RestConnector, name: str, keys: Sequence[str]) -> Any:
        asked.append((name, len(keys)))
        return await find(self, name, keys)

    with patch.object(RestConnector, "read", reading), patch.object(RestConnector, "find", finding):
        run = line.run()
    assert run.written > 100
    questions = [one for one in asked if one[0] != "time-entries"]
    assert sorted(name for name, _ in questions) == ["cost-centers", "periods", "projects", "projects"]
    assert all(keys > 1 for name, keys in questions if name != "periods")


def test_a_right_that_the_rules_lack_stops_the_run_and_says_what_to_do(make_line: MakeLine) -> None:
    line = make_line(entries=8)

    async def refusing(*_: Any) -> Any:
        raise MisconfiguredError(
            "The ERP does not let this user read projects.", business_class=BusinessClass.PERMISSION
        )

    with patch.object(RestConnector, "find", refusing):
        run = line.run()
    assert (run.state, run.read, run.error_class) == ("failed", 0, "permission")
    assert run.error_message.startswith("The ERP does not let this user read projects. The flow's business rules ask")
    assert "switch the rule off with a reason" in run.error_message
    assert line.operations() == []
    assert line.run().state == "clean"
