"""Avalara AvaTax: its refusals in business words, where a client is, sales as the canonical model has them, and voiding."""

from decimal import Decimal
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.catalog.avatax.manifest import MANIFEST, TRANSACTIONS
from apps.connectors.catalog.avatax.refusals import telling
from apps.connectors.contract import UndoState, Write, WriteOutcome
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, RejectedError
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.rate_budget import NoBudget
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers
from tests.connectors.catalog import avatax_stand_in as avatax
from tests.connectors.catalog.canonical_reading import canonical, read_canonical, write_outside

B, K = BusinessClass, FailureKind
SAID = {
    "on a filed return": ("CannotModifyLockedTransaction", "A locked transaction may not be modified.", B.CLOSED_PERIOD, "number"),
    "voided or final": ("GetTaxError", "DocStatus is invalid for this operation.", B.DUPLICATE, "number"),
    "another tax error": ("GetTaxError", "Something else.", B.VALIDATION, ""),
    "no address": ("MissingAddress", "An origin and a destination are needed.", B.VALIDATION, "client"),
    "a country nobody knows": ("InvalidCountry", "Not an ISO 3166 code.", B.VALIDATION, "client"),
    "a location nobody knows": ("AddressLocationNotFound", "No such location.", B.VALIDATION, "client"),
    "no lines": ("MissingLine", "No lines.", B.VALIDATION, "lines"),
    "too long": ("MaxStringLengthError", "Too long.", B.TOO_LARGE, ""),
    "a value that is none": ("InvalidEnumValue", "Invalid value.", B.VALIDATION, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    code, message, business_class, field = SAID[what]
    details = [{"code": code, "number": 300, "severity": "Error"}, {"code": code, "message": message, "refersTo": ""}]
    body = {"error": {"code": code, "target": "Unknown", "details": details}}
    error = record_failure(MANIFEST, 400, telling(body), spec=TRANSACTIONS, sent={})
    assert isinstance(error, RejectedError)
    assert (error.problems[0].business_class, error.problems[0].field) == (business_class, field)
    assert error.message.endswith((".", ")"))


@pytest.mark.parametrize(
    "body",
    [None, [], "no", {}, {"error": None}, {"error": {"details": {}}}, {"error": {"details": [{"code": "X"}, 7]}}],
    ids=repr,
)
def test_an_answer_of_another_form_stays_as_it_is(body: Any) -> None:
    assert telling(body) == body


@pytest.mark.parametrize("code", ["SubscriptionRequired", "AuthorizationException", "AccountExpiredException"])
def test_what_stops_every_record_is_told_as_such(code: str) -> None:
    error = record_failure(
        MANIFEST, 400, {"error": {"details": [{"code": code, "message": "No."}]}}, spec=TRANSACTIONS, sent={}
    )
    assert error.kind is K.MISCONFIGURED


SALE: dict[str, Any] = {
    "code": "I-1234", "type": "SalesInvoice", "status": "Committed", "date": "2017-01-30T00:00:00", "customerCode": "Guest",
    "currencyCode": "USD", "totalAmount": 1000, "totalTax": 72.5, "modifiedDate": "2017-02-04T03:10:59.51",
    "lines": [{"description": "Yarn", "lineAmount": 1000, "quantity": 4, "tax": 72.5, "itemCode": "YARN"}],
}  # fmt: skip
READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a sale": ({}, {
        "number": "I-1234", "client": "Guest", "issue_date": "2017-01-30", "net": Decimal(1000), "tax": Decimal("72.5"),
        "gross": Decimal("1072.5"), "state": "posted", "updated_at": "2017-02-04 03:10:59.510000+00:00", "kind": "invoice",
    }),
    "recorded, not final": ({"status": "Saved"}, {"state": "draft"}),
    "voided": ({"status": "Cancelled"}, {"state": "void"}),
    "in a state that is not known": ({"status": "PendingApproval"}, {"state": "draft"}),
    "without its lines": ({"lines": None}, {"lines": "[]"}),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), READ.values(), ids=READ.keys())
def test_a_sale_is_read_as_the_canonical_model_has_it(changes: dict[str, Any], told: dict[str, Any]) -> None:
    read = read_canonical(TRANSACTIONS, {**SALE, **changes})
    assert {name: value if isinstance(value := read.get(name), Decimal) else str(value) for name in told} == told


def test_a_customer_is_a_client() -> None:
    read, problems = canonical("avatax", "customers", {"customerCode": "C-7", **avatax.customer(7)})
    assert problems == ()
    assert (read["number"], read["name"], read["country"], read["postal"]) == ("C-7", "Client 7", "US", "92615")


