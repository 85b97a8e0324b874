"""Webhooks of a manifest's system are verified and told apart."""

import dataclasses
import time

import pytest

from apps.connectors.contract import SignatureError
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.webhook_signatures import new_secret, standard_headers
from tests.connectors.conftest import door_to
from tests.connectors.protocols.things import SYSTEM


def _connector() -> RestConnector:
    return RestConnector(SYSTEM, door_to("https://things.example.com"), {})


def _signed(body: bytes, secret: str, now: int) -> dict[str, str]:
    return standard_headers([secret], delivery_id="msg_1", timestamp=now, body=body)


def test_a_signed_event_is_received() -> None:
    secret, now = new_secret(), int(time.time())
    body = b'{"object": "TimeEntry", "key": "r1", "more": 1}'
    (event,) = _connector().receive(_signed(body, secret, now), body, secret, now)
    assert (event.delivery_id, event.object_name, event.key, event.payload["more"]) == ("msg_1", "things", "r1", 1)


def test_several_events_of_one_delivery_are_told_apart() -> None:
    secret, now = new_secret(), int(time.time())
    body = b'[{"object": "things", "key": "r1"}, {"object": "other", "key": 2}]'
    events = _connector().receive(_signed(body, secret, now), body, secret, now)
    assert [(e.delivery_id, e.object_name, e.key) for e in events] == [
        ("msg_1.0", "things", "r1"),
        ("msg_1.1", "other", "2"),
    ]


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff"])
def test_a_signed_delivery_without_json_is_refused(body: bytes) -> None:
    secret, now = new_secret(), int(time.time())
    with pytest.raises(SignatureError):
        _connector().receive(_signed(body, secret, now), body, secret, now)


def test_a_system_without_webhooks_receives_none() -> None:
    silent = RestConnector(dataclasses.replace(SYSTEM, webhook=None), door_to("https://things.example.com"), {})
    with pytest.raises(SignatureError, match="no webhooks"):
        silent.receive({}, b"{}", "", 0)
