"""A drafted invoice on its way out: the right people agree in order, or the books say who did not."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.accounts.actions import Role
from apps.dispatch.models import DueWork, Queue
from apps.flows.models import ApprovalRequest
from apps.tenants import scope
from tests.wiring import Wired

MakeWired = Callable[..., Wired]


def _wired(make_wired: MakeWired, **values: Any) -> tuple[Wired, str]:
    """Return an ERP with one drafted invoice of 20,000.00, seen as its own target."""
    wired = make_wired("invoice-release", source="erp", target="erp")
    return wired, _draft(wired, **values)


def _draft(wired: Wired, **values: Any) -> str:
    drafted = {
        "customer_number": "C-001", "project": "PRJ-0001", "issued_on": datetime.now(UTC).date().isoformat(),
        "currency": "EUR", "net": "20000.00", "note": "As per contract.", **values,
    }  # fmt: skip
    return str(wired.add("erp", "invoices", **drafted)["id"])


def _answer(wired: Wired, role: Role, decision: str = "approve") -> None:
    person = wired.browser(role)
    found = re.search(r"/approvals/([0-9a-f-]{36})/", person.get("/approvals/").content.decode())
    assert found is not None
    said = person.post(f"/approvals/{found[1]}/decide/", {"decision": decision, "reason": "As discussed."})
    assert said.status_code in (200, 302)
    wired.work()


def _waits_at(wired: Wired) -> list[str]:
    return [operation.step for operation in wired.operations(state="waiting")]


def test_a_small_invoice_is_released_at_once_and_a_larger_one_once_somebody_agrees(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired)
    small = _draft(wired, net="100.00")
    run = wired.run()
    assert (run.state, run.written, _waits_at(wired)) == ("waiting", 1, ["invoice_agreed"])
    assert wired.record("erp", "invoices", id=small)["state"] == "approved"
    assert wired.record("erp", "invoices", id=key)["state"] == "draft"
    _answer(wired, Role.FINANCE_APPROVER)
    released = wired.record("erp", "invoices", id=key)
    assert released["state"] == "approved"
    assert released["note"] == f"As per contract.\nReleased by {Role.FINANCE_APPROVER.value.title()}"
    effects = len(wired.effects("erp"))
    assert (wired.run().written, len(wired.effects("erp"))) == (0, effects), "the release is no news"


def test_a_refusal_is_noted_in_the_books_and_asked_again_only_when_the_note_is_gone(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired, sort="credit", net="50.00")
    wired.run()
    assert _waits_at(wired) == ["credit_agreed"]
    _answer(wired, Role.FINANCE_APPROVER, "reject")
    held = wired.record("erp", "invoices", id=key)
    assert held["state"] == "draft"
    assert "Not released: refused by" in held["note"]
    wired.run()
    assert _waits_at(wired) == []
    wired.change("erp", "invoices", key, note="")
    wired.run()
    assert _waits_at(wired) == ["credit_agreed"]


def test_what_was_changed_while_people_were_asked_is_asked_about_as_it_is_now(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired, net="150000.00")
    wired.run()
    _answer(wired, Role.FINANCE_APPROVER)
    assert _waits_at(wired) == ["large_agreed"]
    wired.change("erp", "invoices", key, net="190000.00")
    wired.run()
    _answer(wired, Role.CUSTOMER_OWNER)
    assert wired.record("erp", "invoices", id=key)["state"] == "draft"
    assert _waits_at(wired) == ["invoice_agreed"]
    _answer(wired, Role.FINANCE_APPROVER)
    _answer(wired, Role.CUSTOMER_OWNER)
    assert wired.record("erp", "invoices", id=key)["state"] == "approved"


def test_a_question_nobody_answers_goes_to_somebody_else_and_ends_as_an_exception(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired)
    wired.person(Role.FINANCE_APPROVER)
    wired.person(Role.CUSTOMER_OWNER)
    wired.run()
    for _ in range(3):  # it is asked, passed on, and over
        _let_time_pass(wired, timedelta(hours=49))
        wired.work(*Queue)
    (operation,) = [one for one in wired.operations() if one.state == "rejected"]
    assert (operation.step, operation.error_class) == ("invoice_agreed", "missing_approval")
    assert [case.error_class for case in wired.cases()] == ["missing_approval"]
    assert wired.record("erp", "invoices", id=key)["state"] == "draft"


def _let_time_pass(wired: Wired, span: timedelta) -> None:
    with scope.work_in(wired.partner):
        for request in ApprovalRequest.objects.filter(state="open"):
            for name in ("asked_at", "due_at", "reminded_at", "escalated_at"):
                if getattr(request, name) is not None:
                    setattr(request, name, getattr(request, name) - span)
            request.save()
    DueWork.objects.filter(customer_id=wired.customer.id).update(due_at="2020-01-01T00:00:00Z")
