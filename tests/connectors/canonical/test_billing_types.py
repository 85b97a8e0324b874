"""Milestones, payments, purchase orders, rates and approvals: what each is worth and which rules it must hold."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.canonical.payment import allocated
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.shapes import LedgerReferences

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SOUND: dict[str, dict[str, Any]] = {
    "BillingMilestone": {
        "contract": "C-1",
        "sequence": 2,
        "project": "PRJ-0001",
        "client_name": "Northwind",
        "name": "Design signed off",
        "condition": "milestone_accepted",
        "due_on": date(2026, 11, 30),
        "accepted_at": NOW,
        "amount": Decimal("12000.00"),
        "currency": "EUR",
        "state": "ready",
    },
    "Payment": {
        "id": "P-1",
        "client_name": "Northwind",
        "client": "C1",
        "received_on": date(2026, 11, 20),
        "amount": Decimal("100.00"),
        "currency": "EUR",
        "allocations": [{"invoice": "INV-1", "amount": "60.00"}, {"invoice": "INV-2", "amount": 40}],
    },
    "PurchaseOrder": {
        "number": "PO-7",
        "supplier": "S1",
        "supplier_name": "Kite Works",
        "project": "PRJ-0001",
        "starts": date(2026, 11, 1),
        "ends": date(2026, 12, 31),
        "amount": Decimal("8000.00"),
        "currency": "EUR",
        "lines": [{"net": "5000.00"}, {"net": 3000}],
        "state": "approved",
    },
    "RateLine": {
        "role": "Consultant",
        "unit": "hour",
        "bill_rate": Decimal(140),
        "currency": "EUR",
        "overtime_factor": Decimal("1.5"),
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
    },
    "Approval": {
        "id": "A-1",
        "subject": "INV-1",
        "subject_name": "Invoice INV-1",
        "amount": Decimal(900),
        "currency": "EUR",
        "approver": "ann",
        "requested_at": datetime(2026, 11, 19, tzinfo=UTC),
        "decision": "approved",
        "decided_at": NOW,
    },
    "AccountingPeriod": {
        "legal_entity": "100",
        "code": "2026-11",
        "starts": date(2026, 11, 1),
        "ends": date(2026, 11, 30),
        "state": "open",
    },
    "LegalEntity": {"code": "100", "name": "Kestrel Advisory", "country": "DE", "currency": "EUR"},
    "RateCard": {"code": "STD", "name": "Standard", "currency": "EUR", "valid_from": date(2026, 1, 1)},
    "Dimension": {"code": "cost_center", "name": "Cost centre"},
    "DimensionValue": {"dimension": "cost_center", "code": "4711", "name": "Data", "active": True},
}


def _problems(name: str, values: dict[str, Any]) -> list[tuple[str, str]]:
    found = [one for check in canonical_type(name).checks for one in check.find(values, TODAY)]
    assert all(one.message.endswith(".") for one in found)
    return [(one.field, one.code) for one in found]


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_record_passes(name: str) -> None:
    assert _problems(name, SOUND[name]) == []
    assert "?" not in canonical_type(name).describe(SOUND[name])


BROKEN = [
    pytest.param("BillingMilestone", {"amount": None}, [("amount", "missing")], id="ready, but for how much"),
    pytest.param("BillingMilestone", {"amount": None, "percent": Decimal("0.25")}, [], id="a share is enough"),
    pytest.param("BillingMilestone", {"percent": Decimal(25)}, [("percent", "too_much")], id="a share of 25"),
    pytest.param("BillingMilestone", {"accepted_at": None}, [("accepted_at", "not_accepted")], id="nobody accepted it"),
    pytest.param("BillingMilestone", {"accepted_at": None, "state": "planned"}, [], id="planned waits for acceptance"),
    pytest.param(
        "BillingMilestone", {"accepted_at": None, "condition": "date_reached"}, [], id="a day needs no acceptance"
    ),
    pytest.param(
        "Payment", {"amount": Decimal("99.99")}, [("allocations", "too_much_allocated")], id="paid too little"
    ),
    pytest.param("Payment", {"amount": Decimal(200)}, [], id="a part may be left over"),
    pytest.param("Payment", {"allocations": [{"invoice": "INV-1"}]}, [], id="an allocation without amount"),
    pytest.param("Payment", {"allocations": [{"amount": "many"}]}, [("allocations", "")], id="an amount in words"),
    pytest.param("Payment", {"received_on": date(2026, 12, 1)}, [("received_on", "future")], id="paid in the future"),
    pytest.param("PurchaseOrder", {"amount": Decimal(7000)}, [("amount", "lines_differ")], id="lines of another sum"),
    pytest.param("PurchaseOrder", {"lines": [{"net": "x"}]}, [("lines", "")], id="a line in words"),
    pytest.param(
        "PurchaseOrder", {"supplier": None, "supplier_name": None}, [("supplier", "missing")], id="with no supplier"
    ),
    pytest.param("PurchaseOrder", {"kind": "client"}, [("client", "missing")], id="of no client"),
    pytest.param("PurchaseOrder", {"kind": "client", "client_name": "Northwind"}, [], id="of a client"),
    pytest.param("RateLine", {"overtime_factor": Decimal(0)}, [("overtime_factor", "no_factor")], id="factor nought"),
    pytest.param("RateLine", {"bill_rate": Decimal(-1)}, [("bill_rate", "negative")], id="a rate below zero"),
    pytest.param("RateLine", {"valid_to": date(2025, 1, 1)}, [("valid_to", "ends_before_start")], id="over before"),
    pytest.param("Approval", {"decided_at": None}, [("decided_at", "missing")], id="decided, but when"),
    pytest.param("Approval", {"approver": None}, [("approver", "missing")], id="decided, but by whom"),
    pytest.param("Approval", {"approver": None, "approver_name": "Ann"}, [], id="a name is enough"),
    pytest.param("Approval", {"decision": "pending", "decided_at": None, "approver": None}, [], id="not decided yet"),
    pytest.param(
        "Approval",
        {"requested_at": datetime(2026, 11, 21, tzinfo=UTC)},
        [("decided_at", "decided_too_early")],
        id="decided before asked",
    ),
    pytest.param(
        "AccountingPeriod", {"ends": date(2026, 10, 1)}, [("ends", "ends_before_start")], id="a period undone"
    ),
    pytest.param("LegalEntity", {"country": "Germany"}, [("country", "wrong_form")], id="a country in full"),
]


@pytest.mark.parametrize(("name", "change", "expected"), BROKEN)
def test_a_rule_finds_what_is_wrong(name: str, change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    values = {field: value for field, value in {**SOUND[name], **change}.items() if value is not None}
    assert _problems(name, values) == expected


AMOUNTS = [
    pytest.param("BillingMilestone", {}, "12000 EUR known", id="a step that is ready"),
    pytest.param("BillingMilestone", {"state": "planned"}, "12000 EUR estimated", id="a step that is planned"),
    pytest.param("BillingMilestone", {"amount": None}, "0  unknown", id="a step with a share only"),
    pytest.param("BillingMilestone", {"state": "void"}, "nothing", id="a step that is off"),
    pytest.param("Payment", {}, "100 EUR known", id="a payment"),
    pytest.param("Payment", {"state": "void"}, "nothing", id="a payment that bounced"),
    pytest.param("PurchaseOrder", {}, "8000 EUR known", id="an approved order"),
    pytest.param("PurchaseOrder", {"state": "submitted"}, "8000 EUR estimated", id="an order to be approved"),
    pytest.param("PurchaseOrder", {"state": "rejected"}, "nothing", id="a rejected order"),
    pytest.param("PurchaseOrder", {"currency": None}, "0  unknown", id="an order in no currency"),
    pytest.param("RateLine", {}, "nothing", id="a rate"),
    pytest.param("Approval", {}, "900 EUR known", id="an approval about money"),
    pytest.param("Approval", {"amount": None}, "nothing", id="an approval about no money"),
]


@pytest.mark.parametrize(("name", "change", "expected"), AMOUNTS)
def test_an_amount_says_how_sure_it_is(name: str, change: dict[str, Any], expected: str) -> None:
    values = {field: value for field, value in {**SOUND[name], **change}.items() if value is not None}
    amount = canonical_type(name).amount(values)
    said = "nothing" if amount is None else f"{amount.value.normalize():f} {amount.currency} {amount.quality}"
    assert said == expected


REFERENCES = [
    ("BillingMilestone", LedgerReferences("Northwind", "PRJ-0001", "2026-11")),
    ("Payment", LedgerReferences("Northwind", "", "2026-11")),
    ("PurchaseOrder", LedgerReferences("", "PRJ-0001", "2026-11")),
    ("RateLine", LedgerReferences("", "", "2026-01")),
    ("RateCard", LedgerReferences("", "", "2026-01")),
    ("AccountingPeriod", LedgerReferences("", "", "2026-11")),
    ("Approval", LedgerReferences("", "", "2026-11")),
]


@pytest.mark.parametrize(("name", "expected"), REFERENCES)
def test_a_record_is_found_by_client_project_and_month(name: str, expected: LedgerReferences) -> None:
    assert canonical_type(name).references(SOUND[name]) == expected


def test_an_order_of_hours_at_a_price_is_worth_both() -> None:
    derive = canonical_type("PurchaseOrder").derive
    assert derive({"hours": Decimal("10.5"), "rate": Decimal("99.99"), "currency": "EUR"}) == {
        "amount": Decimal("1049.90")
    }
    assert derive({"hours": Decimal(1), "rate": Decimal(2), "amount": Decimal(3)}) == {}
    assert derive({"hours": Decimal(1)}) == {}


def test_allocations_are_rounded_each_to_the_currency() -> None:
    assert allocated([{"amount": "1.005"}, {"amount": "1.005"}], "EUR") == Decimal("2.02")
    assert allocated([{"amount": 1}, "INV-2"], "EUR") is None
    assert allocated([], "EUR") is None
