"""Webhooks: what a system really sends is taken, and every forged, changed, old or repeated delivery is known for what it is."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from apps.connectors import registry
from apps.connectors.contract import ReceivedEvent, SignatureError
from apps.connectors.webhook_signatures import new_secret
from tests.conformance.stage import Stage, not_applicable
from tests.connectors.conftest import read_request, reply, wire

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
Headers = dict[str, str]
# what a stranger, a bad line or a slow queue makes of a signed delivery
BAD: dict[str, Callable[[Headers, bytes], tuple[Headers, bytes]]] = {
    "a changed body": lambda headers, body: (headers, body + b" "),
    "an empty body": lambda headers, body: (headers, b""),
    "no id": lambda headers, body: (_without(headers, "webhook-id"), body),
    "no time": lambda headers, body: (_without(headers, "webhook-timestamp"), body),
    "no signature": lambda headers, body: (_without(headers, "webhook-signature"), body),
    "another id": lambda headers, body: ({**headers, "webhook-id": "msg_2"}, body),
    "another time": lambda headers, body: ({**headers, "webhook-timestamp": str(int(NOW.timestamp()) + 1)}, body),
    "a time that is none": lambda headers, body: ({**headers, "webhook-timestamp": "now"}, body),
    "a signature of another version": lambda headers, body: (
        {**headers, "webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")},
        body,
    ),
    "a signature cut short": lambda headers, body: (
        {**headers, "webhook-signature": headers["webhook-signature"][:-4]},
        body,
    ),
    "a key of somebody else": lambda headers, body: (_signed(new_secret(), body), body),
    "from six minutes ago": lambda headers, body: (_signed(SECRET, body, at=NOW - timedelta(minutes=6)), body),
    "from six minutes ahead": lambda headers, body: (_signed(SECRET, body, at=NOW + timedelta(minutes=6)), body),
    "nothing but a body": lambda headers, body: ({}, body),
}
SECRET = new_secret()


@pytest.fixture(autouse=True)
def _announces(stage: Stage) -> None:
    if stage.manifest.webhook is None:
        not_applicable("It sends no events: changes are found by reading.")
    if stage.manifest.webhook.scheme == "outbound_message":
        not_applicable("Its events are SOAP messages of one organisation, not signed: that has checks of its own.")
    if stage.manifest.webhook.scheme == "client_state":
        not_applicable("Its events are not signed, each repeats a shared secret: that has checks of its own.")
    if stage.manifest.webhook.scheme == "hmac":
        not_applicable("Its events are signed in the vendor's own way: that has checks of its own.")
    assert stage.manifest.webhook.scheme == "standard", "give the vectors of another scheme a table of their own"


async def test_what_the_system_really_sends_is_taken(stage: Stage) -> None:
    heard = asyncio.Queue[bytes]()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard.put(await read_request(reader))
        writer.write(reply("200 OK"))
        await writer.drain()

    async with wire(listen) as url:
        await stage.announce(f"{url}/in/token", SECRET)
        head, _, body = (await asyncio.wait_for(heard.get(), 10)).partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    (event,) = registry.receive(stage.slug, headers, body, SECRET, datetime.now(UTC).timestamp())
    assert event.delivery_id
    assert event.key in await stage.keys(event.object_name)
    with pytest.raises(SignatureError):
        registry.receive(stage.slug, headers, body, new_secret(), datetime.now(UTC).timestamp())


async def test_good_webhooks_are_taken(stage: Stage) -> None:
    body = _body(stage)
    signed = _signed(SECRET, body)
    rotated = {
        **signed,
        "webhook-signature": f"{_signed(new_secret(), body)['webhook-signature']} {signed['webhook-signature']}",
    }
    good: list[tuple[Headers, bytes, str]] = [
        (signed, body, SECRET),
        ({name.upper(): value for name, value in signed.items()}, body, SECRET),
        (rotated, body, SECRET),
        (signed, body, f"{new_secret()} {SECRET}"),
        (_signed(SECRET, body, at=NOW - timedelta(minutes=4)), body, SECRET),
    ]
    for headers, sent, secret in good:
        (event,) = _receive(stage, headers, sent, secret)
        assert (event.delivery_id, event.object_name, event.key) == ("msg_1", stage.lists[0], "Zoë-1")
    several = orjson.dumps([orjson.loads(body), orjson.loads(body)])
    events = _receive(stage, _signed(SECRET, several), several)
    assert len({event.delivery_id for event in events}) == 2


@pytest.mark.parametrize("what", BAD)
async def test_bad_webhooks_are_refused(stage: Stage, what: str) -> None:
    body = _body(stage)
    headers, sent = BAD[what](_signed(SECRET, body), body)
    with pytest.raises(SignatureError) as caught:
        _receive(stage, headers, sent)
    assert str(caught.value).endswith(".")
    assert SECRET not in str(caught.value)


async def test_a_repeated_webhook_keeps_its_number(stage: Stage) -> None:
    body = _body(stage)
    first, again = (_receive(stage, _signed(SECRET, body), body) for _ in range(2))
    assert [event.delivery_id for event in first] == [event.delivery_id for event in again] == ["msg_1"]


def _receive(stage: Stage, headers: Headers, body: bytes, secret: str = "") -> list[ReceivedEvent]:
    return registry.receive(stage.slug, headers, body, secret or SECRET, NOW.timestamp())


def _body(stage: Stage) -> bytes:
    return orjson.dumps({"type": "changed", "object": stage.lists[0], "key": "Zoë-1"})


def _signed(secret: str, body: bytes, *, at: datetime = NOW) -> Headers:
    """Sign with the scheme's own published library, not with ours."""
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }


def _without(headers: Headers, name: str) -> Headers:
    return {known: value for known, value in headers.items() if known != name}
