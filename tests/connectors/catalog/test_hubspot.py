"""HubSpot: refusals in business words, searches that end, batches that answer in parts, records in canonical terms."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.catalog.hubspot.calls import problems_of
from apps.connectors.catalog.hubspot.manifest import MANIFEST
from apps.connectors.contract import SourceRecord, Write, WriteOutcome
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, RejectedError
from apps.connectors.manifest import ValueKind
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.rate_budget import NoBudget
from tests.conformance.stage import with_pages_of
from tests.connectors.catalog.canonical_reading import canonical as extracted
from tests.connectors.catalog.canonical_reading import write_outside
from tests.connectors.catalog.hubspot_stand_in import HubSpotStandIn

B, K = BusinessClass, FailureKind
INSIDE = (
    'Property values were not valid: [{"isValid":false,"message":"Email x is invalid","error":"%s","name":"email"}]'
)
SAID: dict[str, tuple[dict[str, Any], FailureKind, BusinessClass, str | None]] = {
    "an e-mail, told inside the message": (
        {"category": "VALIDATION_ERROR", "message": INSIDE % "INVALID_EMAIL"}, K.REJECTED, B.VALIDATION, "email",
    ),
    "an e-mail, told beside it": (
        {"category": "VALIDATION_ERROR", "message": "Invalid input",
         "errors": [{"code": "INVALID_EMAIL", "message": "no", "context": {"propertyName": ["email"]}}]},
        K.REJECTED, B.VALIDATION, "email",
    ),
    "a choice that is none": (
        {"category": "VALIDATION_ERROR", "message": INSIDE % "INVALID_OPTION"}, K.REJECTED, B.MAPPING_GAP, "email",
    ),
    "a contact that is there": (
        {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 51"}, K.REJECTED, B.DUPLICATE, "",
    ),
    "a value that is taken": (
        {"category": "VALIDATION_ERROR", "message": "Another record already has that value"}, K.REJECTED, B.DUPLICATE, "",
    ),
    "a record that is gone": (
        {"category": "OBJECT_NOT_FOUND", "message": "resource not found"}, K.REJECTED, B.MISSING_REFERENCE, "",
    ),
    "a property that is gone": (
        {"category": "VALIDATION_ERROR", "message": INSIDE % "PROPERTY_DOESNT_EXIST"}, K.MISCONFIGURED, B.SCHEMA_DRIFT, None,
    ),
    "a scope that is missing": (
        {"category": "MISSING_SCOPES", "message": "This app hasn't been granted all required scopes"},
        K.MISCONFIGURED, B.PERMISSION, None,
    ),
    "our key that nobody made": (
        {"category": "VALIDATION_ERROR", "message": "Property integration_key is not unique"},
        K.MISCONFIGURED, B.SCHEMA_DRIFT, None,
    ),
    "brackets that are no list": (
        {"category": "VALIDATION_ERROR", "message": "Oddly: [unknown"}, K.REJECTED, B.VALIDATION, "",
    ),
    "nothing at all": ({}, K.REJECTED, B.VALIDATION, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    said, kind, business_class, field = SAID[what]
    spec = MANIFEST.object_named("contacts")
    error = record_failure(MANIFEST, 400, {"problems": problems_of(said)}, spec=spec, sent={})
    assert (error.kind, error.business_class) == (kind, business_class)
    assert error.message.endswith((".", ")"))
    assert "[" not in error.message
    if isinstance(error, RejectedError):
        assert error.problems[0].field == field


DEAL = {"dealname": "Cloud move", "hs_is_closed_won": "false", "hs_is_closed": "false", "dealstage": "contractsent"}
READ: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a client": ("companies", {"name": "Northwind", "city": "Bremen"}, {"name": "Northwind", "city": "Bremen"}),
    "a person without a whole name": (
        "contacts", {"firstname": "Ann", "lastname": "Lee", "email": "a@b", "associatedcompanyid": "7"},
        {"given": "Ann", "name": "Ann Lee", "client": "7"},
    ),
    "a deal in a stage of the first day": ("deals", DEAL, {"stage": "negotiation", "client_name": "Northwind"}),
    "a deal in a stage of its own": ("deals", {**DEAL, "dealstage": "125339"}, {"stage": "qualification"}),
    "a deal that nobody put into a stage": ("deals", {"dealname": "D"}, {"stage": None}),
    "a deal that is lost": ("deals", {**DEAL, "hs_is_closed": "true"}, {"stage": "lost"}),
    "a deal that is won": (
        "deals",
        {**DEAL, "hs_is_closed_won": "true", "hs_is_closed": "true", "amount": "120000.50", "deal_currency_code": "EUR",
         "closedate": "2026-12-18T22:30:00Z", "hs_deal_stage_probability": "1"},
        {"stage": "won", "amount": Decimal("120000.50"), "currency": "EUR", "close_date": date(2026, 12, 18),
         "probability": Decimal(1), "client": "7"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", READ)
def test_a_record_is_read_as_the_canonical_model_has_it(what: str) -> None:
    name, values, told = READ[what]
    spec = MANIFEST.object_named(name)
    asked = {field.name.partition(".")[2]: None for field in spec.fields if field.name.startswith("properties.")}
    company = {"id": "7", "properties": {"name": "Northwind"}}
    record = {"id": "1", "properties": {**asked, **values}, "company": company}
    canonical, _ = extracted("hubspot", name, record)
    assert {field: canonical.get(field) for field in told} == told


def test_a_deal_is_written_with_its_day_and_a_stage_of_the_first_pipeline() -> None:
    deal = {"name": "Renewal", "stage": "negotiation", "close_date": date(2026, 12, 18), "note": "Ends in March"}
    assert write_outside(MANIFEST.object_named("deals"), deal) == {
        "properties.dealname": "Renewal",
        "properties.dealstage": "contractsent",
        "properties.closedate": "2026-12-18T00:00:00Z",
        "properties.description": "Ends in March",
    }


@asynccontextmanager
async def connected(
    stand_in: HubSpotStandIn, settings: Mapping[str, Any] | None = None, page: int = 0
) -> AsyncIterator[RestConnector]:
    async with stand_in.serve() as url:
        connector = registry.open_system(
            with_pages_of(MANIFEST, page) if page else MANIFEST, base_url=url, settings=settings or {},
            secrets={"token": stand_in.bearer}, allow=(url.partition("://")[2],), budget=NoBudget(),
        )  # fmt: skip
        async with connector:
            assert isinstance(connector, RestConnector)
            yield connector
    assert stand_in.violations == []


async def read(connector: RestConnector, name: str) -> list[SourceRecord]:
    return [record async for page in connector.read(name, None) for record in page.records]


async def test_more_records_of_one_instant_than_a_search_shows_are_all_read() -> None:
    stand_in = HubSpotStandIn()
    stand_in.deepest = 5
    for number in range(23):
        if number in {3, 17}:
            stand_in.tick()
        stand_in.enter("companies", properties__name=f"Client {number}")
    async with connected(stand_in, page=4) as connector:
        records = await read(connector, "companies")
    assert [record.key for record in records] == [row["id"] for row in stand_in.rows["companies"]]


async def test_a_deal_says_whom_it_is_with() -> None:
    stand_in = HubSpotStandIn()
    lead, main = (stand_in.enter("companies", properties__name=name)["id"] for name in ("Advisers", "Northwind"))
    deals = [stand_in.enter("deals", properties__dealname=f"Deal {number}")["id"] for number in range(3)]
    stand_in.companies_of = {deals[0]: [(lead, 341), (main, 5)], deals[1]: [(lead, 341)]}
    async with connected(stand_in) as connector:
        records = await read(connector, "deals")
    names = [(record.values["company"] or {}).get("properties", {}).get("name") for record in records]
    assert names == ["Northwind", "Advisers", None]


def company(number: int, **values: Any) -> Write:
    sent = {"properties.name": f"Client {number}", **values}
    return Write(number, sent, f"Customer:ours:{number}", f"key-{number}")


async def sent(stand_in: HubSpotStandIn, *writes: Write) -> list[WriteOutcome]:
    async with connected(stand_in) as connector:
        return sorted(await connector.upsert("companies", writes), key=lambda outcome: outcome.position)


@pytest.mark.parametrize("traced", [True, False], ids=["with traces", "without traces"])
async def test_each_record_of_a_batch_gets_its_own_answer_in_whatever_order(traced: bool) -> None:
    stand_in = HubSpotStandIn()
    stand_in.repeats_traces = traced
    bad = company(2, **{"properties.industry": "FALCONRY"})
    outcomes = await sent(stand_in, company(0), company(1), bad, company(3))
    made = {row["id"]: row["properties"]["name"] for row in stand_in.rows["companies"]}
    told = [made.get(str(outcome.target_key)) for outcome in outcomes]
    assert told == ["Client 0", "Client 1", None, "Client 3"]
    assert [outcome.error is None for outcome in outcomes] == [True, True, False, True]


async def test_a_batch_that_is_refused_as_a_whole_lets_the_good_ones_through() -> None:
    stand_in = HubSpotStandIn()
    stand_in.refuses_whole = True
    bad = company(2, **{"properties.industry": "FALCONRY"})
    outcomes = await sent(stand_in, company(0), company(1), bad, company(3))
    assert [outcome.error is None for outcome in outcomes] == [True, True, False, True]
    assert len(stand_in.rows["companies"]) == 3


async def test_a_field_that_is_emptied_is_emptied_there() -> None:
    stand_in = HubSpotStandIn()
    row = stand_in.enter("companies", properties__name="Northwind", properties__city="Bremen")
    (outcome,) = await sent(stand_in, Write(1, {"properties.city": None}, "c:1", "k-1", row["id"]))
    assert (outcome.error, row["properties"]["city"]) == (None, "")


async def test_people_are_found_by_e_mail_in_any_capitals() -> None:
    stand_in = HubSpotStandIn()
    row = stand_in.enter("contacts", properties__email="ann@northwind.example")
    async with connected(stand_in) as connector:
        found = await connector.find("contacts", ["Ann@Northwind.example", "nobody@northwind.example"])
    assert {name: record.key for name, record in found.items()} == {"Ann@Northwind.example": row["id"]}


async def test_further_properties_come_from_the_settings() -> None:
    stand_in = HubSpotStandIn()
    stand_in.enter("companies", properties__name="Northwind", properties__vat_number="DE1")
    async with connected(stand_in, {"custom_properties": "companies.vat_number, deals.legal_entity"}) as connector:
        (record,) = await read(connector, "companies")
    assert record.values["properties"]["vat_number"] == "DE1"


async def test_properties_are_told_by_the_account_and_what_stands_beside_them() -> None:
    async with connected(HubSpotStandIn()) as connector:
        companies, _, deals = await connector.discover()
    assert {"id", "properties.name", "properties.vat_number"} <= {field.name for field in companies.fields}
    kinds = {field.name: field.kind for field in deals.fields}
    assert (kinds["properties.amount"], kinds["company"]) == (ValueKind.DECIMAL, ValueKind.NESTED)
