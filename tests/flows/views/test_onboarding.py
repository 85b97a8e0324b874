"""Onboarding: the board, the wizard from an empty customer to a live flow, and the page behind a customer's link."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry, Invitation, OutgoingMail, User
from apps.accounts.services import create_user
from apps.connectors.models import Connection
from apps.customers.models import Customer, LegalEntity, Onboarding, OnboardingInvite
from apps.customers.services import add_member, create_customer
from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from apps.flows.models import DryRun, Flow, Operation, Run, Trigger
from apps.flows.services.publish import change_line
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.sandbox_server import SandboxServer

PASSWORD = "correct horse battery"
FIRM = "fresh-firm"


@dataclass
class Desk:
    """The partner's side of an onboarding: browsers by role, and the customer."""

    partner: PartnerRef
    customer: Customer

    def as_(self, role: Role) -> Client:
        """Return the browser of one of the team."""
        client = Client(headers={"host": "alder.localhost"})
        with scope.work_in(self.partner):
            address = f"{role.value}@alder.example"
            known = User.objects.filter(email=address).first()
            client.force_login(
                known or create_user(email=address, name=role.value.title(), role=role, password=PASSWORD)
            )
        return client

    def path(self, rest: str = "") -> str:
        """Return an address of this customer's onboarding."""
        return f"/onboarding/{self.customer.id}/{rest}"


def _page(response: Any) -> str:
    return response.content.decode()


def _work() -> None:
    for queue in (Queue.POLL, Queue.RUN):
        drain(queue, worker="test", seconds=30)


@pytest.fixture
def desk(committed: PartnerRef, clean_cache: None) -> Desk:
    """A customer that was just added."""
    with scope.work_in(committed):
        return Desk(committed, create_customer(name="Fresh Firm", country="DE"))


@pytest.fixture
def browser(desk: Desk) -> Client:
    """The owner's browser."""
    return desk.as_(Role.OWNER)


def _issue(browser: Client, desk: Desk, step: str, **typed: str) -> str:
    """Send a step to somebody at the customer; returns the path of the link, as the mail carries it."""
    sent = {"link-name": "Lena Fresh", "link-email": "lena@fresh.example", "to_customer": "yes"}
    sent |= {f"link-{name}": value for name, value in typed.items()}
    response = browser.post(desk.path(f"{step}/send/"), sent)
    assert response.status_code == 302, _page(response)
    with scope.work_in(desk.partner):
        mail = OutgoingMail.objects.order_by("-id").first()
        assert mail is not None
        assert mail.to == "lena@fresh.example"
        return re.search(r"https?://[^/]+(/onboarding/link/\S+)", mail.text)[1]  # type: ignore[index]


def _guest() -> Client:
    return Client(headers={"host": "alder.localhost"})


# --- the wizard -------------------------------------------------------------------------------------------------------


def test_a_new_customer_begins_at_its_first_open_step(browser: Client, desk: Desk) -> None:
    typed = {"name": "Harbour Ltd", "currency": "gbp", "country": "gb", "time_zone": "Europe/London"}
    response = browser.post("/onboarding/start/", typed)
    with scope.work_in(desk.partner):
        made = Customer.objects.get(name="Harbour Ltd")
        assert Onboarding.objects.get(customer=made).owner.email == "owner@alder.example"  # type: ignore[union-attr]
    assert response["Location"] == f"/onboarding/{made.id}/entities/"
    again = browser.post("/onboarding/start/", typed)
    assert again.status_code == 400
    assert "already a customer" in _page(again)


def test_a_customer_that_was_added_elsewhere_stands_on_the_board_too(browser: Client, desk: Desk) -> None:
    page = _page(browser.get("/onboarding/"))
    assert "Fresh Firm" in page
    assert "Nobody has said that the list of companies is complete." in page
    assert "Fresh Firm" not in _page(browser.get("/onboarding/?owner=00000000-0000-0000-0000-000000000001"))
    assert "Fresh Firm" in _page(browser.get("/onboarding/?owner=nobody&view=table"))


