"""Box: its refusals in business words, folders as workspaces and back, and what happens beside them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.catalog.box.connector import CONNECTOR
from apps.connectors.catalog.box.manifest import FOLDERS, MANIFEST
from apps.connectors.contract import UndoState, Write
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.protocols.rest import RestConnector
from tests.connectors.catalog import box_stand_in as bx
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.conftest import door_to

B, K = BusinessClass, FailureKind
SAID = {
    "the name is taken": (409, "item_name_in_use", K.REJECTED, B.DUPLICATE),
    "a name that is none": (400, "item_name_invalid", K.REJECTED, B.VALIDATION),
    "a long name": (400, "item_name_too_long", K.REJECTED, B.TOO_LARGE),
    "something in it": (400, "folder_not_empty", K.REJECTED, B.CONFLICT),
    "in the trash": (404, "trashed", K.REJECTED, B.MISSING_REFERENCE),
    "still at work": (409, "operation_blocked_temporary", K.RETRYABLE, B.PROVIDER_OUTAGE),
    "asked twice at once": (409, "name_temporarily_reserved", K.RETRYABLE, B.PROVIDER_OUTAGE),
    "no room": (403, "storage_limit_exceeded", K.MISCONFIGURED, B.PERMISSION),
    "anything else": (400, "bad_request", K.REJECTED, B.VALIDATION),
}


@pytest.mark.parametrize(("status", "code", "kind", "business_class"), SAID.values(), ids=SAID.keys())
def test_a_refusal_is_told_in_business_words(
    status: int, code: str, kind: FailureKind, business_class: BusinessClass
) -> None:
    body = {"type": "error", "status": status, "code": code, "message": "Refused", "context_info": None}
    error = record_failure(MANIFEST, status, body, spec=FOLDERS, sent={})
    assert (error.kind, error.business_class) == (kind, business_class)


def test_a_folder_is_read_as_the_workspace_of_its_project() -> None:
    row = {**bx.entry("PRJ-0001 Cloud move"), "id": "4711", "description": "Northwind"}
    canonical = read_canonical(FOLDERS, {**row, "modified_at": "2026-11-21T10:15:30-08:00"})
    told = {
        "project": "PRJ-0001", "name": "PRJ-0001 Cloud move", "client_name": "Northwind", "kind": "folder",
        "url": "https://app.box.com/folder/4711", "state": "ready", "owner": "integration@brightforge.example",
    }  # fmt: skip
    assert {field: canonical[field] for field in told} == told


def test_a_workspace_becomes_a_folder_that_is_called_by_its_project() -> None:
    sent = write_outside(FOLDERS, {"project": "PRJ-0001", "name": "Cloud move", "client_name": "Northwind"})
    assert sent == {"name": "PRJ-0001 Cloud move", "description": "Northwind"}


@pytest.fixture
async def enterprise() -> AsyncIterator[tuple[bx.BoxStandIn, RestConnector]]:
    system = bx.BoxStandIn()
    async with system.serve() as url:
        signer = build_signer(AuthSpec(AuthScheme.BEARER), {"token": system.bearer})
        async with CONNECTOR(MANIFEST, door_to(f"{url}/2.0", auth=signer), bx.SETTINGS) as connector:
            yield system, connector
    assert system.violations == []


async def test_a_folder_that_somebody_uses_is_not_taken_back(
    enterprise: tuple[bx.BoxStandIn, RestConnector],
) -> None:
    system, connector = enterprise
    (made,) = await connector.upsert("folders", [Write(0, {"name": "PRJ-0001 Audit"}, "ours:1", "key-1")])
    system.rows["folders"][0]["held"] = ["a file"]
    undone = await connector.undo("folders", str(made.target_key), idempotency_key="undo-1")
    assert undone.state is UndoState.REFUSED
    assert undone.error is not None
    assert "put something into the folder" in undone.error.message
    assert len(system.rows["folders"]) == 1


async def test_a_folder_that_a_person_made_under_the_same_name_is_adopted(
    enterprise: tuple[bx.BoxStandIn, RestConnector],
) -> None:
    system, connector = enterprise
    theirs = system.enter("folders", **bx.entry("PRJ-0001 Audit"))
    values: dict[str, Any] = {"name": "PRJ-0001 Audit", "description": "Northwind"}
    (outcome,) = await connector.upsert("folders", [Write(0, values, "ours:1", "key-1")])
    assert (outcome.error, outcome.target_key, outcome.created) == (None, theirs["id"], False)
    assert theirs["description"] == "Northwind"
