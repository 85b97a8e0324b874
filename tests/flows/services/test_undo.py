"""Taking back what a failed record had done: in reverse order, once, through outages and lost workers."""

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.dispatch.models import DueWork
from apps.flows.engine.definition import parse_definition
from apps.flows.models import FlowVersion, Link, Milestone, Operation, OperationStep, Run
from apps.flows.services import undo
from apps.flows.services.cancel_run import close_cancelled
from apps.flows.services.replay import replay_operations
from apps.flows.services.undo import CannotRollBackError, StepOutlook, outlook, roll_back
from apps.flows.services.walk_calls import take_back
from apps.tenants import scope
from tests.deals import Deals

MakeDeals = Callable[..., Deals]


@pytest.fixture
def halfway(make_deals: MakeDeals) -> Deals:
    """Deals with a client and a project in the PSA, but no workspace: that system refused."""
    deals = make_deals()
    deals.faults("workspace", forbidden=1)
    deals.run()
    return deals


def _roll_back(deals: Deals, operation: Operation, *, agreed: bool = False, work: bool = True) -> Operation:
    with scope.work_in(deals.partner):
        roll_back(operation.id, agreed=agreed, made_by="Olga", reason="The deal was called off.")
    if work:
        deals.work()
    return deals.operations(id=operation.id)[0]


def _outlook(deals: Deals, operation: Operation) -> dict[str, StepOutlook]:
    with scope.work_in(deals.partner):
        return {step.name: step for step in outlook(operation)}


def _define(deals: Deals, change: Callable[[dict[str, object]], None]) -> None:
    """Change the live definition, as publishing another one would."""
    with scope.work_in(deals.partner):
        version = FlowVersion.objects.filter(flow_id=deals.flow.id).latest("number")
        changed = dict(version.definition)
        change(changed)
        parse_definition(changed)
        FlowVersion.objects.filter(id=version.id).update(definition=changed)


def _set_step(name: str, **values: object) -> Callable[[dict[str, object]], None]:
    def change(definition: dict[str, object]) -> None:
        steps: list[dict[str, object]] = definition["steps"]  # type: ignore[assignment]
        definition["steps"] = [{**step, **values} if step.get("name") == name else step for step in steps]

    return change


def _adds_up(deals: Deals) -> bool:
    with scope.work_in(deals.partner):
        return all(
            run.read == run.written + run.unchanged + run.skipped + run.rejected + run.waiting
            for run in Run.objects.filter(flow_id=deals.flow.id)
        )


def _taken_back(deals: Deals, operation: Operation) -> list[str]:
    with scope.work_in(deals.partner):
        rows = OperationStep.objects.filter(operation_id=operation.id, state="undone")
        return list(rows.order_by("changed_at").values_list("name", flat=True))