def test_the_whole_way_from_nothing_to_a_live_flow(browser: Client, desk: Desk, sandbox: SandboxServer) -> None:
    tokens = {
        system: sandbox.do(
            lambda client, system=system: client.found_company(system, FIRM, people=6, weeks=1, seed=3, problems=True)
        )
        for system in ("psa", "erp")
    }
    assert browser.post(desk.path("entities/"), {"confirm": "yes"})["Location"] == desk.path("connections/")
    assert "something comes first" in _page(browser.get(desk.path("template/")))
    for system, token in tokens.items():
        typed = {
            "name": system.upper(),
            "environment": "sandbox",
            "base_url": f"{sandbox.url}/{system}/{FIRM}/api/v1",
            "secret_token": token,
        }
        response = browser.post(desk.path(f"connect/sandbox_{system}/"), typed)
        assert response.status_code == 302, _page(response)
    assert "Testing" in _page(browser.get(desk.path("connections/")))
    _work()
    assert "Everything that is needed is connected and works." in _page(browser.get(desk.path("connections/")))
    with scope.work_in(desk.partner):
        psa, erp = (Connection.objects.get(name=name) for name in ("PSA", "ERP"))
    install = {"template": "approved-time-to-bill", "name": "Time to bill", "source": psa.id, "target": erp.id}
    assert browser.post(desk.path("template/"), install)["Location"] == desk.path("mapping/")
    with scope.work_in(desk.partner):
        flow = Flow.objects.get()
        assert flow.state == Flow.State.DRAFT
    _teach_the_mapping(browser, desk, flow)
    invited = {
        "people-TOTAL_FORMS": "2",
        "people-INITIAL_FORMS": "0",
        "people-0-email": "lena@fresh.example",
        "people-0-role": "finance_approver",
    }
    assert browser.post(desk.path("people/"), invited)["Location"] == desk.path("dry-run/")
    browser.post(desk.path("dry-run/"))
    _work()
    tried = _page(browser.get(desk.path("dry-run/")))
    assert "would be created" in tried
    assert "Why records would be refused" in tried
    with scope.work_in(desk.partner):
        assert (Run.objects.count(), Operation.objects.count()) == (0, 0)
    last = _page(browser.get(desk.path("go-live/")))
    assert "You would go live with this still missing:" in last
    every = {f"every_{flow.id.hex}": "900", "run_now": "on"}
    refused = browser.post(desk.path("go-live/"), every)
    assert refused.status_code == 400
    assert "Say that you know what is still missing" in _page(refused)
    done = browser.post(desk.path("go-live/"), {**every, "accepts_holes": "on"})
    assert "Fresh Firm is live" in _page(browser.get(done["Location"]))
    with scope.work_in(desk.partner):
        assert Flow.objects.get().state == Flow.State.LIVE
        assert Customer.objects.get(id=desk.customer.id).state == Customer.State.LIVE
        assert Trigger.objects.get(flow=flow).active
        assert Run.objects.count() == 1
    browser.post(desk.path("go-live/"), {**every, "accepts_holes": "on"})
    with scope.work_in(desk.partner):
        assert Run.objects.count() == 1, "sending it twice starts nothing twice"
        Flow.objects.update(state=Flow.State.PAUSED)
    assert "Fresh Firm" not in _page(browser.get("/onboarding/"))
    assert "are paused: resume one" in _page(browser.get(desk.path("go-live/")))


