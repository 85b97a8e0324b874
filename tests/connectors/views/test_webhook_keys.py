"""The page where a vendor's signing key is entered: asked for in the vendor's words, checked, and never shown again."""

import dataclasses
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors import registry, vault
from apps.connectors.models import WebhookEndpoint
from apps.connectors.webhook_spec import WebhookSpec
from apps.connectors.webhooks import vendors
from apps.tenants import scope
from tests.connectors.webhooks.senders import ORGANISATION
from tests.lines import Line

Speaks = Callable[[WebhookSpec], None]


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    return make_line()


@pytest.fixture
def owner(line: Line) -> Client:
    """The owner's browser."""
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(line.partner):
        person = User.objects.filter(email="owner@alder.example").first() or create_user(
            email="owner@alder.example", name="Owner", role=Role.OWNER, password="correct horse battery"
        )
        client.force_login(person)
    return client


@pytest.fixture
def speaks(monkeypatch: pytest.MonkeyPatch) -> Speaks:
    """Let the line's source sign its webhooks as a vendor does."""

    def made(webhook: WebhookSpec) -> None:
        real = registry.manifest
        spoken = {"sandbox_psa": dataclasses.replace(real("sandbox_psa"), webhook=webhook)}
        monkeypatch.setattr(registry, "manifest", lambda slug: spoken.get(slug) or real(slug))

    return made


def _page(response: Any) -> str:
    return unescape(response.content.decode())


def _opened(line: Line, owner: Client) -> tuple[str, str]:
    """Open an address: (what the page said, the address of its key's page)."""
    made = owner.post(f"/connections/{line.source.id}/webhooks/new/")
    with scope.work_in(line.partner):
        endpoint = WebhookEndpoint.objects.get(connection=line.source)
    return _page(made), f"/connections/{line.source.id}/webhooks/{endpoint.id}/key/"


def _held(line: Line) -> str:
    with scope.work_in(line.partner):
        return vault.webhook_secret(WebhookEndpoint.objects.get(connection=line.source))


def test_a_vendors_key_is_asked_for_in_its_own_words_and_held(line: Line, owner: Client, speaks: Speaks) -> None:
    speaks(vendors.XERO)
    told, path = _opened(line, owner)
    assert "/in/" in told
    assert "Webhook key" in told
    assert "whsec_" not in told
    assert path in told
    assert path in _page(owner.get(f"/connections/{line.source.id}/"))
    asked = owner.get(path)
    assert "Webhook key" in _page(asked)
    assert "no-store" in asked["Cache-Control"]
    assert owner.post(path, {"value": " the-key-of-xero\n"}).status_code == 302
    assert _held(line) == "the-key-of-xero"
    assert "the-key-of-xero" not in _page(owner.get(path)) + _page(owner.get(f"/connections/{line.source.id}/"))


WRONG = {
    "nothing": (vendors.XERO, "", "Webhook key is needed."),
    "blanks": (vendors.XERO, "  ", "Webhook key is needed."),
    "too many": (vendors.XERO, "a b c", "At most 2 keys may be held at once; these are 3."),
    "not an organisation": (vendors.SALESFORCE, "Alder", "This is not how"),
    "one of two is none": (vendors.SALESFORCE, f"{ORGANISATION} 00D", "This is not how"),
}


@pytest.mark.parametrize(("webhook", "typed", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_key_that_cannot_be_one_is_answered_beside_its_field(
    line: Line, owner: Client, speaks: Speaks, webhook: WebhookSpec, typed: str, said: str
) -> None:
    speaks(webhook)
    _, path = _opened(line, owner)
    before = _held(line)
    answer = owner.post(path, {"value": typed})
    assert answer.status_code == 400
    assert said in _page(answer)
    assert _held(line) == before


def test_several_keys_of_docusign_are_held_together(line: Line, owner: Client, speaks: Speaks) -> None:
    speaks(vendors.DOCUSIGN)
    _, path = _opened(line, owner)
    assert owner.post(path, {"value": "one=\ttwo= three="}).status_code == 302
    assert _held(line) == "one= two= three="


def test_a_key_that_is_made_here_is_not_asked_for(line: Line, owner: Client) -> None:
    told, path = _opened(line, owner)
    assert "whsec_" in told
    before = _held(line)
    for answer in (owner.get(path), owner.post(path, {"value": "x"})):
        assert (answer.status_code, answer["Location"]) == (302, f"/connections/{line.source.id}/")
    assert _held(line) == before
    assert path not in _page(owner.get(f"/connections/{line.source.id}/"))


def test_another_connections_address_has_no_page_here(line: Line, owner: Client, speaks: Speaks) -> None:
    speaks(vendors.XERO)
    _, path = _opened(line, owner)
    elsewhere = path.replace(str(line.source.id), str(line.target.id))
    assert owner.get(elsewhere).status_code == 404
