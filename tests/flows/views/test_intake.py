"""The door for webhooks, over HTTP as the sandbox PSA uses it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from standardwebhooks.webhooks import Webhook

from apps.connectors.models import Connection, WebhookEndpoint
from apps.connectors.services import create_webhook_endpoint
from apps.flows.models import Flow, Run
from apps.flows.triggers.webhook import MAX_BODY_BYTES, listen
from apps.tenants import scope
from tests.lines import Line

HOSTS = ("alder.localhost", "platform.localhost")


@pytest.fixture
def door(make_line: Callable[..., Line]) -> tuple[Line, str, str]:
    """A line whose source may announce changes: (line, path, secret)."""
    line = make_line()
    with scope.work_in(line.partner):
        endpoint, address, secret = create_webhook_endpoint(Connection.objects.get(id=line.source.id))
        listen(Flow.objects.get(id=line.flow.id), endpoint)
    return line, "/in/" + address.rpartition("/in/")[2], secret


def _send(path: str, secret: str, body: bytes, *, delivery: str = "", host: str = HOSTS[0]) -> Any:
    delivery, now = delivery or f"msg_{uuid4().hex}", datetime.now(UTC)
    headers = {
        "webhook-id": delivery,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(delivery, now, body.decode()),
        "host": host,
    }
    client = Client(enforce_csrf_checks=True)
    return client.post(path, body, content_type="application/json", headers=headers)


def _body(key: str) -> bytes:
    return json.dumps({"type": "time_entry.changed", "object": "time_entries", "key": key, "id": key}).encode()


@pytest.mark.parametrize("host", HOSTS)
def test_a_signed_webhook_is_stored_once_and_answered_with_nothing(door: tuple[Line, str, str], host: str) -> None:
    line, path, secret = door
    for _ in range(3):
        answer = _send(path, secret, _body(line.entries(status="approved")[0]["id"]), delivery="msg_1", host=host)
        assert (answer.status_code, answer.content) == (202, b"")
    with scope.work_in(line.partner):
        (run,) = Run.objects.all()
        assert (run.mode, run.state) == ("records", "queued")
    line.work()
    assert line.reload(run).read == 1


def test_a_wrong_signature_is_refused_and_counted(door: tuple[Line, str, str]) -> None:
    line, path, _ = door
    answer = _send(path, "whsec_" + "A" * 32, _body("TE-1"))
    assert (answer.status_code, answer.content) == (401, b"")
    with scope.work_in(line.partner):
        assert WebhookEndpoint.objects.get().refused_count == 1
        assert not Run.objects.exists()


def test_an_address_nobody_has_and_one_that_is_closed_answer_alike(door: tuple[Line, str, str]) -> None:
    line, path, secret = door
    with scope.work_in(line.partner):
        WebhookEndpoint.objects.update(active=False)
    for where in ("/in/nonsense", path):
        answer = _send(where, secret, _body("TE-1"))
        assert (answer.status_code, answer.content) == (404, b"")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(door: tuple[Line, str, str]) -> None:
    _, path, secret = door
    assert _send(path, secret, b"x" * (MAX_BODY_BYTES + 1)).status_code == 413


def test_looking_at_the_door_is_not_sending(door: tuple[Line, str, str]) -> None:
    _, path, _ = door
    assert Client(headers={"host": HOSTS[0]}).get(path).status_code == 405
