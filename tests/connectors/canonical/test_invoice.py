"""Invoices: their amounts add up, and say what they are worth and to whom they belong."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.canonical.invoice import net_of_lines
from apps.connectors.canonical.registry import AmountQuality, canonical_type, restore
from apps.connectors.canonical.shapes import LedgerReferences

TODAY = date(2026, 11, 21)
INVOICE = canonical_type("Invoice")
GOOD: dict[str, Any] = {
    "number": "INV-7", "client": "C-1", "client_name": "Northwind", "project": "PRJ-1", "currency": "EUR",
    "issue_date": date(2026, 10, 31), "posting_date": date(2026, 11, 2), "due_date": date(2026, 11, 30),
    "net": Decimal("150.01"), "tax": Decimal("28.50"), "gross": Decimal("178.51"), "state": "posted",
    "lines": [{"description": "Audit", "net": 100.005}, {"description": "Travel", "net": "50.00"}],
}  # fmt: skip


def problems(**changes: Any) -> list[tuple[str, str]]:
    values = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return [(found.field, found.code) for check in INVOICE.checks for found in check.find(values, TODAY)]


WRONG: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "nothing": ({}, []),
    "no client": ({"client": None}, [("client", "missing")]),
    "due before it is issued": ({"due_date": date(2026, 10, 1)}, [("due_date", "ends_before_start")]),
    "lines that do not add up": ({"lines": [{"net": "150"}]}, [("net", "lines_differ")]),
    "a line of no amount": ({"lines": [{"net": "150"}, {"description": "Text"}]}, []),
    "a line in words": ({"lines": [{"net": "much"}]}, [("lines", "")]),
    "tax that does not add up": ({"gross": Decimal("178.50")}, [("gross", "tax_differs")]),
    "no lines": ({"lines": None}, []),
}


@pytest.mark.parametrize(("changes", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_with_an_invoice_names_its_field(changes: dict[str, Any], told: list[tuple[str, str]]) -> None:
    assert problems(**changes) == told


WORTH: dict[str, tuple[dict[str, Any], tuple[str, AmountQuality] | None]] = {
    "with tax": ({}, ("178.51", AmountQuality.KNOWN)),
    "without tax where no more is known": ({"gross": None}, ("150.01", AmountQuality.KNOWN)),
    "void": ({"state": "void"}, None),
    "no currency": ({"currency": None}, ("0", AmountQuality.UNKNOWN)),
    "no amount": ({"gross": None, "net": None}, ("0", AmountQuality.UNKNOWN)),
}


@pytest.mark.parametrize(("changes", "told"), WORTH.values(), ids=WORTH.keys())
def test_an_invoice_is_worth_what_the_client_pays(
    changes: dict[str, Any], told: tuple[str, AmountQuality] | None
) -> None:
    amount = INVOICE.amount({name: value for name, value in {**GOOD, **changes}.items() if value is not None})
    assert (amount and (str(amount.value), amount.quality)) == told


def test_an_invoice_belongs_to_the_month_it_is_posted_in() -> None:
    assert INVOICE.references(GOOD) == LedgerReferences("Northwind", "PRJ-1", "2026-11")
    assert INVOICE.describe(GOOD) == "Invoice INV-7 to Northwind of 2026-10-31, 178.51 EUR"


@pytest.mark.parametrize("state", ["paid", "posted", "part_paid", None])
def test_the_time_to_payment_counts_only_for_an_invoice_that_is_paid(state: str | None) -> None:
    references = INVOICE.references({**GOOD, "state": state})
    assert references.cycle_from == ("2026-10-31" if state == "paid" else "")


def test_lines_come_back_from_json_as_they_were() -> None:
    assert restore(INVOICE, {"lines": GOOD["lines"], "net": "1.5"})[0] == {
        "lines": GOOD["lines"], "net": Decimal("1.5"),
    }  # fmt: skip


@given(st.lists(st.decimals(min_value=-(10**6), max_value=10**6, places=2), min_size=1, max_size=20))
def test_amounts_of_lines_lose_nothing_on_their_way_through_json(nets: list[Decimal]) -> None:
    assert net_of_lines([{"net": float(net)} for net in nets], "EUR") == sum(nets)
    assert net_of_lines([{"net": str(net)} for net in nets], "EUR") == sum(nets)
