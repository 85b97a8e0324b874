"""Exceptions of records that walk: they say what is done and what is missing, offer both ways out, and close themselves."""

from collections.abc import Callable

from apps.accounts.actions import Role
from apps.flows.models import FlowVersion
from apps.flows.services.undo import roll_back
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.deals import Deals

MakeDeals = Callable[..., Deals]


def _stop_at_the_workspace(deals: Deals) -> None:
    deals.faults("workspace", forbidden=1)
    deals.run()
    with scope.work_in(deals.partner):
        judge_ledger()


def _case(deals: Deals) -> ExceptionCase:
    with scope.work_in(deals.partner):
        return ExceptionCase.objects.get(flow_id=deals.flow.id)


def test_a_case_says_what_is_done_and_missing_and_leads_to_both_ways_out(make_deals: MakeDeals) -> None:
    deals = make_deals()
    _stop_at_the_workspace(deals)
    case = _case(deals)
    page = deals.browser(Role.OWNER).get(f"/exceptions/{case.id}/")
    words = page.content.decode()
    assert "Done: Client in the PSA, Project in the PSA. Missing: Workspace" in words
    assert f"/operations/{page.context['page'].selected.id}/roll-back/" in words
    seen = deals.browser(Role.READ_ONLY).get(f"/exceptions/{case.id}/").content.decode()
    assert "/roll-back/" not in seen


def test_a_case_closes_once_its_records_are_rolled_back(make_deals: MakeDeals) -> None:
    deals = make_deals()
    _stop_at_the_workspace(deals)
    for operation in deals.operations(state="rejected"):
        with scope.work_in(deals.partner):
            roll_back(operation.id, agreed=False, made_by="Olga", reason="Called off.")
    deals.work()
    with scope.work_in(deals.partner):
        judge_ledger()
    case = _case(deals)
    assert case.state == "closed"
    assert "rolled back" in case.closed_reason


def test_a_case_waits_where_the_flow_says_that_the_failed_step_belongs(make_deals: MakeDeals) -> None:
    deals = make_deals()
    missing = {"kind": "lookup", "role": "target", "object": "projects", "key": "'none'", "required": True}
    with scope.work_in(deals.partner):
        version = FlowVersion.objects.filter(flow_id=deals.flow.id).latest("number")
        steps = [*version.definition["steps"][:2], {**missing, "queue": "delivery"}]
        FlowVersion.objects.filter(id=version.id).update(definition={**version.definition, "steps": steps})
    deals.run()
    with scope.work_in(deals.partner):
        judge_ledger()
    assert _case(deals).queue == "delivery"
