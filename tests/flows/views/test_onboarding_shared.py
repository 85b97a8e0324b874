"""Steps of an onboarding that were sent to somebody: a colleague's mail, and the page behind a customer's link."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry, OutgoingMail, User
from apps.connectors.models import Connection
from apps.customers.models import Customer, LegalEntity, OnboardingInvite
from apps.tenants import scope
from tests.flows.views.conftest import Desk, page_of, work_onboarding
from tests.sandbox_server import SandboxServer


def _issue(browser: Client, desk: Desk, step: str, **typed: str) -> str:
    """Send a step to somebody at the customer; returns the path of the link, as the mail carries it."""
    sent = {"link-name": "Lena Fresh", "link-email": "lena@fresh.example", "to_customer": "yes"}
    sent |= {f"link-{name}": value for name, value in typed.items()}
    response = browser.post(desk.path(f"{step}/send/"), sent)
    assert response.status_code == 302, page_of(response)
    with scope.work_in(desk.partner):
        mail = OutgoingMail.objects.order_by("-id").first()
        assert mail is not None
        assert mail.to == "lena@fresh.example"
        return re.search(r"https?://[^/]+(/onboarding/link/\S+)", mail.text)[1]  # type: ignore[index]


def _guest() -> Client:
    return Client(headers={"host": "alder.localhost"})


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
    assert "Sent to Builder" in page_of(browser.get(desk.path("company/")))
    typed = {"name": "Fresh Firm", "country": "AT", "currency": "EUR", "time_zone": "Europe/Vienna"}
    assert builder.post(desk.path("company/"), typed).status_code == 302
    with scope.work_in(desk.partner):
        assert OnboardingInvite.objects.get().answered_by == "Builder"


def test_a_link_shows_one_step_and_records_who_answered(browser: Client, desk: Desk) -> None:
    link, guest = _issue(browser, desk, "company"), _guest()
    page = page_of(guest.get(link))
    assert "Fresh Firm" in page
    assert "external_reference" not in page
    assert "segment" not in page
    wrong = guest.post(link, {"name": "", "country": "XXX"})
    assert wrong.status_code == 400
    typed = {"name": "Fresh Firm SE", "country": "AT", "currency": "EUR", "time_zone": "Europe/Vienna", "state": "live"}
    thanks = guest.post(link, typed, follow=True)
    assert "Thank you" in page_of(thanks)
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
    assert "Fresh GmbH" in page_of(guest.get(link))
    assert "already a company" in page_of(
        guest.post(link, {"code": "AT01", "name": "Twice", "country": "at", "currency": "eur"})
    )
    guest.post(link, {"done": "yes"})
    assert "Thank you" in page_of(guest.get(link))
    with scope.work_in(desk.partner):
        assert LegalEntity.objects.filter(customer=desk.customer).count() == 2


def test_access_to_one_system_is_given_by_link_and_tested(browser: Client, desk: Desk, sandbox: SandboxServer) -> None:
    token = sandbox.do(lambda client: client.found_company("psa", "linked-firm", people=6, weeks=1, seed=3))
    browser.post(desk.path("connections/"), {"system": "sandbox_psa"})
    link, guest = _issue(browser, desk, "connections", system="sandbox_psa"), _guest()
    address = f"{sandbox.url}/psa/linked-firm/api/v1"
    assert guest.post(link, {"base_url": address, "secret_token": "wrong"}).status_code == 302
    assert "We try to sign in" in page_of(guest.get(link))
    work_onboarding()
    failed = page_of(guest.get(link))
    assert "It does not work yet:" in failed
    assert "wrong" not in failed.split("<form")[1]
    assert guest.post(link, {"base_url": address, "secret_token": token}).status_code == 302
    work_onboarding()
    assert "Thank you" in page_of(guest.get(link, follow=True))
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
    assert words in page_of(response)


def test_a_link_is_taken_back_on_the_checklist(browser: Client, desk: Desk) -> None:
    link = _issue(browser, desk, "company")
    with scope.work_in(desk.partner):
        invite_id: UUID = OnboardingInvite.objects.get().id
    browser.post(desk.path(f"asked/{invite_id}/revoke/"))
    assert _guest().get(link).status_code == 410
    assert "Taken back" in page_of(browser.get(desk.path()))


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
