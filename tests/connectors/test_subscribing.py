"""Subscriptions at Business Central: made with the handshake, renewed before they end, made again when forgotten, ended."""

import asyncio
import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from apps.connectors import breaker, connection_state, registry, services, webhook_endpoints
from apps.connectors.models import CircuitBreaker, Connection, WebhookEndpoint, WebhookSubscription
from apps.connectors.services import NewConnection, create_connection
from apps.connectors.signals import announcements_missed
from apps.customers.services import create_customer
from apps.dispatch import services as dispatch
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.worker import drain
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.catalog import business_central_stand_in as bc

SECRETS = {"client_id": bc.CLIENT_ID, "client_secret": bc.CLIENT_SECRET}
DAY = timedelta(days=1)


@dataclass
class Portal:
    """A connection to a Business Central that calls our addresses back, as it does over the network."""

    partner: PartnerRef
    system: bc.BusinessCentralStandIn
    connection: Connection
    missed: list[UUID] = field(default_factory=list)

    def open(self) -> WebhookEndpoint:
        with scope.work_in(self.partner):
            endpoint, _address, _secret = webhook_endpoints.create_webhook_endpoint(self.stored())
        return endpoint

    def stored(self) -> Connection:
        return Connection.objects.get(id=self.connection.id)

    def work(self) -> None:
        drain(Queue.POLL, worker="test", seconds=20)

    def turn(self, **values: Any) -> None:
        """Let what sleeps wake up, with other values in its rows."""
        with scope.work_in(self.partner):
            WebhookSubscription.objects.update(**values)
            dispatch.hasten(references=[str(row.id) for row in WebhookSubscription.objects.all()])
        self.work()

    def rows(self) -> list[WebhookSubscription]:
        with scope.work_in(self.partner):
            return list(WebhookSubscription.objects.order_by("object_name"))

    def due(self) -> list[datetime]:
        with scope.public():
            return [row.due_at for row in DueWork.objects.filter(kind="connectors.subscription")]

    def state(self) -> tuple[str, str]:
        with scope.work_in(self.partner):
            stored = self.stored()
            return stored.state, stored.state_reason

    @property
    def held(self) -> list[dict[str, Any]]:
        return sorted(self.system.subscriptions.rows.values(), key=lambda row: str(row["resource"]))


def _knock(url: str) -> tuple[int, str]:
    """Call one of our addresses, as the system does."""
    parts = urlsplit(url)
    try:
        answer = Client(headers={"host": parts.netloc}).post(f"{parts.path}?{parts.query}")
        return answer.status_code, answer.content.decode()
    finally:
        connections.close_all()


@contextmanager
def _served(system: bc.BusinessCentralStandIn) -> Iterator[str]:
    loop, port, stop = asyncio.new_event_loop(), list[int](), asyncio.Event()
    begun = threading.Event()

    async def serve() -> None:
        async with bc.serve(system) as free:
            port.append(free)
            begun.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    begun.wait(20)
    try:
        yield f"http://127.0.0.1:{port[0]}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


@pytest.fixture
def portal(committed: PartnerRef, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Portal]:
    """A connection, and the system it leads to."""
    system, known = bc.BusinessCentralStandIn(clock=timezone.now()), registry.manifest
    system.subscriptions.knock = lambda url: asyncio.to_thread(_knock, url)
    manifest = known("business_central")
    here = dataclasses.replace(manifest, auth=dataclasses.replace(manifest.auth, token_path="/token"))
    monkeypatch.setattr(registry, "manifest", lambda slug: here if slug == "business_central" else known(slug))
    with _served(system) as url:
        settings.EGRESS_ALLOW = (url.removeprefix("http://"),)
        with scope.work_in(committed):
            customer = create_customer(name="Northwind", currency="EUR")
            wanted = NewConnection("business_central", "BC", url, SECRETS, bc.SETTINGS)
            made = Portal(committed, system, create_connection(customer, wanted))

        def heard(sender: Any, *, endpoint_id: UUID, **_: Any) -> None:
            made.missed.append(endpoint_id)

        announcements_missed.connect(heard)
        yield made
        announcements_missed.disconnect(heard)
    assert system.violations == []


def test_opening_an_address_subscribes_to_what_the_system_announces(portal: Portal) -> None:
    endpoint = portal.open()
    assert portal.held == []  # nobody is called while a person waits
    portal.work()
    assert [row["resource"] for row in portal.held] == [
        f"/api/v2.0/companies({bc.COMPANY})/customers",
        f"/api/v2.0/companies({bc.COMPANY})/employees",
    ]
    addresses = {row["notificationUrl"] for row in portal.held}
    assert len(addresses) == 1
    address = addresses.pop()
    assert len(portal.system.subscriptions.handshakes) == 2
    for row, held in zip(portal.rows(), portal.held, strict=True):
        assert (row.state, row.key, row.failures) == ("active", held["subscriptionId"], 0)
        assert abs(row.expires_at - timezone.now() - 3 * DAY) < timedelta(minutes=1)  # type: ignore[operator]
    assert all(abs(at - timezone.now() - 2 * DAY) < timedelta(minutes=1) for at in portal.due())
    assert portal.missed == []
    with scope.work_in(portal.partner):
        kept = WebhookEndpoint.objects.get(id=endpoint.id)
        assert address.encode() not in bytes(kept.sealed_address)
    event = {
        "subscriptionId": portal.held[0]["subscriptionId"], "clientState": portal.held[0]["clientState"],
        "resource": f"api/v2.0/companies({bc.COMPANY})/customers", "changeType": "collection",
        "lastModifiedDateTime": "2026-11-21T08:00:00Z",
    }  # fmt: skip
    parts = urlsplit(address)
    sent = Client(headers={"host": parts.netloc}).post(parts.path, {"value": [event]}, content_type="application/json")
    assert sent.status_code == 200


