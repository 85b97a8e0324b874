"""A won deal on its way into several systems: once, whatever is announced how often, and past what fails on the way."""

import threading
from collections.abc import Callable
from pathlib import Path

from django.db import connections

from apps.accounts.actions import Action, Role
from apps.flows.models import TriggerEvent
from apps.tenants import scope
from tests.browser.site import served
from tests.deals import Deals

MakeDeals = Callable[..., Deals]


def test_every_won_deal_becomes_one_client_one_project_and_one_workspace(make_deals: MakeDeals) -> None:
    deals = make_deals()
    won = deals.won()
    run = deals.run()
    assert (run.state, run.written) == ("clean", len(won))
    assert won
    for deal in won:
        assert len(deals.records("psa", "projects", code=f"P-{deal['id']}")) == 1
        assert len(deals.records("workspace", "workspaces", project=f"P-{deal['id']}")) == 1
    assert [deal["exported"] for deal in deals.won()] == [True] * len(won)
    again = deals.run()
    assert (again.written, again.rejected) == (0, 0)
    assert len(deals.records("workspace", "workspaces")) == len(won)


def test_a_deal_announced_five_times_at_once_becomes_one_project(make_deals: MakeDeals, tmp_path: Path) -> None:
    deals = make_deals()
    key = deals.open_deals()[0]
    with served(tmp_path / "web.log") as port:
        deals.announce_to(port)
        deals.win(key, copies=5)
        assert deals.answers_heard(5) == [202] * 5
    with scope.work_in(deals.partner):
        assert TriggerEvent.objects.count() == 1
    workers = [threading.Thread(target=_work_beside, args=(deals,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    deals.work()
    assert [(line.source_key, line.state) for line in deals.operations()] == [(key, "written")]
    assert [effect["action"] for effect in deals.effects("psa") if effect["object"] == "projects"] == ["create"]
    assert len(deals.records("psa", "projects", code=f"P-{key}")) == 1
    assert [one["project"] for one in deals.records("workspace", "workspaces")] == [f"P-{key}"]


def _work_beside(deals: Deals) -> None:
    try:
        deals.work()
    finally:
        connections.close_all()


def test_a_failing_workspace_leaves_a_partial_state_and_the_replay_makes_only_what_is_missing(
    make_deals: MakeDeals,
) -> None:
    deals = make_deals()
    won = deals.won()
    deals.faults("workspace", forbidden=1)
    run = deals.run()
    assert (run.state, run.rejected) == ("partial", len(won))
    blocked = deals.operations(state="rejected")
    assert {operation.step for operation in blocked} == {"workspace_made"}
    assert deals.steps(blocked[0])["project_in_psa"] == "done"
    assert deals.records("workspace", "workspaces") == []
    _sees_what_is_done_and_what_is_missing(deals, str(blocked[0].id))

    before = {system: len(deals.effects(system)) for system in ("psa", "crm")}
    assert before["psa"] > 0
    deals.faults("workspace")
    ids = [str(operation.id) for operation in blocked]
    program = deals.program(Action.WORK_CASES)
    answer = program.post("/api/v1/operations/replay/", {"ids": ids}, content_type="application/json")
    assert answer.status_code == 202
    deals.work()
    assert {operation.state for operation in deals.operations()} <= {"written", "skipped"}
    assert len(deals.effects("psa")) == before["psa"]  # nothing was made or touched a second time
    assert len(deals.effects("workspace")) == len(deals.records("workspace", "workspaces")) == len(won)
    assert len(deals.effects("crm")) == before["crm"] + len(won)  # each deal is marked once, now


def _sees_what_is_done_and_what_is_missing(deals: Deals, operation_id: str) -> None:
    page = deals.browser(Role.OWNER).get(f"/operations/{operation_id}/")
    assert page.status_code == 200
    words = page.content.decode()
    assert "Project in the PSA" in words
    assert "Workspace" in words
    told = deals.program(Action.VIEW_RUNS).get(f"/api/v1/operations/{operation_id}/").json()
    assert (told["state"], told["step"]) == ("rejected", "workspace_made")
    states = {step["name"]: step["state"] for step in told["steps"]}
    assert (states["project_in_psa"], states["workspace_made"]) == ("done", "failed")
    assert "write_back" not in states
