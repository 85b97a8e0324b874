"""Flows that write step by step: each record against the ledger, each thing that was made of it against its system."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from apps.connectors import registry
from apps.connectors.contract import Page
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.models import Connection
from apps.connectors.protocols.rest import RestConnector
from apps.flows.models import Link, Operation, OperationStep, SeenPage
from apps.flows.services import reconciling
from apps.flows.services.reconciliation_result import digest_of
from apps.flows.services.reconciliation_signing import is_intact, sign
from apps.flows.services.replay import replay_operations, skip_operations
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.deals import Deals
from tests.flows.services.killed_workers import work_killed_at
from tests.flows.services.step_statements import (
    adds_up,
    ask,
    counts_of,
    findings_of,
    found_by,
    parts_of,
    reconcile,
    rows_of,
    step_of,
)
from tests.lines import customers_day

MakeDeals = Callable[..., Deals]
STEPS = ["client_in_psa", "project_in_psa", "workspace_made"]


def _cases(firm: Deals) -> list[ExceptionCase]:
    with scope.enter(firm.partner):
        judge_ledger()
    with scope.work_in(firm.partner):
        return list(ExceptionCase.objects.filter(flow_id=firm.flow.id, error_class="unreconciled").order_by("id"))


def _carried(make_deals: MakeDeals, number: int = 3) -> Deals:
    """Return a firm of which so many deals were won and became projects."""
    deals = make_deals()
    deals.win(*deals.open_deals()[:number])
    run = deals.run()
    assert (run.state, run.rejected) == ("clean", 0)
    return deals


def _made(deals: Deals, step: str) -> list[OperationStep]:
    with scope.work_in(deals.partner):
        rows = OperationStep.objects.filter(flow_id=deals.flow.id, name=step, state="done").select_related("operation")
        return list(rows.order_by("operation_id"))


def _take_away(deals: Deals, system: str, kind: str, key: str) -> None:
    """Delete a thing as somebody there could, behind our back."""
    deals.sandbox.do(lambda client: client.remove_record(system, deals.company, kind, key))


@contextmanager
def _reading(change: Callable[..., Any]) -> Iterator[None]:
    """Let `change(real, connector, object, keys)` stand between the engine and what its connectors read."""
    real = RestConnector.read

    def changed(self: Any, name: str, checkpoint: Any, keys: Any = ()) -> Any:
        return change(lambda: real(self, name, checkpoint, keys), self, name, keys)

    with patch.object(RestConnector, "read", changed):
        yield


async def _failing(error: Exception) -> Any:
    raise error
    yield  # type: ignore[unreachable]  # pragma: no cover  an asynchronous generator needs one


async def _without(hidden: str, pages: Any) -> Any:
    async for page in pages:
        yield Page(tuple(record for record in page.records if record.key != hidden), page.checkpoint, page.last)


def test_every_step_says_what_it_made_and_what_is_there(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals)
    delivered = len(deals.operations(state="written"))
    found = reconcile(deals)
    assert (found.verdict, found.unexplained, adds_up(found)) == ("agreed", 0, True)
    assert found.statement["source"]["count"] >= delivered > 0
    assert found.statement["target"]["count"] == found.statement["agreed"] == delivered
    assert [one["name"] for one in found.statement["steps"]] == STEPS
    assert counts_of(found) == dict.fromkeys(STEPS, (delivered, delivered))
    project, workspace = step_of(found, "project_in_psa"), step_of(found, "workspace_made")
    assert (project["title"], project["system"], project["unasked"]) == ("Project in the PSA", "PSA", "")
    assert workspace["system"] == "WORKSPACE"
    assert (found.source_method, found.target_method) == ("listed", "asked")
    assert set(parts_of(found)) <= {"filtered"}, "deals that are still open"
    assert found.digest == digest_of(found, rows_of(deals, found))
    assert findings_of(deals) == []
    with scope.work_in(deals.partner):
        assert not SeenPage.objects.exists()
        assert is_intact(sign(found.id, signed_by="Fina"), list(found.rows.all()))
    assert found.run is not None
    assert found.run.state == "empty"
    assert deals.run().written == 0, "nothing was delivered again"


def test_a_project_deleted_behind_our_back_is_an_exception_of_its_step(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals)
    victim = _made(deals, "project_in_psa")[1]
    _take_away(deals, "psa", "projects", victim.outside_key)
    assert deals.run().written == 0, "no reading notices; what the flow marked itself is left out"
    found = reconcile(deals)
    assert (found.verdict, found.unexplained, parts_of(found)["missing_in_target"]) == ("unexplained", 1, 1)
    made = len(deals.operations(state="written"))
    assert counts_of(found) == {**dict.fromkeys(STEPS, (made, made)), "project_in_psa": (made, made - 1)}
    assert found.statement["target"]["count"] == made, "its deal was carried through"
    assert adds_up(found)
    first = rows_of(deals, found)[0]
    assert (first.cause, first.step, first.target_key) == ("missing_in_target", "project_in_psa", victim.outside_key)
    assert (first.business_key, first.operation_id) == (victim.operation.business_key, victim.operation_id)
    [told] = findings_of(deals)
    assert (told.state, told.error_code, told.step) == ("rejected", "missing_in_target", "project_in_psa")
    assert told.target_key == victim.outside_key
    assert (told.label, told.amount, told.currency) == (
        victim.operation.label,
        victim.operation.amount,
        victim.operation.currency,
    )
    assert "PSA no longer has what the step “Project in the PSA” made" in told.error_message
    [case] = _cases(deals)
    assert (case.is_open, case.operation_count) == (True, 1)

    reconcile(deals)
    assert len(findings_of(deals)) == 1, "it is told once"
    with scope.work_in(deals.partner):
        replay_operations([told.id], started_by="Fina")
    deals.work()
    [kept] = findings_of(deals)
    assert (kept.state, kept.error_code) == ("rejected", "missing_in_target"), "a retry explains nothing"
    assert len(_made(deals, "project_in_psa")) == made


def test_what_a_person_leaves_as_it_is_hides_nothing_else_of_the_record(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 1)
    [project], [workspace] = _made(deals, "project_in_psa")[-1:], _made(deals, "workspace_made")[-1:]
    _take_away(deals, "psa", "projects", project.outside_key)
    reconcile(deals)
    [told] = findings_of(deals)
    assert [one.is_open for one in _cases(deals)] == [True]
    with scope.work_in(deals.partner):
        skip_operations([told.id], reason="the deal fell through", made_by="Fina")
    found = reconcile(deals)
    assert (found.verdict, parts_of(found)["accepted"]) == ("agreed", 1)
    assert [one.is_open for one in _cases(deals)] == [False]
    _take_away(deals, "workspace", "workspaces", workspace.outside_key)
    found = reconcile(deals)
    assert (found.unexplained, parts_of(found)["accepted"]) == (1, 1)
    assert [(one.state, one.step) for one in findings_of(deals)] == [
        ("skipped", "project_in_psa"),
        ("rejected", "workspace_made"),
    ]


def test_two_things_of_one_record_are_two_findings_and_close_once_they_are_back(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 1)
    gone = {_made(deals, step)[-1].outside_key for step in ("project_in_psa", "workspace_made")}

    def hidden(real: Any, _connector: Any, name: str, keys: Any) -> Any:
        one = next(iter(gone & set(keys)), "") if name in ("projects", "workspaces") else ""
        return _without(one, real()) if one else real()

    with _reading(hidden):
        found = reconcile(deals)
    assert (found.unexplained, len(findings_of(deals))) == (2, 2)
    assert all(one.is_open for one in _cases(deals))
    run = ask(deals, days_ago=3)  # what was found is looked at again, whatever the days
    deals.work()
    assert deals.reload(run).state == "empty"
    assert [one.state for one in findings_of(deals)] == ["superseded", "superseded"]
    assert not any(one.is_open for one in _cases(deals))


def test_a_later_version_that_got_through_does_not_hide_what_is_gone(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 1)
    workspace = _made(deals, "workspace_made")[-1]
    _take_away(deals, "workspace", "workspaces", workspace.outside_key)
    reconcile(deals)
    [told] = findings_of(deals)
    deals.change_deal(workspace.operation.source_key, exported=False)
    deals.run()
    later = deals.operations(business_key=workspace.operation.business_key, state__in=["written", "unchanged"])
    assert len(later) > 1, "its next version walked to the end"
    assert _made(deals, "client_in_psa")[-1].operation_id == later[-1].id, (
        "also what it left unchanged is known by number"
    )
    [still] = [one for one in findings_of(deals) if one.id == told.id]
    assert still.state == "rejected"
    assert reconcile(deals).unexplained == 1


def test_a_thing_whose_record_was_deleted_in_the_source_too_is_no_loss(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 1)
    project = _made(deals, "project_in_psa")[-1]
    _take_away(deals, "psa", "projects", project.outside_key)
    _take_away(deals, "crm", "opportunities", project.operation.source_key)
    found = reconcile(deals)
    assert (found.verdict, parts_of(found).get("missing_in_target", 0), parts_of(found)["deleted"]) == ("agreed", 0, 1)
    assert findings_of(deals) == []


def test_a_system_that_shows_nothing_is_named_and_the_others_are_looked_at(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 2)
    real, blind = registry.manifest, registry.manifest("sandbox_workspace")
    blind = replace(blind, objects=tuple(replace(spec, reading=None) for spec in blind.objects))
    _take_away(deals, "psa", "projects", _made(deals, "project_in_psa")[-1].outside_key)
    with patch.object(registry, "manifest", lambda slug: blind if slug == blind.slug else real(slug)):
        found = reconcile(deals)
    made = len(deals.operations(state="written"))
    workspace = step_of(found, "workspace_made")
    assert (workspace["unasked"], workspace["unproven"], workspace["source"]["count"]) == ("shows_nothing", made, made)
    assert found.statement["unproven"] == made
    assert (found.verdict, found.unexplained) == ("unexplained", 1)


def test_a_system_that_is_switched_off_or_refuses_is_no_loss(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 2)
    made = len(deals.operations(state="written"))
    refused = MisconfiguredError("No right to see it.", business_class=BusinessClass.PERMISSION, status=403)

    def guarded(real: Any, connector: Any, name: str, keys: Any) -> Any:
        return _failing(refused) if keys and name == "projects" else real()

    with scope.work_in(deals.partner):
        Connection.objects.filter(id=deals.systems["workspace"].id).update(state=Connection.State.DISABLED)
    with _reading(guarded):
        found = reconcile(deals)
    assert (found.verdict, found.unexplained, found.statement["unproven"]) == ("unproven", 0, 2 * made)
    assert findings_of(deals) == []


def test_a_deal_the_reading_missed_is_found_and_a_retry_reads_it(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 1)
    deals.run()
    lost = deals.operations(state="written")[-1]
    with scope.work_in(deals.partner):
        OperationStep.objects.filter(operation__business_key=lost.business_key).delete()
        Operation.objects.filter(business_key=lost.business_key).delete()
        Link.objects.filter(business_key=lost.business_key).delete()
    assert deals.run().read == 0
    found = reconcile(deals)
    assert (parts_of(found)["never_read"], found.unexplained) == (1, 1)
    [told] = findings_of(deals)
    assert (told.source_key, told.amount, told.step) == (lost.source_key, lost.amount, "reconciliation")
    deals.change_deal(lost.source_key, exported=False)
    with scope.work_in(deals.partner):
        replay_operations([told.id], started_by="Ann")
    deals.work()
    assert [one.state for one in findings_of(deals)] == ["superseded"]
    assert deals.operations(business_key=lost.business_key, state__in=["written", "unchanged"])


def test_a_record_is_looked_at_on_the_days_on_which_it_walked_on(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 1)
    long_ago = timezone.now() - timedelta(days=5)
    project = _made(deals, "project_in_psa")[-1]
    with scope.work_in(deals.partner):
        OperationStep.objects.filter(operation_id=project.operation_id, name="project_in_psa").update(
            changed_at=long_ago
        )
    _take_away(deals, "psa", "projects", project.outside_key)
    run = ask(deals, days_ago=5)
    deals.work()
    found = found_by(deals, run)
    assert (found.statement["source"]["count"], counts_of(found)["project_in_psa"]) == (0, (1, 0))
    assert (found.unexplained, len(findings_of(deals))) == (1, 1)


def test_our_own_mark_on_a_deal_is_no_change_after_its_posting(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 1)
    deals.run()
    carried = deals.operations(state="written")[-1]
    assert deals.operations(state="skipped", business_key=carried.business_key), "the marked deal was read and left out"
    yesterday = datetime.combine(customers_day() - timedelta(days=1), time(12), UTC)
    with scope.work_in(deals.partner):
        version = yesterday.isoformat().replace("+00:00", "Z")
        Operation.objects.filter(id=carried.id).update(source_version=version)
    run = ask(deals, days_ago=1)
    deals.work()
    found = found_by(deals, run)
    rows = [row for row in rows_of(deals, found) if row.business_key == carried.business_key]
    assert (found.verdict, rows, found.statement["agreed"]) == ("agreed", [], 1)


def test_a_killed_worker_goes_on_and_tells_each_finding_once(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 3)
    for number, at in enumerate(("_take", "_ask_place", "_end_or_ask"), start=1):
        _take_away(deals, "psa", "projects", _made(deals, "project_in_psa")[-number].outside_key)
        run = ask(deals)
        work_killed_at(deals.work, run, reconciling._Reconciling, at)
        found = found_by(deals, run)
        assert (found.unexplained, len(findings_of(deals)), deals.reload(run).rejected) == (number, number, 1), at
        assert adds_up(found)


def test_what_a_step_took_back_is_not_expected(make_deals: MakeDeals) -> None:
    deals = _carried(make_deals, 1)
    made, project = len(deals.operations(state="written")), _made(deals, "project_in_psa")[-1]
    _take_away(deals, "psa", "projects", project.outside_key)
    assert reconcile(deals).unexplained == 1
    with scope.work_in(deals.partner):
        project.pk, project.name, project.kind, project.position = None, "closed", "withdraw", 90
        project.created = False
        project._state.adding = True
        project.save()
    found = reconcile(deals)
    assert (found.verdict, counts_of(found)["project_in_psa"]) == ("agreed", (made - 1, made - 1))
    assert [one.state for one in findings_of(deals)] == ["superseded"]
