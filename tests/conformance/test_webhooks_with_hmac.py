"""Webhooks that vendors sign in their own ways: what the system really sends is taken, and nothing that was made of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from apps.connectors import registry
from apps.connectors.contract import ReceivedEvent, SignatureError
from apps.connectors.webhook_signatures import new_secret
from tests.conformance.stage import Stage, not_applicable
from tests.connectors.conftest import read_request, reply, wire

Headers = dict[str, str]
SECRET = "key-that-the-sender-and-we-hold"


class Sent(NamedTuple):
    """One delivery as it came in, and the address it was sent to."""

    url: str
    headers: Headers
    body: bytes


# what a stranger or a bad line makes of a delivery; `signing` are the headers without which it is not signed
BAD: dict[str, Callable[[Sent, set[str]], Sent]] = {
    "a changed body": lambda sent, _: sent._replace(body=sent.body.replace(b"1", b"2") + b" "),
    "an empty body": lambda sent, _: sent._replace(body=b""),
    "no signature": lambda sent, signing: sent._replace(headers=_without(sent.headers, signing)),
    "an empty signature": lambda sent, signing: sent._replace(headers=sent.headers | dict.fromkeys(signing, "")),
    "a signature cut short": lambda sent, signing: sent._replace(
        headers=sent.headers | {name: sent.headers[name][:-4] for name in signing}
    ),
    "nothing but a body": lambda sent, _: sent._replace(headers={}),
}


@pytest.fixture(autouse=True)
def _signs_with_a_key(stage: Stage) -> None:
    webhook = stage.manifest.webhook
    if webhook is None:
        not_applicable("It sends no events: changes are found by reading.")
    elif webhook.scheme != "hmac":
        not_applicable("Its events are signed in another way, or not at all: that has checks of its own.")


async def test_an_event_as_the_vendor_signs_it_is_taken(stage: Stage) -> None:
    sent = await _sent_by(stage)
    (event,) = _receive(stage, sent)
    assert event.delivery_id
    assert event.key in await stage.keys(event.object_name)
    upper = sent._replace(headers={name.upper(): value for name, value in sent.headers.items()})
    (again,), (rotated,) = _receive(stage, upper), _receive(stage, sent, f"{new_secret()} {SECRET}")
    assert again.delivery_id == rotated.delivery_id == event.delivery_id
    with pytest.raises(SignatureError):
        _receive(stage, sent, new_secret())


@pytest.mark.parametrize("what", BAD)
async def test_an_event_that_the_vendor_did_not_sign_is_refused(stage: Stage, what: str) -> None:
    webhook = stage.manifest.webhook
    assert webhook is not None
    sent = await _sent_by(stage)
    first = webhook.signature_header.replace("{n}", "1").split()
    signing = {name for name in sent.headers if name.lower() in {header.lower() for header in first}}
    assert signing
    with pytest.raises(SignatureError) as caught:
        _receive(stage, BAD[what](sent, signing))
    assert str(caught.value).endswith(".")
    assert SECRET not in str(caught.value)


async def _sent_by(stage: Stage) -> Sent:
    """Return an event that the system really sends."""
    heard = asyncio.Queue[bytes]()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard.put(await read_request(reader))
        writer.write(reply("200 OK"))
        await writer.drain()

    async with wire(listen) as url:
        address = f"{url}/in/token"
        await stage.announce(address, SECRET)
        head, _, body = (await asyncio.wait_for(heard.get(), 10)).partition(b"\r\n\r\n")
    return Sent(address, dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:]), body)


def _receive(stage: Stage, sent: Sent, secret: str = SECRET) -> list[ReceivedEvent]:
    now = datetime.now(UTC).timestamp()
    return registry.receive(stage.slug, sent.headers, sent.body, secret, now, url=sent.url, settings=stage.settings)


def _without(headers: Headers, names: set[str]) -> Headers:
    return {known: value for known, value in headers.items() if known not in names}
