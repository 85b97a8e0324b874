"""Signing in at a system: there and back in a browser, finished by a worker, refused to everybody else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.accounts.services import create_user
from apps.connectors import breaker, registry, vault
from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.models import CircuitBreaker, Connection, Credential, SignIn
from apps.connectors.services import NewConnection, create_connection
from apps.customers.services import create_customer
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.worker import drain
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef
from tests.connectors.vendor import Vendor, open_for_business

CALLBACK = "http://alder.localhost/connections/sign-in/back/"
SECRETS = {"client_id": "our-app", "client_secret": "client-secret-4711"}
BACK = "/connections/sign-in/back/"


@dataclass
class Portal:
    """A connection to a system where people sign in, and the hands to do it."""

    partner: PartnerRef
    vendor: Vendor
    connection: Connection

    def browser(self, role: Role = Role.OWNER, *, name: str = "", host: str = "alder") -> Client:
        client = Client(headers={"host": f"{host}.localhost"})
        with scope.work_in(Partner.objects.get(slug=host).as_ref()):
            who = name or role.value
            client.force_login(
                create_user(
                    email=f"{who}@{host}.example", name=who.title(), role=role, password="correct horse battery"
                )
            )
        return client

    def leave(self, browser: Client) -> dict[str, str]:
        """Press the button; returns what goes along to the system."""
        page = browser.post(f"/connections/{self.connection.id}/sign-in/")
        assert page.status_code == 200
        address = page.context["address"]
        assert address in page.content.decode().replace("&amp;", "&")
        return dict(parse_qsl(urlsplit(address).query))

    def allow(self, asked: dict[str, str], code: str = "code-number-1") -> str:
        """Sign in at the system and allow it; returns the address it sends the browser back to."""
        self.vendor.codes[code] = (asked["code_challenge"], asked["redirect_uri"])
        return f"{BACK}?{urlencode({'code': code, 'state': asked['state']})}"

    def work(self) -> None:
        drain(Queue.POLL, worker="test", seconds=20)

    def page(self, browser: Client) -> str:
        return " ".join(browser.get(f"/connections/{self.connection.id}/").content.decode().split())

    def secrets(self) -> dict[str, str]:
        with scope.work_in(self.partner):
            return vault.secrets_of(self.connection)

    def sign_ins(self) -> list[SignIn]:
        with scope.work_in(self.partner):
            return list(SignIn.objects.order_by("id"))


@pytest.fixture
def portal(committed: PartnerRef, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Portal]:
    """A system of the catalogue that signs people in."""
    vendor, known = Vendor(), registry.manifest
    with open_for_business(vendor) as url:
        settings.EGRESS_ALLOW = (url.removeprefix("http://"),)
        spec = AuthSpec(
            AuthScheme.OAUTH_CODE,
            token_path="/oauth/token",
            token_scope="records offline_access",
            authorize_address=f"{url}/authorize",
            authorize_parameters={"prompt": "consent"},
        )
        parts = tuple(SecretSpec(name, name.replace("_", " ").capitalize()) for name in SECRETS)
        system = replace(known("sandbox_erp"), auth=spec, secrets=parts)
        monkeypatch.setattr(registry, "manifest", lambda slug: system if slug == "sandbox_erp" else known(slug))
        with scope.work_in(committed):
            customer = create_customer(name="Northwind", currency="EUR")
            connection = create_connection(customer, NewConnection("sandbox_erp", "ERP", f"{url}/api", SECRETS, {}))
        yield Portal(committed, vendor, connection)


def test_a_person_signs_in_and_a_worker_stores_what_lasts(portal: Portal) -> None:
    browser = portal.browser(name="olga")
    assert "Nobody has signed in at" in portal.page(browser)
    assert CALLBACK in portal.page(browser)
    asked = portal.leave(browser)
    assert {name: asked[name] for name in ("response_type", "client_id", "redirect_uri", "scope", "prompt")} == {
        "response_type": "code",
        "client_id": "our-app",
        "redirect_uri": CALLBACK,
        "scope": "records offline_access",
        "prompt": "consent",
    }
    assert asked["code_challenge_method"] == "S256"
    back = browser.get(portal.allow(asked))
    assert back["Location"] == f"/connections/{portal.connection.id}/#sign-in"
    assert "no-store" in back["Cache-Control"]
    assert "Being finished" in portal.page(browser)
    assert portal.vendor.forms == []  # no outside system is called while a person waits
    live = f"/connections/{portal.connection.id}/sign-in/live/"
    assert "HX-Refresh" not in browser.get(live, headers={"HX-Request": "true"})
    portal.work()
    assert browser.get(live, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = portal.page(browser)
    assert "Olga signed in at" in page
    assert "Sign in again at" in page
    held = portal.secrets()
    assert held["refresh_token"] == portal.vendor.refresh_token  # the test has used it since: it is the newest
    assert not any(secret in page for secret in (*held.values(), "code-number-1"))
    assert [form["grant_type"] for form in portal.vendor.forms[:2]] == ["authorization_code", "refresh_token"]
    with scope.work_in(portal.partner):
        assert AuditEntry.objects.filter(action="credential_set", subject_id=str(portal.connection.id)).exists()


def test_nothing_of_the_way_is_kept_in_clear_and_in_the_end_nothing_at_all(portal: Portal) -> None:
    browser = portal.browser()
    asked = portal.leave(browser)
    browser.get(portal.allow(asked))
    row = portal.sign_ins()[0]
    stored = f"{vars(row)}".encode() + bytes(row.sealed)
    assert asked["state"].encode() not in stored
    assert b"code-number-1" not in stored
    portal.work()
    assert (bytes(portal.sign_ins()[0].sealed), portal.sign_ins()[0].state) == (b"", "done")


def test_signing_in_again_keeps_the_connection_and_lets_its_work_go_on(portal: Portal) -> None:
    browser = portal.browser()
    browser.get(portal.allow(portal.leave(browser)))
    portal.work()
    first = portal.secrets()
    portal.vendor.refresh_token = "withdrawn at the system"
    with scope.work_in(portal.partner):
        breaker.note_refusal(portal.connection.id, "The sign-in has ended.")
    browser.get(portal.allow(portal.leave(browser), "code-number-2"))
    portal.work()
    with scope.work_in(portal.partner):
        assert [c.id for c in Connection.objects.all()] == [portal.connection.id]
        assert CircuitBreaker.objects.get().state == "closed"
    second = portal.secrets()
    assert second["refresh_token"] == portal.vendor.refresh_token
    assert second["sign_in_mark"] != first["sign_in_mark"]  # tokens kept of the earlier sign-in are found no more
    assert {name: second[name] for name in SECRETS} == SECRETS


def test_a_sign_in_that_is_withdrawn_at_the_system_waits_for_a_person_and_says_so(portal: Portal) -> None:
    browser = portal.browser()
    browser.get(portal.allow(portal.leave(browser)))
    portal.work()
    portal.vendor.good.clear()
    portal.vendor.refresh_token = "withdrawn at the system"
    browser.post(f"/connections/{portal.connection.id}/test/")
    portal.work()
    page = portal.page(browser)
    assert "Paused: ERP no longer accepts the sign-in." in page
    assert "The sign-in at the system has ended or was withdrawn: sign in again" in page
    browser.get(portal.allow(portal.leave(browser), "code-number-2"))
    portal.work()
    assert "Paused:" not in portal.page(browser)
    with scope.work_in(portal.partner):
        assert Connection.objects.get().state == "working"


def _refused(answer: Any) -> bool:
    return (answer.status_code, answer["Location"]) == (302, "/connections/")


def test_a_state_is_good_once(portal: Portal) -> None:
    browser = portal.browser()
    back = portal.allow(portal.leave(browser))
    browser.get(back)
    assert _refused(browser.get(back))
    assert "was not started in this browser" in browser.get("/connections/").content.decode()
    portal.work()
    assert _refused(browser.get(back))
    assert [form["grant_type"] for form in portal.vendor.forms].count("authorization_code") == 1


def test_somebody_elses_state_is_refused_and_stays_good_for_them(portal: Portal) -> None:
    browser = portal.browser()
    back = portal.allow(portal.leave(browser))
    colleague, neighbour = portal.browser(Role.BUILDER), portal.browser(host="brightforge")
    assert _refused(colleague.get(back))
    assert _refused(neighbour.get(back))
    for made_up in ("", "state=", "state=guess&code=c", "state=%00&code=%00", "code=c"):
        assert _refused(browser.get(f"{BACK}?{made_up}")), made_up
    assert portal.sign_ins()[0].state == "asked"
    assert not _refused(browser.get(back))


def test_coming_back_too_late_is_told(portal: Portal) -> None:
    browser = portal.browser()
    back = portal.allow(portal.leave(browser))
    with scope.work_in(portal.partner):
        SignIn.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    browser.get(back)
    assert "It took longer than 10 minutes" in portal.page(browser)
    portal.work()
    assert "refresh_token" not in portal.secrets()


REFUSALS = {
    "declined": ({"error": "access_denied"}, "The access was declined at the system"),
    "with a reason": (
        {"error": "invalid_scope", "error_description": "No scope “records” \x00 here"},
        "The system refused the sign-in: No scope “records”",
    ),
    "with a code only": ({"error": "server_error"}, "The system refused the sign-in: server_error"),
    "with a secret in it": ({"error": "x", "error_description": "token=abcdef123456"}, "token=[hidden]"),
    "without anything": ({}, "The system sent back no code"),
    "with a code of a megabyte": ({"code": "c" * 5000}, "The system sent back no code"),
}


def test_a_refusal_at_the_system_is_a_sentence_on_the_page(portal: Portal) -> None:
    browser = portal.browser()
    for case, (brought, said) in REFUSALS.items():
        asked = portal.leave(browser)
        browser.get(f"{BACK}?{urlencode({'state': asked['state'], **brought})}")
        assert said in portal.page(browser), case
    assert "refresh_token" not in portal.secrets()


def test_a_sign_in_that_was_lost_on_the_way_is_told_and_can_be_repeated(portal: Portal) -> None:
    browser = portal.browser()
    browser.get(portal.allow(portal.leave(browser)))
    with scope.work_in(portal.partner):
        SignIn.objects.update(ends_at=timezone.now() - timedelta(minutes=6))
    page = portal.page(browser)
    assert "The last sign-in got no result" in page
    assert f'action="/connections/{portal.connection.id}/sign-in/"' in page


def test_a_code_that_the_system_does_not_take_is_told(portal: Portal) -> None:
    browser = portal.browser()
    asked = portal.leave(browser)
    browser.get(f"{BACK}?{urlencode({'state': asked['state'], 'code': 'a code of nobody'})}")
    portal.work()
    assert "it took too long or was used already" in portal.page(browser)
    assert "refresh_token" not in portal.secrets()


def test_an_outage_is_waited_out(portal: Portal) -> None:
    browser = portal.browser()
    portal.vendor.says = ("503 Away", b"")
    browser.get(portal.allow(portal.leave(browser)))
    portal.work()
    assert portal.sign_ins()[0].state == "returned"
    portal.vendor.says = None
    with scope.public():
        DueWork.objects.filter(kind="connectors.sign-in").update(due_at=timezone.now())
    portal.work()
    assert portal.sign_ins()[0].state == "done"


def test_a_system_that_gives_no_refresh_token_is_called_with_what_it_gave(portal: Portal) -> None:
    portal.vendor.gives_refresh_tokens = False
    browser = portal.browser()
    browser.get(portal.allow(portal.leave(browser)))
    portal.work()
    held = portal.secrets()
    assert held["access_token"] == "access-number-1"
    assert "refresh_token" not in held
    assert portal.vendor.calls
    assert {token for _, token, _ in portal.vendor.calls} == {"access-number-1"}


def test_a_new_connection_asks_for_the_sign_in_instead_of_testing(portal: Portal) -> None:
    typed = {"customer": str(portal.connection.customer_id), "name": "Second ERP", "environment": "production"}
    typed |= {"base_url": portal.connection.base_url, **{f"secret_{name}": value for name, value in SECRETS.items()}}
    browser = portal.browser()
    made = browser.post("/connections/new/sandbox_erp/", typed)
    page = browser.get(made["Location"]).content.decode()
    assert "Now sign in at" in page
    with scope.work_in(portal.partner):
        assert not Connection.objects.get(name="Second ERP").tests.exists()


def test_what_cannot_begin_says_why(portal: Portal) -> None:
    browser, path = portal.browser(), f"/connections/{portal.connection.id}/sign-in/"
    with scope.work_in(portal.partner):
        Credential.objects.filter(name="client_id").delete()
    assert "has no client id" in browser.post(path, follow=True).content.decode()
    with scope.work_in(portal.partner):
        Connection.objects.update(state="disabled")
    assert "switch it on first" in browser.post(path, follow=True).content.decode()
    assert portal.sign_ins() == []


def test_only_who_may_change_connections_signs_in(portal: Portal) -> None:
    browser = portal.browser(Role.READ_ONLY)
    assert browser.post(f"/connections/{portal.connection.id}/sign-in/").status_code == 403
    assert browser.get(f"{BACK}?state=x&code=y").status_code == 403
    assert "Sign in at" not in portal.page(browser)
    assert portal.browser().get(f"/connections/{portal.connection.id}/sign-in/").status_code == 405
