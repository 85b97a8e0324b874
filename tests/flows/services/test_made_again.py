"""What is gone under its number and was made again by hand under another one: told as that, with both numbers."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.protocols.rest import RestConnector
from apps.flows.models import Batch, OperationStep, SeenPage
from apps.flows.services import made_again, reconciling
from apps.flows.services.reconciliation_result import digest_of
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.deals import Deals
from tests.flows.services.killed_workers import work_killed_at
from tests.flows.services.step_statements import adds_up, ask, findings_of, found_by, parts_of, reconcile, rows_of

MakeDeals = Callable[..., Deals]


@pytest.fixture
def deals(make_deals: MakeDeals) -> Deals:
    """A firm of which two deals were won and became projects with workspaces."""
    deals = make_deals()
    deals.win(*deals.open_deals()[:2])
    assert deals.run().state == "clean"
    return deals


def _workspaces(deals: Deals) -> list[OperationStep]:
    with scope.work_in(deals.partner):
        made = OperationStep.objects.filter(flow_id=deals.flow.id, name="workspace_made", state="done")
        return list(made.select_related("operation").order_by("-operation_id"))


def _take_away(deals: Deals, thing: OperationStep) -> dict[str, Any]:
    """Delete a workspace as somebody there could, behind our back; returns what it was."""
    [held] = deals.records("workspace", "workspaces", id=thing.outside_key)
    deals.sandbox.do(lambda client: client.remove_record("workspace", deals.company, "workspaces", thing.outside_key))
    return held


def _make_again(deals: Deals, held: dict[str, Any]) -> str:
    """Make it again as somebody there could, and return its new number."""
    values = {
        name: held[name] for name in ("project", "name", "kind", "owner", "members", "client_name") if name in held
    }
    made = deals.sandbox.do(lambda client: client.create_record("workspace", deals.company, "workspaces", **values))
    return str(made["id"])


def test_it_is_a_cause_of_its_own_with_both_numbers_and_ends_what_was_found(deals: Deals) -> None:
    lost = _workspaces(deals)[0]
    held = _take_away(deals, lost)
    assert reconcile(deals).unexplained == 1
    again = _make_again(deals, held)
    assert again != lost.outside_key
    found = reconcile(deals)
    assert (found.verdict, parts_of(found)["made_again"]) == ("agreed", 1)
    assert parts_of(found).get("missing_in_target", 0) == 0
    assert adds_up(found)
    [row] = [one for one in rows_of(deals, found) if one.cause == "made_again"]
    assert (row.step, row.target_key, row.again_key) == ("workspace_made", lost.outside_key, again)
    assert found.digest == digest_of(found, rows_of(deals, found))
    assert [one.state for one in findings_of(deals)] == ["superseded"]
    with scope.enter(deals.partner):
        judge_ledger()
    with scope.work_in(deals.partner):
        assert not ExceptionCase.objects.filter(error_class="unreconciled", closed_at=None).exists()
        assert not SeenPage.objects.exists()
    browser = deals.browser(Role.OWNER)
    page = browser.get(f"/reconciliations/{found.id}/").content.decode()
    assert f"made again under {again}" in page
    assert lost.outside_key in page
    assert browser.get(f"/reconciliations/{found.id}/statement.pdf").status_code == 200


def test_what_is_one_of_our_own_for_another_record_is_no_replacement(deals: Deals) -> None:
    lost, other = _workspaces(deals)[:2]
    held = _take_away(deals, lost)
    deals.sandbox.do(
        lambda client: client.change_record(
            "workspace", deals.company, "workspaces", other.outside_key, project=held["project"]
        )
    )
    found = reconcile(deals)
    assert (found.unexplained, parts_of(found).get("made_again", 0)) == (1, 0)


def test_without_the_key_that_was_written_nothing_is_guessed(deals: Deals) -> None:
    lost = _workspaces(deals)[0]
    held = _take_away(deals, lost)
    _make_again(deals, held)
    with scope.work_in(deals.partner):
        Batch.objects.filter(id=lost.batch_id).update(plan=None, outcome=None, payload_dropped_at=timezone.now())
    found = reconcile(deals)
    assert (found.unexplained, parts_of(found).get("made_again", 0)) == (1, 0)


def test_a_system_that_would_not_say_leaves_it_missing(deals: Deals) -> None:
    _make_again(deals, _take_away(deals, _workspaces(deals)[0]))

    async def refused(*_: object) -> Any:
        raise MisconfiguredError("Not for you.", business_class=BusinessClass.PERMISSION)

    with patch.object(RestConnector, "find", refused):
        found = reconcile(deals)
    assert (found.unexplained, parts_of(found).get("made_again", 0)) == (1, 0)


def test_where_very_much_is_gone_a_part_is_looked_for(deals: Deals) -> None:
    for thing in _workspaces(deals)[:2]:
        _make_again(deals, _take_away(deals, thing))
    with patch.object(made_again, "MOST", 1):
        found = reconcile(deals)
    assert (parts_of(found)["made_again"], parts_of(found)["missing_in_target"]) == (1, 1)


def test_a_killed_worker_goes_on_looking(deals: Deals) -> None:
    again = _make_again(deals, _take_away(deals, _workspaces(deals)[0]))
    run = ask(deals)
    work_killed_at(deals.work, run, reconciling._Reconciling, "_look_for")
    found = found_by(deals, run)
    assert [one.again_key for one in rows_of(deals, found) if one.cause == "made_again"] == [again]