INVOICE: dict[str, Any] = {
    "number": "N-1", "client": "C-1", "issue_date": "2026-11-02", "currency": "USD",
    "lines": [{"description": "Audit", "quantity": Decimal("7.5"), "price": Decimal("150.13"), "item": "AUDIT"}],
}  # fmt: skip
STATES = {"draft": False, "approved": False, "posted": True, "sent": True, "paid": True, None: False}


@pytest.mark.parametrize(("state", "counts"), STATES.items(), ids=str)
def test_an_invoice_counts_for_the_return_once_it_is_posted(state: str | None, counts: bool) -> None:
    written = write_outside(TRANSACTIONS, {**INVOICE, **({"state": state} if state else {})})
    assert (written["commit"], written["type"]) == (counts, "SalesInvoice")
    assert written["lines"] == [{"description": "Audit", "quantity": 7.5, "itemCode": "AUDIT", "amount": 1125.98}]


def test_a_credit_is_not_recorded_as_a_sale() -> None:
    fields = canonical_type("Invoice").fields
    lines = merge_layers(TRANSACTIONS.writing_lines)
    compiled = compile_mapping(lines, source_fields=fields, target_fields=TRANSACTIONS.fields, outgoing=True)
    mapped = compiled.apply({**INVOICE, "kind": "credit"})
    assert [problem.field for problem in mapped.problems] == ["kind"]


async def test_a_sale_says_from_where_and_to_where_it_goes() -> None:
    system = avatax.AvaTaxStandIn()
    customer = system.enter("customers", **avatax.customer(1))["code"]
    (outcome,) = await _sent(system, _sale(customer))
    assert (outcome.error, outcome.target_key, outcome.created) == (None, "N/1+?%#", True)
    (row,) = system.rows["transactions"]
    address = {"line1": "123 Main Street", "city": "Irvine", "region": "CA", "postalCode": "92615", "country": "US"}
    assert (row["address"], row["status"]) == (address, "Committed")


@pytest.mark.parametrize("without", ["the customer", "its address", "a name"])
async def test_a_client_that_avatax_cannot_place_is_told_before_anything_is_sent(without: str) -> None:
    system = avatax.AvaTaxStandIn()
    held = system.enter("customers", **{**avatax.customer(1), **({"country": ""} if without == "its address" else {})})
    named = {"the customer": "C-0", "its address": held["code"], "a name": ".."}[without]
    (outcome,) = await _sent(system, _sale(named))
    assert isinstance(outcome.error, RejectedError)
    assert system.rows["transactions"] == []
    assert not [asked for asked in system.asked if asked[0] == "POST"]


@pytest.mark.parametrize(
    ("changes", "business_class"),
    [({"locked": True}, B.CLOSED_PERIOD), ({"status": "Cancelled"}, B.DUPLICATE)],
    ids=str,
)
async def test_a_sale_that_is_final_stays_as_it_is(changes: dict[str, Any], business_class: BusinessClass) -> None:
    system = avatax.AvaTaxStandIn()
    customer = system.enter("customers", **avatax.customer(1))["code"]
    row = system.enter("transactions", **{**avatax.sale(1), "code": "N/1+?%#", **changes})
    (outcome,) = await _sent(system, _sale(customer))
    assert isinstance(outcome.error, RejectedError)
    assert (outcome.error.problems[0].business_class, row["description"]) == (business_class, "Audit 1")


async def test_a_sale_on_a_filed_return_is_not_voided() -> None:
    system = avatax.AvaTaxStandIn()
    row = system.enter("transactions", **{**avatax.sale(1), "locked": True})
    async with system.serve() as address, _open(address) as connector:
        undone = await connector.undo("transactions", row["code"], idempotency_key="u")
    assert (undone.state, row["status"]) == (UndoState.REFUSED, "Committed")


def _sale(customer: str) -> Write:
    values = {
        "code": "N/1+?%#", "type": "SalesInvoice", "date": "2026-11-02", "customerCode": customer, "commit": True,
        "lines": [{"amount": 10.0}],
    }  # fmt: skip
    return Write(0, values, "Invoice:ours:1", "key-1")


async def _sent(system: avatax.AvaTaxStandIn, *writes: Write) -> list[WriteOutcome]:
    async with system.serve() as address, _open(address) as connector:
        outcomes = await connector.upsert("transactions", writes)
    assert system.violations == []
    return outcomes


def _open(address: str) -> RestConnector:
    connector = registry.open_system(
        registry.manifest("avatax"),
        base_url=address,
        settings=avatax.SETTINGS,
        secrets={"username": avatax.ACCOUNT, "password": avatax.LICENSE},
        allow=(address.partition("://")[2],),
        budget=NoBudget(),
    )
    assert isinstance(connector, RestConnector)
    return connector
