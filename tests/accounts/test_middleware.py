"""Who acts in a request, and whose session is refused."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings as django_settings
from django.test import Client

from apps.accounts import services
from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting, current_actor
from apps.accounts.models import AuditEntry, User
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.accounts.conftest import new_person

OpenBrowser = Callable[..., Client]


def test_a_signed_in_person_is_the_actor(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    response = browser(partner_a, owner_a).get("/people/")
    assert response.status_code == 200
    assert response.context["actor"].user_id == owner_a.id
    assert response.context["actor"].can(Action.EDIT_PEOPLE)
    assert current_actor() is None


def test_nobody_is_no_actor(browser: OpenBrowser, partner_a: PartnerRef) -> None:
    response = browser(partner_a).get("/people/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/people/"


def test_a_session_of_another_partner_is_refused(
    browser: OpenBrowser, partner_a: PartnerRef, partner_b: PartnerRef, owner_a: User, owner_b: User
) -> None:
    client = browser(partner_a, owner_a)
    assert client.get("/people/", headers={"host": "brightforge.localhost"}).status_code == 302


def test_a_copied_session_row_of_another_partner_is_refused_and_dropped(
    browser: OpenBrowser, partner_a: PartnerRef, partner_b: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    # The same session id and the same user id in both schemas: only the schema kept in the session tells them apart.
    with scope.enter(partner_a):
        stamped = dict(client.session)
    with scope.enter(partner_b):
        User.objects.bulk_create(
            [User(id=owner_a.id, email="x@y.example", name="X", role="owner", password=owner_a.password)]
        )
        store = Client(headers={"host": "brightforge.localhost"}).session
        for key, value in stamped.items():
            store[key] = value
        store.save()
    thief = Client(headers={"host": "brightforge.localhost"})
    thief.cookies[django_settings.SESSION_COOKIE_NAME] = store.session_key
    assert thief.get("/people/").status_code == 302
    with scope.enter(partner_b):
        assert not store.exists(store.session_key)


def test_a_deactivated_person_is_out_at_once(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    person = new_person(partner_a, Role.OPERATIONS)
    client = browser(partner_a, person)
    assert client.get("/people/").status_code == 200
    with scope.enter(partner_a), acting(owner_a.as_actor()):
        services.deactivate(person=person)
    assert client.get("/people/").status_code == 302


def test_an_operator_works_on_the_platform_host_only(browser: OpenBrowser, partner_a: PartnerRef) -> None:
    operator = new_person(None, Role.OPERATOR)
    response = browser(None, operator).get("/people/")
    assert response.status_code == 200
    assert response.context["actor"].is_operator


def test_a_role_of_the_platform_inside_a_partner_is_worth_nothing(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    with scope.enter(partner_a):
        User.objects.filter(pk=owner_a.pk).update(role=Role.OPERATOR)
    assert client.get("/people/").status_code == 302


@pytest.mark.parametrize("role", [Role.OWNER, Role.OPERATIONS], ids=["owner", "operations"])
def test_owners_must_set_up_the_second_step_where_it_is_required(
    browser: OpenBrowser, partner_a: PartnerRef, settings: Any, role: Role
) -> None:
    settings.REQUIRE_TWO_STEP = True
    response = browser(partner_a, new_person(partner_a, role)).get("/people/")
    if role is Role.OWNER:
        assert (response.status_code, response["Location"]) == (302, "/accounts/2fa/totp/activate/")
    else:
        assert response.status_code == 200


def test_the_second_step_opens_every_page(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, settings: Any
) -> None:
    settings.REQUIRE_TWO_STEP = True
    client = browser(partner_a, owner_a)
    with scope.enter(partner_a):
        TOTP.activate(owner_a, generate_totp_secret())
    assert client.get("/people/").status_code == 200


def test_the_page_wanted_before_the_second_step_was_set_up_comes_afterwards(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, settings: Any
) -> None:
    settings.REQUIRE_TWO_STEP = True
    client = browser(partner_a, owner_a)
    client.get("/customers/?state=live")
    client.get("/people/", headers={"hx-request": "true"})  # a part of a page is no place to go to
    with scope.enter(partner_a):
        TOTP.activate(owner_a, generate_totp_secret())
    assert client.get("/accounts/2fa/")["Location"] == "/customers/?state=live"
    assert client.get("/accounts/2fa/").status_code == 200


def test_what_a_person_does_carries_their_name(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    browser(partner_a, owner_a).post("/people/invite/", {"email": "sam@example.com", "role": "support"})
    with scope.enter(partner_a):
        entry = AuditEntry.objects.get(action="person_invited")
    assert (entry.actor_id, entry.actor_name) == (UUID(str(owner_a.id)), "Olivia Owner")
