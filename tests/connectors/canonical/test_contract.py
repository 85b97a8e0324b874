"""Contract: what it is, where it belongs, what it is worth, and what a signature must say."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from apps.connectors.canonical.registry import Amount, AmountQuality, canonical_type
from apps.connectors.canonical.shapes import LedgerReferences
from apps.connectors.errors import BusinessClass

TODAY = date(2026, 11, 21)
SIGNED = {
    "id": "SOW-0001",
    "name": "Statement of work, cloud move",
    "state": "signed",
    "client_name": "Northwind",
    "project": "PRJ-0001",
    "starts": date(2026, 12, 1),
    "amount": Decimal("120000.00"),
    "currency": "EUR",
    "signed_at": datetime(2026, 11, 3, 9, tzinfo=UTC),
}
described = canonical_type("Contract")


def test_a_contract_says_what_it_is_and_where_it_belongs() -> None:
    assert described.describe(SIGNED) == "Contract Statement of work, cloud move, signed"
    assert described.references(SIGNED) == LedgerReferences("Northwind", "PRJ-0001", "2026-12")
    assert [found for check in described.checks for found in check.find(SIGNED, TODAY)] == []


WRONG = {
    "signed without a time": ({"signed_at": None}, "signed_at", BusinessClass.MISSING_APPROVAL),
    "ends before it starts": ({"ends": date(2026, 11, 30)}, "ends", BusinessClass.VALIDATION),
    "an amount without currency": ({"currency": None}, "currency", BusinessClass.VALIDATION),
    "a currency that is none": ({"currency": "DOGE"}, "currency", BusinessClass.VALIDATION),
    "a negative limit": ({"po_limit": Decimal(-1)}, "po_limit", BusinessClass.VALIDATION),
    "no state": ({"state": None}, "state", BusinessClass.MISSING_REFERENCE),
}


@pytest.mark.parametrize(("values", "field", "business_class"), WRONG.values(), ids=WRONG.keys())
def test_a_contract_that_cannot_be_right_is_told(
    values: dict[str, object], field: str, business_class: BusinessClass
) -> None:
    found = [found for check in described.checks for found in check.find({**SIGNED, **values}, TODAY)]
    assert [(problem.field, problem.business_class) for problem in found] == [(field, business_class)]


def test_a_contract_in_force_needs_no_signature_of_ours() -> None:
    active = {**SIGNED, "state": "active", "signed_at": None}
    assert [found for check in described.checks for found in check.find(active, TODAY)] == []


WORTH = {
    "signed": ({}, Amount(Decimal("120000.00"), "EUR", AmountQuality.KNOWN)),
    "sent": ({"state": "sent"}, Amount(Decimal("120000.00"), "EUR", AmountQuality.ESTIMATED)),
    "void": ({"state": "void"}, None),
    "without value": ({"amount": None}, None),
    "in no currency": ({"currency": None}, Amount(Decimal(0), "", AmountQuality.UNKNOWN)),
}


@pytest.mark.parametrize(("values", "worth"), WORTH.values(), ids=WORTH.keys())
def test_a_contract_is_worth_its_amount_once_it_is_agreed(values: dict[str, object], worth: Amount | None) -> None:
    assert described.amount({**SIGNED, **values}) == worth