def _teach_the_mapping(browser: Client, desk: Desk, flow: Flow) -> None:
    """Read a sample with a value that no table knows, add it, and see the gap gone without another reading."""
    with scope.work_in(desk.partner):
        change_line(flow, target="company", changes={"value_map": {"AMER": "200"}}, made_by="test")
    browser.post(desk.path("mapping/") + f"?flow={flow.id}", {"sample": "yes"})
    assert "Reading" in _page(browser.get(desk.path("mapping/")))
    live = browser.get(desk.path(f"trial/{flow.id}/"), headers={"HX-Request": "true"})
    assert "HX-Refresh" not in live.headers
    _work()
    assert browser.get(desk.path(f"trial/{flow.id}/"), headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = _page(browser.get(desk.path("mapping/")))
    assert "Values to translate" in page
    values = set(re.findall(r'name="outside_value" value="(\w+)"', page))
    assert values
    for value in values:
        typed = {"target": "company", "outside_value": value, "new_value": "100"}
        assert browser.post(desk.path("mapping/"), typed).status_code == 302
    assert "Values to translate" not in _page(browser.get(desk.path("mapping/")))
    with scope.work_in(desk.partner):
        assert DryRun.objects.count() == 1
    assert browser.post(desk.path("mapping/"), {"confirm": "yes"})["Location"] == desk.path("people/")


WRONG = [
    pytest.param("company/", {"name": ""}, "This field is required", id="company without a name"),
    pytest.param("company/", {"name": "x" * 161, "currency": "EUR"}, "at most 160", id="company with an endless name"),
    pytest.param("company/", {"name": "a\x00b"}, "Null characters", id="company with a null character"),
    pytest.param("entities/", {"code": "", "name": "", "currency": "€"}, "This field is required", id="empty entity"),
    pytest.param("connect/sandbox_psa/", {"name": "PSA", "base_url": "nonsense"}, "whole address", id="no address"),
    pytest.param(
        "people/",
        {"people-TOTAL_FORMS": "1", "people-INITIAL_FORMS": "0", "people-0-email": "nobody", "people-0-role": "owner"},
        "valid email address",
        id="no mail address, foreign role",
    ),
    pytest.param("people/", {"people-TOTAL_FORMS": "99999999", "people-INITIAL_FORMS": "x"}, "", id="broken row count"),
    pytest.param("company/send/", {"to_team": "y"}, "This field is required", id="asks nobody of the team"),
    pytest.param(
        "company/send/",
        {"to_customer": "y", "link-name": "L", "link-email": "<script>"},
        "valid email",
        id="script mail",
    ),
]


@pytest.mark.parametrize(("path", "typed", "sentence"), WRONG)
def test_what_is_wrong_is_said_in_place_and_kept(
    browser: Client, desk: Desk, path: str, typed: dict[str, str], sentence: str
) -> None:
    response = browser.post(desk.path(path), typed)
    assert response.status_code == 400
    assert sentence in _page(response)


def test_coming_back_leads_to_where_the_work_stopped(browser: Client, desk: Desk) -> None:
    assert "Go on: Legal entities" in _page(browser.get(desk.path()))
    browser.post(desk.path("connections/"), {"system": "sandbox_psa"})
    page = _page(browser.get(desk.path()))
    assert "Go on: Systems" in page
    assert "Sandbox PSA" in _page(browser.get(desk.path("connections/")))
    browser.post(desk.path("connections/"), {"system": "sandbox_psa", "forget": "yes"})
    with scope.work_in(desk.partner):
        assert Onboarding.objects.get().planned == []


def test_a_wrong_row_invites_nobody(browser: Client, desk: Desk) -> None:
    typed = {
        "people-TOTAL_FORMS": "2",
        "people-INITIAL_FORMS": "0",
        "people-0-email": "good@fresh.example",
        "people-0-role": "customer_viewer",
        "people-1-email": "owner@alder.example",
        "people-1-role": "customer_viewer",
    }
    response = browser.post(desk.path("people/"), typed)
    assert response.status_code == 400
    assert "belongs to somebody who can already sign in" in _page(response)
    with scope.work_in(desk.partner):
        assert not Invitation.objects.exists()


def test_notes_are_saved_as_they_are_typed_and_survive(browser: Client, desk: Desk) -> None:
    response = browser.post(desk.path("notes/"), {"notes": "Call <b>Lena</b>"}, headers={"HX-Request": "true"})
    assert "Saved" in _page(response)
    assert "Call &lt;b&gt;Lena&lt;/b&gt;" in _page(browser.get(desk.path()))
    too_long = browser.post(desk.path("notes/"), {"notes": "x" * 10_001}, headers={"HX-Request": "true"})
    assert "at most 10000 characters" in _page(too_long)


ROLES = [
    pytest.param(Role.BUILDER, 200, 200, id="builders work on it"),
    pytest.param(Role.READ_ONLY, 200, 403, id="readers see how far it is"),
    pytest.param(Role.FINANCE, 200, 403, id="finance sees how far it is"),
    pytest.param(Role.CUSTOMER_OWNER, 403, 403, id="customers see nothing of it"),
]


@pytest.mark.parametrize(("role", "sees", "works"), ROLES)
def test_each_role_sees_and_does_what_it_may(desk: Desk, role: Role, sees: int, works: int) -> None:
    client = desk.as_(role)
    if role is Role.CUSTOMER_OWNER:
        with scope.work_in(desk.partner):
            add_member(user=User.objects.get(email=f"{role.value}@alder.example"), customer_id=desk.customer.id)
    assert client.get("/onboarding/").status_code == sees
    assert client.get(desk.path()).status_code == sees
    assert client.get(desk.path("company/")).status_code == works


def test_a_builder_is_told_that_only_an_owner_invites(desk: Desk) -> None:
    assert "Only an owner of this portal invites people" in _page(desk.as_(Role.BUILDER).get(desk.path("people/")))


@pytest.mark.parametrize("path", ["nonsense/", "nonsense/send/", "connect/nonsense/"])
def test_what_does_not_exist_is_not_found(browser: Client, desk: Desk, path: str) -> None:
    assert browser.get(desk.path(path)).status_code == 404


def test_the_board_takes_the_same_queries_for_few_and_many(
    browser: Client, desk: Desk, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with scope.work_in(desk.partner):
        for number in range(25):
            customer = create_customer(name=f"Firm {number:02}")
            Connection.objects.create(customer=customer, system="sandbox_psa", name="PSA", base_url="https://x.example")
    with django_assert_max_num_queries(26):
        page = _page(browser.get("/onboarding/"))
    assert "Firm 24" in page


# --- asking others ----------------------------------------------------------------------------------------------------


def test_a_colleague_gets_a_mail_and_doing_the_step_answers_it(browser: Client, desk: Desk) -> None:
    builder = desk.as_(Role.BUILDER)
    with scope.work_in(desk.partner):
        colleague = User.objects.get(email="builder@alder.example")
    asked = {"team-colleague": str(colleague.id), "team-note": "Can you?", "to_team": "yes"}
    assert browser.post(desk.path("company/send/"), asked).status_code == 302
    with scope.work_in(desk.partner):
        mail = OutgoingMail.objects.get(to="builder@alder.example")
        assert desk.path("company/") in mail.text
        assert "Can you?" in mail.text
    assert "Sent to Builder" in _page(browser.get(desk.path("company/")))
    typed = {"name": "Fresh Firm", "country": "AT", "currency": "EUR", "time_zone": "Europe/Vienna"}
    assert builder.post(desk.path("company/"), typed).status_code == 302
    with scope.work_in(desk.partner):
        assert OnboardingInvite.objects.get().answered_by == "Builder"


def test_a_link_shows_one_step_and_records_who_answered(browser: Client, desk: Desk) -> None:
    link, guest = _issue(browser, desk, "company"), _guest()
    page = _page(guest.get(link))
    assert "Fresh Firm" in page
    assert "external_reference" not in page
    assert "segment" not in page
    wrong = guest.post(link, {"name": "", "country": "XXX"})
    assert wrong.status_code == 400
    typed = {"name": "Fresh Firm SE", "country": "AT", "currency": "EUR", "time_zone": "Europe/Vienna", "state": "live"}
    thanks = guest.post(link, typed, follow=True)
    assert "Thank you" in _page(thanks)
    with scope.work_in(desk.partner):
        customer = Customer.objects.get(id=desk.customer.id)
        assert (customer.name, customer.country, customer.state) == ("Fresh Firm SE", "AT", "onboarding")
        assert OnboardingInvite.objects.get().answered_by == "Lena Fresh (by link) <lena@fresh.example>"
        entry = AuditEntry.objects.get(action="customer_changed")
        assert entry.actor_name == "Lena Fresh (by link)"
    guest.post(link, {**typed, "name": "Somebody Else"})
    with scope.work_in(desk.partner):
        assert Customer.objects.get(id=desk.customer.id).name == "Fresh Firm SE", "an answered link takes nothing more"


def test_companies_are_added_by_link_until_the_list_is_complete(browser: Client, desk: Desk) -> None:
    link, guest = _issue(browser, desk, "entities"), _guest()
    assert (
        guest.post(link, {"code": "AT01", "name": "Fresh GmbH", "country": "at", "currency": "eur"}).status_code == 302
    )
    assert "Fresh GmbH" in _page(guest.get(link))
    assert "already a company" in _page(
        guest.post(link, {"code": "AT01", "name": "Twice", "country": "at", "currency": "eur"})
    )
    guest.post(link, {"done": "yes"})
    assert "Thank you" in _page(guest.get(link))
    with scope.work_in(desk.partner):
        assert LegalEntity.objects.filter(customer=desk.customer).count() == 2


def test_access_to_one_system_is_given_by_link_and_tested(browser: Client, desk: Desk, sandbox: SandboxServer) -> None:
    token = sandbox.do(lambda client: client.found_company("psa", "linked-firm", people=6, weeks=1, seed=3))
    browser.post(desk.path("connections/"), {"system": "sandbox_psa"})
    link, guest = _issue(browser, desk, "connections", system="sandbox_psa"), _guest()
    address = f"{sandbox.url}/psa/linked-firm/api/v1"
    assert guest.post(link, {"base_url": address, "secret_token": "wrong"}).status_code == 302
    assert "We try to sign in" in _page(guest.get(link))
    _work()
    failed = _page(guest.get(link))
    assert "It does not work yet:" in failed
    assert "wrong" not in failed.split("<form")[1]
    assert guest.post(link, {"base_url": address, "secret_token": token}).status_code == 302
    _work()
    assert "Thank you" in _page(guest.get(link, follow=True))
    with scope.work_in(desk.partner):
        connection = Connection.objects.get()
        assert (connection.name, connection.state) == ("Sandbox PSA", "working")
        assert AuditEntry.objects.get(action="connection_created").actor_name == "Lena Fresh (by link)"


def _expire(invite: OnboardingInvite) -> None:
    invite.expires_at = timezone.now() - timedelta(minutes=1)
    invite.save()


def _revoke(invite: OnboardingInvite) -> None:
    invite.revoked_at = timezone.now()
    invite.save()


CLOSED = [
    pytest.param(_expire, "This link ran out", id="expired"),
    pytest.param(_revoke, "This link was taken back", id="revoked"),
]


@pytest.mark.parametrize(("close", "words"), CLOSED)
def test_a_closed_link_says_why(
    browser: Client, desk: Desk, close: Callable[[OnboardingInvite], None], words: str
) -> None:
    link = _issue(browser, desk, "company")
    with scope.work_in(desk.partner):
        close(OnboardingInvite.objects.get())
    response = _guest().get(link)
    assert response.status_code == 410
    assert words in _page(response)


def test_a_link_is_taken_back_on_the_checklist(browser: Client, desk: Desk) -> None:
    link = _issue(browser, desk, "company")
    with scope.work_in(desk.partner):
        invite_id: UUID = OnboardingInvite.objects.get().id
    browser.post(desk.path(f"asked/{invite_id}/revoke/"))
    assert _guest().get(link).status_code == 410
    assert "Taken back" in _page(browser.get(desk.path()))


def test_guessing_links_ends_soon(desk: Desk) -> None:
    guest = _guest()
    answers = [guest.get(f"/onboarding/link/guess-{number}/").status_code for number in range(45)]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_a_link_of_one_partner_opens_nothing_at_another(browser: Client, desk: Desk) -> None:
    link = _issue(browser, desk, "company")
    assert Client(headers={"host": "brightforge.localhost"}).get(link).status_code == 404


def test_steps_of_the_team_cannot_be_sent_to_customers(browser: Client, desk: Desk) -> None:
    sent = {"link-name": "Lena", "link-email": "lena@fresh.example", "to_customer": "yes"}
    response = browser.post(desk.path("mapping/send/"), sent)
    assert response.status_code == 400
    with scope.work_in(desk.partner):
        assert not OnboardingInvite.objects.exists()
