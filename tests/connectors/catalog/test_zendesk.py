"""Zendesk: refusals in business words, exports that leave the last minute out, keys without capitals, canonical records."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.catalog.zendesk.connector import problems_of
from apps.connectors.catalog.zendesk.manifest import MANIFEST
from apps.connectors.contract import Write
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, RateLimitedError, RejectedError
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog.canonical_reading import read_canonical
from tests.connectors.catalog.zendesk_stand_in import ZendeskStandIn

B, K = BusinessClass, FailureKind


def named(field: str, code: str, description: str) -> dict[str, Any]:
    return {"error": "RecordInvalid", "details": {field: [{"error": code, "description": description}]}}


SAID: dict[str, tuple[int, dict[str, Any], FailureKind, BusinessClass, str | None]] = {
    "a name that is taken": (
        422, named("name", "DuplicateValue", "Name: N has already been taken"), K.REJECTED, B.DUPLICATE, "name",
    ),
    "a name that is missing": (
        422, named("name", "BlankValue", "Name: cannot be blank"), K.REJECTED, B.VALIDATION, "name",
    ),
    "a name beyond measure": (
        422, named("name", "ValueTooLong", "Name: is too long (maximum is 255)"), K.REJECTED, B.TOO_LARGE, "name",
    ),
    "an address that is none": (
        422, named("email", "InvalidFormat", "Email: x is not properly formatted"), K.REJECTED, B.VALIDATION, "email",
    ),
    "a client that is unknown": (
        422, named("organization_id", "InvalidValue", "Organization: is invalid"), K.REJECTED, B.VALIDATION, "client",
    ),
    "a record that is gone": (
        404, {"error": "RecordNotFound", "description": "Not found"}, K.REJECTED, B.MISSING_REFERENCE, "",
    ),
    "two hands at once": (409, {"description": "Could not update", "error": "DatabaseConflict"}, K.RETRYABLE, B.CONFLICT, None),
    "a sentence inside the error": (
        400, {"error": {"title": "Invalid attribute", "message": "You passed an invalid value for the id attribute."}},
        K.REJECTED, B.VALIDATION, "",
    ),
    "details that are none": (422, {"error": "RecordInvalid", "details": {"base": "?"}}, K.REJECTED, B.VALIDATION, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    status, said, kind, business_class, field = SAID[what]
    spec = MANIFEST.object_named("users")
    error = record_failure(MANIFEST, status, {"problems": problems_of(said)}, spec=spec, sent={})
    assert (error.kind, error.business_class) == (kind, business_class)
    assert error.message.endswith((".", ")"))
    if isinstance(error, RejectedError):
        assert error.problems[0].field == field


READ: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "a client": ("organizations", {"name": "Northwind", "external_id": "C-1"}, {"name": "Northwind", "number": "C-1"}),
    "a person": (
        "users", {"name": "Ann Lee", "role": "end-user", "organization_id": 7, "active": True, "locale": "de"},
        {"name": "Ann Lee", "role": "end-user", "client": "7", "active": True, "locale": "de"},
    ),
    "a person who was deleted": ("users", {"name": "Ann Lee", "active": False}, {"active": False}),
}  # fmt: skip


@pytest.mark.parametrize("what", READ)
def test_a_record_is_read_as_the_canonical_model_has_it(what: str) -> None:
    name, values, told = READ[what]
    canonical = read_canonical(MANIFEST.object_named(name), {"id": 1, **values})
    assert {field: canonical.get(field) for field in told} == told


@asynccontextmanager
async def connected(stand_in: ZendeskStandIn) -> AsyncIterator[RestConnector]:
    async with stand_in.serve() as url:
        stand_in.public = lambda: url
        identifier, secret = stand_in.client
        connector = registry.open_system(
            registry.manifest("zendesk"), base_url=url, settings={}, secrets={"client_id": identifier, "client_secret": secret},
            allow=(url.partition("://")[2],), budget=NoBudget(),
        )  # fmt: skip
        async with connector:
            assert isinstance(connector, RestConnector)
            yield connector
    assert stand_in.violations == []


async def test_what_is_changed_in_the_last_minute_is_met_by_a_later_reading() -> None:
    stand_in = ZendeskStandIn()
    stand_in.since_change = timedelta()
    stand_in.enter("users", name="Ann", external_id="u-1")
    stand_in.tick(seconds=90)
    stand_in.enter("users", name="Ben", external_id="u-2")
    async with connected(stand_in) as connector:
        (first,) = [page async for page in connector.read("users", None)]
        stand_in.tick(seconds=61)
        (second,) = [page async for page in connector.read("users", first.checkpoint)]
    assert [[record.values["name"] for record in page.records] for page in (first, second)] == [["Ann"], ["Ben"]]


async def test_the_tenth_export_of_a_minute_is_the_last_and_the_wait_is_kept() -> None:
    stand_in = ZendeskStandIn()
    stand_in.exports_left = 10
    stand_in.enter("users", name="Ann", external_id="u-1")
    async with connected(stand_in) as connector:
        for _ in range(10):
            assert [page.last async for page in connector.read("users", None)] == [True]
        with pytest.raises(RateLimitedError):
            await anext(connector.read("users", None))


async def test_a_link_behind_the_last_page_is_not_followed() -> None:
    stand_in = ZendeskStandIn()
    for number in range(250):
        stand_in.enter("organizations", name=f"Client {number}")
    async with connected(stand_in) as connector:
        pages = [page async for page in connector.read("organizations", None)]
    assert [len(page.records) for page in pages] == [100, 100, 50]
    assert sum("organizations.json" in path for _, path in stand_in.asked) == 3


async def test_keys_are_found_with_their_own_capitals_and_one_with_a_comma_is_not_asked_for() -> None:
    stand_in = ZendeskStandIn()
    row = stand_in.enter("organizations", name="Northwind", external_id="C-1")
    async with connected(stand_in) as connector:
        found = await connector.find("organizations", ["c-1", "C-1", "C-1,C-2", "x" * 300])
    assert {key: record.key for key, record in found.items()} == {"C-1": str(row["id"])}


async def test_a_person_is_added_without_being_written_to() -> None:
    lines = {line.target: line.default for line in MANIFEST.object_named("users").writing_lines}
    assert lines["skip_verify_email"] is True
    stand_in = ZendeskStandIn()
    write = Write(1, {"name": "Ada", "skip_verify_email": True}, "Contact:ours:1", "k-1")
    async with connected(stand_in) as connector:
        (made,) = await connector.upsert("users", [write])
        (again,) = await connector.upsert("users", [write])
    assert (made.created, again.created, again.target_key) == (True, False, made.target_key)
    assert stand_in.rows["users"][0]["external_id"] == "Contact:ours:1"
