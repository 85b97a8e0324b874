"""QuickBooks Online: its refusals in business words, two hands at once, and records as the canonical model has them."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from apps.connectors import registry
from apps.connectors.catalog.quickbooks.manifest import MANIFEST
from apps.connectors.contract import Write, WriteOutcome
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, RejectedError
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog import quickbooks_stand_in as quickbooks
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.catalog.stand_in import Row

B, K = BusinessClass, FailureKind
SAID = {
    "closed books": (
        "6210", "The account period has closed and the account books cannot be updated through the QBO Services API.",
        K.REJECTED, B.CLOSED_PERIOD, "issue_date",
    ),
    "number taken": ("6140", "Duplicate Document Number Error : You must specify a different number.", K.REJECTED,
                     B.DUPLICATE, "number"),
    "number taken, as older companies say it": (
        "6210", "Duplicate Document Number Error: You must specify a different number.", K.REJECTED, B.DUPLICATE, "number",
    ),
    "name taken": ("6240", "The name supplied already exists.", K.REJECTED, B.DUPLICATE, "name"),
    "changed meanwhile": ("5010", "Stale Object Error : You and Ann were working on this at the same time.", K.REJECTED,
                          B.CONFLICT, ""),
    "unknown customer": ("2500", "Invalid Reference Id : Names element id 9 not found", K.REJECTED, B.MISSING_REFERENCE,
                         ""),
    "unknown item": ("2500", "Invalid Reference Id : Item elements id 9 not found", K.REJECTED, B.INVALID_DIMENSION,
                     "lines"),
    "subscription ended": ("6190", "Subscription period has ended or been canceled", K.MISCONFIGURED, B.CONNECTION, None),
    "no administrator": ("120", "Authorization Failure: -11014", K.MISCONFIGURED, B.PERMISSION, None),
    "anything else": ("6000", "Business Validation Error: You must set a transaction amount.", K.REJECTED, B.VALIDATION,
                      ""),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    code, detail, kind, business_class, field = SAID[what]
    body = {"Fault": {"Error": [{"Message": "x", "Detail": detail, "code": code, "element": ""}]}}
    error = record_failure(MANIFEST, 400, body, spec=MANIFEST.object_named("invoices"), sent={})
    assert (error.kind, error.business_class) == (kind, business_class)
    assert error.message.endswith((".", ")"))
    if isinstance(error, RejectedError):
        assert error.problems[0].field == field


def test_people_sign_in_at_intuit_and_tokens_come_from_there() -> None:
    hosts = {urlsplit(address).hostname for address in (MANIFEST.auth.authorize_address, MANIFEST.auth.token_path)}
    assert hosts == {"appcenter.intuit.com", "oauth.platform.intuit.com"}


@pytest.mark.parametrize("rude", [1, 9], ids=["once", "again and again"])
async def test_a_change_that_meets_another_is_made_on_the_new_version(rude: int) -> None:
    system, left = quickbooks.QuickBooksStandIn(), [rude]
    row = system.enter("customers", DisplayName="Northwind", CompanyName="Northwind", Active=True)

    def another_hand(held: Row) -> None:
        if left[0]:
            left[0] -= 1
            system.stamp("customers", held)

    system.before_change = another_hand
    (outcome,) = await _sent(system, Write(0, {"CompanyName": "Northwind Ltd"}, "c", "k", row["Id"]))
    if rude == 1:
        assert (outcome.error, row["CompanyName"], row["DisplayName"]) == (None, "Northwind Ltd", "Northwind")
    else:
        assert isinstance(outcome.error, RejectedError)
        assert (outcome.error.problems[0].business_class, row["CompanyName"]) == (B.CONFLICT, "Northwind")
    assert system.violations == []


INVOICE: dict[str, Any] = {
    "Id": "145", "DocNumber": "1037", "CustomerRef": {"value": "24", "name": "Sonnenschein"}, "TxnDate": "2026-09-10",
    "CurrencyRef": {"value": "EUR"}, "TotalAmt": 362.07, "Balance": 100.0, "TxnTaxDetail": {"TotalTax": 26.82},
    "MetaData": {"LastUpdatedTime": "2026-09-10T15:40:00-08:00"},
    "Line": [
        {"DetailType": "SalesItemLineDetail", "Amount": 345.25, "Description": "Fountain",
         "SalesItemLineDetail": {"ItemRef": {"value": "5"}, "Qty": 1, "UnitPrice": 345.25}},
        {"DetailType": "DiscountLineDetail", "Amount": 10.0},
        {"DetailType": "SubTotalLineDetail", "Amount": 335.25},
    ],
}  # fmt: skip
READ: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "an invoice that is paid in part": ("invoices", INVOICE, {
        "number": "1037", "client": "24", "net": "335.25", "tax": "26.82", "gross": "362.07", "state": "part_paid",
        "updated_at": "2026-09-10 23:40:00+00:00",
    }),
    "a paid invoice": ("invoices", {**INVOICE, "Balance": 0}, {"state": "paid"}),
    "a sent invoice": ("invoices", {**INVOICE, "Balance": 362.07, "EmailStatus": "EmailSent"}, {"state": "sent"}),
    "a void invoice": ("invoices", {
        "Id": "1", "CustomerRef": {"value": "1"}, "TxnDate": "2026-09-10", "TotalAmt": 0, "Balance": 0, "Line": [],
        "PrivateNote": "Voided", "CurrencyRef": {"value": "EUR"},
    }, {"state": "void"}),
    "a customer who left": ("customers", {"Id": "1", "DisplayName": "Northwind (deleted)", "Active": False},
                            {"name": "Northwind (deleted)", "state": "closed"}),
    "time of an employee": ("time-activities", {
        "Id": "5", "TxnDate": "2026-09-10", "EmployeeRef": {"value": "55"}, "CustomerRef": {"value": "24"}, "Hours": 7,
        "Minutes": 20, "BillableStatus": "HasBeenBilled",
    }, {"resource": "55", "project": "24", "hours": "7.3333", "billable": "True"}),
    "time of a contractor": ("time-activities", {
        "Id": "5", "TxnDate": "2026-09-10", "VendorRef": {"value": "56"}, "CustomerRef": {"value": "24"}, "Hours": 8,
    }, {"resource": "56", "hours": "8"}),
    "an employee": ("employees", {"Id": "55", "DisplayName": "Robin Vale", "Active": True}, {"active": "True"}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "values", "told"), READ.values(), ids=READ.keys())
def test_a_record_is_read_as_the_canonical_model_has_it(
    name: str, values: dict[str, Any], told: dict[str, str]
) -> None:
    canonical = read_canonical(MANIFEST.object_named(name), values)
    assert {field: _plain(canonical.get(field)) for field in told} == told


def test_lines_add_up_with_their_discounts() -> None:
    lines = read_canonical(MANIFEST.object_named("invoices"), INVOICE)["lines"]
    assert [line["net"] for line in lines] == [345.25, -10.0]
    assert lines[0] == {"description": "Fountain", "net": 345.25, "quantity": 1.0, "price": 345.25, "item": "5"}


@pytest.mark.parametrize(
    ("line", "amount"),
    [
        ({"quantity": Decimal("7.5"), "price": Decimal("150.13"), "item": "1"}, 1125.98),
        ({"net": Decimal("12.34"), "item": "1"}, 12.34),
    ],
    ids=["price times quantity", "a mere amount"],
)
def test_a_written_line_says_its_amount_to_the_cent(line: dict[str, Any], amount: float) -> None:
    values = {"number": "1", "client": "24", "lines": [line]}
    (written,) = write_outside(MANIFEST.object_named("invoices"), values)["Line"]
    assert (written["Amount"], written["SalesItemLineDetail"]["ItemRef"]) == (amount, {"value": "1"})


async def _sent(system: quickbooks.QuickBooksStandIn, *writes: Write) -> list[WriteOutcome]:
    async with system.serve() as address:
        connector = registry.open_system(
            registry.manifest("quickbooks"),
            base_url=address,
            settings={"realm": quickbooks.REALM},
            secrets={"client_id": "app", "access_token": quickbooks.ACCESS_TOKEN},
            allow=(address.partition("://")[2],),
            budget=NoBudget(),
        )
        async with connector:
            return await connector.upsert("customers", writes)


def _plain(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
