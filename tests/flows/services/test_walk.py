"""Operations that walk by themselves: through people, events and times, to two systems, past failures."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.flows.engine.definition import parse_definition
from apps.flows.engine.ownership import ConflictRule
from apps.flows.models import ApprovalRequest, Operation, OperationStep, OwnerReview, Run
from apps.flows.services import events, walk_lanes
from apps.flows.services.cancel_run import cancel_run
from apps.flows.services.evidence import attempts_of
from apps.flows.services.owner_register import set_owner
from apps.flows.services.replay import replay_operations
from apps.flows.templates_library import registry as templates
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]
CHECKED = [{"kind": "extract"}, {"kind": "check"}]
APPROVED = {"conditions": ["approved", "billable"]}


@pytest.fixture
def walk_of(make_line: MakeLine) -> Iterator[Callable[..., Line]]:
    """Return a maker of lines whose flow walks these steps after the check."""
    known = templates.TEMPLATES["approved-time-to-bill"]
    with patch.object(templates, "TEMPLATES", dict(templates.TEMPLATES)) as changed:

        def make(*steps: dict[str, Any], **wishes: Any) -> Line:
            stored = {"canonical_type": "TimeEntry", "steps": [*CHECKED, *steps], "filter": APPROVED}
            changed["approved-time-to-bill"] = replace(
                known, definition=parse_definition(stored), lines=(), shaped_by=None
            )
            return make_line(**{"entries": 16, **wishes})  # each record walks by itself

        yield make


def _steps(line: Line, operation: Operation) -> dict[str, str]:
    with scope.work_in(line.partner):
        rows = OperationStep.objects.filter(operation_id=operation.id, position__gt=0)
        return dict(rows.values_list("name", "state"))


def _adds_up(run: Run) -> bool:
    return run.read == run.written + run.unchanged + run.skipped + run.rejected + run.waiting


def _say(line: Line, name: str, subject: str, key: str, **payload: Any) -> None:
    with scope.work_in(line.partner):
        events.publish(name, customer_id=line.customer.id, subject=subject, payload=payload, dedupe_key=key)
    line.work()


def test_every_record_walks_to_the_target_by_itself_and_the_run_ends_with_the_last(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "deliver"})
    run = line.run()
    assert (run.state, run.waiting) == ("clean", 0)
    assert run.written == len(line.time_lines()) > 0
    assert _adds_up(run)
    assert {operation.state for operation in line.operations(state="written")} == {"written"}
    again = line.run()
    assert (again.state, again.written, len(line.time_lines())) == ("empty", 0, run.written) or again.written == 0


def test_a_walk_waits_for_what_must_be_said_and_holds_neither_worker_nor_flow(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "wait", "event": "period.opened", "about": "r.project"}, {"kind": "deliver"})
    run = line.run()
    assert (run.state, run.written, line.time_lines()) == ("waiting", 0, [])
    assert run.waiting > 0
    assert _adds_up(run)
    projects = {operation.project_ref for operation in line.operations(state="waiting")}
    chosen = sorted(projects)[0]
    _say(line, "period.opened", chosen, "first")
    moved = line.operations(state="written")
    assert {operation.project_ref for operation in moved} == {chosen}
    assert line.run().state in {"empty", "clean"}  # the flow reads on meanwhile
    for project in sorted(projects - {chosen}):
        _say(line, "period.opened", project, f"key {project}")
    ended = line.reload(run)
    assert (ended.state, ended.waiting, ended.written) == ("clean", 0, len(line.time_lines()))


def test_an_event_that_came_before_its_wait_is_heard(walk_of: MakeLine) -> None:
    line = walk_of(
        {"kind": "wait", "name": "first", "event": "go", "about": "r.id"},
        {"kind": "wait", "name": "second", "event": "signed", "about": "r.id"},
        {"kind": "deliver"},
    )
    line.run()
    operation = line.operations(state="waiting")[0]
    _say(line, "signed", operation.source_key, "a", by="Ann")
    assert line.time_lines() == []
    _say(line, "go", operation.source_key, "b")
    assert _steps(line, operation) == {"first": "done", "second": "done", "deliver": "done"}
    assert len(line.time_lines()) == 1


def test_the_same_event_said_twice_is_one(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "wait", "event": "go", "about": "r.id"}, {"kind": "deliver"})
    line.run()
    operation = line.operations(state="waiting")[0]
    for _ in range(3):
        _say(line, "go", operation.source_key, "same")
    assert len(line.time_lines()) == 1


def test_a_failed_step_stops_the_walk_and_a_replay_runs_only_what_is_missing(walk_of: MakeLine) -> None:
    line = walk_of(
        {"kind": "milestone", "state": "project_ready"},
        {"kind": "deliver"},
        {"kind": "emit", "event": "time.billed"},
    )
    line.faults("erp", closed_period=1)
    run = line.run()
    assert (run.state, run.written) == ("partial", 0)
    assert run.rejected > 0
    blocked = line.operations(state="rejected")
    assert {operation.step for operation in blocked} == {"deliver"}
    assert {operation.error_class for operation in blocked} == {"closed_period"}
    assert _steps(line, blocked[0]) == {"milestone": "done", "deliver": "failed"}
    line.faults("erp")
    with scope.work_in(line.partner):
        before = OperationStep.objects.get(operation_id=blocked[0].id, name="milestone").changed_at
        replay_operations([operation.id for operation in blocked], started_by="test")
    line.work()
    assert len(line.time_lines()) == len(blocked)
    assert line.operations(state="rejected") == []
    with scope.work_in(line.partner):
        assert OperationStep.objects.get(operation_id=blocked[0].id, name="milestone").changed_at == before
    assert _adds_up(line.reload(run))


def test_a_step_that_may_fail_is_passed_over(walk_of: MakeLine) -> None:
    lookup = {"kind": "lookup", "role": "target", "object": "projects", "key": "'none'", "required": True}
    line = walk_of({**lookup, "proceed_on_error": True}, {"kind": "deliver"})
    assert line.run().state == "clean"
    operation = line.operations(state="written")[0]
    assert _steps(line, operation) == {"lookup": "skipped", "deliver": "done"}


def test_a_look_up_decides_the_way(walk_of: MakeLine) -> None:
    line = walk_of(
        {"kind": "lookup", "role": "target", "object": "projects", "key": "r.project", "keep": ["state"]},
        {"kind": "decide", "when": "r.steps.lookup.found", "otherwise": "end", "sentence": "No such project."},
        {"kind": "decide", "name": "short", "when": "r.hours < 1000.0", "then": "deliver"},
        {"kind": "milestone", "state": "project_ready"},
        {"kind": "deliver"},
    )
    assert line.run().state == "clean"
    operation = line.operations(state="written")[0]
    steps = _steps(line, operation)
    assert steps == {"lookup": "done", "decide": "done", "short": "done", "milestone": "skipped", "deliver": "done"}


def test_an_outage_is_waited_out_by_the_step(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "deliver", "retry": {"retryable": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}})
    line.faults("erp", error_after=0.2, drop_after=0.1)  # more would open the connection's breaker
    run = line.start()
    for _ in range(12):
        line.work()
    line.faults("erp")
    line.work()
    ended = line.reload(run)
    held = [entry["external_id"] for entry in line.time_lines()]
    assert len(held) == len(set(held)) == ended.written
    assert ended.waiting == 0


def test_a_newer_version_waits_until_the_walk_of_the_older_one_is_over(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "wait", "event": "go", "about": "r.id"}, {"kind": "deliver"})
    line.run()
    first = line.operations(state="waiting")[0]
    line.sandbox.do(
        lambda client: client.change_record("psa", line.company, "time-entries", first.source_key, hours=3.25)
    )
    line.run()
    versions = line.operations(business_key=first.business_key)
    assert [operation.state for operation in versions] == ["waiting", "waiting"]
    assert _steps(line, versions[1]) == {}
    _say(line, "go", first.source_key, "once")
    line.work()
    assert [operation.state for operation in line.operations(business_key=first.business_key)] == ["written", "written"]
    held = [entry for entry in line.time_lines() if entry["external_id"] == first.source_key]
    assert [float(entry["quantity"]) for entry in held] == [3.25]


def test_a_newer_version_goes_on_when_the_run_of_the_older_one_is_cancelled(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "wait", "event": "go", "about": "r.id"}, {"kind": "deliver"})
    run = line.run()
    key = line.operations(state="waiting")[0].source_key
    line.sandbox.do(lambda client: client.change_record("psa", line.company, "time-entries", key, hours=3.25))
    line.run()
    with scope.work_in(line.partner):
        cancel_run(Run.objects.get(id=run.id), made_by="Fina")
    line.work()
    _say(line, "go", key, "once")
    versions = line.operations(source_key=key)
    assert [operation.state for operation in versions] == ["superseded", "written"]
    assert [float(entry["quantity"]) for entry in line.time_lines()] == [3.25]


def test_an_older_version_replayed_while_a_newer_one_walks_never_overwrites_it(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "wait", "event": "go", "about": "r.id"}, {"kind": "deliver"})
    run = line.run()
    key = line.operations(state="waiting")[0].source_key
    with scope.work_in(line.partner):
        cancel_run(Run.objects.get(id=run.id), made_by="Fina")
    line.sandbox.do(lambda client: client.change_record("psa", line.company, "time-entries", key, hours=3.25))
    line.run()
    older = line.operations(source_key=key)[0]
    with scope.work_in(line.partner):
        replay_operations([older.id], started_by="test")
    line.work()
    _say(line, "go", key, "once")
    line.work()
    assert [operation.state for operation in line.operations(source_key=key)] == ["superseded", "written"]
    quantities = [effect["values"].get("quantity") for effect in _effects(line) if effect["external_id"] == key]
    assert quantities == [3.25]


def _effects(line: Line) -> list[dict[str, Any]]:
    return list(line.sandbox.do(lambda client: client.effects("erp", line.company)))


def test_a_worker_lost_between_the_call_and_its_record_makes_nothing_twice(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "deliver"})
    from apps.flows.services import walk_rows

    real, lost = walk_rows.close_evidence, []

    def close(*args: Any) -> None:
        if not lost:
            lost.append(1)
            raise SystemExit  # as a kill would: after the call, before anything is written
        real(*args)

    run = line.start()
    with patch.object(walk_rows, "close_evidence", close), pytest.raises(SystemExit):
        line.work()
    _let_leases_run_out()
    line.work()
    ended = line.reload(run)
    held = [entry["external_id"] for entry in line.time_lines()]
    assert (ended.state, len(held)) == ("clean", len(set(held)))
    assert ended.written == len(held)


def _let_leases_run_out() -> None:
    from apps.dispatch.models import DueWork

    with scope.public():
        DueWork.objects.filter(state="leased").update(lease_until=timezone.now() - timezone.timedelta(seconds=1))


def test_being_woken_for_nothing_changes_nothing(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "approve", "role": "finance", "question": "Bill {hours} h?"}, {"kind": "deliver"})
    line.run()
    operation = line.operations(state="waiting")[0]
    for _ in range(3):
        with scope.work_in(line.partner):
            walk_lanes.resume(operation)
        line.work()
    with scope.work_in(line.partner):
        assert ApprovalRequest.objects.filter(operation_id=operation.id).count() == 1
    assert line.time_lines() == []


def _requests(line: Line, operation_id: UUID) -> list[ApprovalRequest]:
    with scope.work_in(line.partner):
        return list(ApprovalRequest.objects.filter(operation_id=operation_id).order_by("asked_at"))


def test_small_amounts_need_nobody_and_large_ones_more_people(walk_of: MakeLine) -> None:
    approve = {
        "kind": "approve", "role": "finance", "question": "Bill {hours} h?", "free_below": "500",
        "thresholds": [{"above": "800", "role": "owner", "needed": 2}], "due_hours": 48,
    }  # fmt: skip
    line = walk_of(approve, {"kind": "deliver"})
    line.run()
    for operation in line.operations():
        asked = _requests(line, operation.id)
        if operation.amount is None or operation.state == "skipped":
            continue
        if operation.amount < 500:
            assert (operation.state, asked) == ("written", [])
        else:
            expected = ("owner", 2) if operation.amount >= 800 else ("finance", 1)
            assert [(one.role, one.needed) for one in asked] == [expected]


def test_a_cancelled_run_takes_back_its_questions_and_hands_its_records_to_a_person(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "approve", "role": "finance", "question": "Bill {hours} h?"}, {"kind": "deliver"})
    run = line.run()
    waiting = line.operations(state="waiting")
    with scope.work_in(line.partner):
        cancel_run(Run.objects.get(id=run.id), made_by="Fina")
        walk_lanes.resume(Operation.objects.get(id=waiting[0].id))
    line.work()
    ended = line.reload(run)
    assert (ended.state, ended.waiting, line.time_lines()) == ("cancelled", 0, [])
    assert _adds_up(ended)
    assert {operation.state for operation in line.operations(id__in=[one.id for one in waiting])} == {"rejected"}
    assert {one.state for one in _requests(line, waiting[0].id)} == {"withdrawn"}


def test_cancelling_while_a_call_is_on_its_way_keeps_what_arrived_and_goes_no_further(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "deliver"}, {"kind": "milestone", "state": "project_ready"})
    run = line.start()
    from apps.flows.services import walk_rows

    real, calls = walk_rows.close_evidence, []

    def close(*args: Any) -> None:
        if not calls:
            with scope.work_in(line.partner):
                cancel_run(Run.objects.get(id=run.id), made_by="Fina")
        calls.append(1)
        real(*args)

    with patch.object(walk_rows, "close_evidence", close):
        line.work()
    ended = line.reload(run)
    assert ended.state == "cancelled"
    assert _adds_up(ended)
    assert len(line.time_lines()) == len(calls) == 1
    stopped = next(one for one in line.operations(state="rejected") if _steps(line, one))
    assert _steps(line, stopped) == {"deliver": "done"}


@pytest.mark.parametrize(
    ("role", "words"),
    [
        pytest.param("boss", "no role of people", id="a role nobody has"),
        pytest.param("support", "may not approve", id="a role that may not approve"),
    ],
)
def test_a_flow_that_asks_the_wrong_people_is_not_published(walk_of: MakeLine, role: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        walk_of({"kind": "approve", "role": role, "question": "Bill {hours} h?"}, {"kind": "deliver"})


def test_a_walking_delivery_minds_the_owner_register(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "deliver"}, {"kind": "milestone", "state": "project_ready"})
    line.run()
    key = line.operations(state="written")[0].source_key
    with scope.work_in(line.partner):
        owned = {"canonical_type": "TimeEntry", "field": "cost_center", "connection": line.target, "changed_by": "t"}
        set_owner(line.customer, conflict_rule=ConflictRule.REVIEW, **owned)
    before = next(entry for entry in line.time_lines() if entry["external_id"] == key)
    other = next(entry["cost_center"] for entry in line.entries() if entry["cost_center"] != before["cost_center"])
    changes = {"cost_center": other, "hours": 3.75}
    line.sandbox.do(lambda client: client.change_record("psa", line.company, "time-entries", key, **changes))
    assert line.run().written == 1
    now = next(entry for entry in line.time_lines() if entry["external_id"] == key)
    assert (now["cost_center"], float(now["quantity"])) == (before["cost_center"], 3.75)
    with scope.work_in(line.partner):
        review = OwnerReview.objects.get()
        assert (review.field, review.ours, review.theirs) == ("cost_center", other, before["cost_center"])
        attempt = attempts_of(Operation.objects.get(id=review.operation_id))[0]
        assert [dispute.field for dispute in attempt.disputes] == ["cost_center"]
