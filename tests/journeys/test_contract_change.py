"""A signed change order on its way into project, billing and deal: agreed to where it must be, and nothing made twice."""

import re
from collections.abc import Callable
from typing import Any

from apps.accounts.actions import Role
from tests.wiring import Wired

MakeWired = Callable[..., Wired]
PROJECT = "PRJ-0001"


def _wired(make_wired: MakeWired, **order: Any) -> tuple[Wired, str]:
    """Return the systems of a firm with one signed change order of a project that is sold for 50,000."""
    wired = make_wired("contract-change", source="contract", target="erp", roles={"psa": "psa", "crm": "crm"})
    psa = wired.record("psa", "projects", code=PROJECT)
    wired.change("psa", "projects", psa["id"], budget_hours=400, ends="2027-03-31")
    erp = wired.record("erp", "projects", code=PROJECT)
    wired.change("erp", "projects", erp["id"], budget_amount="50000.00", billing_kind="time_material")
    deal = wired.records("crm", "opportunities")[0]["id"]
    wired.change("crm", "opportunities", deal, note="Call before noon.")
    values = {
        "name": "Change order 1", "sort": "change_order", "state": "signed", "amends": "AG-00001", "deal_id": deal,
        "project_code": PROJECT, "client_name": "Okafor Bank", "signer_email": "signs@okafor.example", "currency": "EUR",
        **order,
    }  # fmt: skip
    return wired, str(wired.add("contract", "agreements", **values)["id"])


def _decide(wired: Wired, decision: str) -> str:
    """Decide what is asked of the finance approver, and return the page that asks."""
    approver = wired.browser(Role.FINANCE_APPROVER)
    listed = approver.get("/approvals/").content.decode()
    found = re.search(r"/approvals/([0-9a-f-]{36})/", listed)
    assert found is not None, listed[-2000:]
    page = approver.get(f"/approvals/{found[1]}/").content.decode()
    said = approver.post(f"/approvals/{found[1]}/decide/", {"decision": decision, "reason": "As agreed by telephone."})
    assert said.status_code in (200, 302)
    wired.work()
    return page


def _ours(wired: Wired) -> list[dict[str, Any]]:
    """Return what the flow did in ERP and PSA: calls of ours carry a correlation id, those of people do not."""
    return [effect for system in ("erp", "psa") for effect in wired.effects(system) if effect["correlation_id"]]


def _numbers(wired: Wired) -> tuple[int, int]:
    return len(wired.records("psa", "projects")), len(wired.records("erp", "projects"))


def test_a_small_change_order_reaches_project_billing_and_deal_and_its_next_version_changes_them_once_more(
    make_wired: MakeWired,
) -> None:
    wired, key = _wired(make_wired, amount="54000.00", cap_hours=430, ends="2027-06-30", billing_kind="milestone")
    before = _numbers(wired)
    run = wired.run()
    assert (run.state, run.written) == ("clean", 1), wired.operations()[-1].error_message
    psa, erp = wired.record("psa", "projects", code=PROJECT), wired.record("erp", "projects", code=PROJECT)
    assert (psa["budget_hours"], psa["ends"]) == (430, "2027-06-30")
    assert (float(erp["budget_amount"]), erp["billing_kind"], erp["ends"]) == (54_000, "milestone", "2027-06-30")
    (deal,) = [one for one in wired.records("crm", "opportunities") if one["note"]]
    assert deal["note"] == "Call before noon.\nChanged by Change order 1: 54000 EUR, until 2027-06-30"
    assert wired.run().written == 0

    wired.change("contract", "agreements", key, cap_hours=440)
    run = wired.run()
    assert (run.state, run.written) == ("clean", 1)
    assert wired.record("psa", "projects", code=PROJECT)["budget_hours"] == 440
    assert _numbers(wired) == before
    assert {effect["action"] for effect in _ours(wired)} == {"change"}
    (deal,) = [one for one in wired.records("crm", "opportunities") if one["note"]]
    assert deal["note"].count("Change order 1") == 1


def test_a_large_change_waits_for_somebody_who_sees_the_old_and_the_new_figures(make_wired: MakeWired) -> None:
    wired, _ = _wired(make_wired, amount="80000.00", cap_hours=640)
    run = wired.run()
    (operation,) = wired.operations(state="waiting")
    assert (run.state, operation.step) == ("waiting", "more_agreed")
    assert _ours(wired) == []
    page = _decide(wired, "approve")
    assert "50000 → 80000 EUR" in page
    assert "Rate card" not in page
    assert "400 → 640" in page
    assert wired.reload(run).state == "clean"
    assert float(wired.record("erp", "projects", code=PROJECT)["budget_amount"]) == 80_000


def test_a_reduction_is_always_asked_about_and_a_no_leaves_everything_as_it_was(make_wired: MakeWired) -> None:
    wired, _ = _wired(make_wired, amount="49900.00")
    wired.run()
    assert [operation.step for operation in wired.operations(state="waiting")] == ["less_agreed"]
    _decide(wired, "reject")
    (operation,) = wired.operations(source_key__startswith="AG-")[-1:]
    assert (operation.state, operation.step) == ("rejected", "less_agreed")
    assert _ours(wired) == []


def test_a_change_order_of_a_project_that_nobody_knows_is_an_exception_until_the_project_is_there(
    make_wired: MakeWired,
) -> None:
    wired, key = _wired(make_wired, amount="51000.00", project_code="PRJ-7777")
    run = wired.run()
    assert (run.state, run.rejected) == ("partial", 1)
    (operation,) = wired.operations(state="rejected")
    assert (operation.step, operation.error_class) == ("psa_project", "missing_reference")
    assert "PRJ-7777" in operation.error_message
    assert [case.error_class for case in wired.cases()] == ["missing_reference"]
    assert _ours(wired) == []
    wired.change("contract", "agreements", key, project_code=PROJECT)
    assert wired.run().written == 1
    assert wired.cases() == []
