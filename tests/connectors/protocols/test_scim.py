"""SCIM: users with their short names, changes that keep what they do not name, and the version a change is made on."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from apps.connectors.auth import build_signer
from apps.connectors.catalog.scim.manifest import MANIFEST, RULES, USERS
from apps.connectors.contract import UndoState, Write
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.protocols.scim import (
    ENTERPRISE,
    PATCH,
    USER,
    ScimConnector,
    changes_of,
    new_user,
    with_short_names,
)
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.catalog.scim_stand_in import ScimStandIn
from tests.connectors.conftest import door_to

PRIVATE = {"value": "kim@home.example", "type": "home"}
WORK = {"value": "kim@x.example", "type": "work", "primary": True, "display": "kim@x.example"}
NAMED = {
    "the primary address": ({"emails": [PRIVATE, WORK]}, "kim@x.example"),
    "the first where none is": ({"emails": [PRIVATE]}, "kim@home.example"),
    "none": ({"emails": []}, None),
    "none at all": ({}, None),
    "an address without value": ({"emails": [{"type": "work"}, PRIVATE]}, "kim@home.example"),
}


@pytest.mark.parametrize(("record", "email"), NAMED.values(), ids=NAMED.keys())
def test_the_email_of_a_user_is(record: dict[str, Any], email: str | None) -> None:
    assert with_short_names(record)["email"] == email


def test_a_user_is_made_with_the_schemas_of_what_is_sent() -> None:
    plain = new_user({"userName": "kim", "name.givenName": "Kim"})
    assert plain == {"schemas": [USER], "userName": "kim", "name": {"givenName": "Kim"}}
    whole = new_user({"userName": "kim", "email": "kim@x.example", "enterprise.department": "Audit"})
    assert whole["schemas"] == [USER, ENTERPRISE]
    assert whole[ENTERPRISE] == {"department": "Audit"}
    assert whole["emails"] == [{"value": "kim@x.example", "type": "work", "primary": True}]


def test_a_change_names_each_attribute_and_keeps_other_addresses() -> None:
    body = changes_of(
        {"emails": [PRIVATE, WORK]}, {"name.givenName": "Kim", "enterprise.department": "Tax", "email": "k@y.example"}
    )
    assert body["schemas"] == [PATCH]
    assert body["Operations"] == [
        {"op": "replace", "path": "name.givenName", "value": "Kim"},
        {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "Tax"},
        {
            "op": "replace",
            "path": "emails",
            "value": [PRIVATE, {"value": "k@y.example", "type": "work", "primary": True}],
        },
    ]
    first = changes_of({}, {"email": "k@y.example"})["Operations"]
    assert first[0]["value"] == [{"value": "k@y.example", "type": "work", "primary": True}]


READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "with parts of a name": (
        {"name": {"givenName": "Kim", "familyName": "Okafor"}}, {"name": "Kim Okafor", "given": "Kim"},
    ),
    "with a name that is written out": ({"name": {"formatted": "Dr Kim Okafor"}}, {"name": "Dr Kim Okafor"}),
    "with a name to be shown": ({"displayName": "Kim O.", "name": {"familyName": "Okafor"}}, {"name": "Kim O."}),
    "without a name": ({}, {"name": "kim"}),
    "who left": ({"active": False}, {"active": False}),
    "of a department": (
        {ENTERPRISE: {"department": "Audit", "employeeNumber": "0017"}}, {"department": "Audit", "employee_no": "0017"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("values", "told"), READ.values(), ids=READ.keys())
def test_a_person_is_read(values: dict[str, Any], told: dict[str, Any]) -> None:
    record = {"id": "1", "userName": "kim", "meta": {"lastModified": "2026-11-21T10:15:30Z"}, **values}
    canonical = read_canonical(USERS, with_short_names(record))
    assert {field: canonical.get(field) for field in told} == told


@pytest.mark.parametrize("code", [rule.code for rule in RULES])
def test_each_refusal_of_the_standard_has_its_words(code: str) -> None:
    body = {"scimType": code, "detail": "Said so.", "status": "400"}
    error = record_failure(MANIFEST, 400, body, spec=USERS, sent={})
    rule = next(rule for rule in RULES if rule.code == code)
    assert (error.kind, error.business_class) == (rule.kind, rule.business_class)
    assert rule.kind is FailureKind.MISCONFIGURED or error.message != "Said so."


@pytest.fixture
async def directory() -> AsyncIterator[tuple[ScimStandIn, ScimConnector]]:
    system = ScimStandIn()
    async with system.serve() as url:
        door = door_to(f"{url}/scim/v2", auth=build_signer(MANIFEST.auth, {"token": system.bearer}))
        async with ScimConnector(MANIFEST, door, {}) as connector:
            yield system, connector
    assert system.violations == []


def write(key: str | None = None, **changes: Any) -> Write:
    return Write(0, {"userName": "kim@x.example", **changes}, "Resource:ours:1", "key-1", key)


@pytest.mark.parametrize(("times", "held"), [(1, True), (9, False)], ids=["once", "again and again"])
async def test_a_change_is_made_on_the_version_that_is_there(
    directory: tuple[ScimStandIn, ScimConnector], times: int, held: bool
) -> None:
    system, connector = directory
    (made,) = await connector.upsert("users", [write()])
    left = [times]

    def another(row: dict[str, Any]) -> None:
        if left[0]:
            left[0] -= 1
            row["displayName"] = f"Kim {left[0]}"
            system.stamp("users", row)

    system.before_change = another
    (changed,) = await connector.upsert("users", [write(made.target_key, title="Partner")])
    assert (changed.error is None) is held
    if changed.error is not None:
        assert changed.error.business_class is BusinessClass.CONFLICT
    assert system.rows["users"][0].get("title") == ("Partner" if held else None)
    assert system.rows["users"][0]["displayName"].startswith("Kim")


async def test_somebody_who_is_gone_cannot_be_changed_and_counts_as_taken_back(
    directory: tuple[ScimStandIn, ScimConnector],
) -> None:
    _, connector = directory
    (changed,) = await connector.upsert("users", [write("nobody", title="Partner")])
    assert changed.error is not None
    assert changed.error.business_class is BusinessClass.MISSING_REFERENCE
    assert (await connector.undo("users", "nobody", idempotency_key="undo-1")).state is UndoState.ALREADY_GONE


def test_a_person_becomes_a_user_of_the_directory() -> None:
    person = {"name": "Kim Okafor", "family": "Okafor", "email": "kim@x.example", "active": True, "employee_no": "0017"}
    sent = write_outside(USERS, person)
    assert new_user(sent) == {
        "schemas": [USER, ENTERPRISE],
        "userName": "kim@x.example",
        "displayName": "Kim Okafor",
        "name": {"familyName": "Okafor"},
        "active": True,
        "emails": [{"value": "kim@x.example", "type": "work", "primary": True}],
        ENTERPRISE: {"employeeNumber": "0017"},
    }
