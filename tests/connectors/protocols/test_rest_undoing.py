"""What was created is taken back as the manifest declares."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from apps.connectors.contract import UndoState
from apps.connectors.errors import FailureKind, RemoteError
from tests.connectors.protocols.things import (
    WRITING,
    Body,
    opened,
    system_with,
)

UNDONE = {
    "deleted": ({"undo_method": "DELETE"}, 200, {}, UndoState.DONE),
    "deleted before": ({"undo_method": "DELETE"}, 404, {"message": "no such thing"}, UndoState.ALREADY_GONE),
    "gone for good": ({"undo_method": "DELETE"}, 410, {}, UndoState.ALREADY_GONE),
    "archived by a value": ({"undo_method": "PATCH", "undo_values": {"archived": True}}, 200, {}, UndoState.DONE),
    "refused": ({"undo_method": "DELETE"}, 409, {"message": "It was paid."}, UndoState.REFUSED),
}


@pytest.mark.parametrize(("declared", "status", "said", "state"), UNDONE.values(), ids=UNDONE.keys())
async def test_a_record_is_taken_back_as_declared(
    declared: dict[str, Any], status: int, said: Body, state: UndoState
) -> None:
    calls = []

    def answering(method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        calls.append((method, path, body))
        return status, said

    writing = dataclasses.replace(WRITING, undo_path="things/{key}", **declared)
    async with opened(answering, system_with(writing=writing)) as connector:
        outcome = await connector.undo("things", "a/7", idempotency_key="k")
    assert calls == [(declared["undo_method"], "/things/a%2F7", declared.get("undo_values"))]
    assert outcome.state is state
    assert (outcome.error is not None) == (state is UndoState.REFUSED)
    assert outcome.exchange is not None


async def test_what_cannot_be_taken_back_says_so_without_a_call() -> None:
    async with opened(lambda *_: (500, {})) as connector:
        outcome = await connector.undo("things", "7", idempotency_key="k")
    assert outcome.state is UndoState.REFUSED
    assert outcome.error is not None
    assert "a person must do it there" in outcome.error.message


@pytest.mark.parametrize(("status", "kind"), [(503, FailureKind.RETRYABLE), (401, FailureKind.AUTH_EXPIRED)])
async def test_taking_back_is_undecided_while_the_system_is_away(status: int, kind: FailureKind) -> None:
    writing = dataclasses.replace(WRITING, undo_method="DELETE", undo_path="things/{key}")
    async with opened(lambda *_: (status, {}), system_with(writing=writing)) as connector:
        with pytest.raises(RemoteError) as caught:
            await connector.undo("things", "7", idempotency_key="k")
    assert caught.value.kind is kind
