"""What becomes of invoices in the ERP is shown on the projects of the PSA, and in the CRM where that is wanted."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.wiring import Wired

MakeWired = Callable[..., Wired]
TODAY = datetime.now(UTC).date().isoformat()


def _bill(firm: Wired, project: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Write an invoice in the ERP, as finance does."""
    about = {"customer_number": project["customer_number"], "project": project["code"], "currency": project["currency"]}
    money = {"net": 1000, "tax": 190, "gross": 1190, "open_amount": 1190}
    return firm.add("erp", "invoices", **about, issued_on=TODAY, **money, **{"state": "posted", **more})


def test_the_fate_of_each_invoice_is_seen_on_its_project_and_a_payment_is_one_update(make_wired: MakeWired) -> None:
    firm = make_wired("billing-status", source="erp", target="psa")
    first, second = firm.records("erp", "projects")[:2]
    posted = _bill(firm, first)
    draft = _bill(firm, second, state="draft", block_reason="Purchase order is missing")
    firm.add("erp", "invoices", customer_number=first["customer_number"], issued_on=TODAY, currency="EUR", net=5)
    run = firm.run()
    assert (run.state, run.written, run.skipped, run.rejected) == ("clean", 2, 1, 0)
    shown = firm.record("psa", "invoices", number=posted["number"])
    assert (shown["project_code"], shown["state"], shown["open_amount"]) == (first["code"], "posted", 1190)
    assert firm.record("psa", "projects", code=first["code"])["billing_state"] == "open"
    blocked = firm.record("psa", "invoices", number=draft["number"])
    assert (blocked["state"], blocked["blocked_because"]) == ("draft", "Purchase order is missing")
    assert firm.record("psa", "projects", code=second["code"])["billing_state"] == "blocked"

    firm.change("erp", "invoices", posted["id"], state="paid", open_amount=0)
    firm.change("erp", "invoices", draft["id"], state="posted", block_reason="")
    again = firm.run()
    assert (again.written, again.rejected) == (2, 0)
    assert firm.record("psa", "projects", code=first["code"])["billing_state"] == "paid"
    assert firm.record("psa", "projects", code=second["code"])["billing_state"] == "open"
    assert firm.record("psa", "invoices", number=draft["number"])["blocked_because"] is None
    assert len(firm.records("psa", "invoices")) == 2

    firm.change("erp", "invoices", draft["id"], state="void")
    assert firm.run().written == 1
    assert firm.record("psa", "invoices", number=draft["number"])["state"] == "void"
    assert firm.record("psa", "projects", code=second["code"])["billing_state"] is None


def test_an_invoice_for_a_project_that_delivery_does_not_know_waits_with_an_owner(make_wired: MakeWired) -> None:
    firm = make_wired("billing-status", source="erp", target="psa")
    known = firm.records("erp", "projects")[0]
    unknown = firm.add("erp", "projects", **{**_plain(known), "code": "PRJ-9000", "name": "Only in the books"})
    invoice, odd = _bill(firm, unknown), _bill(firm, known, state="paid")
    run = firm.run()
    blocked = {line.source_key: line for line in firm.operations(state="rejected")}
    assert (run.state, set(blocked)) == ("partial", {invoice["id"], odd["id"]})
    assert "The PSA knows no project PRJ-9000" in blocked[invoice["id"]].error_message
    assert "still has an open amount" in blocked[odd["id"]].error_message
    assert {case.error_class for case in firm.cases()} == {"missing_reference", "validation"}
    client = firm.records("psa", "clients")[0]["id"]
    firm.add("psa", "projects", code="PRJ-9000", name="Only in the books", client_id=client)
    firm.change("erp", "invoices", invoice["id"], note="Known now")
    firm.change("erp", "invoices", odd["id"], open_amount=0)
    assert firm.run().written == 2
    assert firm.cases() == []


def _plain(project: dict[str, Any]) -> dict[str, Any]:
    return {name: project[name] for name in ("company", "customer_number", "currency")}


@pytest.mark.parametrize("state", ["posted", "void"])
def test_the_account_lead_sees_the_same_in_the_crm(make_wired: MakeWired, state: str) -> None:
    firm = make_wired("billing-status", source="erp", target="crm")
    invoice = _bill(firm, firm.records("erp", "projects")[0], state=state)
    assert firm.run().written == 1
    shown = firm.record("crm", "invoices", number=invoice["number"])
    assert (shown["state"], shown["client_name"], shown["amount"]) == (state, invoice["customer"], 1190)
