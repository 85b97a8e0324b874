"""Tryton's customer invoices: which are read, what the canonical model makes of them, how one is found."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.canonical.invoice import INVOICE
from apps.connectors.contract import Connector, SourceRecord
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog import tryton_stand_in as stand_in
from tests.connectors.catalog.canonical_reading import canonical, read_canonical


@dataclass
class Office:
    """A stand-in, and an open connection to it."""

    tryton: stand_in.TrytonStandIn
    connector: Connector


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    tryton = stand_in.TrytonStandIn()
    async with AsyncExitStack() as stack:
        address = f"127.0.0.1:{await stack.enter_async_context(stand_in.serve(tryton))}"
        connector = registry.open_system(
            registry.manifest("tryton"),
            base_url=f"http://{address}/firm",
            settings={},
            secrets={"token": stand_in.KEY},
            allow=(address,),
            budget=NoBudget(),
        )
        yield Office(tryton, await stack.enter_async_context(connector))


async def _invoices(office: Office) -> list[SourceRecord]:
    return [record async for page in office.connector.read("account.invoice", None) for record in page.records]


async def test_a_customer_invoice_is_read_canonically(office: Office) -> None:
    days = [{"id": 4, "maturity_date": stand_in.date(day)} for day in ("2026-12-02", "2027-01-01")]
    office.tryton.bill("2026-1", lines_to_pay=[*days, {"id": 6, "maturity_date": None}])
    [record] = await _invoices(office)
    told = read_canonical(registry.manifest("tryton").object_named("account.invoice"), dict(record.values))
    assert told.pop("updated_at") == datetime.fromisoformat(record.version)
    assert told == {
        "id": "1", "number": "2026-1", "kind": "invoice", "client": "7", "client_name": "Orion Energi AS",
        "issue_date": date(2026, 11, 2), "due_date": date(2027, 1, 1), "currency": "EUR", "net": Decimal("1625.00"),
        "tax": Decimal("308.75"), "gross": Decimal("1933.75"), "open_amount": Decimal("1933.75"), "state": "posted",
        "po_number": "PO-77", "note": "With thanks",
        "lines": [
            {"description": "Consulting", "quantity": 12.5, "price": "130.00", "net": "1625.00", "account": "4.1.1"}
        ],
    }  # fmt: skip
    assert [problem for check in INVOICE.checks for problem in check.find(told, date(2026, 11, 21))] == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"quantity": -2.25}, {"kind": "credit", "gross": Decimal("-348.08"), "state": "posted"}),
        ({"state": "paid", "amount_to_pay": stand_in.decimal(Decimal(0))}, {"state": "paid", "open_amount": Decimal(0)}),
        ({"state": "cancelled"}, {"state": "void", "number": "2026-1"}),
        ({"accounting_date": stand_in.date("2026-12-01")}, {"posting_date": date(2026, 12, 1)}),
        (
            {
                "lines": [
                    stand_in.invoice_line(1, 1.0, Decimal(8), unit={"id": 1, "symbol": "h"}, product={"code": "CONS"}),
                    stand_in.invoice_line(2, None, Decimal(8), type="subtotal"),
                ]
            },
            {
                "lines": [
                    {
                        "description": "Consulting", "quantity": 1.0, "unit": "h", "price": "130.00", "net": "8.00",
                        "item": "CONS", "account": "4.1.1",
                    }
                ]
            },
        ),
    ],
    ids=["a credit", "paid", "cancelled", "posted in another month", "unit, product and a subtotal"],
)  # fmt: skip
async def test_states_credits_and_lines_are_told_as_the_model_has_them(
    office: Office, changed: dict[str, Any], told: dict[str, Any]
) -> None:
    office.tryton.bill("2026-1", **changed)
    [record] = await _invoices(office)
    read, problems = canonical("tryton", "account.invoice", dict(record.values))
    assert problems == ()
    assert {field: read[field] for field in told} == told


async def test_lines_that_the_user_may_not_read_keep_no_invoice_back(office: Office) -> None:
    office.tryton.bill("2026-1")
    for hidden in ("lines", "lines_to_pay"):  # what may not be read is not there at all
        del office.tryton.rows["account.invoice"][0][hidden]
    [record] = await _invoices(office)
    read, problems = canonical("tryton", "account.invoice", dict(record.values))
    assert (problems, read["gross"], read.get("due_date")) == ((), Decimal("1933.75"), None)


async def test_drafts_and_bills_of_suppliers_are_not_read(office: Office) -> None:
    draft = office.tryton.bill(None)
    office.tryton.bill("S-1", type="in")
    office.tryton.bill("2025-9", company=2)
    assert await _invoices(office) == []
    row = office.tryton.rows["account.invoice"][draft - 1]
    row.update(number="2026-1", state="posted", invoice_date=stand_in.date("2026-11-02"), write_date=row["create_date"])
    assert [record.key for record in await _invoices(office)] == [str(draft)]


async def test_an_invoice_is_found_by_its_number_unless_two_have_it(office: Office) -> None:
    for number in ("7", "8", "8"):
        office.tryton.bill(number)
    office.tryton.bill("9", type="in")
    found = await office.connector.find("account.invoice", ["7", "8", "9", "10"])
    assert {number: record.key for number, record in found.items()} == {"7": "1"}