def test_what_was_created_is_taken_back_the_last_first_and_the_record_ends_undone(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    before = len(halfway.effects("psa"))
    ended = _roll_back(halfway, operation)
    assert (ended.state, ended.error_message) == ("undone", "Rolled back.")
    undone = halfway.effects("psa")[before:]
    assert [effect["object"] for effect in undone] == ["projects", "clients"][: len(undone)]
    assert _taken_back(halfway, operation)[0] == "project_in_psa"
    (project,) = halfway.records("psa", "projects", code=f"P-{operation.source_key}")
    assert project["state"] == "closed" or project.get("archived")
    with scope.work_in(halfway.partner):
        keys = Link.objects.filter(business_key=operation.business_key, canonical_type="Project")
        assert not keys.exists()
    assert _adds_up(halfway)


def test_counts_add_up_while_it_is_being_rolled_back(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    run = halfway.reload(Run(id=operation.last_run_id))
    waiting = _roll_back(halfway, operation, work=False)
    during = halfway.reload(run)
    assert (waiting.state, during.waiting, during.rejected) == ("waiting", 1, run.rejected - 1)
    assert _adds_up(halfway)
    halfway.work()
    after = halfway.reload(run)
    assert (after.waiting, after.skipped, after.rejected) == (0, run.skipped + 1, run.rejected - 1)
    assert after.state == "partial"
    assert _adds_up(halfway)


def test_asked_twice_it_is_done_once(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    before = len(halfway.effects("psa"))
    _roll_back(halfway, operation, work=False)
    with pytest.raises(CannotRollBackError, match="moved on"):
        _roll_back(halfway, operation)
    halfway.work()
    done = len(halfway.effects("psa")) - before
    with pytest.raises(CannotRollBackError, match="moved on"):
        _roll_back(halfway, operation)
    halfway.work()
    assert len(halfway.effects("psa")) - before == done == len(_taken_back(halfway, operation))


def test_a_record_that_was_there_before_stays(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    with scope.work_in(halfway.partner):
        OperationStep.objects.filter(operation_id=operation.id, name="client_in_psa").update(created=False)
    assert "there before" in _outlook(halfway, operation)["client_in_psa"].stays
    assert _roll_back(halfway, operation).state == "undone"
    states = halfway.steps(operation)
    assert (states["client_in_psa"], states["project_in_psa"]) == ("kept", "undone")


@pytest.mark.parametrize(
    ("declared", "agreed", "ends"),
    [("impossible", True, "kept"), ("approval", False, "kept"), ("approval", True, "undone")],
    ids=["what is final stays", "what nobody agreed to stays", "what was agreed to is taken back"],
)
def test_a_step_says_itself_whether_it_may_be_taken_back(
    make_deals: MakeDeals, declared: str, agreed: bool, ends: str
) -> None:
    deals = make_deals()
    _define(deals, _set_step("project_in_psa", undo=declared))
    deals.faults("workspace", forbidden=1)
    deals.run()
    operation = deals.operations(state="rejected")[0]
    assert _outlook(deals, operation)["project_in_psa"].needs_agreement == (declared == "approval")
    assert _roll_back(deals, operation, agreed=agreed).state == "undone"
    assert deals.steps(operation)["project_in_psa"] == ends


def test_an_outage_is_waited_out(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    halfway.faults("psa", error_before=1)
    assert _roll_back(halfway, operation).state == "waiting"
    with scope.work_in(halfway.partner):
        row = OperationStep.objects.get(operation_id=operation.id, name="project_in_psa")
        assert (row.state, row.attempts) == ("undoing", 1)
        assert row.error_message
    halfway.faults("psa")
    _let_everything_be_due()
    halfway.work()
    assert halfway.operations(id=operation.id)[0].state == "undone"


def _let_everything_be_due() -> None:
    with scope.public():
        DueWork.objects.update(due_at=timezone.now(), lease_until=None)


def test_a_worker_lost_after_the_call_goes_on_and_takes_nothing_back_twice(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    _roll_back(halfway, operation, work=False)
    calls = []

    def lost(*args: object, **more: object) -> object:
        answer = take_back(*args, **more)  # type: ignore[arg-type]
        calls.append(1)
        if len(calls) == 1:
            raise SystemExit
        return answer

    with patch.object(undo, "take_back", lost), pytest.raises(SystemExit):
        halfway.work()
    with scope.public():
        DueWork.objects.filter(state="leased").update(lease_until=timezone.now() - timedelta(seconds=1))
    halfway.work()
    assert halfway.operations(id=operation.id)[0].state == "undone"
    assert _adds_up(halfway)


def test_what_is_gone_already_counts_as_taken_back(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    with scope.work_in(halfway.partner):
        rows = OperationStep.objects.filter(operation_id=operation.id, name="project_in_psa")
        rows.update(outside_key="no-such-project")
    assert _roll_back(halfway, operation).state == "undone"
    with scope.work_in(halfway.partner):
        assert rows.get().note == "It was gone already."


def test_a_refusal_hands_it_back_to_a_person_and_what_is_undone_stays_undone(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    with scope.work_in(halfway.partner):
        OperationStep.objects.filter(operation_id=operation.id, name="client_in_psa").update(
            created=True, object_name="time-entries"
        )
        OperationStep.objects.filter(operation_id=operation.id, name="project_in_psa").update(created=True)
    with patch.object(undo, "_can_undo", return_value=True):
        ended = _roll_back(halfway, operation)
    assert ended.state == "rejected"
    assert ended.error_message.startswith("What had been done could not be taken back: ")
    states = halfway.steps(operation)
    assert (states["client_in_psa"], states["project_in_psa"]) == ("done", "undone")
    assert _adds_up(halfway)


def test_what_was_taken_back_is_made_anew_when_a_person_finishes_it_after_all(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    with scope.work_in(halfway.partner):
        rows = OperationStep.objects.filter(operation_id=operation.id)
        rows.filter(name="client_in_psa").update(created=True, object_name="time-entries")
        first = rows.get(name="project_in_psa").idempotency_key
    with patch.object(undo, "_can_undo", return_value=True):
        _roll_back(halfway, operation)
    halfway.faults("workspace")
    with scope.work_in(halfway.partner):
        replay_operations([operation.id], started_by="test")
    halfway.work()
    assert halfway.operations(id=operation.id)[0].state == "written"
    with scope.work_in(halfway.partner):
        again = rows.get(name="project_in_psa")
        assert again.state == "done"
        assert again.idempotency_key != first
    assert len(halfway.records("workspace", "workspaces", project=f"P-{operation.source_key}")) == 1


def test_a_newer_version_waits_until_the_older_one_is_taken_back_and_is_made_anew(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    _roll_back(halfway, operation, work=False)
    halfway.faults("workspace")
    with scope.public():
        DueWork.objects.filter(kind="flows.undo").update(due_at=timezone.now() + timedelta(hours=1))
    halfway.change_deal(operation.source_key, name="Renamed meanwhile")
    halfway.run()
    older, newer = halfway.operations(business_key=operation.business_key)
    assert (older.state, newer.state, halfway.steps(newer)) == ("waiting", "waiting", {})
    _let_everything_be_due()
    halfway.work()
    older, newer = halfway.operations(business_key=operation.business_key)
    assert (older.state, newer.state) == ("undone", "written")
    assert _adds_up(halfway)


def test_what_a_newer_version_builds_on_cannot_be_taken_back(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    halfway.faults("workspace")
    halfway.change_deal(operation.source_key, name="Renamed meanwhile")
    halfway.run()
    with scope.work_in(halfway.partner):
        Operation.objects.filter(id=operation.id).update(state="rejected")
    with pytest.raises(CannotRollBackError, match="newer version"):
        _roll_back(halfway, operation)


def test_cancelling_its_run_does_not_stop_halfway_through(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    _roll_back(halfway, operation, work=False)
    with scope.work_in(halfway.partner):
        Run.objects.filter(id=operation.last_run_id).update(state="cancelled")
        close_cancelled(operation.last_run_id)
    halfway.work()
    assert halfway.operations(id=operation.id)[0].state == "undone"
    assert _adds_up(halfway)


def test_nothing_done_is_nothing_to_take_back(make_deals: MakeDeals) -> None:
    deals = make_deals()
    deals.faults("psa", forbidden=1)
    deals.run()
    operation = deals.operations(state="rejected")[0]
    with pytest.raises(CannotRollBackError, match="Nothing was done"):
        _roll_back(deals, operation)


def test_a_flow_that_rolls_back_by_itself_takes_back_what_fails_for_good(make_deals: MakeDeals) -> None:
    deals = make_deals()
    _define(deals, lambda definition: definition.update(on_failure="roll_back"))
    deals.faults("workspace", forbidden=1)
    deals.run()
    lines = deals.operations()
    assert {line.state for line in lines} <= {"undone", "skipped"}
    assert "undone" in {line.state for line in lines}
    assert deals.operations(state="rejected") == []
    assert _adds_up(deals)


def test_what_needs_agreement_is_not_taken_back_by_itself(make_deals: MakeDeals) -> None:
    deals = make_deals()
    _define(deals, _set_step("project_in_psa", undo="approval"))
    _define(deals, lambda definition: definition.update(on_failure="roll_back"))
    deals.faults("workspace", forbidden=1)
    deals.run()
    operation = deals.operations(state="rejected")[0]
    assert deals.steps(operation)["project_in_psa"] == "done"


def test_a_business_state_is_left_again(make_deals: MakeDeals) -> None:
    deals = make_deals()
    last = {"kind": "lookup", "role": "target", "object": "projects", "key": "'none'", "required": True}

    def change(definition: dict[str, object]) -> None:
        steps: list[dict[str, object]] = definition["steps"]  # type: ignore[assignment]
        place = next(at for at, step in enumerate(steps) if step["kind"] == "milestone")
        definition["steps"] = [*steps[: place + 1], last]

    _define(deals, change)
    deals.run()
    operation = deals.operations(state="rejected")[0]
    with scope.work_in(deals.partner):
        entered = Milestone.objects.filter(operation_id=operation.id)
        assert entered.filter(left_at=None).count() == 1
    assert _roll_back(deals, operation).state == "undone"
    with scope.work_in(deals.partner):
        assert entered.filter(left_at=None).count() == 0
    assert _taken_back(deals, operation)[:2] == ["ready", "workspace_made"]
    assert deals.records("workspace", "workspaces", project=f"P-{operation.source_key}") == []
