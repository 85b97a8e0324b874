"""Salesforce: refusals in business words, the answers only it gives, and records as the canonical model has them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.catalog.salesforce.manifest import MANIFEST
from apps.connectors.contract import SignatureError, Write, WriteOutcome
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RateLimitedError, RejectedError
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog import soql_stand_in as soql
from tests.connectors.catalog.canonical_reading import canonical as extracted
from tests.connectors.catalog.salesforce_stand_in import SalesforceStandIn
from tests.connectors.webhooks.senders import ORGANISATION, outbound_message

B, K = BusinessClass, FailureKind
SAID = {
    "a lock": ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", (), K.RETRYABLE, B.CONFLICT, None),
    "a lock inside a trigger": (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "MyTrigger: UNABLE_TO_LOCK_ROW", (), K.RETRYABLE, B.CONFLICT, None,
    ),
    "an own rule": (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION", "A client needs a number", ("AccountNumber",), K.REJECTED, B.VALIDATION,
        "number",
    ),
    "a duplicate rule": ("DUPLICATES_DETECTED", "Use one of these records?", (), K.REJECTED, B.DUPLICATE, ""),
    "a unique field": ("DUPLICATE_VALUE", "duplicate value found", (), K.REJECTED, B.DUPLICATE, ""),
    "too long": ("STRING_TOO_LONG", "data value too large", ("Name",), K.REJECTED, B.TOO_LARGE, "name"),
    "not in the list": (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: X", ("Industry",),
        K.REJECTED, B.MAPPING_GAP, "Industry",
    ),
    "a record that is gone": ("ENTITY_IS_DELETED", "entity is deleted", (), K.REJECTED, B.MISSING_REFERENCE, ""),
    "an approval under way": ("ENTITY_IS_LOCKED", "the entity is locked", (), K.REJECTED, B.MISSING_APPROVAL, ""),
    "no right to the record": (
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights", (), K.REJECTED, B.PERMISSION, "",
    ),
    "no right to a field": (
        "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Name", ("Name",), K.MISCONFIGURED,
        B.PERMISSION, None,
    ),
    "a field that is gone": ("INVALID_FIELD", "No such column 'X__c'", (), K.MISCONFIGURED, B.SCHEMA_DRIFT, None),
    "calls used up": ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", (), K.RATE_LIMITED, B.PROVIDER_OUTAGE, None),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    code, message, fields, kind, business_class, field = SAID[what]
    body = [{"errorCode": code, "message": message, "fields": list(fields)}]
    error = record_failure(MANIFEST, 400, body, spec=MANIFEST.object_named("Account"), sent={})
    assert (error.kind, error.business_class) == (kind, business_class)
    assert error.message.endswith((".", ")"))
    if isinstance(error, RejectedError):
        assert error.problems[0].field == field


READ: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a client": (
        "Account", {"Name": "Northwind", "AccountNumber": "C-1", "BillingCity": "Bremen", "BillingCountry": "Germany"},
        {"name": "Northwind", "number": "C-1", "city": "Bremen", "country": None},
    ),
    "a person": (
        "Contact", {"FirstName": "Ann", "LastName": "Lee", "Name": "Ann Lee", "Account": {"Name": "Northwind"}},
        {"given": "Ann", "family": "Lee", "name": "Ann Lee", "client_name": "Northwind"},
    ),
    "a deal that is won": (
        "Opportunity", {"Name": "D", "StageName": "Signed!", "IsWon": True, "IsClosed": True, "Probability": 100,
                        "Amount": 120000.5, "CurrencyIsoCode": "EUR", "Account": {"Name": "Northwind"}},
        {"stage": "won", "probability": Decimal(1), "amount": Decimal("120000.5"), "currency": "EUR"},
    ),
    "a deal that is lost": (
        "Opportunity", {"Name": "D", "StageName": "Closed Lost", "IsWon": False, "IsClosed": True}, {"stage": "lost"},
    ),
    "a deal in a stage of the first day": (
        "Opportunity", {"Name": "D", "StageName": "Negotiation/Review", "IsWon": False, "IsClosed": False},
        {"stage": "negotiation"},
    ),
    "a deal in a stage of its own": (
        "Opportunity", {"Name": "D", "StageName": "Workshop held", "IsWon": False, "IsClosed": False},
        {"stage": "qualification"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", READ)
def test_a_record_is_read_as_the_canonical_model_has_it(what: str) -> None:
    name, values, told = READ[what]
    canonical, _ = extracted("salesforce", name, {"Id": "001000000000001AAA", **values})
    assert {field: canonical.get(field) for field in told} == told


@asynccontextmanager
async def connected(
    stand_in: SalesforceStandIn, settings: Mapping[str, Any] = soql.SETTINGS
) -> AsyncIterator[RestConnector]:
    async with soql.serve(stand_in) as port:
        connector = registry.open_system(
            registry.manifest("salesforce"), base_url=f"http://127.0.0.1:{port}", settings=settings, secrets=soql.secrets(),
            allow=(f"127.0.0.1:{port}",), budget=NoBudget(),
        )  # fmt: skip
        async with connector:
            assert isinstance(connector, RestConnector)
            yield connector
    assert stand_in.violations == []


def client(number: int, **values: Any) -> Write:
    return Write(number, {"Name": f"Client {number}", **values}, f"Customer:ours:{number}", f"key-{number}")


async def sent(stand_in: SalesforceStandIn, *writes: Write) -> list[WriteOutcome]:
    async with connected(stand_in) as connector:
        return sorted(await connector.upsert("Account", writes), key=lambda outcome: outcome.position)


async def test_four_hundred_and_one_records_go_in_three_calls() -> None:
    stand_in = SalesforceStandIn()
    outcomes = await sent(stand_in, *(client(number) for number in range(401)))
    assert [outcome.created for outcome in outcomes] == [True] * 401
    writing = [line for line in stand_in.asked if line.startswith("PATCH")]
    assert len(writing) == 3
    assert sum("composite" in line for line in writing) == 2  # the last one goes alone, by its external id


async def test_a_locked_row_waits_and_its_neighbours_are_changed() -> None:
    stand_in = SalesforceStandIn()
    rows = [stand_in.enter("Account", Name=f"Client {number}") for number in range(3)]
    stand_in.locked = {rows[1]["Id"]}
    writes = [
        Write(place, {"BillingCity": "Lagos"}, f"c:{place}", f"k-{place}", row["Id"]) for place, row in enumerate(rows)
    ]
    outcomes = await sent(stand_in, *writes)
    assert [outcome.error.kind if outcome.error else None for outcome in outcomes] == [None, K.RETRYABLE, None]
    assert [row["BillingCity"] for row in rows] == ["Lagos", None, "Lagos"]


async def test_new_and_known_records_sent_together_are_told_apart() -> None:
    stand_in = SalesforceStandIn()
    row = stand_in.enter("Account", Name="Known")
    known = Write(1, {"Name": "Known better"}, "c:1", "k-1", row["Id"])
    made, changed = await sent(stand_in, client(0), known)
    assert (made.created, changed.created, changed.target_key) == (True, False, row["Id"])
    assert row["Name"] == "Known better"


@pytest.mark.parametrize("count", [1, 3], ids=["alone", "in a collection"])
async def test_a_number_that_several_records_carry_is_a_duplicate(count: int) -> None:
    stand_in = SalesforceStandIn()
    for _ in range(2):
        stand_in.enter("Account", Name="Twin", Integration_Key__c="Customer:ours:0")
    outcome, *others = await sent(stand_in, *(client(number) for number in range(count)))
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.business_class) == (K.REJECTED, B.DUPLICATE)
    assert "merge them" in outcome.error.message
    assert [other.error for other in others] == [None] * (count - 1)


async def test_a_key_that_fits_no_path_is_still_one_record() -> None:
    stand_in = SalesforceStandIn()
    write = Write(1, {"Name": "Slash"}, "Customer/ours 1?", "k-1")
    (first,), (again,) = await sent(stand_in, write), await sent(stand_in, write)
    assert (first.created, again.created, again.target_key) == (True, False, first.target_key)


async def test_a_session_that_ended_is_renewed_once_and_the_call_repeated() -> None:
    stand_in = SalesforceStandIn()
    async with connected(stand_in) as connector:
        assert await connector.find("Account", ["nobody"]) == {}
        stand_in.session = "00DE0X0A0M0PeLE!another-session-of-the-integration-user"
        (outcome,) = await connector.upsert("Account", [client(1)])
    assert outcome.created


async def test_used_up_calls_stop_the_work_until_later() -> None:
    stand_in = SalesforceStandIn()
    stand_in.calls_left = 0
    async with connected(stand_in) as connector:
        with pytest.raises(RateLimitedError, match="24 hours"):
            await connector.upsert("Account", [client(1), client(2)])


async def test_the_connection_test_says_how_many_calls_are_left() -> None:
    async with connected(SalesforceStandIn()) as connector:
        report = await connector.test()
    (limits,) = [step.sentence for step in report.steps if step.name == "limits"]
    assert "of 100000 calls" in limits


async def test_fields_are_told_by_the_organisation_and_those_of_related_records_with_their_reference() -> None:
    stand_in = SalesforceStandIn()
    async with connected(stand_in) as connector:
        accounts, contacts, deals = await connector.discover()
        told = {field.name: field for field in contacts.fields}
        stand_in.objects = {**stand_in.objects, "Contact": {"Id": soql.Field("id"), "LastName": soql.Field(length=80)}}
        (hidden,) = await connector.discover(["Contact"])
    assert {"VAT__c", "Integration_Key__c", "custom"} <= {field.name for field in accounts.fields}
    assert {"AccountId", "Account.Name", "LastName"} <= told.keys()
    assert (told["LastName"].required, told["LastName"].max_length, told["Account.Name"].read_only) == (True, 80, True)
    assert {"CurrencyIsoCode", "Legal_Entity__c", "Owner.Name"} <= {field.name for field in deals.fields}
    assert "Account.Name" not in {field.name for field in hidden.fields}


async def test_further_fields_and_the_currency_come_from_the_settings() -> None:
    stand_in = SalesforceStandIn()
    stand_in.deal(1, Legal_Entity__c="100")
    settings = {**soql.SETTINGS, "currency": "usd", "custom_fields": "Opportunity.Legal_Entity__c"}
    async with connected(stand_in, settings) as connector:
        (page,) = [page async for page in connector.read("Opportunity", None)]
    (record,) = page.records
    assert (record.values["CurrencyIsoCode"], record.values["custom"]) == ("USD", {"Legal_Entity__c": "100"})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"currency": ""}, "enter it in the connection's settings"),
        ({"custom_fields": "Opportunity.Gone__c"}, "Gone__c"),
        ({"custom_fields": "Opportunity"}, "Object.Field"),
    ],
)
async def test_settings_that_do_not_fit_the_organisation_are_told(settings: dict[str, str], words: str) -> None:
    async with connected(SalesforceStandIn(), {**soql.SETTINGS, **settings}) as connector:
        with pytest.raises(MisconfiguredError) as caught:
            await anext(connector.read("Opportunity", None))
    assert words in caught.value.message


async def test_a_name_is_found_with_its_own_capitals_only() -> None:
    stand_in = SalesforceStandIn()
    row = stand_in.enter("Account", Name="O'Neil", AccountNumber="O'N\\1")
    async with connected(stand_in) as connector:
        found = await connector.find("Account", ["O'N\\1", "o'n\\1", "' OR Name != '"])
    assert {name: record.key for name, record in found.items()} == {"O'N\\1": row["Id"]}


def test_an_outbound_message_of_the_organisation_is_taken_and_of_another_refused() -> None:
    (event,) = registry.receive("salesforce", {}, outbound_message(), ORGANISATION, 0.0)
    assert (event.object_name, event.key) == ("Opportunity", "0062400000AbCdEAAV")
    with pytest.raises(SignatureError):
        registry.receive("salesforce", {}, outbound_message("00D24000000XXXXEAU"), ORGANISATION, 0.0)
