"""Webhooks that are not signed: each event repeats a shared secret, and one that does not is refused with all its neighbours."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from apps.connectors import registry
from apps.connectors.contract import ReceivedEvent, SignatureError
from tests.conformance.stage import Stage, not_applicable
from tests.connectors.conftest import read_request, reply, wire

SECRET = "shared-secret-of-the-subscription"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
# what a stranger makes of the secret in an event that was really sent
BAD: dict[str, Any] = {
    "another secret": "guessed",
    "no secret": "",
    "null": None,
    "true": True,
    "a list that holds it": ["guessed", SECRET],
    "longer": f"{SECRET}x",
}


@pytest.fixture(autouse=True)
def _repeats_a_secret(stage: Stage) -> None:
    webhook = stage.manifest.webhook
    if webhook is None:
        not_applicable("It sends no events: changes are found by reading.")
    elif webhook.scheme != "client_state":
        not_applicable("Its events are signed: that has checks of its own.")


async def test_an_event_that_repeats_the_secret_is_taken(stage: Stage) -> None:
    body = await _sent_by(stage)
    (event,) = _receive(stage, body)
    assert event.delivery_id
    assert event.key in await stage.keys(event.object_name)
    (again,) = _receive(stage, body)
    assert again.delivery_id == event.delivery_id


@pytest.mark.parametrize("what", BAD)
async def test_an_event_without_the_secret_is_refused(stage: Stage, what: str) -> None:
    webhook = stage.manifest.webhook
    assert webhook is not None
    body = orjson.loads(await _sent_by(stage))
    (shape,) = webhook.shapes
    (event,) = body[shape.events_path]
    forged = {**event, webhook.client_state_path: BAD[what]}
    for events in ([forged], [event, forged]):
        with pytest.raises(SignatureError) as caught:
            _receive(stage, orjson.dumps({**body, shape.events_path: events}))
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"{}", b"no JSON", b"[]"], ids=["empty", "no events", "no JSON", "a list"])
async def test_a_body_that_is_no_delivery_is_refused(stage: Stage, body: bytes) -> None:
    with pytest.raises(SignatureError):
        _receive(stage, body)


async def _sent_by(stage: Stage) -> bytes:
    """Return the body of an event that the system really sends."""
    heard = asyncio.Queue[bytes]()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard.put(await read_request(reader))
        writer.write(reply("200 OK"))
        await writer.drain()

    async with wire(listen) as url:
        await stage.announce(f"{url}/in/token", SECRET)
        return (await asyncio.wait_for(heard.get(), 10)).partition(b"\r\n\r\n")[2]


def _receive(stage: Stage, body: bytes) -> list[ReceivedEvent]:
    return registry.receive(stage.slug, {}, body, SECRET, NOW, settings=stage.settings)
