"""The door for webhooks, over HTTP as the sandbox PSA uses it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from standardwebhooks.webhooks import Webhook

from apps.connectors import vault
from apps.connectors.models import Connection, WebhookEndpoint
from apps.connectors.webhook_endpoints import close_webhook_endpoint, create_webhook_endpoint
from apps.dispatch import backlog
from apps.dispatch.models import DueWork
from apps.flows.models import Flow, Run, TriggerEvent
from apps.flows.triggers import webhook
from apps.flows.triggers.webhook import MAX_BODY_BYTES, MOST_EVENTS, listen
from apps.tenants import scope
from apps.tenants.models import Partner
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
    line.work()
    with scope.work_in(line.partner):
        (run,) = Run.objects.all()
        assert (run.mode, run.read) == ("records", 1)


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


def test_a_system_that_left_the_catalogue_is_no_longer_listened_to(door: tuple[Line, str, str]) -> None:
    line, path, secret = door
    with scope.work_in(line.partner):
        Connection.objects.filter(id=line.source.id).update(system="taken_out")
    assert _send(path, secret, _body("TE-1")).status_code == 404


def test_a_body_that_is_too_large_is_refused_before_it_is_read(door: tuple[Line, str, str]) -> None:
    _, path, secret = door
    assert _send(path, secret, b"x" * (MAX_BODY_BYTES + 1)).status_code == 413


def test_looking_at_the_door_is_not_sending(door: tuple[Line, str, str]) -> None:
    _, path, _ = door
    answer = Client(headers={"host": HOSTS[0]}).get(path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_the_answer_carries_no_cookie_and_no_words(door: tuple[Line, str, str]) -> None:
    _, path, secret = door
    answer = _send(path, secret, _body("TE-1"), host="nobody.example")
    assert (answer.status_code, answer.content, len(answer.cookies)) == (202, b"", 0)
    assert "Content-Language" not in answer


def test_a_burst_of_announcements_is_one_run_that_reads_each_record_once(door: tuple[Line, str, str]) -> None:
    line, path, secret = door
    keys = [entry["id"] for entry in line.entries(status="approved", billable=True)[:4]]
    for key in (*keys, *reversed(keys)):
        assert _send(path, secret, _body(key)).status_code == 202
    line.work()
    with scope.work_in(line.partner):
        (run,) = Run.objects.all()
        assert set(TriggerEvent.objects.values_list("run_id", flat=True)) == {run.id}
    assert (run.read, len(line.time_lines())) == (4, 4)


def test_one_delivery_of_many_events_stores_each(door: tuple[Line, str, str]) -> None:
    line, path, secret = door
    keys = [entry["id"] for entry in line.entries(status="approved", billable=True)[:3]]
    many = json.dumps([json.loads(_body(key)) for key in (*keys, keys[0])]).encode()
    assert _send(path, secret, many).status_code == 202
    line.work()
    assert len(line.time_lines()) == 3
    too_many = json.dumps([json.loads(_body("TE-1"))] * (MOST_EVENTS + 1)).encode()
    assert _send(path, secret, too_many).status_code == 413


def test_every_flow_that_listens_is_told_even_one_that_came_later(door: tuple[Line, str, str]) -> None:
    line, path, secret = door
    assert _send(path, secret, _body("TE-1")).status_code == 202
    with scope.work_in(line.partner):
        first = Flow.objects.get(id=line.flow.id)
        second = Flow.objects.get(id=line.flow.id)
        second.pk, second.name, second._state.adding = uuid4(), "Another", True
        second.save()
        listen(second, WebhookEndpoint.objects.get())
    assert _send(path, secret, _body("TE-2")).status_code == 202
    with scope.work_in(line.partner):
        told = TriggerEvent.objects.order_by("id").values_list("flow_id", "payload__keys__0")
        assert sorted(told, key=str) == sorted([(first.id, "TE-1"), (first.id, "TE-2"), (second.id, "TE-2")], key=str)


def test_a_secret_changed_a_moment_ago_counts_at_once(door: tuple[Line, str, str]) -> None:
    line, path, secret = door
    assert _send(path, secret, _body("TE-1")).status_code == 202
    fresh = "whsec_" + "B" * 32
    with scope.work_in(line.partner):
        endpoint = WebhookEndpoint.objects.get()
        vault.seal_webhook(endpoint, fresh)
        endpoint.save()
    assert _send(path, secret, _body("TE-2")).status_code == 401
    assert _send(path, fresh, _body("TE-3")).status_code == 202
    with scope.work_in(line.partner):
        assert TriggerEvent.objects.count() == 2
        close_webhook_endpoint(WebhookEndpoint.objects.get())
    assert _send(path, fresh, _body("TE-4")).status_code == 404


def test_when_too_much_waits_the_sender_is_told_when_to_come_again(
    door: tuple[Line, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line, path, secret = door
    monkeypatch.setattr(backlog, "DEFAULT_BOUND", 3)  # two events, and the look at the inbox
    for key in ("TE-1", "TE-2"):
        assert _send(path, secret, _body(key)).status_code == 202
        backlog.forget_rooms()
    answer = _send(path, secret, _body("TE-3"))
    assert (answer.status_code, answer["Retry-After"]) == (429, "5")
    with scope.work_in(line.partner):
        assert TriggerEvent.objects.count() == 2
    line.work()
    DueWork.objects.all().delete()
    backlog.forget_rooms()
    assert _send(path, secret, _body("TE-3")).status_code == 202


def test_a_suspended_partner_and_maintenance_put_senders_off(door: tuple[Line, str, str], settings: Any) -> None:
    line, path, secret = door
    Partner.objects.filter(id=line.partner.id).update(state=Partner.State.SUSPENDED)
    try:
        answer = _send(path, secret, _body("TE-1"))
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    finally:
        Partner.objects.filter(id=line.partner.id).update(state=Partner.State.ACTIVE)
    settings.MAINTENANCE = True
    assert _send(path, secret, _body("TE-1")).status_code == 503
    with scope.work_in(line.partner):
        assert not TriggerEvent.objects.exists()


def test_while_nothing_can_be_stored_the_sender_is_put_off(
    door: tuple[Line, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("the connection is lost")

    _, path, secret = door
    monkeypatch.setattr(webhook, "store_events", away)
    answer = _send(path, secret, _body("TE-1"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