def test_one_is_renewed_while_a_third_of_its_life_is_left_and_not_before(portal: Portal) -> None:
    portal.open()
    portal.work()
    keys = [row.key for row in portal.rows()]
    portal.turn()
    assert len(portal.system.subscriptions.handshakes) == 2
    portal.system.clock += 2 * DAY
    portal.turn(expires_at=timezone.now() + timedelta(hours=20))
    assert len(portal.system.subscriptions.handshakes) == 4
    assert [row.key for row in portal.rows()] == keys
    for held in portal.held:
        assert held["ends"] == portal.system.clock + 3 * DAY
    assert portal.missed == []


def test_one_that_the_system_forgot_is_made_again_and_what_was_missed_is_read(portal: Portal) -> None:
    endpoint = portal.open()
    portal.work()
    keys = {row.key for row in portal.rows()}
    portal.system.subscriptions.forget()
    portal.turn(expires_at=timezone.now() + timedelta(hours=20))
    assert len(portal.held) == 2
    assert keys.isdisjoint(row.key for row in portal.rows())
    assert {row.state for row in portal.rows()} == {"active"}
    assert portal.missed == [endpoint.id] * 2


def test_one_whose_answer_was_lost_is_not_made_twice(portal: Portal) -> None:
    portal.system.subscriptions.lost_answers = 2
    portal.open()
    portal.work()
    assert {(row.state, row.failures) for row in portal.rows()} == {("wanted", 1)}
    assert portal.missed == []  # nothing was announced before either
    assert portal.state()[0] == "untested"  # once is no trouble yet
    portal.turn()
    assert len(portal.held) == 2
    assert {row.state for row in portal.rows()} == {"active"}


def test_one_that_cannot_be_made_is_told_after_a_while_unless_something_worse_is_known(portal: Portal) -> None:
    portal.system.subscriptions.refuse = 400
    portal.open()
    portal.work()
    for _ in range(2):
        portal.turn()
    assert portal.state()[0] == "attention"
    assert portal.state()[1].startswith("Changes are not announced: customers, employees.")
    with scope.work_in(portal.partner):
        connection_state.mark_attention(portal.connection.id, "The company does not exist.")
    portal.turn()
    assert portal.state() == ("attention", "The company does not exist.")


def test_one_that_ends_shows_on_the_connection_until_it_is_back_and_changes_are_read_meanwhile(portal: Portal) -> None:
    endpoint = portal.open()
    portal.work()
    portal.system.subscriptions.refuse = 500
    portal.turn(expires_at=timezone.now() + timedelta(hours=5))
    assert {row.state for row in portal.rows()} == {"active"}  # not yet: it is tried again in a minute
    assert {row.failures for row in portal.rows()} == {1}
    assert all(at - timezone.now() < timedelta(minutes=2) for at in portal.due())
    with scope.work_in(portal.partner):
        CircuitBreaker.objects.all().delete()
        breaker._known.clear()
    portal.turn(expires_at=timezone.now() - timedelta(seconds=1))
    assert {row.state for row in portal.rows()} == {"lapsed"}
    state, reason = portal.state()
    assert state == "attention"
    assert reason.startswith("Changes are not announced: customers, employees.")
    assert reason.endswith("They are found by reading meanwhile.")
    with scope.work_in(portal.partner):
        connection_state.mark_working(portal.connection.id)  # a run that went well does not hide it
    assert portal.state() == (state, reason)
    told = len(portal.missed)
    assert told >= 2
    portal.system.subscriptions.refuse = 0
    portal.system.subscriptions.forget()
    with scope.work_in(portal.partner):
        CircuitBreaker.objects.all().delete()
        breaker._known.clear()
    portal.turn()
    assert portal.state() == ("working", "")
    assert portal.missed == [endpoint.id] * (told + 2)


def test_closing_the_address_ends_them_and_one_that_is_gone_is_no_error(portal: Portal) -> None:
    endpoint = portal.open()
    portal.work()
    del portal.system.subscriptions.rows[portal.rows()[0].key]
    with scope.work_in(portal.partner):
        webhook_endpoints.close_webhook_endpoint(endpoint)
    portal.work()
    assert portal.held == []
    assert portal.rows() == []
    assert portal.due() == []


def test_a_connection_that_is_switched_off_is_not_called_and_looked_after_again_when_it_is_on(portal: Portal) -> None:
    portal.open()
    with scope.work_in(portal.partner):
        services.disable_connection(portal.stored(), reason="Audit.")
    portal.work()
    assert portal.held == []
    with scope.work_in(portal.partner):
        services.enable_connection(portal.stored())
    portal.work()
    assert len(portal.held) == 2


def test_nothing_is_asked_of_a_system_that_is_away_until_it_is_back(portal: Portal) -> None:
    with scope.work_in(portal.partner):
        breaker.note_refusal(portal.connection.id, "The secret has expired.")
    portal.open()
    portal.work()
    assert portal.held == []
    assert {row.failures for row in portal.rows()} == {0}
    with scope.work_in(portal.partner):
        breaker.reset(portal.connection.id)
    portal.work()
    assert len(portal.held) == 2
    assert datetime.now(UTC) < min(portal.due())
