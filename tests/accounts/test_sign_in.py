"""Signing in at each brand's own door."""

import re
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.mail import SEND_MAIL, send
from apps.accounts.models import AuditEntry, OutgoingMail, User
from apps.customers.services import add_member, create_customer
from apps.dispatch.models import DueWork
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.accounts.conftest import PASSWORD, new_person

pytestmark = pytest.mark.usefixtures("clean_cache")
OpenBrowser = Callable[..., Client]


@pytest.mark.parametrize(
    ("host", "name", "other"),
    [("alder.localhost", "Alder &amp; Quay", "Brightforge"), ("brightforge.localhost", "Brightforge", "Alder")],
)
@pytest.mark.usefixtures("partner_a", "partner_b")
def test_the_sign_in_page_wears_its_own_brand_and_no_other(host: str, name: str, other: str) -> None:
    page = Client(headers={"host": host}).get("/accounts/login/").content.decode()
    assert name in page
    assert other not in page
    assert "fairlead" not in page.lower()
    assert "/brand/theme.css" in page


def test_a_person_signs_in_with_address_and_password(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a)
    response = client.post("/accounts/login/", {"login": "Owner@Alder.example", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/people/").status_code == 200
    with scope.enter(partner_a):
        entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.action, entry.actor_name) == ("signed_in", "Olivia Owner")


def test_the_page_wanted_before_signing_in_comes_afterwards(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    form = {"login": owner_a.email, "password": PASSWORD, "next": "/people/"}
    assert browser(partner_a).post("/accounts/login/?next=/people/", form)["Location"] == "/people/"


def test_another_host_is_never_the_page_that_comes_afterwards(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    form = {"login": owner_a.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert browser(partner_a).post("/accounts/login/", form)["Location"] == "/"


@pytest.mark.parametrize("address", ["owner@alder.example", "nobody@alder.example"], ids=["wrong password", "unknown"])
def test_a_refused_sign_in_says_the_same_for_all_and_leaves_a_trace(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, address: str
) -> None:
    response = browser(partner_a).post("/accounts/login/", {"login": address, "password": "wrong wrong wrong"})
    assert response.status_code == 200
    assert "not correct" in response.content.decode()
    with scope.enter(partner_a):
        entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.action, entry.actor_name, entry.details) == ("sign_in_failed", "system", {"email": address})


def test_a_person_of_one_partner_cannot_sign_in_at_another(
    browser: OpenBrowser, partner_b: PartnerRef, owner_a: User
) -> None:
    response = browser(partner_b).post("/accounts/login/", {"login": owner_a.email, "password": PASSWORD})
    assert response.status_code == 200


def test_an_operator_signs_in_on_the_platform_host(browser: OpenBrowser) -> None:
    new_person(None, Role.OPERATOR, email="ops@platform.example")
    client = browser(None)
    response = client.post("/accounts/login/", {"login": "ops@platform.example", "password": PASSWORD})
    assert response.status_code == 302
    assert client.get("/people/").status_code == 200


def test_nobody_can_sign_up(browser: OpenBrowser, partner_a: PartnerRef) -> None:
    form = {"email": "x@y.example", "password1": PASSWORD}
    browser(partner_a).post("/accounts/signup/", form)
    with scope.enter(partner_a):
        assert not User.objects.filter(email="x@y.example").exists()


def test_a_customers_person_signs_in_and_keeps_their_own_door_in_order(
    browser: OpenBrowser, partner_a: PartnerRef
) -> None:
    person = new_person(partner_a, Role.CUSTOMER_OWNER)
    with scope.enter(partner_a):
        add_member(user=person, customer_id=create_customer(name="Northwind Consulting").id)
    client = browser(partner_a)
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    for path in ("/accounts/2fa/", "/accounts/sessions/", "/accounts/password/change/"):
        page = client.get(path)
        assert (path, page.status_code) == (path, 200)
    assert page.context["actor"].customer_name == "Northwind Consulting"
    form = {"oldpassword": PASSWORD, "password1": "a wholly new one", "password2": "a wholly new one"}
    assert client.post("/accounts/password/change/", form).status_code == 302
    assert client.get("/people/").status_code == 403
    with scope.enter(partner_a):
        assert User.objects.get(pk=person.pk).check_password("a wholly new one")


def test_a_customers_person_without_a_customer_is_signed_out(browser: OpenBrowser, partner_a: PartnerRef) -> None:
    client = browser(partner_a, new_person(partner_a, Role.CUSTOMER_OWNER))
    assert client.get("/people/").status_code == 302
    assert client.get("/people/").status_code == 302


def test_a_second_step_is_asked_for_and_opens_the_door(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    secret = generate_totp_secret()
    with scope.enter(partner_a):
        TOTP.activate(owner_a, secret)
    client = browser(partner_a)
    wanted = {"next": "/customers/?state=live"}
    first = client.post("/accounts/login/", {"login": owner_a.email, "password": PASSWORD, **wanted})
    assert first["Location"].startswith("/accounts/2fa/authenticate/")
    client.post("/settings/language/", {"language": "de", "next": first["Location"]})
    assert client.get("/people/").status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(secret, counter))
    done = client.post("/accounts/2fa/authenticate/", {"code": code})
    assert (done.status_code, done["Location"]) == (302, wanted["next"])
    assert client.get("/people/").status_code == 200


def test_nobody_can_move_their_account_to_an_unproven_address(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    form = {"email": "somebody@else.example", "action_add": ""}
    assert browser(partner_a, owner_a).post("/accounts/email/", form).status_code == 404


def test_signing_out_is_recorded(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    client = browser(partner_a, owner_a)
    client.post("/accounts/logout/")
    assert client.get("/people/").status_code == 302
    with scope.enter(partner_a):
        assert AuditEntry.objects.order_by("-position").values_list("action", flat=True)[0] == "signed_out"


def test_a_reset_link_points_to_the_partners_own_host_and_works(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a)
    client.post("/accounts/password/reset/", {"email": owner_a.email}, headers={"x-forwarded-host": "evil.example"})
    with scope.enter(partner_a):
        written = OutgoingMail.objects.get()
        assert DueWork.objects.filter(kind=SEND_MAIL, reference=str(written.id)).count() == 1
        assert send(written.id)
    message = mail.outbox[0]
    assert message.to == [owner_a.email]
    assert "Alder & Quay" in message.from_email
    assert "evil.example" not in message.body
    link = re.search(r"http://alder\.localhost[^/\s]*(/\S+)", message.body)
    assert link is not None
    page = client.get(link[1], follow=True)
    done = client.post(page.request["PATH_INFO"], {"password1": "a wholly new one", "password2": "a wholly new one"})
    assert done.status_code == 302
    with scope.enter(partner_a):
        assert User.objects.get(pk=owner_a.pk).check_password("a wholly new one")
        assert "password_changed" in AuditEntry.objects.values_list("action", flat=True)


def test_asking_to_reset_an_unknown_address_answers_the_same(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    answers = [
        browser(partner_a).post("/accounts/password/reset/", {"email": address})
        for address in (owner_a.email, "nobody@alder.example")
    ]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, answers[0]["Location"])}
