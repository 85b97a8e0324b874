"""A won deal on its way into several systems: once, whatever is announced how often, and past what fails on the way."""

from collections.abc import Callable

from apps.flows.services.replay import replay_operations
from apps.tenants import scope
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
    before = len(deals.effects("psa"))
    assert before > 0
    assert deals.records("workspace", "workspaces") == []
    deals.faults("workspace")
    with scope.work_in(deals.partner):
        replay_operations([operation.id for operation in blocked], started_by="test")
    deals.work()
    assert {operation.state for operation in deals.operations()} <= {"written", "skipped"}
    assert len(deals.effects("psa")) == before
    assert len(deals.records("workspace", "workspaces")) == len(won)
