"""Xero: its refusals in business words, its sign-in, and records as the canonical model has them."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from apps.connectors.catalog.xero.manifest import MANIFEST
from apps.connectors.catalog.xero.records import completed, parts_of, zone_of
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.catalog.xero_stand_in import CONTRACT, dotnet

B = BusinessClass
SAID = {
    "closed period": ("The document date cannot be before the period lock date.", B.CLOSED_PERIOD, "issue_date"),
    "closed year": ("The document date cannot be before the end of year lock date.", B.CLOSED_PERIOD, "issue_date"),
    "invoice number taken": ("Invoice # must be unique.", B.DUPLICATE, "number"),
    "name taken": (
        "The contact name ABC is already assigned to another contact. The contact name must be unique across all active "
        "contacts.", B.DUPLICATE, "name",
    ),
    "unknown account": ("Account code '999' is not a valid code for this document.", B.INVALID_DIMENSION, "lines"),
    "unknown tax rate": ("The TaxType code 'X' does not exist or cannot be used for this type of transaction.",
                         B.INVALID_DIMENSION, "lines"),
    "unknown currency": ("Organisation is not subscribed to currency CHF", B.MISSING_REFERENCE, "currency"),
    "approved meanwhile": ("Invoice not of valid status for modification", B.CONFLICT, ""),
    "anything else": ("The sky is falling.", B.VALIDATION, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    message, business_class, field = SAID[what]
    body = {"ErrorNumber": 10, "Elements": [{"ValidationErrors": [{"Message": message}]}], "Message": "A validation"}
    error = record_failure(MANIFEST, 400, body, spec=MANIFEST.object_named("invoices"), sent={})
    assert isinstance(error, RejectedError)
    assert (error.problems[0].business_class, error.problems[0].field) == (business_class, field)
    assert error.message.endswith((".", ")"))


def test_people_sign_in_at_xero_and_tokens_come_from_there() -> None:
    hosts = {urlsplit(address).hostname for address in (MANIFEST.auth.authorize_address, MANIFEST.auth.token_path)}
    assert hosts == {"login.xero.com", "identity.xero.com"}
    assert "offline_access" in MANIFEST.auth.token_scope.split()


def test_the_sheet_writes_nothing_that_the_published_contract_does_not_hold() -> None:
    for name, schema in (("contacts", "Contact"), ("invoices", "Invoice")):
        spec = MANIFEST.object_named(name)
        held = CONTRACT.schemas[schema]
        assert {field.name.partition(".")[0] for field in spec.fields} <= held.keys()
        assert not [line.target for line in spec.writing_lines if held[line.target.partition(".")[0]].get("read_only")]


DAYS = {
    "summer in London": ("2026-07-01T23:30:00Z", "Europe/London", "2026-07-02"),
    "morning in Auckland": ("2026-02-27T15:00:00Z", "Pacific/Auckland", "2026-02-28"),
    "no zone given": ("2026-07-01T23:30:00Z", "", "2026-07-01"),
    "a time without zone": ("2026-07-01T23:30:00", "", "2026-07-01"),
}


@pytest.mark.parametrize(("instant", "zone", "day"), DAYS.values(), ids=DAYS.keys())
def test_the_day_of_the_work_is_that_of_the_organisation(instant: str, zone: str, day: str) -> None:
    entry = {"projectId": "p", "taskId": "t", "timeEntryId": "e", "dateUtc": instant}
    made = completed(entry, zone_of({"time_zone": zone}))
    assert (made["day"], made["key"]) == (day, "p:e")


def test_an_unknown_time_zone_is_told_with_its_remedy() -> None:
    with pytest.raises(MisconfiguredError, match=r"no time zone 'Middle-earth'.*connection's page"):
        zone_of({"time_zone": "Middle-earth"})


KEYS = {
    "two ids": (f"{'a' * 36}:{'b' * 36}", ("a" * 36, "b" * 36)),
    "one id": ("a" * 36, None),
    "a way out": (f"{'a' * 36}:../{'b' * 33}", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("key", "parts"), KEYS.values(), ids=KEYS.keys())
def test_a_key_names_the_project_and_what_stands_under_it(key: str, parts: tuple[str, str] | None) -> None:
    assert parts_of(key) == parts


LINE = {
    "Description": "Audit",
    "Quantity": 2,
    "UnitAmount": 50.5,
    "LineAmount": 101,
    "TaxAmount": 20.2,
    "ItemCode": "A",
}
INVOICE: dict[str, Any] = {
    "InvoiceID": "i-1", "InvoiceNumber": "INV-1", "Contact": {"ContactID": "c-1", "Name": "Northwind"},
    "Date": dotnet("2026-10-31"), "DueDate": "/Date(1796083200000)/", "CurrencyCode": "EUR", "Status": "AUTHORISED",
    "LineAmountTypes": "Exclusive", "LineItems": [LINE], "SubTotal": 101, "TotalTax": 20.2, "Total": 121.2,
    "UpdatedDateUTC": "/Date(1573755038314+0000)/",
}  # fmt: skip
READ: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "an invoice": ("invoices", INVOICE, {
        "number": "INV-1", "client": "c-1", "issue_date": "2026-10-31", "due_date": "2026-12-01", "state": "posted",
        "gross": "121.2", "updated_at": "2019-11-14 18:10:38.314000+00:00",
    }),
    "an invoice that was deleted": ("invoices", {**INVOICE, "Status": "DELETED"}, {"state": "void"}),
    "a contact": ("contacts", {
        "ContactID": "c-1", "ContactNumber": "10", "Name": "Northwind", "ContactStatus": "ARCHIVED",
        "Addresses": [{"AddressType": "STREET", "City": "Kiel"}, {"AddressType": "POBOX", "City": "Bonn"}],
    }, {"number": "10", "city": "Bonn", "state": "closed"}),
    "a project": ("projects", {
        "projectId": "p-1", "name": "Audit", "contactId": "c-1", "status": "INPROGRESS",
        "estimate": {"currency": "EUR", "value": 900.5}, "currencyCode": "EUR", "deadlineUtc": "2026-12-31T00:00:00Z",
    }, {"code": "p-1", "state": "active", "budget_money": "900.5", "ends": "2026-12-31"}),
    "a task": ("tasks", {
        "taskId": "t-1", "projectId": "p-1", "name": "Fieldwork", "chargeType": "NON_CHARGEABLE", "estimateMinutes": 90,
        "status": "LOCKED",
    }, {"id": "t-1", "project": "p-1", "estimate_hours": "1.5", "billable": "False", "open_for_time": "False"}),
    "time": ("time-entries", {
        "timeEntryId": "e-1", "projectId": "p-1", "taskId": "t-1", "userId": "u-1", "duration": 450, "day": "2026-11-03",
        "status": "INVOICED",
    }, {"id": "e-1", "resource": "u-1", "task": "t-1", "work_date": "2026-11-03", "hours": "7.5", "approval": "locked"}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "values", "told"), READ.values(), ids=READ.keys())
def test_a_record_is_read_as_the_canonical_model_has_it(
    name: str, values: dict[str, Any], told: dict[str, str]
) -> None:
    canonical = read_canonical(MANIFEST.object_named(name), values)
    assert {field: str(canonical.get(field)) for field in told} == told


@pytest.mark.parametrize("inclusive", [False, True], ids=["lines without tax", "lines with tax"])
def test_lines_are_read_with_what_they_say(inclusive: bool) -> None:
    kind = "Inclusive" if inclusive else "Exclusive"
    (line,) = read_canonical(MANIFEST.object_named("invoices"), {**INVOICE, "LineAmountTypes": kind})["lines"]
    told = {"description": "Audit", "quantity": 2.0, "price": 50.5, "tax": 20.2, "item": "A"}
    assert line == (told if inclusive else {**told, "net": 101.0})


def test_an_invoice_is_written_as_a_draft_with_its_lines() -> None:
    values = {
        "number": "N-1", "client": "C-1", "currency": "EUR", "po_number": "PO 7",
        "lines": [{"description": "Audit", "quantity": Decimal("7.5"), "price": Decimal("150.125"), "net": 1125.94}],
    }  # fmt: skip
    written = write_outside(MANIFEST.object_named("invoices"), values)
    assert {name: written[name] for name in ("Type", "Status", "InvoiceNumber", "LineAmountTypes", "Reference")} == {
        "Type": "ACCREC", "Status": "DRAFT", "InvoiceNumber": "N-1", "LineAmountTypes": "Exclusive", "Reference": "PO 7",
    }  # fmt: skip
    assert written["LineItems"] == [{"Description": "Audit", "Quantity": 7.5, "UnitAmount": 150.125}]


ADDRESSES = {
    "a whole address": ({"street": "Main St 1", "city": "Bonn", "country": "DE"},
                        [{"AddressType": "POBOX", "AddressLine1": "Main St 1", "City": "Bonn", "Country": "DE"}]),
    "no address": ({}, None),
}  # fmt: skip


@pytest.mark.parametrize(("values", "told"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_a_client_without_an_address_leaves_that_in_xero_alone(values: dict[str, Any], told: Any) -> None:
    written = write_outside(MANIFEST.object_named("contacts"), {"number": "1", "name": "Northwind", **values})
    assert written.get("Addresses") == told
