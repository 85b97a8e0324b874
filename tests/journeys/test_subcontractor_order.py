"""A request for somebody from outside on its way to a purchase order: agreed to by its amount, ordered once."""

import re
from collections.abc import Callable
from typing import Any

from apps.accounts.actions import Role
from tests.wiring import Wired

MakeWired = Callable[..., Wired]
REQUESTS, ORDERS = "purchase-requests", "purchase-orders"


def _wired(make_wired: MakeWired, **values: Any) -> tuple[Wired, str]:
    """Return a firm with one submitted request for an assignment, of 40 hours at 90.00."""
    wired = make_wired("subcontractor-order", source="resource", target="erp")
    assignment = wired.records("resource", "assignments")[0]["id"]
    asked = {
        "assignment": assignment, "project_code": "PRJ-0001", "role": "Testing", "supplier": "S-100", "hours": 40,
        "rate": "90.00", "currency": "EUR", "state": "submitted", **values,
    }  # fmt: skip
    return wired, str(wired.add("resource", REQUESTS, **asked)["id"])


def _decide(wired: Wired, role: Role, decision: str = "approve") -> None:
    person = wired.browser(role)
    found = re.search(r"/approvals/([0-9a-f-]{36})/", person.get("/approvals/").content.decode())
    assert found is not None
    said = person.post(f"/approvals/{found[1]}/decide/", {"decision": decision, "reason": "As agreed."})
    assert said.status_code in (200, 302)
    wired.work()


def _waits_at(wired: Wired) -> list[str]:
    return [operation.step for operation in wired.operations(state="waiting")]


def test_a_small_request_is_ordered_its_number_comes_back_and_a_change_reaches_the_same_order(
    make_wired: MakeWired,
) -> None:
    wired, key = _wired(make_wired)
    run = wired.run()
    assert (run.state, run.written) == ("clean", 1), wired.operations()[-1].error_message
    order = wired.record("erp", ORDERS)
    assert (order["supplier_name"], float(order["amount"]), order["state"]) == (
        "Vale Freelance GmbH",
        3600.0,
        "approved",
    )
    request = wired.record("resource", REQUESTS, id=key)
    assert (request["po_number"], request["state"]) == (order["number"], "ordered")
    assert wired.records("resource", "assignments", id=request["assignment"])[0]["po_number"] == order["number"]

    assert wired.run().written == 0, "the mark at the source is no news"
    wired.change("resource", REQUESTS, key, hours=50)
    assert wired.run().written == 1
    assert float(wired.record("erp", ORDERS, number=order["number"])["amount"]) == 4500.0
    assert [one for one in wired.written("erp") if one[1] == ORDERS] == [("create", ORDERS), ("change", ORDERS)]

    wired.change("resource", REQUESTS, key, state="void")
    wired.run()
    assert wired.record("erp", ORDERS)["state"] == "void"


def test_a_large_request_waits_for_finance_then_the_owner_and_only_more_is_asked_about_again(
    make_wired: MakeWired,
) -> None:
    wired, key = _wired(make_wired, hours=600)
    assert (wired.run().state, _waits_at(wired)) == ("waiting", ["finance_agrees"])
    _decide(wired, Role.FINANCE_APPROVER)
    assert (_waits_at(wired), wired.records("erp", ORDERS)) == (["owner_agrees"], [])
    _decide(wired, Role.CUSTOMER_OWNER)
    assert len(wired.records("erp", ORDERS)) == 1
    wired.run()
    wired.change("resource", REQUESTS, key, hours=500)
    wired.run()
    assert (_waits_at(wired), float(wired.record("erp", ORDERS)["amount"])) == ([], 45_000.0)
    wired.change("resource", REQUESTS, key, hours=700)
    wired.run()
    assert _waits_at(wired) == ["finance_agrees"]
    _decide(wired, Role.FINANCE_APPROVER, "reject")
    assert [one.error_class for one in wired.operations(state="rejected")] == ["missing_approval"]
    assert float(wired.record("erp", ORDERS)["amount"]) == 45_000.0


def test_a_supplier_nobody_knows_is_an_exception_until_the_request_names_another(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired, supplier="S-999")
    assert wired.run().state == "partial"
    (case,) = wired.cases()
    assert (case.error_class, case.queue) == ("missing_reference", "master_data")
    assert "S-999" in wired.operations(state="rejected")[0].error_message
    wired.change("resource", REQUESTS, key, supplier="S-200")
    assert wired.run().written == 1
    assert (wired.cases(), wired.record("erp", ORDERS)["supplier_name"]) == ([], "Nordic Experts AB")
