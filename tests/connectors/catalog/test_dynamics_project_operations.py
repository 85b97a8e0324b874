"""Project Operations: refusals in business words, keys that fit, two hands at once, records as the canonical model has them."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors import registry
from apps.connectors.auth import build_signer
from apps.connectors.catalog.dynamics_project_operations.delivery import body_of, plain_key
from apps.connectors.catalog.dynamics_project_operations.manifest import MANIFEST
from apps.connectors.contract import UndoState, Write
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RejectedError
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog.canonical_reading import read_canonical
from tests.connectors.catalog.dynamics_stand_in import KEY_COLUMN, SETTINGS, DynamicsStandIn
from tests.connectors.catalog.stand_in import Row

B, K = BusinessClass, FailureKind
ACCOUNT = "e0000000-0000-0000-0000-000000000007"
SAID = {
    "too long": ("0x80044331", "A validation error occurred. The length of the 'name' attribute", K.REJECTED, B.TOO_LARGE),
    "a key that is taken": ("0x80060892", "A record with matching key values already exists.", K.REJECTED, B.DUPLICATE),
    "a rule against duplicates": ("0x80040333", "Duplicate records were found.", K.REJECTED, B.DUPLICATE),
    "a record that is gone": ("0x80040217", "account With Id = x Does Not Exist", K.REJECTED, B.MISSING_REFERENCE),
    "two hands at once": ("0x80060882", "The version of the existing record doesn't match", K.REJECTED, B.CONFLICT),
    "a process of the application": ("0x80040265", "The project is closed for time.", K.REJECTED, B.VALIDATION),
    "a number beyond measure": ("0x80040203", "closeprobability is outside the valid range", K.REJECTED, B.VALIDATION),
    "a privilege that is missing": ("0x80040220", "Principal user is missing prvCreateAccount", K.MISCONFIGURED, B.PERMISSION),
    "a column that is gone": ("0x80060888", "Could not find a property named 'x'", K.MISCONFIGURED, B.SCHEMA_DRIFT),
    "no alternate key": (
        "0x80060888", "The specified key properties are not defined as an entity key", K.MISCONFIGURED, B.SCHEMA_DRIFT,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    code, message, kind, business_class = SAID[what]
    body = {"error": {"code": code, "message": message}}
    error = record_failure(MANIFEST, 400, body, spec=MANIFEST.object_named("accounts"), sent={})
    assert (error.kind, error.business_class) == (kind, business_class)
    assert error.message.endswith((".", ")"))


READ: dict[str, tuple[str, Row, Mapping[str, Any]]] = {
    "a client": ("accounts", {"accountid": ACCOUNT, "name": "Northwind", "creditonhold": True}, {"credit_hold": True}),
    "a person who left": (
        "contacts",
        {"contactid": "1", "firstname": "Ann", "lastname": "Lee", "fullname": "Ann Lee", "statecode": 1,
         "_parentcustomerid_value": ACCOUNT, "parentcustomerid_account": {"name": "Northwind"}},
        {"name": "Ann Lee", "client": ACCOUNT, "client_name": "Northwind", "active": False},
    ),
    "a deal that is won": (
        "opportunities",
        {"opportunityid": "1", "name": "Cloud move", "statecode": 1, "closeprobability": 100, "estimatedvalue": 120000.5,
         "estimatedclosedate": "2026-12-18", "parentaccountid": {"name": "Northwind"},
         "transactioncurrencyid": {"isocurrencycode": "EUR"}},
        {"stage": "won", "probability": Decimal(1), "amount": Decimal("120000.5"), "currency": "EUR",
         "close_date": date(2026, 12, 18), "client_name": "Northwind"},
    ),
    "a deal that is open": (
        "opportunities",
        {"opportunityid": "1", "name": "D", "statecode": 0, "parentaccountid": {"name": "N"}}, {"stage": "qualification"},
    ),
    "a project": (
        "msdyn_projects",
        {"msdyn_projectid": ACCOUNT, "msdyn_subject": "Audit", "msdyn_effort": 80.25, "statecode": 0,
         "msdyn_scheduledstart": "2026-10-15T08:00:00Z"},
        {"code": ACCOUNT, "budget_hours": Decimal("80.25"), "state": "active", "starts": date(2026, 10, 15)},
    ),
    "a resource": ("bookableresources", {"bookableresourceid": "r", "name": "Ann", "statecode": 0}, {"active": True}),
    "time that was returned": (
        "msdyn_timeentries",
        {"msdyn_timeentryid": "t", "_msdyn_bookableresource_value": "r", "_msdyn_project_value": "p",
         "msdyn_date": "2026-11-03T00:00:00Z", "msdyn_duration": 100, "msdyn_entrystatus": 192350001,
         "msdyn_project": {"msdyn_subject": "Audit"}, "msdyn_bookableresource": None},
        {"work_date": date(2026, 11, 3), "hours": Decimal("1.6667"), "approval": "rejected", "project_name": "Audit",
         "resource_name": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", READ)
def test_a_record_is_read_as_the_canonical_model_has_it(what: str) -> None:
    name, values, told = READ[what]
    canonical = read_canonical(MANIFEST.object_named(name), values)
    assert {field: canonical.get(field) for field in told} == told


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_key_fits_and_stays_its_own(key: str, other: str) -> None:
    assert not re.search(r"[/<>*%&:\\?+]", plain_key(key))
    assert (plain_key(key) == plain_key(other)) is (key == other)


def test_references_are_bound_by_address_and_let_go_by_nothing() -> None:
    sent = body_of({"name": "N", "_parentaccountid_value": ACCOUNT, "_parentcustomerid_value": None})
    assert sent == {
        "name": "N", "parentaccountid@odata.bind": f"/accounts({ACCOUNT})", "parentcustomerid_account@odata.bind": None,
    }  # fmt: skip


def test_the_token_is_asked_for_the_environment_that_is_connected() -> None:
    grant = build_signer(MANIFEST.auth, {"client_id": "id", "client_secret": "s"}, SETTINGS).grant
    assert grant is not None
    assert urlsplit(grant.token_path).hostname == "login.microsoftonline.com"
    assert grant.form["scope"] == "https://contoso.crm4.dynamics.com/.default"


@asynccontextmanager
async def connected(stand_in: DynamicsStandIn, settings: Mapping[str, Any] = SETTINGS) -> AsyncIterator[RestConnector]:
    system = replace(MANIFEST, auth=replace(MANIFEST.auth, token_path="/token"))
    identifier, secret = stand_in.client
    async with stand_in.serve() as url:
        stand_in.public = lambda: url
        connector = registry.open_system(
            system, base_url=url, settings=settings, secrets={"client_id": identifier, "client_secret": secret},
            allow=(url.partition("://")[2],), budget=NoBudget(),
        )  # fmt: skip
        async with connector:
            assert isinstance(connector, RestConnector)
            yield connector
    assert stand_in.violations == []


@pytest.mark.parametrize("key", ["Customer:ours:1", "O'Neil & Sons / 50%", "Zoë ~ 1"])
async def test_a_record_goes_by_our_key_whatever_signs_it_holds(key: str) -> None:
    stand_in = DynamicsStandIn()
    parent = stand_in.enter("accounts", name="Holding")
    write = Write(1, {"name": "Northwind", "_parentaccountid_value": parent["id"]}, key, "k-1")
    async with connected(stand_in) as connector:
        (made,) = await connector.upsert("accounts", [write])
        (again,) = await connector.upsert("accounts", [write])
        found = await connector.probe("accounts", [write])
    assert (made.error, made.created, again.created, again.target_key) == (None, True, False, made.target_key)
    assert found[1].key == made.target_key
    row = stand_in.row("accounts", str(made.target_key))
    assert (row["_parentaccountid_value"], row[KEY_COLUMN]) == (parent["id"], plain_key(key))


async def test_what_somebody_else_changed_at_the_same_moment_stays_or_becomes_a_conflict() -> None:
    stand_in = DynamicsStandIn()
    row = stand_in.enter("accounts", name="Northwind", address1_city="Bremen")

    def another_hand(field: str) -> None:
        def change(held: Row) -> None:
            stand_in.before_change = None
            held[field] = "theirs"
            stand_in.stamp("accounts", held)

        stand_in.before_change = change

    async with connected(stand_in) as connector:
        another_hand("address1_postalcode")
        (beside,) = await connector.upsert("accounts", [Write(1, {"address1_city": "Ulm"}, "c:1", "k-1", row["id"])])
        another_hand("address1_city")
        (same,) = await connector.upsert("accounts", [Write(1, {"address1_city": "Aachen"}, "c:1", "k-2", row["id"])])
    assert beside.error is None
    assert (row["address1_postalcode"], row["address1_city"]) == ("theirs", "theirs")
    assert isinstance(same.error, RejectedError)
    assert same.error.business_class is B.CONFLICT


async def test_without_a_column_for_our_key_nothing_is_written_and_the_setting_is_named() -> None:
    stand_in = DynamicsStandIn()
    row = stand_in.enter("accounts", name="Northwind")
    async with connected(stand_in, {**SETTINGS, "key_column": ""}) as connector:
        with pytest.raises(MisconfiguredError, match="key_column"):
            await connector.upsert("accounts", [Write(1, {"name": "N"}, "c:1", "k-1")])
        undone = await connector.undo("accounts", row["id"], idempotency_key="u-1")
    assert undone.state is UndoState.DONE


async def test_templates_and_absences_are_left_out() -> None:
    stand_in = DynamicsStandIn()
    project = stand_in.enter("msdyn_projects", msdyn_subject="Audit")["id"]
    stand_in.enter("msdyn_projects", msdyn_subject="Template", msdyn_istemplate=True)
    work = stand_in.enter("msdyn_timeentries", msdyn_type=192350000, _msdyn_project_value=project)["id"]
    stand_in.enter("msdyn_timeentries", msdyn_type=192350002)
    async with connected(stand_in) as connector:
        (projects,) = [page async for page in connector.read("msdyn_projects", None)]
        (entries,) = [page async for page in connector.read("msdyn_timeentries", None)]
        (again,) = [page async for page in connector.read("msdyn_timeentries", None, [work])]
    assert [record.key for record in projects.records] == [project]
    assert [record.values["msdyn_project"]["msdyn_subject"] for record in entries.records] == ["Audit"]
    assert again.records[0].values["msdyn_project"]["msdyn_subject"] == "Audit"
