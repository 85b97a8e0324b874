"""Approved expenses reach the ERP with their receipts; what the firm's policy does not allow waits for a person."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.wiring import Wired

MakeWired = Callable[..., Wired]


def _wired(make_wired: MakeWired, **wishes: Any) -> Wired:
    return make_wired("expenses-to-bill", source="expense", target="erp", **wishes)


def test_every_approved_expense_arrives_once_with_its_receipt_and_a_change_is_one_update(make_wired: MakeWired) -> None:
    firm = _wired(make_wired)
    spent = firm.records("expense", "expenses", status="approved", billable=True)
    run = firm.run()
    assert (run.state, run.written, run.rejected) == ("clean", len(spent), 0)
    lines = {line["external_id"]: line for line in firm.records("erp", "expense-lines")}
    assert set(lines) == {expense["id"] for expense in spent} != set()
    for expense in spent:
        line = lines[expense["id"]]
        assert Decimal(str(line["amount"])) == Decimal(expense["amount"])
        told = ("receipt", "report_no", "spent_on", "currency", "reimbursable", "category", "cost_center")
        assert {name: line[name] for name in told} == {name: expense[name] for name in told}
        assert (line["project"], line["employee"]) == (expense["project_code"], expense["employee_no"])
    firm.change("expense", "expenses", spent[0]["id"], amount="21.40", tax_amount="3.42")
    again = firm.run()
    assert (again.written, again.rejected) == (1, 0)
    assert firm.record("erp", "expense-lines", external_id=spent[0]["id"])["amount"] == 21.4
    assert len(firm.records("erp", "expense-lines")) == len(spent)


def test_what_the_policy_or_the_erp_refuses_waits_with_its_reason_and_the_rest_goes_on(make_wired: MakeWired) -> None:
    firm = _wired(make_wired)
    bare, gone, odd, shut, *_others = firm.records("expense", "expenses", status="approved", billable=True)
    closed = firm.add("erp", "projects", code="PRJ-9100", name="Over", company="100", state="closed")
    firm.change("expense", "expenses", bare["id"], amount="180.00", receipt=None)
    firm.change("expense", "expenses", gone["id"], employee_no="E-9001")
    firm.change("expense", "expenses", odd["id"], amount="10.00", tax_amount="11.00")
    firm.change("expense", "expenses", shut["id"], project_code=closed["code"])
    run = firm.run()
    blocked = {line.source_key: line for line in firm.operations(state="rejected")}
    assert (run.state, set(blocked)) == ("partial", {bare["id"], gone["id"], odd["id"], shut["id"]})
    assert "needs a receipt" in blocked[bare["id"]].error_message
    assert (blocked[bare["id"]].step, blocked[bare["id"]].amount) == ("check", Decimal("180.00"))
    assert "no active employee E-9001" in blocked[gone["id"]].error_message
    assert "more than the amount itself" in blocked[odd["id"]].error_message
    assert (blocked[shut["id"]].step, blocked[shut["id"]].error_class) == ("check", "inactive_project")
    assert run.written == len(firm.records("erp", "expense-lines")) > 0
    cases = firm.cases()
    assert len(cases) == 4
    assert {case.queue for case in cases} <= {"finance", "master_data", "delivery"}
    assert sum(case.operation_count for case in cases) == 4
    firm.change("expense", "expenses", bare["id"], receipt="found-it.pdf")
    again = firm.run()
    assert (again.written, again.rejected) == (1, 0)
    assert firm.record("erp", "expense-lines", external_id=bare["id"])["receipt"] == "found-it.pdf"
    assert len(firm.cases()) == 3, "the receipt closed its exception"
