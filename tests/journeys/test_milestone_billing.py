"""An accepted milestone on its way to an invoice: released by somebody, drafted once, and never changed behind the books."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.accounts.actions import Action, Role
from apps.dispatch.models import DueWork
from apps.flows.models import OperationStep
from apps.flows.services.flow_settings import change_settings
from apps.tenants import scope
from tests.wiring import Wired

MakeWired = Callable[..., Wired]
PROJECT = "PRJ-0001"


def _wired(make_wired: MakeWired, **milestone: Any) -> tuple[Wired, str]:
    """Return the systems of a firm with one milestone, accepted unless it says otherwise."""
    wired = make_wired("milestone-billing", source="psa", target="erp")
    erp = wired.record("erp", "projects", code=PROJECT)
    wired.change("erp", "projects", erp["id"], billing_kind="milestone", budget_amount="40000.00")
    values = {"project_code": PROJECT, "name": "Go-live", "amount": "9000.00", "status": "ready", **milestone}
    return wired, str(wired.add("psa", "milestones", **values)["id"])


def _release(wired: Wired) -> str:
    """Release what is asked of the finance approver, and return the page that asks."""
    approver = wired.browser(Role.FINANCE_APPROVER)
    listed = approver.get("/approvals/").content.decode()
    found = re.search(r"/approvals/([0-9a-f-]{36})/", listed)
    assert found is not None, listed[-2000:]
    page = approver.get(f"/approvals/{found[1]}/").content.decode()
    said = approver.post(f"/approvals/{found[1]}/decide/", {"decision": "approve", "reason": ""})
    assert said.status_code in (200, 302)
    wired.work()
    return page


def test_a_milestone_is_drafted_once_it_is_released_and_a_corrected_amount_changes_the_draft(
    make_wired: MakeWired,
) -> None:
    wired, key = _wired(make_wired)
    run = wired.run()
    assert run.state == "waiting"
    assert wired.records("erp", "invoices") == []
    page = _release(wired)
    assert "Go-live" in page
    assert PROJECT in page
    assert wired.reload(run).state == "clean"
    invoice = wired.record("erp", "invoices")
    project = wired.record("erp", "projects", code=PROJECT)
    assert (float(invoice["net"]), invoice["state"], invoice["project"]) == (9_000, "draft", PROJECT)
    assert (invoice["customer_number"], invoice["company"]) == (project["customer_number"], project["company"])
    assert [float(line["net"]) for line in invoice["lines"]] == [9_000]
    assert wired.run().written == 0

    wired.change("psa", "milestones", key, amount="9500.00")
    wired.run()
    _release(wired)
    (changed,) = wired.records("erp", "invoices")
    assert (changed["number"], float(changed["net"])) == (invoice["number"], 9_500)


def test_what_is_in_the_books_is_not_changed_but_handed_to_finance(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired)
    wired.run()
    _release(wired)
    invoice = wired.record("erp", "invoices")
    wired.change("erp", "invoices", invoice["id"], state="posted")
    wired.change("psa", "milestones", key, amount="9500.00")
    wired.run()
    _release(wired)
    (operation,) = wired.operations(state="rejected")
    assert (operation.step, operation.error_class) == ("drafted", "conflict")
    assert "Issue a credit" in operation.error_message
    assert [case.error_class for case in wired.cases()] == ["conflict"]
    assert float(wired.record("erp", "invoices")["net"]) == 9_000


def test_a_project_billed_by_time_is_refused_until_its_rule_is_corrected(make_wired: MakeWired) -> None:
    wired, _ = _wired(make_wired)
    erp = wired.record("erp", "projects", code=PROJECT)
    wired.change("erp", "projects", erp["id"], billing_kind="time_material")
    run = wired.run()
    (operation,) = wired.operations(state="rejected")
    assert (run.state, operation.step, operation.error_class) == ("partial", "project", "validation")
    assert "bill the same work twice" in operation.error_message
    assert [case.amount for case in wired.cases()] == [9_000]

    wired.change("erp", "projects", erp["id"], billing_kind="milestone")
    program = wired.program(Action.WORK_CASES)
    said = program.post("/api/v1/operations/replay/", {"ids": [str(operation.id)]}, content_type="application/json")
    assert said.status_code == 202
    wired.work()
    _release(wired)
    assert len(wired.records("erp", "invoices")) == 1


def test_a_retainer_waits_for_its_day_and_one_that_is_called_off_is_never_drafted(make_wired: MakeWired) -> None:
    today = datetime.now(UTC).date()
    retainer = {"sort": "retainer", "billed_when": "date_reached", "status": "planned", "amount": None}
    wired, key = _wired(make_wired, due_on=(today + timedelta(days=20)).isoformat(), **retainer)
    wired.add("psa", "milestones", name="This month", project_code=PROJECT, due_on=today.isoformat(), **retainer)
    with scope.work_in(wired.partner):
        change_settings(wired.flow, settings={"retainer_amount": 2_500}, changed_by="test")
    wired.run()
    _release(wired)
    invoice = wired.record("erp", "invoices")
    assert (float(invoice["net"]), invoice["issued_on"]) == (2_500, today.isoformat())
    (waiting,) = wired.operations(state="waiting")
    assert (waiting.source_key, waiting.step) == (key, "due")

    wired.change("psa", "milestones", key, status="void")
    wired.run()
    _let_the_days_pass(wired)
    assert {operation.state for operation in wired.operations(source_key=key)} == {"superseded", "unchanged"}
    assert len(wired.records("erp", "invoices")) == 1


def _let_the_days_pass(wired: Wired) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    with scope.work_in(wired.partner):
        OperationStep.objects.filter(due_at__isnull=False).update(due_at=past)
    DueWork.objects.filter(kind="flows.walk").update(due_at=past)
    wired.work()


def test_a_draft_of_what_became_void_is_taken_back(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired)
    wired.run()
    _release(wired)
    assert len(wired.records("erp", "invoices")) == 1
    wired.change("psa", "milestones", key, status="void")
    wired.run()
    assert wired.records("erp", "invoices") == []
