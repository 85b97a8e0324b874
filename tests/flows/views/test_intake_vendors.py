"""The door for webhooks, as vendors meet it: their signatures, their handshakes, and the answers they want."""

import dataclasses
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client

from apps.accounts.models import AuditEntry
from apps.connectors import registry
from apps.connectors.models import Connection, WebhookEndpoint
from apps.connectors.webhook_endpoints import close_webhook_endpoint, create_webhook_endpoint, set_webhook_key
from apps.connectors.webhook_spec import StrayEvent
from apps.connectors.webhooks import vendors
from apps.dispatch.models import DueWork
from apps.flows.models import Flow, Run, TriggerEvent
from apps.flows.triggers.webhook import MAX_BODY_BYTES, listen
from apps.flows.views.intake import WebhookDoor
from apps.tenants import scope
from tests.connectors.webhooks.senders import SENDERS, URL, Sender, based, keyed
from tests.lines import Line

HOST = "alder.localhost"


@dataclasses.dataclass
class Door:
    """One vendor's address at a line's source."""

    line: Line
    sender: Sender
    path: str
    url: str
    secret: str
    endpoint_id: UUID

    def send(
        self,
        body: bytes | None = None,
        *,
        key: str = "",
        path: str = "",
        query: str = "",
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Send a delivery signed now, as the vendor does."""
        body = self.sender.body if body is None else body
        if self.sender.webhook.scheme == "client_state":
            body = body.replace(b"whsec_state", (key or self.secret).encode())
        signed = self.sender.signed(key or self.secret, body, datetime.now(UTC).timestamp())
        if self.sender.webhook is vendors.HUBSPOT:
            text = f"POST{self.url}".encode() + body + signed["X-HubSpot-Request-Timestamp"].encode()
            signed["X-HubSpot-Signature-v3"] = based(keyed(key or self.secret, text))
        told = {**signed, "host": HOST, **(headers or {})}
        kind = told.pop("Content-Type", "application/json")
        client = Client(enforce_csrf_checks=True)
        return client.post((path or self.path) + query, body, content_type=kind, headers=told)

    def stored(self) -> list[dict[str, Any]]:
        """Return what was stored, oldest first."""
        with scope.work_in(self.line.partner):
            here = TriggerEvent.objects.filter(trigger__endpoint_id=self.endpoint_id)
            return list(here.order_by("id").values_list("payload", flat=True))


@pytest.fixture
def open_door(make_line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[..., Door]:
    """Make the line's source speak like a vendor, open an address for it and hold the vendor's key."""

    line, real = make_line(), registry.manifest

    def made(sender: Sender, **told: Any) -> Door:
        webhook = dataclasses.replace(sender.webhook, **told)
        spoken = {"sandbox_psa": dataclasses.replace(real("sandbox_psa"), webhook=webhook)}
        monkeypatch.setattr(registry, "manifest", lambda slug: spoken.get(slug) or real(slug))
        with scope.work_in(line.partner):
            endpoint, address, secret = create_webhook_endpoint(Connection.objects.get(id=line.source.id))
            listen(Flow.objects.get(id=line.flow.id), endpoint)
            if webhook.key_label:
                secret = sender.key
                set_webhook_key(WebhookEndpoint.objects.get(id=endpoint.id), secret)
        path = "/in/" + address.rpartition("/in/")[2]
        return Door(line, sender, path, f"{settings.PUBLIC_SCHEME}://{HOST}{path}", secret, endpoint.id)

    return made


def test_what_vendors_send_is_stored_once_and_answered_as_each_wants(open_door: Callable[..., Door]) -> None:
    for name, sender in SENDERS.items():
        door = open_door(sender)
        answers = [door.send(), door.send()]
        assert [(a.status_code, len(a.cookies)) for a in answers] == [(sender.status, 0)] * 2, name
        if sender.webhook is vendors.SALESFORCE:
            assert b"<Ack>true</Ack>" in answers[0].content
            assert answers[0]["Content-Type"].startswith("text/xml")
        else:
            assert (answers[0].content, answers[0]["Content-Length"]) == (b"", "0"), name
        # The line's source calls customers clients and knows no other object of these vendors.
        told = [({"Customer": "clients"}.get(kind, kind), [key] if key else []) for kind, key in sender.found]
        # Graph repeats its words for different changes, so each of its notifications counts.
        wanted = told * 2 if sender.webhook is vendors.MICROSOFT_GRAPH else told
        assert [(event["object"], event["keys"]) for event in door.stored()] == wanted, name


def test_a_wrong_key_leaves_nothing_behind_but_a_count(open_door: Callable[..., Door]) -> None:
    for name, sender in SENDERS.items():
        door = open_door(sender)
        with scope.work_in(door.line.partner):
            before = [AuditEntry.objects.count(), DueWork.objects.count(), Run.objects.count()]
        body = sender.body.replace(sender.key.encode(), sender.other_key.encode())
        answer = door.send(body, key=sender.other_key)
        assert (answer.status_code, answer.content, len(answer.cookies)) == (401, b"", 0), name
        with scope.work_in(door.line.partner):
            assert [AuditEntry.objects.count(), DueWork.objects.count(), Run.objects.count()] == before, name
            assert WebhookEndpoint.objects.get(id=door.endpoint_id).refused_count == 1, name
        assert door.stored() == [], name


def test_until_the_vendors_key_is_entered_nothing_passes(open_door: Callable[..., Door]) -> None:
    xero = SENDERS["Xero"]
    door = open_door(xero)
    with scope.work_in(door.line.partner):
        endpoint, address, ours = create_webhook_endpoint(Connection.objects.get(id=door.line.source.id))
    other = "/in/" + address.rpartition("/in/")[2]
    assert door.send(path=other).status_code == 401
    with scope.work_in(door.line.partner):
        set_webhook_key(WebhookEndpoint.objects.get(id=endpoint.id), xero.key)
    assert door.send(path=other).status_code == 200
    assert door.send(path=other, key=ours).status_code == 401


def test_an_address_belongs_to_one_connection(open_door: Callable[..., Door]) -> None:
    """What is signed for one address opens no other, where the address is signed; nor does one's key open another's."""
    hubspot = open_door(SENDERS["HubSpot 3"])
    with scope.work_in(hubspot.line.partner):
        endpoint, address, _ = create_webhook_endpoint(Connection.objects.get(id=hubspot.line.source.id))
        set_webhook_key(WebhookEndpoint.objects.get(id=endpoint.id), hubspot.secret)
    assert hubspot.send(path="/in/" + address.rpartition("/in/")[2]).status_code == 401
    assert hubspot.send(query="?x=1").status_code == 401
    assert hubspot.send(headers={"host": "brightforge.localhost"}).status_code == 401
    assert hubspot.send().status_code == 200
    assert URL not in hubspot.url


def test_xeros_intent_to_receive_is_answered_and_stores_nothing(open_door: Callable[..., Door]) -> None:
    door = open_door(SENDERS["Xero"])
    body = b'{"events": [], "lastEventSequence": 0, "firstEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt"}'
    right, wrong = door.send(body), door.send(body, key="wrong")
    assert [(a.status_code, a.content, len(a.cookies)) for a in (right, wrong)] == [(200, b"", 0), (401, b"", 0)]
    assert door.stored() == []


def test_microsofts_handshake_is_echoed_and_stores_nothing(open_door: Callable[..., Door]) -> None:
    for name in ("Microsoft Graph", "Business Central"):
        door = open_door(SENDERS[name])
        echo = door.send(b"", query="?validationToken=Validation%3a+%3Cb%3E42")
        assert (echo.status_code, echo.content) == (200, b"Validation: <b>42")
        assert echo["Content-Type"] == "text/plain; charset=utf-8"
        assert echo["X-Content-Type-Options"] == "nosniff"
        assert door.send(b"", query="?validationToken=").status_code == 401
        assert door.send(query="?validationToken=x", path="/in/nobodys").status_code == 404
        assert door.stored() == []
        with scope.work_in(door.line.partner):
            close_webhook_endpoint(WebhookEndpoint.objects.select_related("connection").get(id=door.endpoint_id))
        assert door.send().status_code == 404


def test_nobody_else_is_echoed(open_door: Callable[..., Door]) -> None:
    assert open_door(SENDERS["Xero"]).send(b"", query="?validationToken=x", key="wrong").status_code == 401


def test_an_event_that_names_no_record_starts_a_reading_of_what_has_changed(open_door: Callable[..., Door]) -> None:
    door = open_door(SENDERS["Business Central"])
    body = (
        b'{"value": [{"subscriptionId": "s", "clientState": "whsec_state", "changeType": "collection",'
        b' "resource": "api/v2.0/companies(1)/time-entries?$filter=x", "lastModifiedDateTime": "2026-10-26T12:54:30Z"}]}'
    )
    assert door.send(body).status_code == 200
    door.line.work()
    with scope.work_in(door.line.partner):
        (run,) = Run.objects.all()
        assert (run.mode, run.state) == ("read", "clean")
        assert run.read > 0
        assert TriggerEvent.objects.get().run_id == run.id


def test_stray_events_are_ignored_where_the_manifest_says_so(open_door: Callable[..., Door]) -> None:
    door = open_door(SENDERS["Xero"], stray=StrayEvent.IGNORE, objects={"INVOICE": "time-entries"})
    assert door.send().status_code == 200
    assert [event["keys"] for event in door.stored()] == [["717f2bfc"]]


def test_only_events_of_the_connections_own_company_count_as_it_is_set_now(open_door: Callable[..., Door]) -> None:
    door = open_door(SENDERS["Xero"], account_setting="tenant_id")

    def belongs_to(tenant: str) -> None:
        with scope.work_in(door.line.partner):
            connection = Connection.objects.get(id=door.line.source.id)
            connection.settings = {**connection.settings, "tenant_id": tenant}
            connection.save()

    belongs_to("another")
    assert door.send().status_code == 200
    assert door.stored() == []
    belongs_to("C2CC9B6E")  # what the door remembers of the address is out of date now
    assert door.send().status_code == 200
    assert len(door.stored()) == 2


class _Endless(io.RawIOBase):
    """A body that never ends; `given` counts what was taken of it."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "all of it was asked for"
        self.given += size
        return b"x" * size


def _in_chunks(path: str, body: Any, headers: dict[str, str]) -> Any:
    """Send a body without announcing its length, as `Transfer-Encoding: chunked` arrives from the server."""
    told = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    request = WSGIRequest(
        {"REQUEST_METHOD": "POST", "PATH_INFO": path, "HTTP_HOST": HOST, "wsgi.input": body, "wsgi.input_terminated": True,
         "HTTP_TRANSFER_ENCODING": "chunked", "SERVER_NAME": HOST, "SERVER_PORT": "80", **told}
    )  # fmt: skip
    return WebhookDoor(lambda _: pytest.fail("it was handed on"))(request)


def test_a_delivery_in_chunks_is_read_like_any_other(open_door: Callable[..., Door]) -> None:
    door, xero = open_door(SENDERS["Xero"]), SENDERS["Xero"]
    signed = xero.signed(xero.key, xero.body, 0)
    assert _in_chunks(door.path, io.BytesIO(xero.body), signed).status_code == 200
    assert _in_chunks(door.path, io.BytesIO(xero.body + b" "), signed).status_code == 401
    assert _in_chunks(door.path, io.BytesIO(b""), signed).status_code == 401
    assert len(door.stored()) == 2


def test_chunks_without_end_are_given_up_at_the_limit() -> None:
    endless = _Endless()
    assert _in_chunks("/in/whatever", endless, {}).status_code == 413
    assert endless.given == MAX_BODY_BYTES + 1


class _Unread(io.RawIOBase):
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError(f"{size} bytes were read")


@pytest.mark.parametrize(
    "length", ["10485760", "1048577", "9" * 30, "9" * 5_000, "-1", "1e3", "٣", "ten"], ids=lambda length: length[:12]
)
def test_ten_megabytes_are_refused_before_a_byte_is_read(length: str) -> None:
    request = WSGIRequest(
        {"REQUEST_METHOD": "POST", "PATH_INFO": "/in/whatever", "CONTENT_LENGTH": length, "HTTP_HOST": HOST,
         "wsgi.input": _Unread(), "SERVER_NAME": HOST, "SERVER_PORT": "80"}
    )  # fmt: skip
    answer = WebhookDoor(lambda _: pytest.fail("it was handed on"))(request)
    assert (answer.status_code, answer.content) == (413, b"")
