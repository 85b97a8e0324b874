"""A budget that delivery has raised: finance hears of it once somebody agreed, and a no puts it back."""

import re
from collections.abc import Callable

from apps.accounts.actions import Role
from tests.wiring import Wired

MakeWired = Callable[..., Wired]
CODE = "PRJ-0001"


def _wired(make_wired: MakeWired, budget: str) -> Wired:
    """Return a firm with one project that finance knows for 50,000 and delivery plans with `budget`."""
    wired = make_wired("budget-approval", source="psa", target="erp")
    wired.change("erp", "projects", wired.record("erp", "projects", code=CODE)["id"], budget_amount="50000.00")
    _plan(wired, budget)
    return wired


def _plan(wired: Wired, budget: str) -> None:
    wired.change("psa", "projects", wired.record("psa", "projects", code=CODE)["id"], budget_amount=budget)


def _budgets(wired: Wired) -> tuple[float, ...]:
    return tuple(float(wired.record(system, "projects", code=CODE)["budget_amount"]) for system in ("psa", "erp"))


def _answer(wired: Wired, decision: str) -> str:
    approver = wired.browser(Role.FINANCE_APPROVER)
    found = re.search(r"/approvals/([0-9a-f-]{36})/", approver.get("/approvals/").content.decode())
    assert found is not None
    page = approver.get(f"/approvals/{found[1]}/").content.decode()
    said = approver.post(f"/approvals/{found[1]}/decide/", {"decision": decision, "reason": "As discussed."})
    assert said.status_code in (200, 302)
    wired.work()
    return page


def _waits_at(wired: Wired) -> list[str]:
    return [operation.step for operation in wired.operations(state="waiting")]


def test_a_small_rise_is_carried_at_once_and_a_large_one_once_somebody_agrees(make_wired: MakeWired) -> None:
    wired = _wired(make_wired, "52000.00")
    run = wired.run()
    assert (run.state, run.written, _budgets(wired)) == ("clean", 1, (52_000, 52_000))
    _plan(wired, "90000.00")
    wired.run()
    assert (_waits_at(wired), _budgets(wired)) == (["agreed"], (90_000, 52_000))
    assert re.search(r"52000(\.0+)? → 90000", _answer(wired, "approve"))
    assert _budgets(wired) == (90_000, 90_000)
    assert wired.run().written == 0


def test_a_refusal_puts_the_budget_back_and_nobody_is_asked_again(make_wired: MakeWired) -> None:
    wired = _wired(make_wired, "80000.00")
    wired.run()
    _answer(wired, "reject")
    assert _budgets(wired) == (50_000, 50_000)
    wired.run()
    assert _waits_at(wired) == []


def test_a_project_that_finance_does_not_know_is_an_exception(make_wired: MakeWired) -> None:
    wired = _wired(make_wired, "50000.00")
    client = wired.record("psa", "projects", code=CODE)["client_id"]
    wired.add("psa", "projects", code="PRJ-NEW", name="Unknown", client_id=client, budget_amount="10.00")
    assert wired.run().state == "partial"
    (case,) = wired.cases()
    assert (case.error_class, case.queue) == ("missing_reference", "master_data")
