"""BottleCRM: records without what hangs on them, deals by how they end, and its own way to sign events."""

from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.catalog.bottlecrm.connector import CONNECTOR
from apps.connectors.catalog.bottlecrm.manifest import ACCOUNTS, CONTACTS, DEALS, MANIFEST
from apps.connectors.catalog.bottlecrm.refusals import problems_of
from apps.connectors.contract import SignatureError, Write
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError
from apps.connectors.manifest import ObjectManifest
from tests.connectors.catalog.bottlecrm_stand_in import BottleStandIn, signed_event
from tests.connectors.catalog.canonical_reading import canonical, read_canonical
from tests.connectors.conftest import door_to

B = BusinessClass
BEARER = build_signer(AuthSpec(AuthScheme.BEARER), {"token": BottleStandIn.bearer})
DEAL = {
    "name": "Ledger", "account": {"id": "b", "name": "Okafor"}, "stage": "NEGOTIATION", "stage_kind": "open",
    "amount": "9000.00", "currency": "EUR", "probability": 75, "closed_on": "2026-12-31",
}  # fmt: skip

READ: dict[str, tuple[ObjectManifest, dict[str, Any], dict[str, str]]] = {
    "an account": (
        ACCOUNTS,
        {"name": "Okafor Bank", "city": "Kiel", "country": "DE", "currency": "EUR"},
        {"name": "Okafor Bank", "city": "Kiel", "country": "DE", "currency": "EUR"},
    ),
    "a contact": (
        CONTACTS,
        {"first_name": "Ada", "last_name": "Okafor", "email": "ada@okafor.example", "is_active": False},
        {"given": "Ada", "family": "Okafor", "email": "ada@okafor.example", "active": "False", "client_name": "None"},
    ),
    "an open deal": (
        DEALS,
        DEAL,
        {"client_name": "Okafor", "stage": "negotiation", "probability": "0.75", "amount": "9000.00",
         "close_date": "2026-12-31"},
    ),
    "a deal that a firm calls signed": (DEALS, {**DEAL, "stage": "SIGNED", "stage_kind": "won"}, {"stage": "won"}),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "values", "told"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("named", [False, True], ids=["in the list", "by id"])
async def test_a_record_is_read(
    spec: ObjectManifest, values: dict[str, Any], told: dict[str, str], named: bool
) -> None:
    system = BottleStandIn()
    row = system.enter(spec.name, **values)
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=BEARER), {}) as connector:
        pages = [page async for page in connector.read(spec.name, None, [row["id"]] if named else [])]
    assert system.violations == []
    (record,) = [record for page in pages for record in page.records]
    read = read_canonical(spec, record.values)
    assert {name: str(read.get(name)) for name in told} == told
    assert not {"rollups", "opportunities", "org"} & set(record.values)


def test_a_stage_of_the_firms_own_waits_for_somebody_to_map_it() -> None:
    _, problems = canonical("bottlecrm", "opportunities", {**DEAL, "id": "b", "phase": "DEMO"})
    assert [(problem.field, problem.business_class) for problem in problems] == [("stage", B.MAPPING_GAP)]


async def test_a_deal_of_an_account_is_no_change_of_the_account() -> None:
    system = BottleStandIn()
    account = system.enter("accounts", name="Okafor")
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=BEARER), {}) as connector:
        (before,) = [page async for page in connector.read("accounts", None)]
        system.enter("opportunities", **{**DEAL, "account": {"id": account["id"], "name": "Okafor"}})
        (after,) = [page async for page in connector.read("accounts", None)]
    assert [record.version for record in after.records] == [record.version for record in before.records]


@pytest.mark.parametrize("defined", [True, False], ids=["our field is there", "nobody made our field"])
async def test_a_repeat_makes_no_second_record(defined: bool) -> None:
    system = BottleStandIn()
    system.defined = {"integration_key"} if defined else set()
    write = Write(1, {"name": "Okafor"}, "Customer:1", "k")
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=BEARER), {}) as connector:
        (made,) = await connector.upsert("accounts", [write])
        (again,) = await connector.upsert("accounts", [write])
    assert made.created
    assert len(system.rows["accounts"]) == 1
    if defined:
        assert (again.target_key, again.error) == (made.target_key, None)
    else:
        assert isinstance(again.error, RejectedError)
        assert again.error.problems[0].business_class is B.DUPLICATE


async def test_a_token_without_a_scope_is_told_with_the_fix() -> None:
    system = BottleStandIn()
    system.scopes = {"accounts:read"}
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=BEARER), {}) as connector:
        with pytest.raises(MisconfiguredError, match=r"not scoped for read access to contacts\. Make a token"):
            [page async for page in connector.read("contacts", None)]


EVENTS = {
    "account.created": ("accounts", True), "contact.updated": ("contacts", True), "deal.won": ("opportunities", True),
    "deal.deleted": ("opportunities", True), "ticket.created": ("", False), "ping": ("", False),
}  # fmt: skip


@pytest.mark.parametrize(("event", "told"), EVENTS.items(), ids=EVENTS)
def test_events_name_the_record_and_others_are_left(event: str, told: tuple[str, bool]) -> None:
    headers, body = signed_event(event, {"id": "7f"}, "whsec_1", 1_795_000_000)
    found = registry.receive("bottlecrm", headers, body, "whsec_1", 1_795_000_060)
    assert [(one.object_name, one.key) for one in found] == ([(told[0], "7f")] if told[1] else [])
    with pytest.raises(SignatureError):
        registry.receive("bottlecrm", headers, body, "whsec_1", 1_795_000_000 + 301)


TOLD: dict[str, tuple[dict[str, Any], BusinessClass, str]] = {
    "a name": ({"errors": {"name": ["Account already exists with this name"]}}, B.DUPLICATE, "name"),
    "an account": ({"errors": {"account": ["No such account."]}}, B.MISSING_REFERENCE, "client"),
    "a choice": ({"errors": {"currency": ['"ZZZ" is not a valid choice.']}}, B.MAPPING_GAP, "currency"),
    "a required field": ({"errors": {"last_name": ["This field is required."]}}, B.VALIDATION, "family"),
    "a custom field": ({"errors": {"custom_fields": {"region": "is required"}}}, B.VALIDATION, "custom_fields.region"),
    "no field": ({"errors": {"non_field_errors": ["Something else."]}}, B.VALIDATION, ""),
    "a text alone": ({"error": True, "errors": "Something else."}, B.VALIDATION, ""),
}


@pytest.mark.parametrize(("said", "business_class", "field"), TOLD.values(), ids=TOLD.keys())
def test_refusals_are_told_in_business_words(said: dict[str, Any], business_class: BusinessClass, field: str) -> None:
    spec = CONTACTS if field in {"client", "family"} else ACCOUNTS
    error = record_failure(MANIFEST, 400, {"problems": problems_of(said)}, spec=spec, sent={})
    assert isinstance(error, RejectedError)
    assert (error.problems[0].business_class, error.problems[0].field) == (business_class, field)
