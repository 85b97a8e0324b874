"""Webhooks of a system that a partner describes itself: read as its own description says, in its own schema."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from standardwebhooks.webhooks import Webhook

from apps.connectors.models import Connection, PrivateSystem
from apps.connectors.private.drafting import draft_document
from apps.connectors.private_systems import create_system, make_live, save_draft
from apps.connectors.services import NewConnection, create_connection
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.customers.services import create_customer
from apps.flows.triggers.inbox import forget_addresses
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.private.samples import openapi
from tests.connectors.private.test_openapi import read

BODY = json.dumps({"object": "projects", "key": "7"}).encode()


def described(**changes: Any) -> dict[str, Any]:
    return {**draft_document("Harbour", read(openapi()), ["projects"]), "webhook": {"scheme": "standard"}, **changes}


@pytest.fixture
def address(partner_a: PartnerRef) -> tuple[str, str]:
    """Where a draft's connection takes events, and the key that signs them."""
    with scope.work_in(partner_a):
        system = create_system(document=described(), author="Ann")
        connection = create_connection(
            create_customer(name="Northwind"),
            NewConnection(
                system.slug,
                "Harbour",
                "https://eu.harbour.example/api",
                {"api_key": "k-1"},
                {},
                Connection.Environment.SANDBOX,
            ),
        )
        _endpoint, url, secret = create_webhook_endpoint(connection)
    return "/in/" + url.rpartition("/in/")[2], secret


def send(path: str, secret: str, host: str = "alder.localhost") -> int:
    delivery, now = f"msg_{uuid4().hex}", datetime.now(UTC)
    headers = {
        "webhook-id": delivery,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(delivery, now, BODY.decode()),
        "host": host,
    }
    return Client().post(path, BODY, content_type="application/json", headers=headers).status_code


@pytest.mark.parametrize("host", ["alder.localhost", "platform.localhost", "brightforge.localhost"])
def test_an_event_is_taken_as_the_description_says_whatever_host_it_came_to(
    address: tuple[str, str], host: str
) -> None:
    path, secret = address

    assert send(path, secret, host) == 202
    assert send(path, "whsec_" + "A" * 32, host) == 401


def test_what_the_description_says_now_holds(address: tuple[str, str], partner_a: PartnerRef) -> None:
    path, secret = address
    with scope.work_in(partner_a):
        system = PrivateSystem.objects.get()
        hmac = {"scheme": "hmac", "signature_header": "X-Signature"}
        save_draft(system.versions.get(), described(webhook=hmac), seen=1, author="Ann")
        make_live(system.versions.get(), seen=2)
    assert send(path, secret) == 401


def test_a_draft_that_cannot_be_used_just_now_asks_to_come_again(
    address: tuple[str, str], partner_a: PartnerRef
) -> None:
    path, secret = address
    with scope.work_in(partner_a):
        document = described()
        document["objects"][0]["reading"]["path"] = ""
        save_draft(PrivateSystem.objects.get().versions.get(), document, seen=1, author="Ann")
    forget_addresses()

    assert send(path, secret) == 503
